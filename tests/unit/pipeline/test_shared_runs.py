"""Enrichments beside each other: what one has asked the others share, and it is written down who paid."""

import asyncio
from typing import Any

from enrichment.domain.catalogue import Layer
from enrichment.domain.company import Field
from enrichment.domain.errors import Fault, Skipped, SkipReason
from enrichment.domain.event import Completed, Disposition, EnrichmentRequest, SourceOutcome
from enrichment.domain.record import EnrichmentRecord, FieldRecord
from enrichment.guards import guarded, order
from enrichment.pipeline.run import Enrichments
from enrichment.pipeline.switches import Switches
from enrichment.pipeline.tools import Guarded, Tools
from enrichment.stores.ledger.switches import MemorySwitches
from fakes import NOON, FakeSource, MemoryAnswers, Written, entry, reading, request, unlimited
from virtual_time import in_virtual_time

DATABASE = entry("database", Layer.REGISTRY, brings=(Field.LEGAL_NAME,), price_usd_micros=300)
OTHER = entry("other", Layer.REGISTRY, brings=(Field.PHONE,))
AURORA = reading((Field.LEGAL_NAME, "Aurora Ltda"))


def service(source: FakeSource, journal: Written | None = None, *others: tuple[Any, FakeSource]) -> Enrichments:
    cache = MemoryAnswers()
    shared = unlimited(cache)
    behind = {
        each.name: Guarded(each, asked, guarded(asked, order(shared), lambda: NOON))
        for each, asked in ((DATABASE, source), *others)
    }
    return Enrichments(
        Tools(behind, cache, shared.flights, journal or Written(), Switches(MemorySwitches()), clock=lambda: NOON)
    )


async def outcome(enrichments: Enrichments, asked: EnrichmentRequest, seconds: float = 8.0) -> SourceOutcome:
    """How the database ended, for one enrichment."""
    ended: list[SourceOutcome] = []
    with enrichments.start(asked, seconds) as run:
        while (event := await run.event()) is not None:
            if isinstance(event, SourceOutcome) and event.source == "database":
                ended.append(event)
            if isinstance(event, Completed):
                assert event.cost_usd_micros == ended[0].cost_usd_micros
    return ended[0]


def asking(**changes: Any) -> EnrichmentRequest:
    return request(include_source_outcomes=True, **changes)


def test_equal_enrichments_at_the_same_time_pay_once() -> None:
    async def scene() -> None:
        source = FakeSource(AURORA, seconds=1.0, cost=300)
        enrichments = service(source)
        ended = await asyncio.gather(*(outcome(enrichments, asking()) for _ in range(50)))
        assert len(source.asked) == 1
        costs = sorted((each.disposition, each.cost_usd_micros, each.saved_usd_micros) for each in ended)
        assert costs == [(Disposition.FOUND, 300, 0), *[(Disposition.SHARED, 0, 300)] * 49]

    in_virtual_time(scene())


def test_who_has_nothing_to_spend_shares_what_others_pay_for() -> None:
    async def scene() -> None:
        enrichments = service(FakeSource(AURORA, seconds=1.0, cost=300))
        rich = asyncio.create_task(outcome(enrichments, asking()))
        await asyncio.sleep(0.5)
        poor = await outcome(enrichments, asking(max_cost_usd_micros=0))
        assert (poor.disposition, poor.cost_usd_micros) == (Disposition.SHARED, 0)
        assert (await rich).cost_usd_micros == 300

    in_virtual_time(scene())


def test_alone_he_is_told_that_it_costs_too_much() -> None:
    async def scene() -> None:
        source = FakeSource(AURORA, cost=300)
        poor = await outcome(service(source), asking(max_cost_usd_micros=0))
        assert (poor.skip_reason, source.asked) == (SkipReason.OVER_BUDGET, [])

    in_virtual_time(scene())


def test_a_failure_costs_only_whom_it_was_asked_for() -> None:
    async def scene() -> None:
        enrichments = service(FakeSource(Fault("reset", is_cost_unknown=True), seconds=1.0, cost=300))
        ended = await asyncio.gather(*(outcome(enrichments, asking()) for _ in range(3)))
        assert sorted(each.cost_usd_micros for each in ended) == [0, 0, 300]
        assert {each.disposition for each in ended} == {Disposition.FAILED}

    in_virtual_time(scene())


def test_an_enrichment_that_is_left_changes_nothing_for_the_one_beside_it() -> None:
    async def scene() -> None:
        source = FakeSource(AURORA, seconds=1.0, cost=300)
        enrichments = service(source)
        first = asyncio.create_task(outcome(enrichments, asking()))
        await asyncio.sleep(0.5)
        second = asyncio.create_task(outcome(enrichments, asking()))
        await asyncio.sleep(0.1)
        first.cancel()
        ended = await second
        # The first one's money is gone with the request.
        assert (ended.disposition, ended.cost_usd_micros, len(source.asked)) == (Disposition.SHARED, 0, 1)

    in_virtual_time(scene())


def test_what_came_too_late_for_its_enrichment_is_held_for_the_next() -> None:
    async def scene() -> None:
        source = FakeSource(AURORA, seconds=3.0, cost=300)
        enrichments = service(source)
        hasty = await outcome(enrichments, asking(), seconds=1.0)
        assert (hasty.disposition, hasty.cost_usd_micros) == (Disposition.FAILED, 300)
        await asyncio.sleep(3.0)
        next_one = await outcome(enrichments, asking())
        assert (next_one.disposition, next_one.cost_usd_micros, len(source.asked)) == (Disposition.CACHED, 0, 1)

    in_virtual_time(scene())


def written(source: FakeSource, asked: EnrichmentRequest | None = None) -> EnrichmentRecord:
    async def scene() -> EnrichmentRecord:
        journal = Written()
        other = FakeSource(reading((Field.PHONE, "+551133334444")), seconds=0.5)
        await outcome(service(source, journal, (OTHER, other)), asked or asking())
        [record] = journal.records
        return record

    return in_virtual_time(scene())


def test_it_is_written_down_what_was_decided_what_it_cost_and_what_it_brought() -> None:
    record = written(FakeSource(AURORA, seconds=1.0, cost=300))
    assert (record.domain, record.cost_usd_micros, record.is_from_cache) == ("vidraria.com.br", 300, False)
    [first] = record.decisions
    assert (first.round, first.decided_at, first.budget_left_usd_micros) == (1, NOON, 50_000)
    assert [(each.source, each.price_usd_micros, each.is_chosen) for each in first.candidates] == [
        ("other", 0, True),
        ("database", 300, True),
    ]
    outcomes = {each.source: each for each in record.outcomes}
    database = outcomes["database"]
    assert (database.round, database.expected_usd_micros, database.cost_usd_micros) == (1, 300, 300)
    assert (database.called_at, database.error, len(database.question_digest)) == (NOON, "", 16)
    assert database.fields == (FieldRecord(Field.LEGAL_NAME, 0.9, None, 0.9, is_selected=True),)


def test_it_is_written_down_why_a_source_was_not_called_or_how_it_failed() -> None:
    poor = written(FakeSource(cost=300), asking(max_cost_usd_micros=0))
    database = {each.source: each for each in poor.outcomes}["database"]
    assert (database.skip_reason, database.called_at, database.fields) == (SkipReason.OVER_BUDGET, None, ())
    failed = {each.source: each for each in written(FakeSource(Fault("503"), cost=300)).outcomes}["database"]
    assert (failed.error, failed.cost_usd_micros, failed.called_at) == ("fault", 0, NOON)
    refused = written(FakeSource(Skipped(SkipReason.DISALLOWED, "its robots.txt"), cost=300))
    assert {each.skip_reason for each in refused.outcomes} == {None, SkipReason.DISALLOWED}


def test_of_a_run_that_is_left_in_the_middle_is_written_down_what_it_has_asked() -> None:
    async def scene() -> None:
        journal = Written()
        enrichments = service(FakeSource(AURORA, seconds=3.0, cost=300), journal)
        with enrichments.start(asking(), 8.0) as run:
            await run.event()
            await asyncio.sleep(1.0)
        [record] = journal.records
        [database] = record.outcomes
        assert database.disposition is Disposition.PENDING
        assert (database.called_at, database.expected_usd_micros) == (NOON, 300)

    in_virtual_time(scene())
