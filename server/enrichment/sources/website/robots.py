"""What a site's robots.txt allows us to read (RFC 9309)."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import httpx
from protego import Protego

from enrichment.domain.errors import Fault
from enrichment.sources.website.addresses import refused
from enrichment.sources.website.fetch import ROBOT, Response

# RFC 9309, 2.4 and 2.5: kept for a day at most, and at least 500 KiB of it are read.
KEPT_SECONDS = 86_400.0
MOST_BYTES = 512_000
MOST_HOSTS = 256
# A site that takes longer is not well, and by 2.3.1.4 no answer is not a yes.
PATIENCE_SECONDS = 3.0

_NO_RULES = Protego.parse("")
_AGENT_LINES = frozenset({"user-agent", "useragent", "user agent"})

Fetch = Callable[[httpx.URL], Awaitable[Response]]


class Robots:
    """The rules of each host, read once a day; `fetch` follows redirects and ends with the last answer."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._held: OrderedDict[str, tuple[float, Protego]] = OrderedDict()

    async def check(self, url: httpx.URL) -> None:
        """Returns if the URL may be read; raises Skipped if not, and what the fetch raises if nothing says so.

        4xx: there are no rules. 5xx: everything is forbidden (RFC 9309, 2.3.1.3 and 2.3.1.4).
        """
        origin = _origin(url)
        now = asyncio.get_running_loop().time()
        expires_at, rules = self._held.get(origin, (0.0, _NO_RULES))
        if expires_at <= now:
            rules = await self._read(httpx.URL(f"{origin}/robots.txt"), now)
        if not rules.can_fetch(str(url), ROBOT):
            raise refused(f"{url.host}/robots.txt does not allow it")

    async def _read(self, url: httpx.URL, now: float) -> Protego:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                response = await self._fetch(url)
        except TimeoutError:
            raise Fault(f"{url.host}/robots.txt took longer than {PATIENCE_SECONDS:g} s") from None
        if response.status >= 500:
            raise refused(f"{url.host}/robots.txt answers HTTP {response.status}, which forbids everything")
        rules = rules_for_us(response.body) if response.status == 200 else _NO_RULES
        self._hold(url, now, rules)
        # Where a site redirects to its real name, the home page goes next, and the rules found there are its own.
        if response.url.path == "/robots.txt":
            self._hold(response.url, now, rules)
        return rules

    def _hold(self, url: httpx.URL, now: float, rules: Protego) -> None:
        self._held[_origin(url)] = (now + KEPT_SECONDS, rules)
        self._held.move_to_end(_origin(url))
        while len(self._held) > MOST_HOSTS:
            self._held.popitem(last=False)


def rules_for_us(robots_txt: bytes) -> Protego:
    """The rules of a robots.txt, every other robot's under one name.

    protego's work and memory grow with agents times rules: a hostile file of 500 KB would take all there is.
    """
    lines = robots_txt.decode("utf-8-sig", "replace").splitlines()
    return Protego.parse("\n".join(_without_names(line) for line in lines if ":" in line))


def _without_names(line: str) -> str:
    name, _, value = line.partition(":")
    if name.strip().lower() not in _AGENT_LINES:
        return line
    agent = value.partition("#")[0].partition("/")[0].strip()
    return f"User-agent: {agent if agent == '*' or agent.lower() == ROBOT.lower() else 'another'}"


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
