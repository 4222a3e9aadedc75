"""The sources that ask no provider by HTTP, DNS and the website, in every situation that a source can meet."""

import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import httpx
import pytest

from contract.http_sources import SOURCES, entry_of
from contract.name_server import listening
from contract.well_typed import check_well_typed
from contract.wire_server import Asked, Said, Then, answer, serving
from enrichment.catalogue import load
from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Fault, Rejected, SourceError, Throttled, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Subject
from enrichment.sources import build
from enrichment.sources.website import fetch
from unit.sources.website.invented_sites import DOMAIN

PAGE = (Path(__file__).parents[1] / "unit" / "sources" / "website" / "pages" / "json_ld.html").read_bytes()
SUBJECT = Subject(DOMAIN)


class Situation(StrEnum):
    """What can happen to whoever asks somebody over a network."""

    KNOWN = "the company is known"
    UNKNOWN = "the company is unknown"
    REFUSED = "refused"
    THROTTLED_WITH_TIME = "throttled, with a time"
    THROTTLED = "throttled, without a time"
    NO_QUOTA = "the quota is used up"
    BROKEN = "the other side broke"
    SILENT = "no answer"
    NO_CONNECTION = "nobody listens"
    RESET = "the connection breaks in the middle"
    OTHER_TYPE = "an answer of another type"
    EMPTY = "an empty answer"
    CUT = "half an answer"
    HUGE = "a huge answer"
    DEEP = "a deeply nested answer"
    BARE = "every optional part is missing"
    STRANGER = "an answer about somebody else"


# A reading with claims, one without, or an error.
FOUND, NOTHING_TOLD = Reading, Reading()
Meaning = type[Reading] | Reading | type[SourceError]
Reply = Callable[[bytes], bytes | None]


class Site(NamedTuple):
    """What a site's home page does (None: nobody listens), and what that means."""

    does: Said | None
    means: Meaning
    pause: float | None = None


class Zone(NamedTuple):
    """How a name server replies to a query (None: nobody listens), and what that means."""

    does: Reply | None
    means: Meaning


def html(body: bytes, status: int = 200, **headers: str) -> Said:
    return answer(status, body, "text/html; charset=utf-8", **headers)


_HALF = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<title>Vidraria"
# A text is the reason why a situation cannot be met.
WEBSITE: Mapping[Situation, Site | str] = {
    Situation.KNOWN: Site(html(PAGE), FOUND),
    Situation.UNKNOWN: Site(html(b"gone", 404), NOT_FOUND),
    Situation.REFUSED: Site(html(b"no robots", 403), Rejected),
    Situation.THROTTLED_WITH_TIME: Site(html(b"slow down", 429, Retry_After="17"), Throttled, 17.0),
    Situation.THROTTLED: Site(html(b"slow down", 429), Throttled),
    Situation.NO_QUOTA: Site(html(b"pay", 402), Rejected),
    Situation.BROKEN: Site(html(b"sorry", 503), Fault),
    Situation.SILENT: Site(Said(b"", Then.HANG), Fault),
    Situation.NO_CONNECTION: Site(None, Fault),
    Situation.RESET: Site(Said(_HALF, Then.RESET), Fault),
    Situation.OTHER_TYPE: Site(answer(200, PAGE, "application/pdf"), Unreadable),
    Situation.EMPTY: Site(html(b""), NOTHING_TOLD),
    Situation.CUT: Site(Said(_HALF, Then.CLOSE), Fault),
    Situation.HUGE: Site(html(PAGE + b" " * 3_000_000), FOUND),
    Situation.DEEP: Site(html(b"<div>" * 50_000 + PAGE), FOUND),
    Situation.BARE: Site(html(b"<p>Vidros"), NOTHING_TOLD),
    Situation.STRANGER: "a site is asked who it is; whether that is the company is for the other sources to tell",
}


def query_of(data: bytes) -> dns.message.Message:
    return dns.message.make_response(dns.message.from_wire(data))


def telling(*texts: str, cut: int | None = None) -> Reply:
    """Texts, and no record of any other kind; the reply without its last bytes where it is cut."""

    def reply(data: bytes) -> bytes:
        message = query_of(data)
        question = message.question[0]
        if question.rdtype == dns.rdatatype.TXT and texts:
            message.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", *texts))
        return message.to_wire(max_size=65_000)[:cut]

    return reply


def saying(reply: bytes | None) -> Reply:
    """The same bytes to every query, or nothing."""
    return lambda _: reply


def failing(code: dns.rcode.Rcode) -> Callable[[bytes], bytes]:
    def reply(data: bytes) -> bytes:
        message = query_of(data)
        message.set_rcode(code)
        return message.to_wire()

    return reply


def truncated(data: bytes) -> bytes:
    """A reply that says of itself that it goes on over TCP, where nobody listens."""
    message = query_of(data)
    message.flags |= dns.flags.TC
    return message.to_wire()


def about_another_name(data: bytes) -> bytes:
    message = dns.message.from_wire(data)
    other = dns.message.make_query("another.com.br", message.question[0].rdtype)
    other.id = message.id
    return dns.message.make_response(other).to_wire()


# More than are ever read.
_MANY = tuple(f'"ms={number}"' for number in range(2_000))
DNS: Mapping[Situation, Zone | str] = {
    Situation.KNOWN: Zone(telling('"MS=ms1"'), FOUND),
    Situation.UNKNOWN: Zone(failing(dns.rcode.NXDOMAIN), NOT_FOUND),
    Situation.REFUSED: Zone(failing(dns.rcode.REFUSED), Fault),
    Situation.THROTTLED_WITH_TIME: "no reply of DNS asks for a pause",
    Situation.THROTTLED: "no reply of DNS asks for a pause: a name server that is asked too often refuses or is silent",
    Situation.NO_QUOTA: "nobody pays for DNS",
    Situation.BROKEN: Zone(failing(dns.rcode.SERVFAIL), Fault),
    Situation.SILENT: Zone(saying(None), Fault),
    Situation.NO_CONNECTION: Zone(None, Fault),
    Situation.RESET: Zone(truncated, Fault),
    Situation.OTHER_TYPE: Zone(saying(b"HTTP/1.1 200 OK\r\n\r\n"), Fault),
    Situation.EMPTY: Zone(saying(b""), Fault),
    Situation.CUT: Zone(telling('"MS=ms1"', cut=-3), Fault),
    Situation.HUGE: Zone(telling(*_MANY), FOUND),
    Situation.DEEP: "records are flat",
    Situation.BARE: Zone(telling(), NOTHING_TOLD),
    Situation.STRANGER: Zone(about_another_name, Fault),
}


def met(table: Mapping[Situation, Site | str] | Mapping[Situation, Zone | str], situation: Situation) -> object:
    row = table[situation]
    return pytest.skip(row) if isinstance(row, str) else row


def check(ended: Reading | SourceError, means: Meaning, pause: float | None = None) -> None:
    if isinstance(ended, Reading):
        check_well_typed(ended)
        assert isinstance(means, Reading) or means is FOUND
        if isinstance(means, Reading):
            assert (ended.is_found, ended.claims) == (means.is_found, ())
        else:
            assert ended.claims
    else:
        assert isinstance(means, type)
        assert isinstance(ended, means)
        # Neither is paid for.
        assert not ended.is_cost_unknown
        assert getattr(ended, "retry_after", None) == pause


async def outcome(entry: Entry) -> Reading | SourceError:
    source = build(entry)
    try:
        return await source.ask(SUBJECT)
    except SourceError as error:
        return error
    finally:
        await source.close()


@pytest.mark.parametrize("situation", Situation)
async def test_a_website_in_every_situation(situation: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    site = met(WEBSITE, situation)
    assert isinstance(site, Site)
    # As long as an answer of this machine may take, no longer than a test should wait for none.
    monkeypatch.setattr(fetch, "TIMEOUT", httpx.Timeout(0.2))

    def say(asked: Asked) -> Said:
        return site.does if site.does and asked.path == "/" else html(b"not here", 404)

    async with serving(say) as server:
        place = server.base_url.removeprefix("http://") if site.does else nowhere()
        ended = await outcome(replace(entry_of("website"), options={"connect_to": place}))
    check(ended, site.means, site.pause)


@pytest.mark.parametrize("situation", Situation)
async def test_dns_in_every_situation(situation: Situation) -> None:
    zone = met(DNS, situation)
    assert isinstance(zone, Zone)
    async with listening(zone.does or saying(None)) as server:
        place = server if zone.does else nowhere()
        ended = await outcome(replace(entry_of("dns"), timeout_ms=200, options={"server": place}))
    check(ended, zone.means)


def nowhere() -> str:
    """An address where nobody listens."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


def test_every_source_of_the_catalogue_is_in_a_contract_suite() -> None:
    # The directory, our own database, has tests/contract/test_directories.py.
    assert {case.source for case in SOURCES} | {"website", "dns", "directory"} == {entry.name for entry in load()}
    assert set(WEBSITE) == set(DNS) == set(Situation)
