"""The company's own website: its home page and up to two more, read as a polite guest."""

import asyncio
from collections.abc import Callable

import aiohttp.abc

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Field
from enrichment.domain.errors import Skipped, SourceError, Unreadable
from enrichment.domain.fact import NOT_FOUND, Claim, Reading
from enrichment.domain.subject import Subject
from enrichment.domain.website import registrable_domain
from enrichment.sources.website import social
from enrichment.sources.website.fetch import Response, Web
from enrichment.sources.website.links import further_pages
from enrichment.sources.website.page import Page, is_of, opened
from enrichment.sources.website.reading import read
from enrichment.sources.website.visit import Visitor

# FOUNDATION closes 2.5 s after its start: what the home page says shall not be late for the sake of two more pages.
SECONDS_FOR_ALL, SECONDS_FOR_FURTHER = 2.2, 0.5


def source(entry: Entry) -> "Website":
    """The source as a catalogue entry describes it; its option `connect_to` is "host:port" to fetch every site from."""
    return Website(entry)


class Website:
    """Reads a company's own pages. The total deadline is the caller's: cancelling `ask` ends all that it began."""

    def __init__(self, entry: Entry, resolver: Callable[[], aiohttp.abc.AbstractResolver] | None = None) -> None:
        self._web = Web(entry, resolver)
        self._visitor = Visitor(self._web)

    def question(self, subject: Subject) -> bytes | None:
        return subject.domain.encode()

    def price(self, subject: Subject) -> int:
        return 0

    async def ask(self, subject: Subject) -> Reading:
        now = asyncio.get_running_loop().time
        started_at = now()
        response = await self._visitor.home(subject.domain)
        if response is None:
            return NOT_FOUND
        # A company whose domain leads to its profile on a network has no site: the rest of that page is the network's.
        if profile := social.profile(str(response.url)):
            return Reading((Claim(Field.SOCIAL_PROFILES, (profile,), social.WEIGHT_LINKED),))
        home = _page(response, subject.domain)
        patience = max(SECONDS_FOR_FURTHER, SECONDS_FOR_ALL - (now() - started_at))
        further = await asyncio.gather(*(self._further(url, home, patience) for url in further_pages(home)))
        return read([home, *(page for page in further if page)], subject.domain)

    async def close(self) -> None:
        await self._web.close()

    async def _further(self, url: str, home: Page, seconds: float) -> Page | None:
        """Another page of the site, None where it is not to be had in time: the home page is enough."""
        try:
            async with asyncio.timeout(seconds):
                return _page(await self._visitor.page(url), home.domain)
        except (SourceError, Skipped, TimeoutError):
            return None


def _page(response: Response, domain: str) -> Page:
    media_type = response.headers.get("content-type", "").split(";")[0].strip().lower()
    is_html = media_type in ("text/html", "application/xhtml+xml")
    if not (is_html or (not media_type and response.body.lstrip()[:1] == b"<")):
        raise Unreadable(f"the site answers with {media_type or 'something'}, not with a page")
    is_own = is_of(response.url.host, domain)
    return opened(response, domain if is_own else registrable_domain(str(response.url)))
