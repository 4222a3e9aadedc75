"""All guards together, driven step by step: whatever order things happen in, every promise holds after each of them."""

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from enrichment.domain.fact import Answer
from enrichment.domain.ports import Call, Party, Stake
from enrichment.domain.purse import Purse
from enrichment.domain.subject import Subject
from simulation.provider import DAYS
from simulation.world import SOURCES, World, judge
from virtual_time import VirtualLoop

COMPANIES = st.sampled_from(["aurora.com", "boreal.com"])


class Guards(RuleBasedStateMachine):
    """Callers come and go, time passes, providers and stores have bad days; the world checks every request."""

    waiting = Bundle("waiting")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=VirtualLoop)
        self.left: set[asyncio.Task[Answer]] = set()
        self.tasks: list[asyncio.Task[Answer]] = []

    @initialize(seed=st.integers(0, 1_000))
    def begin(self, seed: int) -> None:
        self.world = World(seed)
        self.run(0.0)
        self.runner.run(self.world.build())

    @rule(
        target=waiting,
        source=st.integers(0, len(SOURCES) - 1),
        domain=COMPANIES,
        pays=st.booleans(),
        limit=st.floats(0.1, 8),
    )
    def ask(self, source: int, domain: str, pays: bool, limit: float) -> "asyncio.Task[Answer]":
        async def begin() -> asyncio.Task[Answer]:
            entry, ask = self.world.asks[source]
            account = self.world.accounts[0]
            deadline = asyncio.get_running_loop().time() + limit
            stake = Stake("e", Purse(account.key, (account,)), deadline, pays, domain=domain)
            call = Call(
                entry, Subject(domain), domain.encode(), entry.price_usd_micros, Party([stake]), self.world.clock()
            )
            return asyncio.ensure_future(self.world.ask(call, ask))

        task = self.runner.run(begin())
        self.tasks.append(task)
        return task

    @rule(task=consumes(waiting))
    def leave(self, task: "asyncio.Task[Answer]") -> None:
        self.left.add(task)
        task.cancel()
        self.run(0.0)

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.3, 2.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.run(seconds)

    @rule(source=st.integers(0, len(SOURCES) - 1), day=st.sampled_from(sorted(DAYS)))
    def change_the_weather(self, source: int, day: str) -> None:
        self.world.providers[source].day = day

    @rule(is_away=st.booleans())
    def lose_or_find_the_ledger(self, is_away: bool) -> None:
        self.world.ledger.is_away = is_away

    @rule(is_broken=st.booleans(), seconds=st.sampled_from([0.0, 30.0]))
    def break_or_mend_the_cache(self, is_broken: bool, seconds: float) -> None:
        self.world.store.is_broken, self.world.store.seconds = is_broken, seconds

    @rule(domain=COMPANIES)
    def forget(self, domain: str) -> None:
        self.runner.run(self.world.forget(domain))

    @rule()
    def sweep(self) -> None:
        async def begin() -> None:
            self.world.ledger.sweep()

        self.runner.run(begin())

    @invariant()
    def nobody_is_let_down_and_no_cent_is_lost(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.check_money()
        for task in [task for task in self.tasks if task.done()]:
            self.tasks.remove(task)
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            judge(task.result() if error is None else error, is_leaving=task in self.left)

    def teardown(self) -> None:
        async def end() -> None:
            await asyncio.gather(*self.tasks, return_exceptions=True)
            await self.world.rest()

        if hasattr(self, "world"):
            self.runner.run(end())
            self.nobody_is_let_down_and_no_cent_is_lost()
        self.runner.close()

    def run(self, seconds: float) -> None:
        """Lets time pass."""
        self.runner.run(asyncio.sleep(seconds))


TestGuards = Guards.TestCase
TestGuards.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
