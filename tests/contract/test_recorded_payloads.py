"""Every recorded answer of the providers is read to what it means."""

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, cast

import httpx
import pytest

from contract.http_sources import LARCH, MODELS, entry_of
from enrichment.domain.company import Address, EmployeeCount, Field
from enrichment.domain.errors import Fault, QuotaExhausted, Rejected, SourceError, Throttled, Unauthorized, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.sources import dns, people_data_labs

RECORDED = Path(__file__).parents[3] / "shared" / "payloads"
F = Field

GLOBO = Subject("globo.com.br", Hints(registration_number="27.865.757/0001-02"))
WASHINGTON = Address(street="740 15th Street Northwest", city="Washington", country_code="US")


class Recorded(NamedTuple):
    """A recorded answer, who was asked about, and what it means: the fields told, or an error."""

    file: str
    status: int
    subject: Subject
    means: set[Field] | type[SourceError] | Reading


def _cnpj(number: str) -> Subject:
    return Subject("example.com.br", Hints(registration_number=number))


def _named(name: str, country: str) -> Subject:
    return Subject("example.com", Hints(company_name=name, country_code=country))


RECEITAWS = (
    Recorded("error-200-cnpj-invalido.json", 200, GLOBO, Rejected),
    Recorded("error-200-cnpj-rejeitado.json", 200, GLOBO, NOT_FOUND),
    Recorded("error-429.txt", 429, GLOBO, Throttled),
    Recorded(
        "ok-21030611000152.json",
        200,
        _cnpj("21030611000152"),
        {F.STATUS, F.INDUSTRY, F.REGISTRATION_NUMBER, F.ADDRESS, F.INDUSTRY_CODES},
    ),
    Recorded(
        "ok-2025-simples-simei-49272096000136.json",
        200,
        _cnpj("49272096000136"),
        set(entry_of("receitaws").brings),
    ),
    Recorded("ok-globo-27865757000102.json", 200, GLOBO, set(entry_of("receitaws").brings) - {F.EMAIL}),
)
OPENCNPJ = (
    Recorded("error-400.json", 400, GLOBO, Rejected),
    Recorded("error-404.json", 404, GLOBO, NOT_FOUND),
    Recorded("error-502.json", 502, GLOBO, Fault),
    # The example's number is a branch's, and a branch is never asked about.
    Recorded("ok-docs-example-alfanumerico.json", 200, _cnpj("12ABC34501DE35"), Unreadable),
    # Not an answer about a company: how the provider describes itself.
    Recorded("openapi.json", 200, GLOBO, Unreadable),
)
GLEIF = (
    # One record by its identifier, which is nothing that we ask for.
    Recorded("lei-record.json", 200, _named("Kommstart 174 AB (publ)", "SE"), Unreadable),
    Recorded("lei-records-list.json", 200, _named("Kommstart 174 AB (publ)", "SE"), set(entry_of("gleif").brings)),
    Recorded("lei-records-list.json", 200, _named("Kommstart 174 AB (publ)", "NO"), NOT_FOUND),
    Recorded("lei-records-list.json", 200, LARCH, NOT_FOUND),
)
_REGISTERED = {F.LEGAL_NAME, F.LEGAL_FORM, F.INCORPORATION_DATE, F.JURISDICTION, F.REGISTRATION_NUMBER, F.COUNTRY_CODE}
OPENCORPORATES = (
    Recorded("companies-search-200-empty.RECONSTRUCTED.json", 200, LARCH, NOT_FOUND),
    Recorded("companies-search-200-v0.4.1-2015.json", 200, LARCH, NOT_FOUND),
    Recorded(
        "companies-search-200-v0.4.1-2015.json",
        200,
        _named("Aardvark Able Services", "AU"),
        {*_REGISTERED, F.STATUS},
    ),
    Recorded(
        "companies-search-200-v0.4.1-2015.json", 200, _named("#1 Aavante", "US"), {*_REGISTERED, F.STATUS, F.ADDRESS}
    ),
    Recorded("companies-search-200-v0.4.1-2015.json", 200, _named("#1 Aavante", "BR"), NOT_FOUND),
    Recorded(
        "companies-search-200-v0.4.1-2015.json", 200, _named("$0 Cost Domain and Hosting Services", "US"), _REGISTERED
    ),
    Recorded("error-401-invalid-token.RECONSTRUCTED.json", 401, LARCH, Unauthorized),
    Recorded("ip-block-non-json-body-2025-12.json", 200, LARCH, Throttled),
    Recorded("officers-search-200-v0.4.1-2015.json", 200, LARCH, Unreadable),
)
_SUMERU, _UBER = Subject("sumeru.us"), Subject("uber.com")
CLEARBIT = (
    # The shape of 2014: its word for a year and its place are others, what has kept its place is read.
    Recorded(
        "company-find-200-uber-v1-schema-2014.json",
        200,
        _UBER,
        {F.NAME, F.LEGAL_NAME, F.DESCRIPTION, F.ADDRESS, F.SOCIAL_PROFILES, F.EMPLOYEE_COUNT},
    ),
    Recorded("company-find-202-queued.json", 202, LARCH, Throttled),
    Recorded("company-find-404-unknown-record.json", 404, LARCH, NOT_FOUND),
    Recorded(
        "company-record-2024-sumeru.json",
        200,
        _SUMERU,
        set(entry_of("clearbit").brings) - {F.LEGAL_NAME, F.PHONE, F.IDENTIFIERS},
    ),
    Recorded("company-record-2024-sumeru.json", 200, LARCH, NOT_FOUND),
    Recorded(
        "company-record-2024-sumeru.json",
        201,
        Subject("sumeru.group"),
        set(entry_of("clearbit").brings) - {F.LEGAL_NAME, F.PHONE, F.IDENTIFIERS},
    ),
    Recorded("error-401-auth-required-2026-08.json", 401, LARCH, Unauthorized),
    Recorded("error-401-invalid-api-key-2026-08.json", 401, LARCH, Unauthorized),
    Recorded("error-402-over-quota.json", 402, LARCH, QuotaExhausted),
    Recorded("error-404-unknown-route-2026-08.json", 404, LARCH, Rejected),
)
PEOPLE_DATA_LABS = (
    # The documentation's example is cut before its website: whose it is cannot be told, and nothing of it is believed.
    Recorded(
        "company-record-docs-excerpt-2026.TRUNCATED.json",
        200,
        Subject("peopledatalabs.com"),
        Reading(is_found=False, is_billed=True),
    ),
    Recorded("error-404-not-found.json", 404, LARCH, NOT_FOUND),
    # The headers of an answer, kept in the file as a body: they name no website.
    Recorded("response-headers-docs-example.json", 200, LARCH, Reading(is_found=False, is_billed=True)),
)
_STREET = Subject("example.com", known={F.ADDRESS: WASHINGTON})
_CAFE = Subject("starbucks.com", Hints("Starbucks", "US", "Washington"))
MAPBOX = (
    Recorded("geocoding-v5-200-address-10-downing-st.json", 200, LARCH, NOT_FOUND),
    Recorded("geocoding-v5-200-empty-foursquare-note-2020.json", 200, LARCH, NOT_FOUND),
    Recorded("geocoding-v5-200-empty.json", 200, LARCH, NOT_FOUND),
    Recorded("geocoding-v5-200-poi-historic.json", 200, LARCH, NOT_FOUND),
    Recorded("geocoding-v5-error-invalid-token.json", 401, LARCH, Unauthorized),
    Recorded("geocoding-v6-200-empty.json", 200, LARCH, NOT_FOUND),
    Recorded("geocoding-v6-error-invalid-token.json", 401, LARCH, Unauthorized),
    Recorded("geocoding-v6-forward-200-address.json", 200, _STREET, {F.COORDINATES}),
    Recorded("geocoding-v6-forward-200-address.json", 200, LARCH, NOT_FOUND),
    Recorded("searchbox-200-empty.json", 200, _CAFE, NOT_FOUND),
    Recorded("searchbox-error-400-extended.json", 400, _CAFE, Rejected),
    Recorded("searchbox-error-simple.json", 422, _CAFE, Rejected),
    Recorded("searchbox-forward-200-poi-starbucks.json", 200, _CAFE, {F.COORDINATES, F.ADDRESS}),
    Recorded("searchbox-forward-200-poi-starbucks.json", 200, replace(_CAFE, domain="another.com"), NOT_FOUND),
    Recorded("searchbox-reverse-200.json", 200, _CAFE, NOT_FOUND),
)
RDAP = (
    Recorded("br-globo.com.br-200.json", 200, GLOBO, {F.LEGAL_NAME, F.REGISTRATION_NUMBER, F.COUNTRY_CODE}),
    Recorded("br-globo.com.br-200.json", 200, LARCH, Unreadable),
    Recorded("com-google.com-merged-registrar-200.json", 200, Subject("google.com"), set()),
    Recorded("com-google.com-registry-200.json", 200, Subject("google.com"), set()),
    Recorded("com-themarquetry.com-200.json", 200, Subject("themarquetry.com"), set()),
    Recorded("no-norway.no-200.json", 200, Subject("norway.no"), set()),
    Recorded("org-404-not-found.json", 404, Subject("definitelydoesnotexist987654321.org"), NOT_FOUND),
    # Not answers about a domain: what IANA publishes about the registries.
    Recorded("iana-bootstrap-dns.json", 200, GLOBO, Unreadable),
    Recorded("whoisit-bootstrap-all.json", 200, GLOBO, Unreadable),
)
GROQ = (
    Recorded("error-400-json_validate_failed.json", 400, LARCH, Unreadable),
    Recorded("error-400-model_decommissioned.json", 400, LARCH, Rejected),
    Recorded("error-400-tool_use_failed.json", 400, LARCH, Rejected),
    Recorded("error-404-decommissioned-llama.json", 404, LARCH, Rejected),
    Recorded("error-404-model_not_found.json", 404, LARCH, Rejected),
    Recorded("error-413-request-too-large.json", 413, LARCH, Rejected),
    Recorded("error-429-tpm.json", 429, LARCH, Throttled),
    # An object, but of another schema: nothing of it is believed.
    Recorded("ok-native-json_schema-gpt-oss-120b.json", 200, LARCH, set()),
    Recorded("ok-plain-llama.json", 200, LARCH, Unreadable),
)
ANTHROPIC = (
    Recorded("error-400-effort-unsupported.json", 400, LARCH, Rejected),
    Recorded("error-404-model-not-found.json", 404, LARCH, Rejected),
    Recorded("error-404-retired-haiku.json", 404, LARCH, Rejected),
    Recorded("error-429.json", 429, LARCH, Throttled),
    Recorded("error-529-overloaded.json", 529, LARCH, Fault),
    # A call of a tool, which is nothing that we ask for.
    Recorded("ok-forced-tool-output.json", 200, LARCH, Unreadable),
    Recorded("ok-haiku-4-5-sampling.json", 200, LARCH, Unreadable),
    Recorded("ok-opus-5-thinking-first-block.json", 200, LARCH, Unreadable),
    # An object, but of another schema: nothing of it is believed.
    Recorded("ok-output_config-json_schema.json", 200, LARCH, set()),
    Recorded("ok-prompt-cache-read.json", 200, LARCH, Unreadable),
)
_GOOGLEPLEX = Subject("about.google", Hints("Googleplex", "US"))
_PLACE = set(entry_of("google_places").brings)
GOOGLE_PLACES = (
    Recorded("new-error-400-missing-fieldmask.json", 400, _GOOGLEPLEX, Rejected),
    Recorded("new-error-429-per-day.json", 429, _GOOGLEPLEX, QuotaExhausted),
    Recorded("new-error-429-per-minute.json", 429, _GOOGLEPLEX, Throttled),
    Recorded("new-placedetails-200-googleplex-2025-11.json", 200, _GOOGLEPLEX, _PLACE),
    Recorded("new-placedetails-200-googleplex-2025-11.json", 200, LARCH, NOT_FOUND),
    # A mask that asked for little.
    Recorded("new-placedetails-200-partial-mask-0.json", 200, _GOOGLEPLEX, {F.COORDINATES, F.ADDRESS}),
    Recorded("new-placedetails-200-partial-mask-1.json", 200, _GOOGLEPLEX, _PLACE),
    Recorded("new-searchtext-200-empty.UNVERIFIED.json", 200, _GOOGLEPLEX, NOT_FOUND),
    Recorded("new-searchtext-200-multi-1.json", 200, Subject("thebulldoguptown.com"), {F.COORDINATES}),
    Recorded("new-searchtext-200-multi-1.json", 200, _GOOGLEPLEX, NOT_FOUND),
    # Of the former Places API, which no source of ours asks: in its answers nothing is missing and nothing is found.
    Recorded("legacy-details-200-msg.json", 200, _GOOGLEPLEX, Unreadable),
    Recorded("legacy-findplace-200-museum.json", 200, _GOOGLEPLEX, Unreadable),
    Recorded("legacy-findplace-request-denied.json", 200, _GOOGLEPLEX, Unreadable),
    Recorded("legacy-findplace-zero-results.json", 200, _GOOGLEPLEX, Unreadable),
    Recorded("legacy-over-query-limit.json", 200, _GOOGLEPLEX, Unreadable),
    Recorded("legacy-textsearch-200-2results.json", 200, _GOOGLEPLEX, Unreadable),
)
WIKIDATA = (
    # Neither answers our query: another interface, and a query about a person.
    Recorded("cirrus-search-200.json", 200, LARCH, Unreadable),
    Recorded("sparql-200-results-shape.json", 200, LARCH, NOT_FOUND),
)
SOURCES = {
    "receitaws": RECEITAWS,
    "opencnpj": OPENCNPJ,
    "gleif": GLEIF,
    "opencorporates": OPENCORPORATES,
    "clearbit": CLEARBIT,
    "people_data_labs": PEOPLE_DATA_LABS,
    "mapbox": MAPBOX,
    "google_places": GOOGLE_PLACES,
    "wikidata": WIKIDATA,
    "rdap": RDAP,
    "groq": GROQ,
    "anthropic": ANTHROPIC,
}
# Which products a domain's recorded DNS records tell of.
DNS: Mapping[str, set[str]] = {
    "twitter.com-2026-09-26.json": {"Google Workspace", "Slack", "Notion", "Microsoft 365", "Stripe", "Linear"},
    "nytimes.com-txt-partial.json": {"Valimail", "SparkPost", "Amazon SES", "Dropbox", "Klaviyo"},
    "snowflake.com-fixture.json": {"Google Workspace", "Atlassian"},
}
# Pages of websites have their own test (test_recorded_pages.py); nobody here asks the others.
ELSEWHERE = {"html"}
OF_NO_SOURCE = {"apify", "apollo", "brasilapi", "cnpjws", "companies-house", "hunter", "minhareceita", "sec-edgar"}


def meaning(one: Recorded) -> str:
    """What an answer means in a word or two, so that `pytest -v` lists every file with its outcome."""
    if isinstance(one.means, type):
        return one.means.__name__
    return "not found" if isinstance(one.means, Reading) else f"{len(one.means)} fields"


ALL = [
    pytest.param(source, one, id=f"{source}/{one.file}: {meaning(one)}")
    for source, table in SOURCES.items()
    for one in table
]


def recorded(path: Path) -> bytes:
    if not path.exists():
        pytest.skip(f"../shared is not here: no {path.name} to read")
    return path.read_bytes()


def folder(source: str) -> Path:
    return RECORDED / {"people_data_labs": "peopledatalabs"}.get(source, source.replace("_", "-"))


def response(source: str, one: Recorded) -> httpx.Response:
    body = recorded(folder(source) / one.file)
    content_type = "text/plain" if one.file.endswith(".txt") else "application/json"
    if one.file.startswith("ip-block"):
        # A page, kept in the file as a JSON string.
        body, content_type = json.loads(body).encode(), "text/html"
    elif source in MODELS and "response" in (data := cast("dict[str, Any]", json.loads(body))):
        body = json.dumps(data["response"]["body"]).encode()
    elif one.file.startswith("new-placedetails"):
        # Place Details answers with the one place that a search has in a list.
        body = json.dumps({"places": [json.loads(body)]}).encode()
    return httpx.Response(one.status, content=body, headers={"content-type": content_type})


def read(source: str, one: Recorded) -> Reading:
    module = import_module(f"enrichment.sources.{source}")
    if source in MODELS:
        return module.read(response(source, one), one.subject, entry_of(source))
    return module.read(response(source, one), one.subject)


@pytest.mark.parametrize(("source", "one"), ALL)
def test_a_recorded_answer_is_read_to_what_it_means(source: str, one: Recorded) -> None:
    if isinstance(one.means, type):
        with pytest.raises(SourceError) as caught:
            read(source, one)
        assert type(caught.value) is one.means
    elif isinstance(one.means, Reading):
        assert read(source, one) == one.means
    else:
        reading = read(source, one)
        assert reading.is_found
        assert {claim.field for claim in reading.claims} == one.means


def test_no_recorded_answer_is_left_out() -> None:
    if not RECORDED.exists():
        pytest.skip("../shared is not here: nothing to compare with")
    expected = {folder(source).name: {one.file for one in table} for source, table in SOURCES.items()}
    expected["dns"] = set(DNS)
    folders = {path.name for path in RECORDED.iterdir() if path.is_dir()}
    assert folders - set(expected) - ELSEWHERE == OF_NO_SOURCE
    for name, files in expected.items():
        assert files == {path.name for path in (RECORDED / name).iterdir()}, name


def dns_records(file: str) -> dns.Records:
    data = cast("dict[str, list[str]]", json.loads(recorded(RECORDED / "dns" / file)))
    mx = [line.split()[-1] for line in data.get("mx", [])]
    return dns.Records(mx, data["txt"], data.get("dmarc", []))


@pytest.mark.parametrize("file", DNS, ids=lambda file: f"dns/{file}: {len(DNS[file])} products")
def test_recorded_dns_records_tell_the_products_behind_them(file: str) -> None:
    reading = dns.read(dns_records(file))
    told = {product for claim in reading.claims for product in cast("tuple[str, ...]", claim.value)}
    assert DNS[file] <= told


def test_the_documented_company_is_read_whole_where_it_names_its_website() -> None:
    one = PEOPLE_DATA_LABS[0]
    cut = json.loads(recorded(folder("people_data_labs") / one.file))
    reading = people_data_labs.read(httpx.Response(200, json={**cut, "website": one.subject.domain}), one.subject)
    told = {claim.field: claim.value for claim in reading.claims}
    assert set(told) == {F.NAME, F.INDUSTRY, F.FOUNDED_YEAR, F.COUNTRY_CODE, F.ADDRESS, F.EMPLOYEE_COUNT}
    assert told[F.EMPLOYEE_COUNT] == EmployeeCount(51, 200)


def test_the_documented_headers_say_when_a_pause_ends() -> None:
    headers = json.loads(recorded(folder("people_data_labs") / PEOPLE_DATA_LABS[2].file))
    with pytest.raises(Throttled) as caught:
        people_data_labs.read(httpx.Response(429, headers={**headers, "date": "Wed, 23 Feb 2022 20:19:11 GMT"}), LARCH)
    assert caught.value.retry_after == 44.0


def test_the_recorded_brazilian_registry_names_company_and_branch_but_no_person() -> None:
    one = RDAP[0]
    reading = read("rdap", one)
    assert {claim.field: claim.value for claim in reading.claims}[F.REGISTRATION_NUMBER] == "27865757002148"
    assert "Removida" not in repr(reading)
