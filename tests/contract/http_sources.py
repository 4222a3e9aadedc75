"""The HTTP sources that the contract suite knows. A new one joins by a fixture of its own and a line in SOURCES."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import httpx

from enrichment.catalogue import load
from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Address, Field
from enrichment.domain.errors import QuotaExhausted, Rejected, SourceError, Throttled, Unauthorized, Unreadable
from enrichment.domain.fact import NOT_FOUND, Document, Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.sources.http import Provider

FIXTURES = Path(__file__).parent / "fixtures"
KEY = "a-key-that-nobody-may-see"
# They always answer, and what a call cost stands in the answer.
MODELS = ("groq", "anthropic")

LARICIO = Subject("laricio.com.br", Hints(registration_number="11.222.333/0001-81"))
LARCH = Subject(
    "larchglass.co.uk",
    known={
        Field.NAME: "Larch Glass",
        Field.LEGAL_NAME: "Larch Glass Ltd",
        Field.ADDRESS: Address(street="12 Kiln Lane", city="Sheffield", postal_code="S9 9ZZ", country_code="GB"),
    },
    documents=(
        Document(
            "https://larchglass.co.uk/",
            "Larch Glass",
            "In Sheffield we temper glass for builders and property managers.",
        ),
    ),
)
LARCH_WITHOUT_STREET = Subject("larchglass.co.uk", Hints("Larch Glass", "GB", "Sheffield"))
# Makes a body that is about somebody else.
Change = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class HttpCase:
    """One way of asking one source: what it is asked about, what it answers, and where it differs from most."""

    source: str
    fixture: str
    subject: Subject
    fields: frozenset[Field]
    not_found: tuple[int, object]
    # A company other than the one asked about is no company (None) or no answer (an error).
    # A text is the reason why there can be none.
    stranger: Change | str
    stranger_error: type[SourceError] | None = None
    stranger_reading: Reading = NOT_FOUND
    content_type: str = "application/json"
    # Statuses that mean something else here than elsewhere.
    statuses: Mapping[int, type[SourceError]] = field(default_factory=dict[int, type[SourceError]])
    html: type[SourceError] = Unreadable
    pause_seconds: float | None = None

    def __str__(self) -> str:
        return self.fixture

    @property
    def body(self) -> dict[str, Any]:
        return cast("dict[str, Any]", json.loads((FIXTURES / f"{self.fixture}.json").read_text("utf-8")))

    def entry(self, base_url: str = "http://127.0.0.1:9") -> Entry:
        return replace(entry_of(self.source), base_url=base_url)

    def read(self, response: httpx.Response) -> Reading:
        """The pure half of the source."""
        module: Any = import_module(f"enrichment.sources.{self.source}")
        if self.source in MODELS:
            return cast("Reading", module.read(response, self.subject, self.entry()))
        return cast("Provider", module).read(response, self.subject)


def entry_of(source: str) -> Entry:
    """The catalogue's entry, with a key where it needs one."""
    [entry] = [entry for entry in load() if entry.name == source]
    return replace(entry, api_key=KEY if entry.needs_key else "")


def _with(path: str, value: object) -> Change:
    """A body with another value at a dotted path."""

    def changed(body: dict[str, Any]) -> object:
        *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        inner: Any = body
        for step in steps:
            inner = inner[step]
        inner[last] = value
        return body

    return changed


SOURCES = (
    HttpCase(
        source="receitaws",
        fixture="receitaws",
        subject=LARICIO,
        fields=frozenset(entry_of("receitaws").brings),
        not_found=(200, {"status": "ERROR", "message": "este CNPJ foi rejeitado"}),
        stranger=_with("cnpj", "11.444.777/0001-61"),
        stranger_error=Unreadable,
        pause_seconds=60.0,
    ),
    HttpCase(
        source="opencnpj",
        fixture="opencnpj",
        subject=LARICIO,
        fields=frozenset(entry_of("opencnpj").brings),
        not_found=(404, {"error": "not found"}),
        stranger=_with("cnpj", "11444777000161"),
        stranger_error=Unreadable,
        statuses={401: Rejected, 403: Throttled},
        html=Throttled,
    ),
    HttpCase(
        source="gleif",
        fixture="gleif",
        subject=LARCH,
        fields=frozenset(entry_of("gleif").brings),
        not_found=(200, {"data": []}),
        stranger=_with("data.1.attributes.entity.legalName.name", "LARCH FURNITURE LIMITED"),
        content_type="application/vnd.api+json",
        statuses={401: Rejected, 403: Throttled},
        pause_seconds=60.0,
    ),
    HttpCase(
        source="opencorporates",
        fixture="opencorporates",
        subject=LARCH,
        fields=frozenset(entry_of("opencorporates").brings),
        not_found=(200, {"results": {"companies": [], "page": 1, "total_count": 0}}),
        stranger=_with("results.companies.1.company.name", "LARCH FURNITURE LIMITED"),
        statuses={403: Throttled},
        html=Throttled,
    ),
    HttpCase(
        source="clearbit",
        fixture="clearbit",
        subject=LARCH,
        fields=frozenset(entry_of("clearbit").brings),
        not_found=(404, {"error": {"type": "unknown_record"}}),
        stranger=_with("domain", "larchfurniture.example"),
        # Queued: the record is not there yet.
        statuses={202: Throttled},
    ),
    HttpCase(
        source="people_data_labs",
        fixture="people_data_labs",
        subject=LARCH,
        fields=frozenset(entry_of("people_data_labs").brings),
        not_found=(404, {"status": 404, "error": {"type": "not_found", "message": "No record matches"}}),
        stranger=_with("website", "larchfurniture.example"),
        # It has matched a company, and bills the match.
        stranger_reading=Reading(is_found=False, is_billed=True),
        pause_seconds=60.0,
    ),
    HttpCase(
        source="mapbox",
        fixture="mapbox_address",
        subject=LARCH,
        fields=frozenset({Field.COORDINATES}),
        not_found=(200, {"type": "FeatureCollection", "features": []}),
        stranger=_with("features.0.properties.context.country.country_code", "US"),
    ),
    HttpCase(
        source="mapbox",
        fixture="mapbox_place",
        subject=LARCH_WITHOUT_STREET,
        fields=frozenset({Field.COORDINATES, Field.ADDRESS}),
        not_found=(200, {"type": "FeatureCollection", "features": []}),
        stranger=_with("features.1.properties.metadata.website", "https://another-larch.example"),
    ),
    HttpCase(
        source="rdap",
        fixture="rdap",
        subject=LARICIO,
        fields=frozenset(entry_of("rdap").brings),
        not_found=(404, {"errorCode": 404, "title": "Object not found"}),
        stranger=_with("ldhName", "another.com.br"),
        stranger_error=Unreadable,
        content_type="application/rdap+json",
        statuses={401: Rejected, 403: Throttled},
    ),
    HttpCase(
        source="google_places",
        fixture="google_places",
        subject=LARCH_WITHOUT_STREET,
        fields=frozenset(entry_of("google_places").brings),
        not_found=(200, {}),
        stranger=_with("places.1.websiteUri", "https://larchglass.com/"),
        pause_seconds=60.0,
    ),
    HttpCase(
        source="wikidata",
        fixture="wikidata",
        subject=LARCH,
        fields=frozenset(entry_of("wikidata").brings),
        not_found=(200, {"head": {"vars": ["item"]}, "results": {"bindings": []}}),
        # Two organisations with one website: there is no telling which is meant.
        stranger=_with("results.bindings.2.item.value", "http://www.wikidata.org/entity/Q999000002"),
        content_type="application/sparql-results+json",
        statuses={401: Rejected, 403: QuotaExhausted},
        pause_seconds=60.0,
    ),
    HttpCase(
        source="groq",
        fixture="groq",
        subject=LARCH,
        fields=frozenset(entry_of("groq").brings),
        # A model always answers; one that is gone is refused.
        not_found=(404, {"error": {"message": "no such model", "code": "model_not_found"}}),
        stranger="a model speaks of the evidence that it is shown: the company is in the question, not in the answer",
    ),
    HttpCase(
        source="anthropic",
        fixture="anthropic",
        subject=LARCH,
        fields=frozenset(entry_of("anthropic").brings),
        not_found=(404, {"type": "error", "error": {"type": "not_found_error", "message": "model: none"}}),
        stranger="as with groq: the company is in the question, not in the answer",
    ),
)

USUAL_STATUSES: Mapping[int, type[SourceError]] = {401: Unauthorized, 403: Unauthorized}
