"""Starts and stops the sandbox, and what its owner holds while it runs."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from enrichment.sandbox import faults
from enrichment.sandbox.exchange import Desk
from enrichment.sandbox.front import Front
from enrichment.sandbox.journal import Exchange
from enrichment.sandbox.latency import PROVIDERS, Latency
from enrichment.sandbox.providers import KEYS, apify
from enrichment.sandbox.resolver import NameServer, Resolver
from enrichment.sandbox.world import World

_PREFIX = "IMENSIAH_SOURCES__"
# Websites are found by CONNECT_TO, the name server by SERVER; Apify is no source.
_AT_BASE_URL = tuple(name for name in PROVIDERS if name not in ("website", "dns", "apify"))


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """How a sandbox runs; a port of 0 takes a free one.

    `latency_scale`: 1.0 waits as real providers do, 0 not at all; `fixed_latency_ms` is the same before every answer.
    """

    host: str = "127.0.0.1"
    port: int = 0
    dns_port: int = 0
    # Of all seeds tried, one whose showcase has much to show.
    seed: int = 1670
    latency_scale: float = 1.0
    fixed_latency_ms: float | None = None


class Sandbox:
    """A running sandbox: where it listens, what it knows, and the switches that the control endpoint has too."""

    def __init__(self, desk: Desk, world: World, *, url: str, dns_address: str) -> None:
        self._desk = desk
        self.world = world
        self.url = url
        self.dns_address = dns_address

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that point a server at this sandbox, keys included."""
        bases = {f"{_PREFIX}{name.upper()}__BASE_URL": self.url for name in _AT_BASE_URL}
        keys = {f"{_PREFIX}{name.upper()}__API_KEY": key for name, key in KEYS.items()}
        own = {
            f"{_PREFIX}WEBSITE__CONNECT_TO": self.url.removeprefix("http://"),
            f"{_PREFIX}DNS__SERVER": self.dns_address,
        }
        harvest = {"IMENSIAH_HARVEST__BASE_URL": self.url, "IMENSIAH_HARVEST__API_KEY": apify.KEY}
        return {**bases, **keys, **own, **harvest}

    def bill(self) -> Mapping[str, object]:
        """Calls, billed calls and micro-dollars of each provider and in total."""
        return self._desk.bill.shown()

    def calls(self, provider: str | None = None) -> int:
        """How often one provider was asked, or all of them."""
        return self._desk.bill.calls(provider)

    def cost_usd_micros(self, provider: str | None = None) -> int:
        """What one provider charges, or all of them."""
        return self._desk.bill.cost_usd_micros(provider)

    def journal(self, provider: str | None = None) -> tuple[Exchange, ...]:
        """The last exchanges, oldest first: those of one provider, or all."""
        return self._desk.journal.exchanges(provider)

    def set_fault(self, provider: str, mode: str, **parameters: float) -> None:
        """Makes a provider misbehave. Raises ValueError for a mode or parameter that there is not."""
        self._desk.faults.set(provider, faults.parse(provider, {"mode": mode, **parameters}))

    def clear_fault(self, provider: str) -> None:
        """Makes it behave again."""
        faults.check_provider(provider)
        self._desk.faults.clear(provider)

    def set_rate_limits(self, *, is_on: bool) -> None:
        """Switches the limits of providers on (three a minute at ReceitaWS, 600 at Google) or off."""
        self._desk.has_rate_limits = is_on

    def reset(self) -> None:
        """Back to how it was after the start: bill, journal, counters, faults and limits."""
        self._desk.reset()


@asynccontextmanager
async def sandbox(
    settings: SandboxSettings | None = None, now: Callable[[], float] = time.time
) -> AsyncGenerator[Sandbox]:
    """Runs a sandbox for as long as the context lasts. Raises OSError where a port is taken."""
    settings = settings or SandboxSettings()
    world = World(settings.seed)
    desk = Desk(Latency(settings.seed, settings.latency_scale, settings.fixed_latency_ms), now)
    names = NameServer(Resolver(desk, world))
    # A handler whose client has left is cancelled: a hung one would otherwise outlive the sandbox.
    server = web.Server(Front(desk, world).handle, handler_cancellation=True, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        await names.start(settings.host, settings.dns_port)
        port = runner.addresses[0][1]
        yield Sandbox(desk, world, url=f"http://{settings.host}:{port}", dns_address=f"{settings.host}:{names.port}")
    finally:
        await names.stop()
        await runner.cleanup()
