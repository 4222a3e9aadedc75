"""The way to a site's pages: which addresses are tried, where redirects lead, what each status means."""

from urllib.parse import urljoin

import httpx

from enrichment.domain.errors import Fault, Rejected, SourceError, Throttled
from enrichment.sources.failures import retry_after
from enrichment.sources.website.addresses import admitted, refused
from enrichment.sources.website.fetch import NoSuchHost, Response, Unreachable, Web
from enrichment.sources.website.robots import MOST_BYTES as MOST_ROBOTS_BYTES
from enrichment.sources.website.robots import Robots

MOST_PAGE_BYTES = 2_000_000
MOST_REDIRECTS = 5
GONE = frozenset({404, 410})


class Visitor:
    """Reads pages of sites as a polite guest: robots.txt first, and again wherever a redirect leads."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._robots = Robots(self._robots_txt)

    async def home(self, domain: str) -> Response | None:
        """The home page of a domain, None where there is no such site.

        Raises one of the SourceErrors, or Skipped where it may not be read.
        """
        failures: list[Unreachable] = []
        for address in (f"https://{domain}/", f"https://www.{domain}/", f"http://{domain}/"):
            try:
                response = await self._page(admitted(address))
            except Unreachable as failure:
                failures.append(failure)
            else:
                return None if response.status in GONE else _successful(response)
        # What stands behind a name says more than that another name does not exist.
        met = [failure for failure in failures if not isinstance(failure, NoSuchHost)]
        if met:
            raise met[0]
        return None

    async def page(self, url: str) -> Response:
        """Another page of a site; raises as `home` does, and Rejected where it does not exist."""
        return _successful(await self._page(admitted(url)))

    async def _page(self, url: httpx.URL) -> Response:
        for _ in range(MOST_REDIRECTS + 1):
            await self._robots.check(url)
            response = await self._web.get(url, MOST_PAGE_BYTES)
            if not response.is_redirect:
                return response
            url = _target(response)
        raise Fault(f"{url.host}: more than {MOST_REDIRECTS} redirects")

    async def _robots_txt(self, url: httpx.URL) -> Response:
        response = await self._web.get(url, MOST_ROBOTS_BYTES)
        for _ in range(MOST_REDIRECTS):
            if not response.is_redirect:
                break
            response = await self._web.get(_target(response), MOST_ROBOTS_BYTES)
        return response


def _target(response: Response) -> httpx.URL:
    try:
        return admitted(urljoin(str(response.url), response.headers["location"].strip()))
    except ValueError:
        raise refused("it leads to an address that cannot be read") from None


def _successful(response: Response) -> Response:
    status = response.status
    if 200 <= status < 300:
        return response
    raise _error(status, httpx.Response(status, headers=response.headers))


def _error(status: int, response: httpx.Response) -> SourceError:
    if status == 429:
        return Throttled("the site answers HTTP 429", retry_after=retry_after(response))
    # Every other refusal is this site's answer to us; the breaker, which counts faults for all sites, leaves it out.
    kind = Rejected if 400 <= status < 500 else Fault
    return kind(f"the site answers HTTP {status}")
