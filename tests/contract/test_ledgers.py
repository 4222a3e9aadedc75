"""What every ledger promises: one suite for memory, SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.ledgers import DAY, MONTH, AnyLedger, HandClock, Place, hold, in_file, in_memory, on_server, written
from enrichment.domain.ports import LedgerUnavailable
from enrichment.domain.purse import Account
from enrichment.stores.ledger import memory
from enrichment.stores.ledger.memory import MemoryLedger
from fakes import NOON
from live.postgresql import PostgresServer, postgres_server

LASTING = ["sqlite", pytest.param("postgresql", marks=pytest.mark.live)]
ALL = ["memory", *LASTING]


@pytest.fixture(scope="module")
def server() -> Generator[PostgresServer]:
    with postgres_server() as running:
        yield running


def place_of(request: pytest.FixtureRequest, folder: Path) -> Place:
    match request.param:
        case "memory":
            return in_memory()
        case "sqlite":
            return in_file(folder)
        case _:
            running: PostgresServer = request.getfixturevalue("server")
            return on_server(running.fresh())


@pytest.fixture(params=ALL)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return place_of(request, tmp_path)


@pytest.fixture(params=LASTING)
def lasting(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return place_of(request, tmp_path)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@asynccontextmanager
async def opened(place: Place, clock: HandClock) -> AsyncGenerator[AnyLedger]:
    ledger = place.ledger(clock)
    await ledger.open()
    try:
        yield ledger
    finally:
        await ledger.close()


@pytest.fixture
async def ledger(place: Place, clock: HandClock) -> AsyncIterator[AnyLedger]:
    async with opened(place, clock) as ledger:
        yield ledger


async def test_money_is_held_on_every_account_of_the_purse(place: Place, ledger: AnyLedger) -> None:
    assert await ledger.hold(hold("a", 400, DAY, MONTH)) is None
    assert await place.balance(ledger, DAY) == (0, 400)
    assert await place.balance(ledger, MONTH) == (0, 400)


async def test_money_may_be_held_for_what_is_sent_at_once(place: Place, ledger: AnyLedger) -> None:
    assert await ledger.hold_sent(hold("a", 900, DAY)) is None
    assert await ledger.hold_sent(hold("a", 900, DAY)) is None
    assert await ledger.hold_sent(hold("b", 101, DAY)) == DAY
    assert await place.balance(ledger, DAY) == (0, 900)
    ledger.release("a")  # it is sent: only a settlement ends it
    ledger.settle("a", 7)
    assert await place.balance(ledger, DAY) == (7, 0)
    with pytest.raises(LedgerUnavailable, match="has ended"):
        await ledger.hold_sent(hold("a", 900, DAY))


async def test_the_account_that_does_not_allow_it_is_told_and_nothing_is_held(place: Place, ledger: AnyLedger) -> None:
    assert await ledger.hold(hold("a", 900, DAY, MONTH)) is None
    assert await ledger.hold(hold("b", 101, MONTH, DAY)) == DAY
    assert await place.balance(ledger, MONTH) == (0, 900)
    assert await place.balance(ledger, DAY) == (0, 900)


async def test_a_limit_may_be_reached_and_not_passed(place: Place, ledger: AnyLedger) -> None:
    assert await ledger.hold(hold("a", 1_000)) is None
    assert await ledger.hold(hold("b", 1)) == DAY
    assert await ledger.hold(hold("c", 0)) is None
    assert await place.balance(ledger) == (0, 1_000)


async def test_the_limit_that_counts_is_the_one_that_is_asked_with(ledger: AnyLedger) -> None:
    assert await ledger.hold(hold("a", 900)) is None
    lowered = Account(DAY.key, 500)
    assert await ledger.hold(hold("b", 1, lowered)) == lowered
    assert await ledger.hold(hold("c", 1_000, Account(DAY.key, 2_000))) is None


async def test_a_purse_without_accounts_has_no_limit(ledger: AnyLedger) -> None:
    assert await ledger.hold(hold("a", 10**15, Account("large", 10**15))) is None


async def test_an_account_named_twice_counts_once(place: Place, ledger: AnyLedger) -> None:
    assert await ledger.hold(hold("a", 600, DAY, DAY)) is None
    assert await place.balance(ledger) == (0, 600)
    ledger.release("a")
    assert await place.balance(ledger) == (0, 0)


async def test_the_same_hold_again_has_the_same_answer_and_is_held_once(place: Place, ledger: AnyLedger) -> None:
    assert await ledger.hold(hold("a", 600)) is None
    assert await ledger.hold(hold("a", 600)) is None
    assert await place.balance(ledger) == (0, 600)
    await ledger.mark_sent("a")
    assert await ledger.hold(hold("a", 600)) is None
    assert await place.balance(ledger) == (0, 600)


async def test_what_was_refused_may_be_held_later(ledger: AnyLedger) -> None:
    assert await ledger.hold(hold("a", 900)) is None
    assert await ledger.hold(hold("b", 200)) == DAY
    ledger.release("a")
    assert await ledger.hold(hold("b", 200)) is None


async def test_a_settled_hold_is_charged_its_cost_and_the_rest_is_free(place: Place, ledger: AnyLedger) -> None:
    await ledger.hold(hold("a", 600, DAY, MONTH))
    await ledger.mark_sent("a")
    ledger.settle("a", 250)
    assert await place.balance(ledger, DAY) == (250, 0)
    assert await place.balance(ledger, MONTH) == (250, 0)
    assert await ledger.hold(hold("b", 750)) is None


@pytest.mark.parametrize(("cost", "charged"), [(601, 600), (10**18, 600), (-5, 0)])
async def test_a_hold_is_never_charged_more_than_was_held_nor_less_than_nothing(
    place: Place, ledger: AnyLedger, cost: int, charged: int
) -> None:
    await ledger.hold(hold("a", 600))
    ledger.settle("a", cost)
    assert await place.balance(ledger) == (charged, 0)


async def test_a_released_hold_costs_nothing(place: Place, ledger: AnyLedger) -> None:
    await ledger.hold(hold("a", 600))
    ledger.release("a")
    assert await place.balance(ledger) == (0, 0)


async def test_what_is_sent_cannot_be_released(place: Place, ledger: AnyLedger) -> None:
    await ledger.hold(hold("a", 600))
    await ledger.mark_sent("a")
    ledger.release("a")
    assert await place.balance(ledger) == (0, 600)
    ledger.settle("a", 600)
    assert await place.balance(ledger) == (600, 0)


async def test_a_hold_ends_once(place: Place, ledger: AnyLedger) -> None:
    for name in ("a", "b"):
        await ledger.hold(hold(name, 300))
    ledger.settle("a", 200)
    ledger.settle("a", 300)
    ledger.release("a")
    ledger.release("b")
    ledger.settle("b", 300)
    ledger.release("b")
    assert await place.balance(ledger) == (200, 0)


async def test_the_end_of_a_hold_that_nobody_knows_is_nothing(place: Place, ledger: AnyLedger) -> None:
    ledger.settle("never held", 100)
    ledger.release("never held")
    assert await place.balance(ledger) == (0, 0)


@pytest.mark.parametrize("ending", ["settled", "released"])
async def test_a_hold_that_has_ended_is_never_held_or_sent_again(place: Place, ledger: AnyLedger, ending: str) -> None:
    await ledger.hold(hold("a", 300))
    if ending == "settled":
        ledger.settle("a", 300)
    else:
        ledger.release("a")
    before = await place.balance(ledger)
    with pytest.raises(LedgerUnavailable, match=f"hold a has ended .{ending}"):
        await ledger.hold(hold("a", 300))
    with pytest.raises(LedgerUnavailable, match=f"hold a has ended .{ending}"):
        await ledger.mark_sent("a")
    assert await place.balance(ledger) == before


async def test_nothing_is_sent_on_a_hold_that_nobody_knows(ledger: AnyLedger) -> None:
    with pytest.raises(LedgerUnavailable, match="there is no hold a"):
        await ledger.mark_sent("a")


async def test_marking_twice_is_marking_once(place: Place, ledger: AnyLedger) -> None:
    await ledger.hold(hold("a", 300))
    await ledger.mark_sent("a")
    await ledger.mark_sent("a")
    assert await place.balance(ledger) == (0, 300)


async def test_what_nobody_ended_is_released_where_unsent_and_charged_in_full_where_sent(
    place: Place, ledger: AnyLedger, clock: HandClock
) -> None:
    for name, seconds in (("unsent", 10), ("sent", 10), ("lasts", 20)):
        await ledger.hold(hold(name, 300, seconds=seconds))
    await ledger.mark_sent("sent")
    ledger.sweep()
    assert await place.balance(ledger) == (0, 900)
    clock.now = NOON + 10
    ledger.sweep()
    await place.balance(ledger)
    assert await place.balance(ledger) == (300, 300)
    ledger.settle("sent", 100)
    ledger.settle("lasts", 100)
    assert await place.balance(ledger) == (400, 0)


async def test_more_than_one_transaction_of_overdue_holds_are_swept_at_once(
    place: Place, ledger: AnyLedger, clock: HandClock
) -> None:
    assert not any(await asyncio.gather(*(ledger.hold(hold(f"{number}", 1)) for number in range(450))))
    clock.now = NOON + 60
    ledger.sweep()
    await place.balance(ledger)
    assert await place.balance(ledger) == (0, 0)


async def test_of_many_at_once_exactly_as_many_are_held_as_fit(place: Place, ledger: AnyLedger) -> None:
    answers = await asyncio.gather(*(ledger.hold(hold(f"{number}", 7, DAY, MONTH)) for number in range(500)))
    assert answers.count(None) == 142
    assert set(answers) == {None, DAY}
    assert await place.balance(ledger, DAY) == (0, 994)
    assert await place.balance(ledger, MONTH) == (0, 994)


@pytest.mark.parametrize("text", ["'; DROP TABLE holds; --", "ação ✓ 🙂", "%s %(x)s :x ?", "x" * 2_000])
async def test_any_text_is_a_name_of_its_own(place: Place, ledger: AnyLedger, text: str) -> None:
    account = Account(text.replace("'", ""), 100)
    assert await ledger.hold(hold(text, 60, account)) is None
    assert await ledger.hold(hold(text + "!", 60, account)) == account
    await ledger.mark_sent(text)
    ledger.settle(text, 60)
    assert await place.balance(ledger, account) == (60, 0)


async def test_a_hold_whose_caller_left_is_not_held(place: Place, ledger: AnyLedger) -> None:
    leavers = [asyncio.create_task(_hold(ledger, f"{number}")) for number in range(20)]
    for number, leaver in enumerate(leavers):
        if number % 5 == 0:
            await asyncio.sleep(0)
        leaver.cancel()
    ended = await asyncio.gather(*leavers, return_exceptions=True)
    kept = sum(1 for each in ended if each is None)
    # One turn for the answers that were under way.
    await place.balance(ledger)
    assert await place.balance(ledger) == (0, 100 * min(kept, 10))


async def _hold(ledger: AnyLedger, name: str) -> None:
    assert await ledger.hold(hold(name)) in (None, DAY)


async def test_what_is_written_is_there_after_a_restart(lasting: Place, clock: HandClock) -> None:
    async with opened(lasting, clock) as ledger:
        await ledger.hold(hold("a", 300))
        ledger.settle("a", 200)
    async with opened(lasting, clock) as ledger:
        assert await lasting.balance(ledger) == (200, 0)
        with pytest.raises(LedgerUnavailable, match="has ended"):
            await ledger.hold(hold("a", 300))


async def test_what_is_held_for_longer_than_any_call_outlives_the_process_that_held_it(
    lasting: Place, clock: HandClock
) -> None:
    async with opened(lasting, clock) as first:
        await first.hold_sent(hold("days", 300, seconds=7 * 86_400))
    async with opened(lasting, clock) as second:
        assert await lasting.balance(second) == (0, 300)
        second.settle("days", 120)
        assert await lasting.balance(second) == (120, 0)


async def test_replicas_share_one_limit(lasting: Place, clock: HandClock) -> None:
    async with opened(lasting, clock) as one, opened(lasting, clock) as other:
        # In opposite orders: who locked them as they came would wait in a circle.
        asked = [
            each
            for number in range(200)
            for each in (one.hold(hold(f"1 {number}", 7, DAY, MONTH)), other.hold(hold(f"2 {number}", 7, MONTH, DAY)))
        ]
        answers = await asyncio.gather(*asked)
        assert answers.count(None) == 142
        assert await lasting.balance(one) == (0, 994)


async def test_replicas_that_start_together_make_the_tables_once(lasting: Place, clock: HandClock) -> None:
    ledgers = [lasting.ledger(clock) for _ in range(4)]
    await asyncio.gather(*(ledger.open() for ledger in ledgers))
    for number, ledger in enumerate(ledgers):
        assert await ledger.hold(hold(f"{number}", 100)) is None
    assert await lasting.balance(ledgers[0]) == (0, 400)
    for ledger in ledgers:
        await ledger.close()


async def test_a_replica_that_starts_leaves_the_holds_of_the_others_alone(lasting: Place, clock: HandClock) -> None:
    async with opened(lasting, clock) as one:
        await one.hold(hold("a", 300))
        async with opened(lasting, clock) as other:
            assert await lasting.balance(other) == (0, 300)


async def test_what_ended_long_ago_is_deleted_some_at_each_sweep_and_what_is_open_or_in_use_stays(
    lasting: Place, clock: HandClock
) -> None:
    async def swept() -> tuple[int, int]:
        ledger.sweep()
        for _ in range(2):
            await written(ledger)
        queries = (
            "SELECT count(*) FROM holds WHERE id < '250'",
            "SELECT count(*) FROM accounts WHERE key LIKE 'batch:%'",
        )
        (held,), (batches,) = (lasting.query(query)[0] for query in queries)
        return held, batches

    ledger = lasting.ledger(clock)
    await ledger.open()
    old = [hold(f"{number:03}", 1, Account(f"batch:{number:03}", 1)) for number in range(250)]
    assert not any(await asyncio.gather(*(ledger.hold(each) for each in old)))
    for each in old:
        ledger.release(each.id)
    assert await ledger.hold(hold("open", 1, MONTH, seconds=500 * 86_400)) is None
    clock.now = NOON + 400 * 86_400
    await ledger.hold_sent(hold("later", 7, seconds=500 * 86_400))
    ledger.settle("later", 7)
    assert await swept() == (250, 250)
    clock.now += 86_400
    assert await swept() == (50, 50)
    await swept()
    assert await swept() == (0, 0)
    assert await lasting.balance(ledger, MONTH) == (0, 1)
    assert await lasting.balance(ledger) == (7, 0)
    await ledger.close()
    assert {row[0] for row in lasting.query("SELECT id FROM holds WHERE id IN ('open', 'later')")} == {"open", "later"}


async def test_in_memory_accounts_of_long_ago_are_forgotten_and_those_in_use_are_not(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_ACCOUNTS", 3)
    ledger = MemoryLedger(clock)
    assert await ledger.hold(hold("open", 900)) is None
    for number in range(10):
        used, once = Account("batch:used", 100), Account(f"batch:{number}", 100)
        await ledger.hold_sent(hold(f"used {number}", 100, used))
        ledger.settle(f"used {number}", 100)
        await ledger.hold_sent(hold(f"once {number}", 100, once))
        ledger.settle(f"once {number}", 100)
    assert ledger.balance(DAY.key).held == 900
    assert ledger.balance("batch:used").spent == 100
    assert [number for number in range(10) if ledger.balance(f"batch:{number}").spent] == [9]
    assert await ledger.hold(hold("more", 101)) == DAY
    ledger.release("open")
    assert ledger.balance(DAY.key).held == 0
