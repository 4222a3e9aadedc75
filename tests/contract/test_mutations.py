"""Answers with one thing wrong, of every source: each ends in facts or in one of the five errors.

One part at a time is taken out of every fixture and every recorded answer, or replaced by something of another kind.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import httpx
import pytest

from contract.http_sources import FIXTURES, SOURCES, HttpCase, entry_of
from contract.mutations import HOSTILE, JUNK, KINDS, cuts, html_mutants, json_mutants
from contract.test_recorded_payloads import RECORDED, Recorded, dns_records, recorded, response
from contract.test_recorded_payloads import SOURCES as ANSWERS
from contract.well_typed import check_well_typed
from enrichment.catalogue import load
from enrichment.domain.company import Field
from enrichment.domain.errors import Fault, QuotaExhausted, Rejected, SourceError, Throttled, Unauthorized, Unreadable
from enrichment.domain.fact import Reading
from enrichment.sources import dns
from enrichment.sources.website.reading import read
from unit.sources.website.invented_sites import DOMAIN, page_of

ERRORS = {Fault, Throttled, QuotaExhausted, Unauthorized, Rejected, Unreadable}
PAGES = Path(__file__).parents[1] / "unit" / "sources" / "website" / "pages"
ZONE = dns.Records(
    mx=("aspmx.l.google.com", "larch-com-br.mail.protection.outlook.com"),
    txt=("v=spf1 include:_spf.google.com include:%{i}.larch.com.br -all", "MS=ms12345678", "ZOOM_verify_abc"),
    dmarc=("v=DMARC1; p=none; rua=mailto:larch@rua.agari.com!10m",),
)
JUNK_RECORDS = (
    "", " ", ".", "=", HOSTILE, "x" * 70_000, "." * 9_000, "ms=" * 9_000, "v=spf1 include:" * 4_000,
    "mailto:a@" * 7_000,
)  # fmt: skip


@dataclass(frozen=True)
class Document:
    """An answer of a source, and the readings of what it would be with one thing wrong."""

    source: str
    name: str
    mutants: Callable[[], Iterator[partial[Reading]]]

    def __str__(self) -> str:
        return f"{self.source}/{self.name}"


def answer(case: HttpCase, status: int, content: bytes) -> Reading:
    return case.read(httpx.Response(status, content=content, headers={"content-type": case.content_type}))


def fixture(case: HttpCase) -> Document:
    def mutants() -> Iterator[partial[Reading]]:
        content = (FIXTURES / f"{case.fixture}.json").read_bytes()
        return (partial(answer, case, 200, mutant) for mutant in json_mutants(content, JUNK))

    return Document(case.source, case.fixture, mutants)


def recorded_answer(source: str, one: Recorded) -> Document:
    def mutants() -> Iterator[partial[Reading]]:
        whole = response(source, one)
        media_type = whole.headers["content-type"]
        case = next(case for case in SOURCES if case.source == source)
        case = replace(case, subject=one.subject, content_type=media_type)
        changed = json_mutants(whole.content, KINDS) if media_type == "application/json" else cuts(whole.content)
        return (partial(answer, case, one.status, mutant) for mutant in changed)

    return Document(source, one.file, mutants)


def page(path: Path) -> Document:
    def mutants() -> Iterator[partial[Reading]]:
        return (partial(site, mutant) for mutant in html_mutants(recorded(path)))

    return Document("website", path.name, mutants)


def site(html: bytes) -> Reading:
    return read([page_of(html)], DOMAIN)


def zone(name: str, records: Callable[[], dns.Records]) -> Document:
    def mutants() -> Iterator[partial[Reading]]:
        whole = records()
        for kind, texts in whole._asdict().items():
            for at in range(len(texts)):
                for other in ((), *((junk,) for junk in JUNK_RECORDS)):
                    changed = whole._replace(**{kind: (*texts[:at], *other, *texts[at + 1 :])})
                    yield partial(dns.read, changed)

    return Document("dns", name, mutants)


def names(folder_name: str) -> list[str]:
    """The recorded files of a folder; none where it is not here."""
    return sorted(path.name for path in (RECORDED / folder_name).glob("*"))


def telling_most(table: Sequence[Recorded]) -> Sequence[Recorded]:
    """Of each file the row in which it tells most."""
    told = sorted(table, key=lambda one: len(one.means) if isinstance(one.means, set) else 0)
    return list({one.file: one for one in told}.values())


OURS = (
    *(fixture(case) for case in SOURCES),
    *(page(path) for path in sorted(PAGES.glob("*.html"))),
    zone("zone", lambda: ZONE),
)
THEIRS = (
    *(recorded_answer(source, one) for source, table in ANSWERS.items() for one in telling_most(table)),
    *(page(RECORDED / "html" / name) for name in names("html")),
    *(zone(name, partial(dns_records, name)) for name in names("dns")),
)


@pytest.mark.parametrize("document", [*OURS, *THEIRS], ids=str)
def test_an_answer_with_one_thing_wrong_is_facts_or_one_of_five_errors(document: Document) -> None:
    brings = set(entry_of(document.source).brings)
    told: set[Field] = set()
    for mutant in document.mutants():
        ended = outcome(mutant)
        if isinstance(ended, Reading):
            check_well_typed(ended)
            told |= {claim.field for claim in ended.claims}
        else:
            assert type(ended) in ERRORS, mutant.args
    assert told <= brings
    # What is wrong in one place leaves the rest to be read.
    assert told or document not in OURS


def outcome(mutant: partial[Reading]) -> Reading | SourceError:
    try:
        return mutant()
    except SourceError as error:
        return error


def test_ten_thousand_answers_are_tried_and_some_of_every_source() -> None:
    tried: dict[str, int] = {}
    for document in OURS:
        tried[document.source] = tried.get(document.source, 0) + sum(1 for _ in document.mutants())
    assert sum(tried.values()) >= 10_000
    assert min(tried.values()) > 50, tried
    # The directory is a database of ours, and answers with no document.
    assert set(tried) == {entry.name for entry in load() if not entry.is_local}
