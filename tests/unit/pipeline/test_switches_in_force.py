"""Sources as operators see them, and switches that hold at once and for good."""

from typing import Any

import pytest

from enrichment.domain.catalogue import Entry
from enrichment.domain.operation import Condition, Counts, SourceStatus
from enrichment.domain.ports import LedgerUnavailable
from enrichment.guards.counting import Counters
from enrichment.pipeline.operations import Operations
from enrichment.pipeline.run import Enrichments
from enrichment.pipeline.switches import Switches
from enrichment.pipeline.tools import Guarded, Tools
from enrichment.stores.ledger.switches import MemorySwitches
from fakes import NOON, FakeSource, MemoryAnswers, Written, entry, unlimited


def tools(*entries: Entry, store: MemorySwitches | None = None) -> Tools:
    cache = MemoryAnswers()
    source = FakeSource()
    guarded = {each.name: Guarded(each, source, lambda _: pytest.fail("nobody is asked")) for each in entries}
    return Tools(guarded, cache, unlimited(cache).flights, Written(), Switches(store or MemorySwitches()))


def operations(given: Tools, hindrance: str = "") -> Operations:
    return Operations(given, lambda _: Condition("closed", hindrance), Counters(NOON).of, NOON)


async def test_every_source_is_told_with_its_guards_and_counts() -> None:
    [status] = operations(tools(entry("dns"))).sources()
    assert status == SourceStatus(entry("dns"), Condition("closed"), Counts(), NOON)


@pytest.mark.parametrize(
    ("changes", "hindrance", "reason"),
    [
        ({}, "", ""),
        ({"is_enabled": False, "needs_key": True}, "its quota is used up", "switched off"),
        ({"needs_key": True}, "its quota is used up", "no key: set IMENSIAH_SOURCES__DNS__API_KEY"),
        ({"needs_key": True, "api_key": "k"}, "its quota is used up", "its quota is used up"),
    ],
)
async def test_why_a_source_cannot_be_called_is_told(changes: dict[str, Any], hindrance: str, reason: str) -> None:
    [status] = operations(tools(entry("dns", **changes)), hindrance).sources()
    assert status.unavailable_reason == reason


async def test_a_switch_holds_at_once_and_prepared_answers_are_out_of_date() -> None:
    given = tools(entry("dns"), entry("rdap", is_enabled=False))
    before = Enrichments(given).generation("vidraria.com.br")
    off = await operations(given).switch("dns", is_enabled=False)
    assert off is not None
    assert not off.entry.is_enabled
    await operations(given).switch("rdap", is_enabled=True)
    assert {name: each.is_enabled for name, each in given.entries().items()} == {"dns": False, "rdap": True}
    assert Enrichments(given).generation("vidraria.com.br") > before


async def test_a_source_that_is_none_is_not_switched() -> None:
    store = MemorySwitches()
    assert await operations(tools(entry("dns"), store=store)).switch("dsn", is_enabled=False) is None
    assert not await store.switches()


async def test_what_was_switched_elsewhere_is_taken_over_once() -> None:
    store = MemorySwitches()
    given = tools(entry("dns"), store=store)
    await store.switch("dns", is_enabled=False)
    assert given.entries()["dns"].is_enabled
    await given.switches.refresh()
    await given.switches.refresh()
    assert not given.entries()["dns"].is_enabled
    assert given.switches.changes == 1


async def test_a_switch_that_cannot_be_written_changes_nothing() -> None:
    class Down(MemorySwitches):
        async def switch(self, source: str, *, is_enabled: bool) -> None:
            raise LedgerUnavailable("the database is down")

    given = tools(entry("dns"), store=Down())
    with pytest.raises(LedgerUnavailable):
        await operations(given).switch("dns", is_enabled=False)
    assert given.entries()["dns"].is_enabled


async def test_a_company_is_forgotten_in_the_cache() -> None:
    assert await operations(tools(entry("dns"))).forget("vidraria.com.br") == 0
