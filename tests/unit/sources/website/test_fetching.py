"""How one URL is fetched: the gate at the socket, no memory between companies, never more than is wanted."""

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import aiohttp.abc
import httpx
import pytest
from invented_sites import DOMAIN, moved, page, place, robots, visiting, website
from test_public_addresses import NOT_PUBLIC

from contract.wire_server import Asked, Said, Then, answer, serving
from enrichment.domain.errors import Fault, Skipped, SkipReason, SourceError, Unreadable
from enrichment.domain.subject import Subject
from enrichment.sources.website import Website, fetch
from enrichment.sources.website.fetch import NoSuchHost, Response, Unreachable, Web

URL = httpx.URL(f"https://{DOMAIN}/")
ENOUGH = 2_000_000


class Resolver(aiohttp.abc.AbstractResolver):
    """A resolver that knows one answer for every name."""

    def __init__(self, *addresses: str, error: OSError | None = None) -> None:
        self.addresses = addresses
        self.error = error

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[aiohttp.abc.ResolveResult]:
        del family
        if self.error:
            raise self.error
        return [
            aiohttp.abc.ResolveResult(
                hostname=host,
                host=address.partition("%")[0],
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self.addresses
        ]

    async def close(self) -> None:
        pass


@asynccontextmanager
async def web_with(resolver: Resolver) -> AsyncGenerator[Web]:
    web = Web(website(), lambda: resolver)
    try:
        yield web
    finally:
        await web.close()


async def fetched(say: Callable[[Asked], Said] | Said, most_bytes: int = ENOUGH) -> Response:
    async with serving(say) as server:
        web = Web(website(server.base_url.removeprefix("http://")))
        try:
            return await web.get(URL, most_bytes)
        finally:
            await web.close()


@pytest.mark.parametrize("address", NOT_PUBLIC)
async def test_a_name_that_resolves_to_an_address_that_is_not_public_is_never_connected_to(address: str) -> None:
    async with web_with(Resolver(address)) as web:
        with pytest.raises(Skipped) as refusal:
            await web.get(URL, ENOUGH)
    assert refusal.value.reason is SkipReason.DISALLOWED
    assert "not public" in refusal.value.explanation
    assert address not in refusal.value.explanation


async def test_the_gate_at_the_socket_sees_literal_addresses_too() -> None:
    async with web_with(Resolver()) as web:
        for url in ("http://127.0.0.1/", "http://10.1.1.1:443/", "http://8.8.8.8:8080/", "http://[::1]/"):
            with pytest.raises(Skipped):
                await web.get(httpx.URL(url), ENOUGH)


async def test_a_site_whose_address_is_private_is_skipped_by_the_source() -> None:
    source = Website(website(), lambda: Resolver("10.0.0.7"))
    with pytest.raises(Skipped, match="not public"):
        await source.ask(Subject(DOMAIN))
    await source.close()


async def test_a_name_without_an_address_is_no_site() -> None:
    for code in (socket.EAI_NONAME, socket.EAI_NODATA):
        source = Website(website(), lambda code=code: Resolver(error=socket.gaierror(code, "unknown")))
        assert not (await source.ask(Subject(DOMAIN))).is_found
        await source.close()


async def test_a_resolver_that_cannot_tell_is_a_fault_and_not_an_absence() -> None:
    async with web_with(Resolver(error=socket.gaierror(socket.EAI_AGAIN, "try again"))) as web:
        with pytest.raises(Fault) as failure:
            await web.get(URL, ENOUGH)
    assert not isinstance(failure.value, NoSuchHost)


async def test_a_refused_connection_is_known_as_one() -> None:
    async with serving(page()) as server:
        closed = server.base_url.removeprefix("http://")
    web = Web(website(closed))
    with pytest.raises(Unreachable, match="ClientConnectorError"):
        await web.get(URL, ENOUGH)
    await web.close()


async def test_with_connect_to_every_site_is_fetched_there_under_its_true_name() -> None:
    async with serving(page()) as server:
        web = Web(website(server.base_url.removeprefix("http://")))
        for url in ("https://vidrariaaurora.com.br/a?b=c%20d", "http://www.padarialumiar.com.br:443/"):
            await web.get(httpx.URL(url), ENOUGH)
        await web.close()
    assert [place(asked) for asked in server.asked] == [
        "vidrariaaurora.com.br/a?b=c%20d",
        "www.padarialumiar.com.br:443/",
    ]


async def test_connect_to_opens_its_own_address_and_no_other_one() -> None:
    async with serving(page()) as server:
        port = server.base_url.rpartition(":")[2]
        for connect_to in (f"127.0.0.1:{port}", f"localhost:{port}"):
            web = Web(website(connect_to))
            assert (await web.get(URL, ENOUGH)).status == 200
            await web.close()
        info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", int(port)))
        with pytest.raises(Skipped):
            Web(website(f"127.0.0.1:{port}"))._checked_socket(info)  # pyright: ignore[reportPrivateUsage]


async def test_the_visitor_says_who_it_is_and_takes_plain_compression_only() -> None:
    async with visiting({f"{DOMAIN}/": page()}) as visit:
        await visit.read()
        for asked in visit.server.asked:
            assert asked.headers["user-agent"] == "ImensiahEnrichment/0.1 (+https://github.com/imensiah/enrichment)"
            assert asked.headers["accept-encoding"] == "gzip, deflate"


async def test_no_proxy_of_the_environment_comes_between(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await fetched(page())).status == 200


async def test_no_cookie_is_carried_from_one_request_to_another_nor_from_company_to_company() -> None:
    sites = {
        f"{name}{path}": page("<a href='/sobre'>Sobre</a>", Set_Cookie="visitor=1; Path=/; Domain=127.0.0.1")
        for name in (DOMAIN, "padarialumiar.com.br")
        for path in ("/", "/sobre")
    }
    async with visiting(sites) as visit:
        for domain in (DOMAIN, "padarialumiar.com.br", DOMAIN):
            await visit.read(domain)
        assert len(visit.asked) == 8
        assert not [asked for asked in visit.server.asked if "cookie" in asked.headers]


async def test_one_connection_serves_robots_txt_and_the_home_page() -> None:
    async with visiting({f"{DOMAIN}/robots.txt": robots(""), f"{DOMAIN}/": page()}) as visit:
        await visit.read()
        assert [asked.connection for asked in visit.server.asked] == [1, 1]


async def test_a_request_is_not_sent_again_when_a_reused_connection_breaks() -> None:
    def say(asked: Asked) -> Said:
        return page() if asked.path == "/robots.txt" else Said(b"", Then.CLOSE)

    async with serving(say) as server:
        web = Web(website(server.base_url.removeprefix("http://")))
        await web.get(httpx.URL(f"https://{DOMAIN}/robots.txt"), ENOUGH)
        with pytest.raises(Unreachable):
            await web.get(URL, ENOUGH)
        await web.close()
    assert [asked.path for asked in server.asked] == ["/robots.txt", "/"]


async def test_a_body_is_cut_where_enough_has_come() -> None:
    response = await fetched(page(b"x" * 5_000_000))
    assert len(response.body) == ENOUGH


async def test_a_body_that_never_ends_is_cut_too() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    response = await fetched(Said(head + b"x" * 3_000_000, Then.HANG))
    assert len(response.body) == ENOUGH


async def test_a_small_file_that_unpacks_to_a_huge_one_is_cut() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 60_000
    response = await fetched(answer(200, bomb, "text/html", Content_Encoding="gzip"))
    assert len(response.body) == ENOUGH


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "compress", "gzip, br", "aes128gcm"])
async def test_what_is_packed_twice_or_in_an_unknown_way_is_not_unpacked(encoding: str) -> None:
    body = gzip.compress(gzip.compress(b"x" * 1_000))
    with pytest.raises(Unreadable):
        await fetched(answer(200, body, "text/html", Content_Encoding=encoding))


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"hello")),
        ("x-gzip", b"hello"),
        ("deflate", zlib.compress(b"hello")),
        ("identity", b"hello"),
    ],
)
async def test_plain_packing_is_unpacked(encoding: str, body: bytes) -> None:
    response = await fetched(answer(200, body, "text/html", Content_Encoding=encoding))
    assert response.body == b"hello"


@pytest.mark.parametrize("body", [b"not gzip at all", gzip.compress(b"x" * 1_000)[:20] + b"\xff" * 40])
async def test_broken_packing_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        await fetched(answer(200, body, "text/html", Content_Encoding="gzip"))


@pytest.mark.parametrize(
    "said",
    [
        Said(b"SSH-2.0-OpenSSH_9.6\r\n", Then.CLOSE),
        Said(b"\x00\x01\x02\x03" * 100, Then.CLOSE),
        Said(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort", Then.CLOSE),
        Said(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Then.CLOSE),
        Said(b"HTTP/1.1 999999 What\r\n\r\n", Then.CLOSE),
        Said(b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"y" * 500_000 + b"\r\n\r\n", Then.CLOSE),
        Said(b"", Then.CLOSE),
        Said(b"", Then.RESET),
    ],
)
async def test_whatever_is_not_http_ends_in_a_typed_error(said: Said) -> None:
    with pytest.raises(SourceError):
        await fetched(said)


async def test_a_status_whose_words_are_not_ascii_is_read_all_the_same() -> None:
    for words in ("Página não encontrada".encode("latin-1"), "Não há".encode(), b"\xff\xfe", b""):
        response = await fetched(Said(b"HTTP/1.1 404 " + words + b"\r\nContent-Length: 0\r\n\r\n"))
        assert response.status == 404


async def test_a_header_may_be_as_long_as_security_policies_are() -> None:
    response = await fetched(page("", Content_Security_Policy="default-src " + "https://cdn.example.net " * 1_500))
    assert response.status == 200


async def test_a_silent_server_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "TIMEOUT", httpx.Timeout(0.05))
    with pytest.raises(Fault) as failure:
        await fetched(Said(b"", Then.HANG))
    assert not isinstance(failure.value, Unreachable)


async def test_a_redirect_is_an_answer_and_its_body_is_left_alone() -> None:
    response = await fetched(moved("https://www.vidrariaaurora.com.br/"))
    assert response.is_redirect
    assert not response.body


async def test_cancelling_leaves_the_client_whole() -> None:
    def say(asked: Asked) -> Said:
        return Said(b"", Then.HANG) if asked.path == "/slow" else page()

    async with serving(say) as server:
        web = Web(website(server.base_url.removeprefix("http://")))
        for _ in range(20):
            server.arrived.clear()
            slow = asyncio.create_task(web.get(httpx.URL(f"https://{DOMAIN}/slow"), ENOUGH))
            await server.arrived.wait()
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
        assert (await web.get(URL, ENOUGH)).status == 200
        await web.close()


async def test_a_source_that_was_never_asked_closes() -> None:
    await Website(website()).close()
