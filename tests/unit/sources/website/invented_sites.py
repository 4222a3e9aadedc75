"""Sites that a test invents, all served by one server whatever their names are, and the source that visits them."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from contract.wire_server import Asked, Said, WireServer, answer, serving
from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Field
from enrichment.domain.fact import Claim, Reading
from enrichment.domain.subject import Subject
from enrichment.sources.website import Website
from enrichment.sources.website.fetch import Response
from enrichment.sources.website.page import Page, opened
from fakes import entry

DOMAIN = "vidrariaaurora.com.br"


@dataclass
class Visit:
    """A source, the server that stands for the whole web, and what was asked of it."""

    source: Website
    server: WireServer

    async def read(self, domain: str = DOMAIN) -> Reading:
        return await self.source.ask(Subject(domain))

    @property
    def asked(self) -> list[str]:
        """Host and target of every request, in order."""
        return [place(asked) for asked in self.server.asked]


def place(asked: Asked) -> str:
    return f"{asked.headers.get('host', '')}{asked.target}"


def page(html: str | bytes = "<title>Vidraria Aurora</title>", status: int = 200, **headers: str) -> Said:
    """An HTML answer."""
    return answer(status, html.encode() if isinstance(html, str) else html, "text/html; charset=utf-8", **headers)


def moved(location: str, status: int = 301) -> Said:
    return answer(status, b"", "", Location=location)


def robots(text: str) -> Said:
    return answer(200, text.encode(), "text/plain")


def website(connect_to: str = "") -> Entry:
    return entry("website", options={"connect_to": connect_to} if connect_to else {})


@asynccontextmanager
async def visiting(pages: Mapping[str, Said]) -> AsyncGenerator[Visit]:
    """A visit to a web of these pages, by host and target; there is nothing else in it."""
    async with serving(lambda asked: pages.get(place(asked), page("not here", 404))) as server:
        source = Website(website(server.base_url.removeprefix("http://")))
        try:
            yield Visit(source, server)
        finally:
            await source.close()


def page_of(html: str | bytes, url: str = f"https://{DOMAIN}/", domain: str = "", **headers: str) -> Page:
    """A page as the source opens it."""
    body = html if isinstance(html, bytes) else html.encode()
    given = {"content-type": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return opened(Response(httpx.URL(url), 200, httpx.Headers(given), body), domain or DOMAIN)


def values(claims: Iterable[Claim]) -> dict[Field, object]:
    """The value of each field's first claim, which is its best."""
    return {claim.field: claim.value for claim in reversed(list(claims))}
