"""Money is held before a call, marked before it leaves, and settled once; who leaves hands it on."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.errors import Fault, Rejected, Skipped, SkipReason, Unreadable
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Ask, Call, LedgerUnavailable, Party, Stake
from enrichment.domain.purse import Account, Hold, Purse
from enrichment.domain.subject import Subject
from enrichment.guards.budget import Budget, with_month
from enrichment.guards.flight import Flights
from enrichment.stores.ledger.memory import MemoryLedger
from fakes import NOON, entry
from virtual_time import in_virtual_time

PRICE = 300
ENTRY = entry("database")
ACME = Account("caller:acme", 1_000)
ANSWER = Answer("database", True, (), (), NOON, NOON + 60, cost_usd_micros=PRICE)


class SlowLedger(MemoryLedger):
    """The ledger in memory, whose writes take a while, and which can be out of reach."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(lambda: NOON)
        self.seconds = seconds
        self.is_away = False

    async def hold(self, hold: Hold) -> Account | None:
        await self._written()
        return await super().hold(hold)

    async def hold_sent(self, hold: Hold) -> Account | None:
        await self._written()
        return await super().hold_sent(hold)

    async def mark_sent(self, hold_id: str) -> None:
        await self._written()
        await super().mark_sent(hold_id)

    def booked(self, hold_id: str) -> tuple[str, int]:
        """How a hold stands, and what it cost."""
        booking = self._book.bookings[hold_id]
        return booking.state, booking.cost_usd_micros

    async def _written(self) -> None:
        if self.is_away:
            raise LedgerUnavailable("the database is locked")
        await asyncio.sleep(self.seconds)


@dataclass
class Provider:
    """Queues, then is past the point of no return and answers after a second; it bills what it was sent."""

    reads: Answer | Exception = ANSWER
    queue_seconds: float = 0.0
    bill: int = 0
    asked: list[Call] = field(default_factory=list[Call])

    def behind(self, budget: Budget) -> Ask:
        return budget.held(self._queued(budget.marked(self._answer)))

    def _queued(self, ask: Ask) -> Ask:
        async def wait(call: Call) -> Answer:
            await asyncio.sleep(self.queue_seconds)
            return await ask(call)

        return wait

    async def _answer(self, call: Call) -> Answer:
        self.asked.append(call)
        self.bill += PRICE
        await asyncio.sleep(1.0)
        if isinstance(self.reads, Exception):
            raise self.reads
        return self.reads


def ids() -> Callable[[], str]:
    numbers: Iterator[int] = count(1)
    return lambda: f"hold-{next(numbers)}"


def budget(ledger: MemoryLedger | None) -> Budget:
    return Budget(ledger, lambda: NOON, ids())


def call(*stakes: Stake, price: int = PRICE, **changes: Any) -> Call:
    return Call(entry("database", **changes), Subject("aurora.com"), b"q", price, Party(list(stakes) or [stake()]))


def stake(*accounts: Account, may_pay: bool = True) -> Stake:
    return Stake("enrichment-1", Purse("acme", accounts or (ACME,)), 8.0, may_pay)


def standing(ledger: MemoryLedger, account: Account = ACME) -> tuple[int, int]:
    balance = ledger.balance(account.key)
    return balance.spent, balance.held


def test_money_is_held_while_a_call_is_out_and_spent_when_it_has_answered() -> None:
    async def scene() -> None:
        ledger, provider = SlowLedger(), Provider()
        asked = asyncio.ensure_future(provider.behind(budget(ledger))(call()))
        await asyncio.sleep(0.5)
        assert standing(ledger) == (0, PRICE)
        assert await asked == ANSWER
        assert standing(ledger) == (PRICE, 0)

    in_virtual_time(scene())


@pytest.mark.parametrize(
    ("reads", "spent"),
    [
        (Answer("database", False, (), (), NOON, NOON, cost_usd_micros=0), 0),
        (Fault("503"), 0),
        (Rejected("400"), 0),
        (Fault("no answer", is_cost_unknown=True), PRICE),
        (Unreadable("cut", is_cost_unknown=True), PRICE),
        (Unreadable("cut off", cost_usd_micros=PRICE - 1), PRICE - 1),
        (Unreadable("cut off", cost_usd_micros=PRICE + 1), PRICE),
        (ValueError("a bug of ours"), PRICE),
        (Skipped(SkipReason.DISALLOWED, "its robots.txt"), 0),
    ],
    ids=[
        "not found, per match",
        "fault",
        "rejected",
        "timeout",
        "unreadable",
        "tokens told",
        "more than held",
        "bug",
        "skipped",
    ],
)
def test_what_a_call_cost_is_what_is_settled(reads: Answer | Exception, spent: int) -> None:
    async def scene() -> None:
        ledger = SlowLedger()
        await asyncio.gather(Provider(reads).behind(budget(ledger))(call()), return_exceptions=True)
        assert standing(ledger) == (spent, 0)

    in_virtual_time(scene())


def test_what_is_free_needs_no_ledger() -> None:
    async def scene() -> None:
        ledger, asked = SlowLedger(), call(price=0)
        ledger.is_away = True
        await Provider().behind(budget(ledger))(asked)
        assert asked.party.stakes[0].is_liable

    in_virtual_time(scene())


def test_without_a_ledger_the_first_who_waits_is_who_pays() -> None:
    async def scene() -> None:
        asked = call()
        assert await Provider().behind(budget(None))(asked) == ANSWER
        assert asked.party.stakes[0].is_liable

    in_virtual_time(scene())


def test_a_limit_that_has_no_room_refuses_with_its_figures_before_anything_is_sent() -> None:
    async def scene() -> None:
        ledger, provider = SlowLedger(), Provider()
        poor = Account("caller:poor:2027-01-15", 299)
        with pytest.raises(Skipped) as caught:
            await provider.behind(budget(ledger))(call(stake(ACME, poor)))
        assert caught.value.reason is SkipReason.OVER_BUDGET
        assert caught.value.explanation == (
            "costs $0.0003, for which the limit of $0.000299 on caller:poor:2027-01-15 has no room"
        )
        assert (provider.bill, standing(ledger), standing(ledger, poor)) == (0, (0, 0), (0, 0))

    in_virtual_time(scene())


def test_who_may_only_share_never_pays() -> None:
    async def scene() -> None:
        provider = Provider()
        with pytest.raises(Skipped, match="nobody who waits for it has the money"):
            await provider.behind(budget(SlowLedger()))(call(stake(may_pay=False)))
        assert provider.bill == 0

    in_virtual_time(scene())


def test_the_first_whose_limits_allow_it_pays_for_all() -> None:
    async def scene() -> None:
        ledger = SlowLedger()
        rich, poor, guest = stake(), stake(Account("caller:poor", 10)), stake(may_pay=False)
        await Provider().behind(budget(ledger))(call(guest, poor, rich))
        assert [each.is_liable for each in (guest, poor, rich)] == [False, False, True]
        assert standing(ledger) == (PRICE, 0)

    in_virtual_time(scene())


@pytest.mark.parametrize("seconds_away", [0.0, 0.15])
def test_a_ledger_out_of_reach_lets_nothing_leave_that_costs(seconds_away: float) -> None:
    async def scene() -> None:
        ledger, provider = SlowLedger(seconds=0.1), Provider(queue_seconds=0.1)
        ledger.is_away = seconds_away == 0
        asked = call()
        task = asyncio.ensure_future(provider.behind(budget(ledger))(asked))
        await asyncio.sleep(seconds_away)
        ledger.is_away = True
        with pytest.raises(Skipped) as caught:
            await task
        assert caught.value.reason is SkipReason.BUDGET_UNAVAILABLE
        assert "the database is locked" in caught.value.explanation
        assert (provider.bill, standing(ledger), asked.party.stakes[0].is_liable) == (0, (0, 0), False)

    in_virtual_time(scene())


def test_a_payer_who_leaves_before_the_send_hands_over_to_the_next() -> None:
    async def scene() -> None:
        ledger, provider = SlowLedger(), Provider(queue_seconds=1.0)
        other = Account("caller:other", 1_000)
        first, poor, second = stake(), stake(Account("caller:poor", 10)), stake(other)
        asked = call(first, poor, second)
        task = asyncio.ensure_future(provider.behind(budget(ledger))(asked))
        await asyncio.sleep(0.5)
        assert standing(ledger) == (0, PRICE)
        asked.party.stakes.remove(first)
        await task
        assert (standing(ledger), standing(ledger, other), provider.bill) == ((0, 0), (PRICE, 0), PRICE)
        assert (first.is_liable, second.is_liable) == (False, True)

    in_virtual_time(scene())


def test_with_nobody_left_who_can_pay_the_rest_are_over_budget() -> None:
    async def scene() -> None:
        ledger, provider = SlowLedger(), Provider(queue_seconds=1.0)
        first = stake()
        asked = call(first, stake(may_pay=False))
        task = asyncio.ensure_future(provider.behind(budget(ledger))(asked))
        await asyncio.sleep(0.5)
        asked.party.stakes.remove(first)
        with pytest.raises(Skipped) as caught:
            await task
        assert caught.value.reason is SkipReason.OVER_BUDGET
        assert (provider.bill, standing(ledger)) == (0, (0, 0))

    in_virtual_time(scene())


def test_who_leaves_while_the_ledger_writes_does_not_pay() -> None:
    async def scene() -> None:
        ledger, provider = SlowLedger(seconds=0.1), Provider()
        first, second = stake(), stake(Account("caller:other", 1_000))
        asked = call(first, second)
        task = asyncio.ensure_future(provider.behind(budget(ledger))(asked))
        await asyncio.sleep(0.05)
        asked.party.stakes.remove(first)
        await task
        assert (first.is_liable, second.is_liable, standing(ledger)) == (False, True, (0, 0))

    in_virtual_time(scene())


def test_who_stops_while_the_ledger_writes_leaves_nothing_held() -> None:
    async def scene() -> None:
        ledger = SlowLedger(seconds=0.1)
        task = asyncio.ensure_future(Provider().behind(budget(ledger))(call()))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert standing(ledger) == (0, 0)

    in_virtual_time(scene())


def test_who_is_stopped_while_the_mark_is_written_has_sent_nothing_and_owes_nothing() -> None:
    async def scene() -> None:
        ledger, provider, asked = SlowLedger(seconds=0.1), Provider(), call()
        task = asyncio.ensure_future(provider.behind(budget(ledger))(asked))
        await asyncio.sleep(0.15)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (standing(ledger), provider.bill, asked.party.stakes[0].is_liable) == ((0, 0), 0, False)

    in_virtual_time(scene())


def test_after_the_send_the_payer_pays_wherever_he_is() -> None:
    async def scene() -> None:
        ledger, provider = SlowLedger(seconds=0.1), Provider()
        first = stake()
        asked = call(first, stake())
        task = asyncio.ensure_future(provider.behind(budget(ledger))(asked))
        await asyncio.sleep(0.15)  # while the mark is written
        asked.party.stakes.remove(first)
        await task
        assert (first.is_liable, standing(ledger), len(provider.asked)) == (True, (PRICE, 0), 1)

    in_virtual_time(scene())


def unlimited() -> Stake:
    return Stake("enrichment-1", Purse("acme"), 8.0)


def test_where_no_account_could_refuse_it_a_call_waits_for_one_commit() -> None:
    async def scene() -> None:
        ledger, provider = SlowLedger(seconds=0.1), Provider()
        assert await provider.behind(budget(ledger))(call(unlimited())) == ANSWER
        assert asyncio.get_running_loop().time() == pytest.approx(1.1)
        assert ledger.booked("hold-1") == ("settled", PRICE)

    in_virtual_time(scene())


def test_and_without_a_ledger_in_reach_it_is_not_made_either() -> None:
    async def scene() -> None:
        ledger, provider = SlowLedger(), Provider()
        ledger.is_away = True
        with pytest.raises(Skipped) as caught:
            await provider.behind(budget(ledger))(call(unlimited()))
        assert (caught.value.reason, provider.bill) == (SkipReason.BUDGET_UNAVAILABLE, 0)

    in_virtual_time(scene())


def test_a_provider_has_a_limit_of_its_own_a_month() -> None:
    async def scene() -> None:
        ledger, provider = SlowLedger(), Provider()
        ask = provider.behind(budget(ledger))
        await ask(call(month_limit_usd_micros=500))
        with pytest.raises(Skipped, match=r"costs \$0.0003, for which a limit of the service has no room"):
            await ask(call(month_limit_usd_micros=500))
        assert provider.bill == PRICE

    in_virtual_time(scene())


def test_a_source_without_a_limit_has_no_account() -> None:
    assert with_month(Purse("acme", (ACME,)), ENTRY, NOON) == Purse("acme", (ACME,))


@given(
    st.lists(st.tuples(st.floats(0, 2), st.booleans(), st.integers(0, 2)), min_size=1, max_size=8),
    st.floats(0, 0.3),
    st.floats(0, 0.5),
    st.integers(0, 1_200),
)
def test_no_crowd_and_no_leaving_ever_spends_beyond_a_limit_or_loses_a_cent(
    crowd: list[tuple[float, bool, int]], write_seconds: float, queue_seconds: float, limit: int
) -> None:
    """Each of the crowd asks one of three questions, may or may not pay, and leaves after a while."""

    async def scene() -> None:
        ledger, provider = SlowLedger(write_seconds), Provider(queue_seconds=queue_seconds)
        account = Account("caller:all", limit)
        flights = Flights()
        ask = flights.shared(provider.behind(budget(ledger)))

        async def visit(seconds: float, may_pay: bool, question: int) -> None:
            party = Party([Stake("e", Purse("all", (account,)), 8.0, may_pay)])
            asked = Call(ENTRY, Subject("aurora.com"), str(question).encode(), PRICE, party)
            task = asyncio.ensure_future(ask(asked))
            await asyncio.sleep(seconds)
            spent, held = standing(ledger, account)
            assert provider.bill <= spent + held <= limit
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        await asyncio.gather(*(visit(*each) for each in crowd))
        await flights.landed(60)
        assert standing(ledger, account) == (provider.bill, 0)

    in_virtual_time(scene())
