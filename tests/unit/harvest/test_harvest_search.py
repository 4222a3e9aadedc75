"""One run is paid for, whatever happens on the way, and never more than was held."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from enrichment.domain.harvest import Harvest, SearchFailed, SearchRun, Stage
from enrichment.domain.ports import LedgerUnavailable
from enrichment.domain.purse import Account, Hold
from enrichment.harvest.fill import fill
from enrichment.harvest.search import LONGEST_RUN_SECONDS, LONGEST_WAIT_SECONDS, Search
from enrichment.stores.ledger.memory import MemoryLedger
from fakes import NOON

HARVEST = Harvest("h1", "BR", 2, "2026-11", NOON, ("vidros em Acre",), 1, 500_000)
RUNNING = SearchRun("r1", "d1", "RUNNING", 100_000, is_over=False, is_whole=False)
DONE = SearchRun("r1", "d1", "SUCCEEDED", 301_500, is_over=True, is_whole=True)
PAGE = {"organicResults": [{"url": f"https://{name}.com.br"} for name in ("larch", "pine", "oak", "linkedin")]}


@dataclass
class FakeProvider:
    """Answers looks with what it is given, the last one again and again."""

    looks: list[SearchRun | None] = field(default_factory=lambda: [RUNNING, DONE])
    items: Sequence[object] = (PAGE,)
    refusal: SearchFailed | None = None
    has_begun: bool = False
    starts: int = 0
    aborts: int = 0

    async def start(self, harvest: Harvest) -> SearchRun:
        self.starts += 1
        if self.refusal:
            raise self.refusal
        return RUNNING

    async def begun(self, harvest: Harvest) -> SearchRun | None:
        return RUNNING if self.has_begun else None

    async def look(self, run_id: str) -> SearchRun | None:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    async def abort(self, run_id: str) -> None:
        self.aborts += 1
        self.looks = [SearchRun("r1", "d1", "ABORTED", 480_000, is_over=True, is_whole=False)]

    async def pages(self, dataset_id: str) -> AsyncIterator[Sequence[object]]:
        yield self.items


class FakeHarvests:
    """What a database keeps, in memory."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.saved: list[Harvest] = []
        self.domains: list[str] = []
        self.known = set(known)

    async def latest(self, country_code: str, limit: int) -> Harvest | None:
        return self.saved[-1] if self.saved else None

    async def save(self, harvest: Harvest) -> None:
        self.saved.append(harvest)

    async def fill(self, harvest: Harvest, domains: Iterable[str]) -> None:
        self.saved.append(harvest)
        self.domains = list(domains)

    async def unknown(self, domains: Iterable[str]) -> Sequence[str]:
        return [domain for domain in domains if domain not in self.known]

    async def left(self, harvest_id: str) -> Sequence[str]:
        return list(self.domains)

    async def visited(self, harvest_id: str, domain: str) -> None:
        self.domains.remove(domain)


class WatchedLedger(MemoryLedger):
    """A ledger that notes how each hold ended, and can be out of reach."""

    def __init__(self) -> None:
        super().__init__(lambda: NOON)
        self.settled: list[tuple[str, int, bool]] = []
        self.is_down = False

    async def hold_sent(self, hold: Hold) -> Account | None:
        if self.is_down:
            raise LedgerUnavailable("the ledger is out of reach")
        return await super().hold_sent(hold)

    def settle(self, hold_id: str, cost_usd_micros: int, *, is_estimated: bool = False) -> None:
        self.settled.append((hold_id, cost_usd_micros, is_estimated))
        super().settle(hold_id, cost_usd_micros, is_estimated=is_estimated)


@dataclass
class Desk:
    """A search with all that it needs."""

    provider: FakeProvider = field(default_factory=FakeProvider)
    harvests: FakeHarvests = field(default_factory=FakeHarvests)
    ledger: WatchedLedger = field(default_factory=WatchedLedger)
    limit: int = 5_000_000
    now: float = NOON
    said: list[str] = field(default_factory=list[str])
    waits: list[float] = field(default_factory=list[float])

    @property
    def search(self) -> Search:
        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)
            self.now += seconds

        provider, harvests, ledger = self.provider, self.harvests, self.ledger
        return Search(provider, harvests, ledger, self.limit, lambda: self.now, self.said.append, sleep)


async def test_what_is_found_is_kept_without_what_is_known_and_the_money_settled_by_what_the_run_reports() -> None:
    desk = Desk(harvests=FakeHarvests(known=["larch.com.br"]))
    harvest = await desk.search.domains(HARVEST, is_new=True)
    assert (harvest.stage, harvest.found, harvest.cost_usd_micros) == (Stage.FILLING, 2, 301_500)
    assert desk.harvests.domains == ["pine.com.br", "oak.com.br"]
    assert [each.stage for each in desk.harvests.saved] == [Stage.STARTING, Stage.SEARCHING, Stage.FILLING]
    assert desk.ledger.settled == [("h1", 301_500, False)]
    assert desk.said[-1] == "3 domains found for $0.3015, 2 of them new; left out: 1 social network"


async def test_the_intervals_between_looks_grow_to_a_bound() -> None:
    desk = Desk(FakeProvider([*[RUNNING] * 8, DONE]))
    await desk.search.domains(HARVEST, is_new=True)
    assert desk.waits == [1, 2, 4, 8, 16, 30, 30, LONGEST_WAIT_SECONDS]


async def test_a_run_that_was_begun_before_a_kill_is_found_and_not_paid_for_again() -> None:
    desk = Desk(FakeProvider(has_begun=True))
    await desk.search.domains(HARVEST, is_new=False)
    assert desk.provider.starts == 0


async def test_a_kill_before_the_run_began_costs_nothing_and_the_run_is_begun_now() -> None:
    desk = Desk()
    await desk.search.domains(HARVEST, is_new=False)
    assert desk.provider.starts == 1


async def test_a_harvest_that_knows_its_run_only_waits_for_it() -> None:
    desk = Desk()
    await desk.search.domains(replace(HARVEST, stage=Stage.SEARCHING, run_id="r1", dataset_id="d1"), is_new=False)
    assert desk.provider.starts == 0
    assert desk.harvests.domains == ["larch.com.br", "pine.com.br"]


async def test_a_start_of_which_nothing_is_known_keeps_its_money_held() -> None:
    desk = Desk(FakeProvider(refusal=SearchFailed("no answer", may_have_begun=True)))
    with pytest.raises(SearchFailed, match="run the same again, and it is looked for"):
        await desk.search.domains(HARVEST, is_new=True)
    assert desk.harvests.saved[-1].stage is Stage.STARTING
    assert desk.ledger.settled == []


async def test_a_refusal_costs_nothing_and_ends_the_harvest() -> None:
    desk = Desk(FakeProvider(refusal=SearchFailed("no usage left")))
    with pytest.raises(SearchFailed, match=r"^no usage left$"):
        await desk.search.domains(HARVEST, is_new=True)
    assert desk.harvests.saved[-1].stage is Stage.FAILED
    assert desk.ledger.settled == [("h1", 0, False)]


async def test_a_month_without_room_starts_nothing() -> None:
    desk = Desk(limit=400_000)
    with pytest.raises(
        SearchFailed, match=r"the \$0.4 that harvests may cost in 2026-11 have no room for one of .*\$0.5"
    ):
        await desk.search.domains(HARVEST, is_new=True)
    assert desk.provider.starts == 0
    assert desk.harvests.saved[-1].stage is Stage.FAILED


async def test_without_a_ledger_nothing_is_paid_for() -> None:
    desk = Desk()
    desk.ledger.is_down = True
    with pytest.raises(LedgerUnavailable):
        await desk.search.domains(HARVEST, is_new=True)
    assert desk.provider.starts == 0
    assert desk.harvests.saved[-1].stage is Stage.FAILED


async def test_a_run_that_costs_more_than_was_held_is_aborted_and_what_it_found_used() -> None:
    desk = Desk(FakeProvider([replace(RUNNING, cost_usd_micros=500_001)]))
    harvest = await desk.search.domains(HARVEST, is_new=True)
    assert desk.provider.aborts == 1
    assert (harvest.found, harvest.cost_usd_micros) == (2, 480_000)
    assert "the search ended as ABORTED: what it found until then is used" in desk.said


async def test_a_run_that_does_not_end_is_aborted_once() -> None:
    desk = Desk(FakeProvider([RUNNING]), now=NOON + LONGEST_RUN_SECONDS + 1)
    await desk.search.domains(HARVEST, is_new=True)
    assert desk.provider.aborts == 1


async def test_a_run_that_failed_and_found_nothing_is_paid_and_told() -> None:
    failed = replace(DONE, status="FAILED", is_whole=False, cost_usd_micros=4_500)
    desk = Desk(FakeProvider([failed], items=()))
    with pytest.raises(SearchFailed, match=r"ended as FAILED and found nothing; it cost \$0.0045"):
        await desk.search.domains(HARVEST, is_new=True)
    assert desk.ledger.settled == [("h1", 4_500, False)]


async def test_a_run_that_nobody_knows_any_more_is_charged_in_full() -> None:
    desk = Desk(FakeProvider([None]))
    with pytest.raises(SearchFailed, match="its data was deleted there"):
        await desk.search.domains(HARVEST, is_new=True)
    assert desk.ledger.settled == [("h1", 500_000, True)]
    assert desk.harvests.saved[-1].stage is Stage.FAILED


async def test_every_domain_is_visited_and_a_bug_that_one_shows_ends_nothing() -> None:
    harvests, seen = FakeHarvests(), list[int]()
    harvests.domains = [f"c{number}.com.br" for number in range(50)]

    async def visit(domain: str) -> bool:
        if domain == "c7.com.br":
            raise RuntimeError("a bug")
        return domain != "c8.com.br"

    tally = await fill(HARVEST, harvests, visit, seen.append)
    assert (tally.visited, tally.filled, harvests.domains) == (50, 48, [])
    assert seen == list(range(1, 51))
    assert harvests.saved[-1].stage is Stage.DONE
