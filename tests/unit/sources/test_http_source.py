"""The HTTP client of all sources: what it sends, what it takes, and what each way of failing is called."""

import asyncio
import gzip
import logging
import traceback
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from contract.wire_server import Asked, Said, Then, WireServer, answer, serving
from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Field
from enrichment.domain.errors import Fault, Rejected, SourceError, Unreadable
from enrichment.domain.fact import Claim, Reading
from enrichment.domain.subject import Subject
from enrichment.sources.http import LONGEST_BODY_BYTES, HttpSource, address
from fakes import entry

KEY = "a-key-that-nobody-may-see"
SUBJECT = Subject("larch.com.br")


class Echo:
    """A provider whose answer is the name it is told; its key travels in the address."""

    def question(self, subject: Subject) -> bytes | None:
        return subject.domain.encode()

    def request(self, subject: Subject, entry: Entry) -> httpx.Request:
        return httpx.Request("GET", address(entry.base_url, "/v1/echo", {"domain": subject.domain, "token": KEY}))

    def read(self, response: httpx.Response, subject: Subject) -> Reading:
        return Reading((Claim(Field.NAME, response.text),) if response.text else ())


Say = Callable[[Asked], Said] | Said


@asynccontextmanager
async def asking(say: Say, timeout_ms: int = 5_000) -> AsyncGenerator[tuple[HttpSource, WireServer]]:
    async with serving(say) as server:
        source = HttpSource(entry("echo", base_url=server.base_url, timeout_ms=timeout_ms), Echo())
        try:
            yield source, server
        finally:
            await source.close()


async def failure_of(say: Say, timeout_ms: int = 5_000) -> SourceError:
    async with asking(say, timeout_ms) as (source, _):
        with pytest.raises(SourceError) as caught:
            await source.ask(SUBJECT)
        return caught.value


async def test_one_question_is_one_request_at_the_operators_address() -> None:
    async with asking(answer(200, b"Larch")) as (source, server):
        reading = await source.ask(SUBJECT)
    assert reading.claims == (Claim(Field.NAME, "Larch"),)
    [asked] = server.asked
    assert (asked.method, asked.path, asked.query["domain"]) == ("GET", "/v1/echo", "larch.com.br")
    assert asked.headers["user-agent"].startswith("imensiah/")
    assert asked.headers["accept"] == "application/json"


async def test_a_price_is_the_catalogues() -> None:
    source = HttpSource(entry("echo", price_usd_micros=3_000), Echo())
    assert source.price(SUBJECT) == 3_000
    assert source.question(SUBJECT) == b"larch.com.br"
    await source.close()


async def test_a_request_is_not_sent_again_when_a_reused_connection_breaks() -> None:
    def say(_: Asked) -> Said:
        return answer(200, b"Larch") if len(server.asked) == 1 else Said(b"", Then.CLOSE)

    async with asking(say) as (source, server):
        await source.ask(SUBJECT)
        with pytest.raises(Fault) as caught:
            await source.ask(SUBJECT)
        assert [asked.connection for asked in server.asked] == [1, 1]
    assert caught.value.is_cost_unknown


async def test_a_refused_connection_is_a_fault_that_costs_nothing() -> None:
    async with serving(answer(200)) as server:
        closed = server.base_url
    source = HttpSource(entry("echo", base_url=closed), Echo())
    with pytest.raises(Fault) as caught:
        await source.ask(SUBJECT)
    assert not caught.value.is_cost_unknown
    await source.close()


@pytest.mark.parametrize(
    ("said", "timeout_ms"),
    [
        (Said(b"", Then.HANG), 50),
        (Said(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nLar", Then.HANG), 50),
        (Said(b"", Then.RESET), 5_000),
        (Said(b"", Then.CLOSE), 5_000),
        (Said(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nLar", Then.CLOSE), 5_000),
        (Said(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nLar", Then.CLOSE), 5_000),
    ],
    ids=["silence", "silence in the body", "reset", "close", "a cut body", "a cut chunk"],
)
async def test_what_breaks_after_the_send_may_have_been_billed(said: Said, timeout_ms: int) -> None:
    error = await failure_of(said, timeout_ms)
    assert isinstance(error, Fault)
    assert error.is_cost_unknown


def zipped(body: bytes) -> Said:
    return answer(200, gzip.compress(body), Content_Encoding="gzip")


@pytest.mark.parametrize(
    "said",
    [
        answer(200, b"x" * (LONGEST_BODY_BYTES + 1)),
        zipped(b"x" * 5 * LONGEST_BODY_BYTES),
        answer(200, b"x", Content_Encoding="gzip, gzip"),
        answer(200, b"not compressed at all", Content_Encoding="gzip"),
        Said(b"I do not speak HTTP\r\n\r\n", Then.CLOSE),
        Said(b"HTTP/1.1 200 OK\r\nbad header line\r\n\r\n", Then.CLOSE),
    ],
    ids=["too long", "a bomb", "compressed twice", "broken compression", "no HTTP", "broken headers"],
)
async def test_an_answer_that_is_none_is_unreadable_and_may_have_been_billed(said: Said) -> None:
    error = await failure_of(said)
    assert isinstance(error, Unreadable)
    assert error.is_cost_unknown


async def test_a_compressed_answer_is_read() -> None:
    async with asking(zipped(b"Larch")) as (source, _):
        assert (await source.ask(SUBJECT)).claims == (Claim(Field.NAME, "Larch"),)


async def test_the_longest_answer_is_read() -> None:
    async with asking(answer(200, b"x" * LONGEST_BODY_BYTES)) as (source, _):
        [claim] = (await source.ask(SUBJECT)).claims
    assert len(str(claim.value)) == LONGEST_BODY_BYTES


@pytest.mark.parametrize("base_url", ["", "larch.com.br", "ftp://127.0.0.1"])
async def test_an_address_that_is_none_is_refused_before_anything_is_sent(base_url: str) -> None:
    source = HttpSource(entry("echo", base_url=base_url), Echo())
    with pytest.raises(Rejected) as caught:
        await source.ask(SUBJECT)
    assert not caught.value.is_cost_unknown
    await source.close()


async def test_a_redirect_is_not_followed() -> None:
    async with asking(answer(302, b"moved", Location="/elsewhere")) as (source, server):
        assert (await source.ask(SUBJECT)).claims == (Claim(Field.NAME, "moved"),)
    assert len(server.asked) == 1


async def test_no_cookie_of_one_answer_travels_with_the_next_request() -> None:
    async with serving(answer(200, b"Larch", Set_Cookie="tenant=1; Path=/")) as server:
        # By name: aiohttp's own jar keeps no cookies of addresses.
        by_name = server.base_url.replace("127.0.0.1", "localhost")
        source = HttpSource(entry("echo", base_url=by_name), Echo())
        await source.ask(SUBJECT)
        await source.ask(SUBJECT)
        await source.close()
    assert ["cookie" in asked.headers for asked in server.asked] == [False, False]


async def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with asking(answer(200, b"Larch")) as (source, _):
        assert (await source.ask(SUBJECT)).claims


async def test_cancelling_ends_the_request_and_leaves_a_source_that_works() -> None:
    def say(_: Asked) -> Said:
        return Said(b"", Then.HANG) if len(server.asked) == 1 else answer(200, b"Larch")

    async with asking(say) as (source, server):
        asking_once = asyncio.create_task(source.ask(SUBJECT))
        await server.arrived.wait()
        asking_once.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking_once
        assert (await source.ask(SUBJECT)).claims


async def test_no_more_connections_than_the_catalogue_allows() -> None:
    async with serving(answer(200, b"Larch")) as server:
        source = HttpSource(entry("echo", base_url=server.base_url, max_concurrent=2), Echo())
        await asyncio.gather(*(source.ask(SUBJECT) for _ in range(10)))
        await source.close()
    assert len(server.asked) == 10
    assert server.connections <= 2


@pytest.mark.parametrize(
    "said",
    [
        answer(200, b"Larch"),
        answer(500),
        Said(b"", Then.RESET),
        Said(b"nonsense\r\n\r\n", Then.CLOSE),
        answer(200, b"x", Content_Encoding="gzip"),
    ],
)
async def test_a_key_in_the_address_is_in_no_log_and_no_traceback(said: Said, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown = ""
    async with asking(said) as (source, server):
        try:
            await source.ask(SUBJECT)
        except SourceError as error:
            shown = "".join(traceback.format_exception(error))
    assert server.asked[0].query["token"] == KEY
    assert KEY not in caplog.text + shown


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 N\xe3o encontrada\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=\xff\r\n",
        b"HTTP/1.1 200 OK\r\nX-Place: S\xe3o Paulo\r\nSet-Cookie: \xff=\xff; expires=\xff\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\xe3\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://x\x01/\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://xn--\xff:99999999/\r\n",
    ],
)
async def test_odd_bytes_above_the_body_do_not_hide_it(head: bytes) -> None:
    async with asking(Said(head + b"Content-Length: 5\r\n\r\nLarch")) as (source, _):
        reading = await source.ask(SUBJECT)
    assert reading.claims == (Claim(Field.NAME, "Larch"),)
