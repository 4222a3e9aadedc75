"""What is promised, once each between real processes: servers, a real Redis, a real PostgreSQL, sandboxed providers."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest

from enrichment.catalogue import load as load_catalogue
from enrichment.sandbox import Sandbox, SandboxSettings, sandbox
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.answers import Answers
from enrichment.stores.memory import MemoryCache
from enrichment.stores.redis import RedisCache
from enrichment.stores.tiered import Tiered
from enrichment_client import EnrichmentClient, EnrichmentError, EnrichOptions
from imensiah.enrichment.v1.enrichment_service_pb2 import (
    CompanyHints,
    Disposition,
    EnrichmentCompleted,
    EnrichResponse,
    SkipReason,
    SourceOutcome,
)
from live.postgresql import PostgresServer, postgres_server
from live.redis_server import RedisServer, redis_server
from live.service import served

pytestmark = pytest.mark.live

PRICE = 3_000
# A busy machine may take its time for what is no matter of time.
PATIENCE_SECONDS = 30.0
LATE_SECONDS = 2.0
TOKEN = "a-token-of-the-tests-alone"
OVER_BUDGET, CIRCUIT_OPEN = SkipReason.SKIP_REASON_OVER_BUDGET, SkipReason.SKIP_REASON_CIRCUIT_OPEN
RATE_LIMITED = SkipReason.SKIP_REASON_RATE_LIMITED
FOUND, FAILED = Disposition.DISPOSITION_FOUND, Disposition.DISPOSITION_FAILED


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


class Site:
    """One deployment: a sandbox, the database and the cache, and as many servers as a test starts."""

    def __init__(self, box: Sandbox, folder: Path, redis: RedisServer, postgres: PostgresServer) -> None:
        self.box, self.folder, self.redis, self.postgres = box, folder, redis, postgres
        redis.send(b"FLUSHALL")
        self.database_url = postgres.fresh()

    def environ(self, **own: str) -> dict[str, str]:
        return {
            **self.box.environment,
            "IMENSIAH_LISTEN": "127.0.0.1:0",
            "IMENSIAH_DATA_DIR": str(self.folder),
            "IMENSIAH_CACHE_URL": self.redis.url,
            "IMENSIAH_DATABASE_URL": self.database_url,
            **{f"IMENSIAH_{name}": value for name, value in own.items()},
        }

    @asynccontextmanager
    async def server(self, **own: str) -> AsyncGenerator[tuple[asyncio.subprocess.Process, EnrichmentClient]]:
        async with served(self.environ(**own)) as (child, address), EnrichmentClient(address, token=TOKEN) as client:
            yield child, client

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def change(self, statement: str) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def holds(self) -> Counter[str]:
        """How many holds there are in each state."""
        return Counter(state for (state,) in self.rows("SELECT state FROM holds"))

    def spent(self) -> int:
        return int(self.rows("SELECT coalesce(sum(cost_usd_micros), 0) FROM holds")[0][0])

    async def settled(self) -> None:
        """Returns once no hold is open; ends are written when there is time."""
        await until(lambda: not self.rows("SELECT 1 FROM holds WHERE ended_at IS NULL"))


@pytest.fixture
async def site(tmp_path: Path, redis: RedisServer, postgres: PostgresServer) -> AsyncGenerator[Site]:
    async with sandbox(SandboxSettings(latency_scale=0)) as box:
        yield Site(box, tmp_path, redis, postgres)


async def until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until, "it has not come to hold"
        await asyncio.sleep(0.02)


def only(*names: str, **own: str) -> dict[str, str]:
    """Settings under which these sources alone are asked, as often and as many at once as anybody likes."""
    off = {
        f"SOURCES__{entry.name.upper()}__ENABLED": "false" for entry in load_catalogue({}) if entry.name not in names
    }
    free = {f"SOURCES__{name.upper()}__MIN_INTERVAL_MS": "0" for name in names}
    wide = {f"SOURCES__{name.upper()}__MAX_CONCURRENT": "100" for name in names}
    # Where a limit could refuse a call, its money is held before it waits for its turn.
    limited = {f"SOURCES__{name.upper()}__MONTH_LIMIT_USD_MICROS": "1000000000" for name in names}
    return {**off, **free, **wide, **limited, **own}


async def asked(client: EnrichmentClient, box: Sandbox, number: int, **changes: Any) -> list[EnrichResponse]:
    """An enrichment of the world's company of this number, whose name is known: OpenCorporates can be asked at once."""
    company = box.world.at(number)
    hints = CompanyHints(company_name=company.facts.name)
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            async with client.enrich(company.domain, EnrichOptions(hints=hints, **changes)) as events:
                return [event async for event in events]
        except EnrichmentError as error:
            # A server works on a few dozen at once, and tells the others to come back.
            if error.reason != "OVERLOADED" or error.retry_after is None or time.monotonic() > until:
                raise
            await asyncio.sleep(error.retry_after)


def done(events: list[EnrichResponse]) -> EnrichmentCompleted:
    return events[-1].completed


def outcome(events: list[EnrichResponse], source: str = "opencorporates") -> SourceOutcome:
    return [each for event in events for each in event.layer.sources if each.source == source][-1]


async def leave(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def started(work: Awaitable[list[EnrichResponse]]) -> asyncio.Task[list[EnrichResponse]]:
    return asyncio.ensure_future(work)


async def test_a_callers_day_is_never_overspent_by_two_servers_and_two_hundred_enrichments(site: Site) -> None:
    caller = {
        "CALLERS__ACME__TOKEN_SHA256": sha256(TOKEN.encode()).hexdigest(),
        "CALLERS__ACME__DAY_LIMIT_USD_MICROS": str(limit := 20_000),
    }
    balances: list[int] = []

    async def watch() -> None:
        while True:
            balances.extend(int(row[0]) for row in site.rows("SELECT spent_usd_micros + held_usd_micros FROM accounts"))
            await asyncio.sleep(0.02)

    async with AsyncExitStack() as stack:
        clients = [(await stack.enter_async_context(site.server(**only("opencorporates", **caller))))[1] for _ in "12"]
        watching = asyncio.create_task(watch())
        all_events = await asyncio.gather(*(asked(clients[n % 2], site.box, n) for n in range(200)))
        await site.settled()
        await leave(watching)
    assert site.box.calls("opencorporates") == limit // PRICE
    assert site.spent() == site.box.cost_usd_micros() == sum(done(events).cost_usd_micros for events in all_events)
    assert balances
    assert max(balances) <= limit
    skipped = Counter(outcome(events).skip_reason for events in all_events)
    assert skipped == {SkipReason.SKIP_REASON_UNSPECIFIED: 6, OVER_BUDGET: 194}


async def test_fifty_equal_enrichments_pay_once(site: Site) -> None:
    async with site.server(**only("opencorporates")) as (_, client):
        site.box.set_fault("opencorporates", "slow", delay_ms=1_500)
        all_events = await asyncio.gather(*(asked(client, site.box, 1) for _ in range(50)))
        await site.settled()
    assert site.box.calls("opencorporates") == 1
    assert sum(done(events).cost_usd_micros for events in all_events) == site.spent() == PRICE
    assert (
        {done(events).company.legal_name for events in all_events} == {done(all_events[0]).company.legal_name} != {""}
    )


async def test_who_leaves_changes_nothing_for_who_stays_and_a_call_that_all_left_is_settled_and_kept(
    site: Site,
) -> None:
    async with site.server(**only("opencorporates", SOURCES__OPENCORPORATES__BREAKER_FAILURES="2")) as (_, client):
        site.box.set_fault("opencorporates", "slow", delay_ms=1_500)
        waiting = [started(asked(client, site.box, 1)) for _ in range(10)]
        await until(lambda: site.box.calls("opencorporates") == 1)
        await leave(*waiting[:4])
        stayed = await asyncio.gather(*waiting[4:])
        assert {outcome(events).disposition for events in stayed} <= {FOUND, Disposition.DISPOSITION_SHARED}
        # Nobody stays for these, one more than it takes to open the breaker.
        for number in (2, 3, 4):
            alone = started(asked(client, site.box, number))
            await until(lambda calls=number: site.box.calls("opencorporates") == calls)
            await leave(alone)
        await site.settled()
        assert site.spent() == site.box.cost_usd_micros() == 4 * PRICE
        again = [await asked(client, site.box, number) for number in (2, 3, 4)]
    assert [done(events).cost_usd_micros for events in again] == [0, 0, 0]
    assert {outcome(events).disposition for events in again} == {Disposition.DISPOSITION_CACHED}
    assert site.box.calls("opencorporates") == 4


async def test_who_leaves_before_the_request_does_has_called_and_paid_for_nothing(site: Site) -> None:
    # One place, which is taken.
    own = only("opencorporates") | {"SOURCES__OPENCORPORATES__MAX_CONCURRENT": "1"}
    async with site.server(**own) as (_, client):
        site.box.set_fault("opencorporates", "slow", delay_ms=2_000)
        first = started(asked(client, site.box, 1))
        await until(lambda: site.box.calls("opencorporates") == 1)
        second = started(asked(client, site.box, 2))
        await until(lambda: sum(site.holds().values()) == 2)
        await leave(second)
        await first
        await site.settled()
    assert site.box.calls("opencorporates") == 1
    assert site.holds() == {"settled": 1, "released": 1}
    assert site.spent() == PRICE


async def test_an_open_breaker_sends_nothing_then_one_probe_and_closes_when_that_is_well(site: Site) -> None:
    breaker = {
        "SOURCES__OPENCORPORATES__BREAKER_FAILURES": "2",
        "SOURCES__OPENCORPORATES__BREAKER_SUCCESSES": "1",
        "SOURCES__OPENCORPORATES__BREAKER_RESET_MS": "3000",
    }
    async with site.server(**only("opencorporates", **breaker)) as (_, client):
        site.box.set_fault("opencorporates", "fail", status=503)
        while outcome(await asked(client, site.box, 1)).skip_reason != CIRCUIT_OPEN:
            assert site.box.calls("opencorporates") < 10
        calls, holds = site.box.calls("opencorporates"), sum(site.holds().values())
        refused = await asyncio.gather(*(asked(client, site.box, number) for number in range(2, 12)))
        assert {outcome(events).skip_reason for events in refused} == {CIRCUIT_OPEN}
        assert (site.box.calls("opencorporates"), sum(site.holds().values())) == (calls, holds)
        # It is well again, and slow: whoever comes while the probe is away is not let through.
        site.box.set_fault("opencorporates", "slow", delay_ms=2_000)
        probe = started(until_called(client, site.box, 12))
        await until(lambda: site.box.calls("opencorporates") == calls + 1)
        others = await asyncio.gather(*(asked(client, site.box, number) for number in range(20, 30)))
        assert {outcome(events).skip_reason for events in others} == {CIRCUIT_OPEN}
        assert site.box.calls("opencorporates") == calls + 1
        assert outcome(await probe).skip_reason == SkipReason.SKIP_REASON_UNSPECIFIED
        site.box.clear_fault("opencorporates")
        assert outcome(await asked(client, site.box, 30)).cost_usd_micros == PRICE
        await site.settled()
    assert site.spent() == site.box.cost_usd_micros()


async def until_called(client: EnrichmentClient, box: Sandbox, number: int) -> list[EnrichResponse]:
    """The first enrichment of a company in which OpenCorporates is asked."""
    while True:
        events = await asked(client, box, number)
        if outcome(events).disposition != Disposition.DISPOSITION_SKIPPED:
            return events
        await asyncio.sleep(0.05)


async def test_redis_hung_or_gone_is_an_empty_cache_and_serves_again_when_it_is_back(site: Site) -> None:
    async with AsyncExitStack() as stack:
        # Whoever has kept nothing near sees what Redis holds.
        (_, first), (_, second) = [
            await stack.enter_async_context(site.server(**only("opencorporates"))) for _ in range(2)
        ]
        kept = await asked(first, site.box, 1)
        site.redis.pause()
        try:
            began = time.monotonic()
            during = await asked(second, site.box, 1)
            assert time.monotonic() - began < LATE_SECONDS
        finally:
            site.redis.resume()
        assert done(during).company == done(kept).company
        assert site.box.calls("opencorporates") == 2
        site.redis.kill()
        try:
            assert done(await asked(second, site.box, 2)).cost_usd_micros == PRICE
        finally:
            site.redis.start()
        # It is left alone for a second after it hung: until then each pays for itself.
        for number in range(3, 100):
            await asked(first, site.box, number)
            if outcome(await asked(second, site.box, number)).disposition == Disposition.DISPOSITION_CACHED:
                break
        else:
            pytest.fail("what one server keeps the other does not find, though Redis is back")
        await site.settled()
    assert site.spent() == site.box.cost_usd_micros()


async def test_without_the_database_nothing_is_paid_the_rest_goes_on_and_it_comes_back_by_itself(site: Site) -> None:
    own = only("opencorporates", "dns")
    async with site.server(**own) as (_, client):
        kept = await asked(client, site.box, 1)
        await site.settled()
        site.postgres.stop()
        try:
            poor = await asked(client, site.box, 2)
            held = await asked(client, site.box, 1)
        finally:
            site.postgres.start()
        assert outcome(poor).skip_reason == SkipReason.SKIP_REASON_BUDGET_UNAVAILABLE
        assert outcome(poor, "dns").disposition == FOUND
        assert done(held).company == done(kept).company
        await asyncio.wait_for(until_called(client, site.box, 2), PATIENCE_SECONDS)
        await site.settled()
    assert site.spent() == site.box.cost_usd_micros() == 2 * PRICE


async def test_no_more_calls_begin_at_once_than_a_source_allows_and_every_answer_keeps_its_deadline(site: Site) -> None:
    few = {"SOURCES__OPENCORPORATES__MAX_CONCURRENT": "2", "SOURCES__OPENCORPORATES__TIMEOUT_MS": "4000"}
    own = only("opencorporates", DEADLINE_MS="2000") | few
    async with site.server(**own) as (_, client):
        site.box.set_fault("opencorporates", "hang")
        began = time.monotonic()
        all_events = await asyncio.gather(*(asked(client, site.box, number) for number in range(8)))
        assert time.monotonic() - began < 2.0 + LATE_SECONDS
        assert site.box.calls("opencorporates") == 2
        ends = Counter(outcome(events).disposition for events in all_events)
        await site.settled()
    assert ends == {FAILED: 2, Disposition.DISPOSITION_SKIPPED: 6}
    # Sent, and never answered: whether they were billed nobody knows. The rest is free again.
    assert site.holds() == {"settled": 2, "released": 6}
    assert sum(done(events).cost_usd_micros for events in all_events) == site.spent() == 2 * PRICE


async def test_a_register_that_takes_three_questions_a_minute_gets_three(site: Site) -> None:
    own = only("receitaws", "website") | {"SOURCES__WEBSITE__MAX_CONCURRENT": "20"}
    del own["SOURCES__RECEITAWS__MIN_INTERVAL_MS"]
    site.box.set_rate_limits(is_on=True)
    async with site.server(**own) as (_, client):
        numbers = [number for number in range(60) if site.box.world.at(number).country.code == "BR"][:12]
        all_events = await asyncio.gather(*(asked(client, site.box, number) for number in numbers))
    assert site.box.calls("receitaws") == 3
    assert {exchange.status for exchange in site.box.journal("receitaws")} == {200}
    assert RATE_LIMITED in {outcome(events, "receitaws").skip_reason for events in all_events}


async def test_a_pause_that_was_asked_for_is_kept_to_its_end(site: Site) -> None:
    async with site.server(**only("opencorporates")) as (_, client):
        site.box.set_fault("opencorporates", "throttle", retry_after=3, times=1)
        assert outcome(await asked(client, site.box, 1)).disposition == FAILED
        refused = 0
        async with asyncio.timeout(PATIENCE_SECONDS):
            while outcome(await asked(client, site.box, 1)).skip_reason == RATE_LIMITED:
                refused += 1
                await asyncio.sleep(0.05)
    first, second = site.box.journal("opencorporates")
    assert second.at - first.at >= 3.0
    assert refused > 0


async def test_what_was_forgotten_stays_forgotten_though_a_call_for_it_was_in_flight(site: Site) -> None:
    store = Tiered(AiocacheStore(MemoryCache(time.time)), AiocacheStore(RedisCache(site.redis.url)))
    other_server = Answers(store, time.time)
    async with site.server(**only("opencorporates")) as (_, client):
        site.box.set_fault("opencorporates", "slow", delay_ms=1_000)
        in_flight = started(asked(client, site.box, 1))
        await until(lambda: site.box.calls("opencorporates") == 1)
        await other_server.forget(site.box.world.domain(1))
        assert outcome(await in_flight).cost_usd_micros == PRICE
        await site.settled()
        assert not site.redis.send(b"KEYS", b"imensiah:*opencorporates*").startswith(b"*1")
        assert outcome(await asked(client, site.box, 1)).disposition != Disposition.DISPOSITION_CACHED
        assert site.box.calls("opencorporates") == 2
    await store.close()


async def test_a_failure_is_not_remembered_as_an_answer(site: Site) -> None:
    async with site.server(**only("opencorporates")) as (_, client):
        site.box.set_fault("opencorporates", "rubbish")
        failed = outcome(await asked(client, site.box, 1))
        site.box.clear_fault("opencorporates")
        well = outcome(await asked(client, site.box, 1))
        await site.settled()
    assert (failed.disposition, well.disposition) == (FAILED, FOUND)
    # Unreadable, so that nobody knows whether it was billed; the sandbox did.
    assert site.spent() == site.box.cost_usd_micros() == 2 * PRICE


async def test_after_a_kill_what_was_sent_is_charged_the_rest_is_free_and_nothing_is_paid_twice(site: Site) -> None:
    own = only("opencorporates") | {"SOURCES__OPENCORPORATES__MAX_CONCURRENT": "1"}
    async with site.server(**own) as (child, client):
        paid = await asked(client, site.box, 3)
        site.box.set_fault("opencorporates", "hang")
        waiting = [started(asked(client, site.box, number)) for number in (1, 2)]
        await until(lambda: site.box.calls("opencorporates") == 2 and sum(site.holds().values()) == 3)
        child.send_signal(signal.SIGKILL)
        await child.wait()
        await leave(*waiting)
    assert site.holds() == {"settled": 1, "sent": 1, "held": 1}
    site.box.clear_fault("opencorporates")
    # The minute in which another server might still end them is over.
    site.change("UPDATE holds SET expires_at = 0 WHERE ended_at IS NULL")
    async with site.server(**own) as (_, client):
        await site.settled()
        assert site.rows("SELECT is_estimated, cost_usd_micros FROM holds WHERE is_estimated") == [(True, PRICE)]
        assert site.spent() == 2 * PRICE == site.box.cost_usd_micros()
        again = await asked(client, site.box, 3)
        assert (done(again).cost_usd_micros, done(again).company) == (0, done(paid).company)
        await asked(client, site.box, 1)
        await site.settled()
    assert site.spent() == site.box.cost_usd_micros() == 3 * PRICE


async def test_a_server_that_is_stopped_settles_and_keeps_what_is_in_flight(site: Site) -> None:
    async with site.server(**only("opencorporates")) as (child, client):
        site.box.set_fault("opencorporates", "slow", delay_ms=1_500)
        waiting = started(asked(client, site.box, 1))
        await until(lambda: site.box.calls("opencorporates") == 1)
        child.send_signal(signal.SIGTERM)
        assert done(await waiting).cost_usd_micros == PRICE
        assert await asyncio.wait_for(child.wait(), PATIENCE_SECONDS) == 0
    assert site.holds() == {"settled": 1}
    async with site.server(**only("opencorporates")) as (_, client):
        assert done(await asked(client, site.box, 1)).cost_usd_micros == 0
    assert site.spent() == site.box.cost_usd_micros() == PRICE


async def test_a_fallback_is_paid_only_where_its_primary_could_not_answer_and_both_at_most_once(site: Site) -> None:
    rich = {"max_cost_usd_micros": 100_000}
    async with site.server(**only("opencorporates", "clearbit")) as (_, client):
        answered = await asked(client, site.box, 1, **rich)
        assert outcome(answered, "clearbit").skip_reason == SkipReason.SKIP_REASON_FALLBACK_NOT_NEEDED
        assert site.box.calls("clearbit") == 0
        site.box.set_fault("opencorporates", "reset")
        failed = await asked(client, site.box, 2, **rich)
        await site.settled()
    assert outcome(failed).disposition == FAILED
    assert outcome(failed, "clearbit").disposition == FOUND
    assert (site.box.calls("opencorporates"), site.box.calls("clearbit")) == (2, 1)
    assert site.spent() == site.box.cost_usd_micros() == 2 * PRICE + 50_000


async def test_a_hundred_callers_who_leave_leave_nothing_open_behind_them(site: Site) -> None:
    # Without Redis, whose pool keeps up to fifty connections.
    async with site.server(**only("opencorporates", "website", "dns", CACHE_URL="memory://")) as (child, client):
        await asked(client, site.box, 1)
        await site.settled()
        before = open_files(child.pid)
        site.box.set_fault("website", "hang")
        for first in range(10, 110, 20):
            waiting = [started(asked(client, site.box, number)) for number in range(first, first + 20)]
            await until(lambda: site.box.calls("website") >= 20)
            await leave(*waiting)
            site.box.reset()
            site.box.set_fault("website", "hang")
        await until(lambda: open_files(child.pid) <= before + 5)
        await site.settled()


def open_files(process: int) -> int:
    return len(list(Path(f"/proc/{process}/fd").iterdir()))
