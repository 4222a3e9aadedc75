"""One enrichment in flight: what is asked when, what is sent when, and what a bad day does."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.catalogue import Entry, Layer, Terms
from enrichment.domain.company import Coordinates, Field, Rating
from enrichment.domain.errors import Fault, Skipped, SkipReason, Unreadable
from enrichment.domain.event import (
    Completed,
    Disposition,
    EnrichmentRequest,
    Event,
    LayerResult,
    SourceOutcome,
    Started,
)
from enrichment.domain.fact import NOT_FOUND
from enrichment.guards import guarded, order
from enrichment.pipeline.progress import REPEATABLE_SECONDS
from enrichment.pipeline.run import Enrichments
from enrichment.pipeline.switches import Switches
from enrichment.pipeline.tools import Guarded, Tools
from enrichment.stores.ledger.switches import MemorySwitches
from fakes import NOON, FakeSource, MemoryAnswers, Written, entry, reading, request, unlimited
from virtual_time import in_virtual_time

World = dict[str, tuple[Entry, FakeSource]]


def world(*sources: tuple[Entry, FakeSource]) -> World:
    return {each.name: (each, source) for each, source in sources}


def enrichments(sources: World, cache: MemoryAnswers | None = None, **changes: Any) -> Enrichments:
    journal = changes.pop("journal", None)
    held = cache or MemoryAnswers()
    shared = unlimited(held)
    clock = changes.pop("clock", lambda: NOON)
    behind = {
        name: Guarded(each, source, guarded(source, order(shared), clock)) for name, (each, source) in sources.items()
    }
    switches = changes.pop("switches", None) or Switches(MemorySwitches())
    tools = Tools(behind, held, shared.flights, journal or Written(), switches, shared.counters.hit, clock, **changes)
    return Enrichments(replace(tools, new_id=lambda: "id-1"))


async def events_of(service: Enrichments, asked: EnrichmentRequest, seconds: float = 8.0) -> list[Event]:
    events: list[Event] = []
    with service.start(asked, seconds) as run:
        while (event := await run.event()) is not None:
            events.append(event)
    return events


def enrich(sources: World, seconds: float = 8.0, cache: MemoryAnswers | None = None, **asked: Any) -> list[Event]:
    return in_virtual_time(events_of(enrichments(sources, cache), request(**asked), seconds))


def layers(events: list[Event]) -> dict[Layer, LayerResult]:
    return {event.layer: event for event in events if isinstance(event, LayerResult)}


def outcomes(events: list[Event]) -> dict[str, SourceOutcome]:
    """The last word on each source in the layers' results."""
    return {each.source: each for result in layers(events).values() for each in result.sources}


def completed(events: list[Event]) -> Completed:
    assert isinstance(events[-1], Completed)
    return events[-1]


WEBSITE = entry("website", brings=(Field.NAME, Field.ADDRESS, Field.LEGAL_NAME), lineage="site")
REGISTER = entry("register", Layer.REGISTRY, brings=(Field.LEGAL_NAME,), after=frozenset({"website"}))
MODEL = entry("model", Layer.INFERENCE, brings=(Field.INDUSTRY,), after=frozenset({"website"}))


def three_layers(site_seconds: float = 0.3) -> World:
    return world(
        (WEBSITE, FakeSource(reading((Field.NAME, "Aurora"), text="We cut glass."), site_seconds)),
        (REGISTER, FakeSource(reading((Field.LEGAL_NAME, "Aurora Ltda")), 0.2, needs=Field.NAME, cost=3_000)),
        (MODEL, FakeSource(reading((Field.INDUSTRY, "Glass")), 0.1, needs=Field.NAME, cost=200)),
    )


def test_a_stream_is_started_then_a_result_for_each_layer_in_order_then_completed() -> None:
    events = enrich(three_layers())
    assert [type(event).__name__ for event in events] == ["Started"] + ["LayerResult"] * 3 + ["Completed"]
    assert list(layers(events)) == list(Layer)
    assert isinstance(events[0], Started)
    assert events[0].enrichment_id == "id-1"


def test_the_layers_costs_add_up_and_the_company_grows() -> None:
    events = enrich(three_layers())
    found = layers(events)
    assert [result.cost_usd_micros for result in found.values()] == [0, 3_000, 200]
    assert completed(events).cost_usd_micros == 3_200
    assert found[Layer.FOUNDATION].updated == (Field.NAME,)
    assert found[Layer.REGISTRY].updated == (Field.LEGAL_NAME,)
    assert found[Layer.INFERENCE].company == completed(events).company
    assert completed(events).company.values[Field.INDUSTRY] == "Glass"


def test_inference_runs_beside_registry_and_is_sent_after_it() -> None:
    events = enrich(three_layers())
    # 0.3 s for the site, then 0.2 s for the register; the model's 0.1 s hide behind it.
    assert completed(events).duration_seconds == pytest.approx(0.5, abs=0.01)


def test_inference_sees_foundation_alone_and_only_what_may_enter_a_prompt() -> None:
    sources = three_layers()
    secret = entry("secret", brings=(Field.PHONE,), terms=Terms(may_enter_prompt=False))
    sources["secret"] = (secret, FakeSource(reading((Field.PHONE, "+551133334444"))))
    slow_model = FakeSource(reading((Field.INDUSTRY, "Glass")), needs=Field.NAME)
    sources["model"] = (
        entry("model", Layer.INFERENCE, brings=(Field.INDUSTRY,), after=REGISTER.after | {"register"}),
        slow_model,
    )
    enrich(sources)
    seen = slow_model.asked[0]
    assert set(seen.known) == {Field.NAME}
    assert [document.text for document in seen.documents] == ["We cut glass."]


def test_a_source_starts_when_what_it_waits_for_has_ended_not_when_the_layer_has() -> None:
    slow = entry("slow", brings=(Field.PHONE,))
    sources = three_layers(0.1) | world((slow, FakeSource(reading(), 2.0)))
    events = enrich(sources)
    assert completed(events).duration_seconds == pytest.approx(2.1, abs=0.01)  # slow, then the model's 0.1 s
    assert outcomes(events)["register"].disposition is Disposition.FOUND


def test_a_late_foundation_source_is_pending_and_its_facts_come_with_the_next_result() -> None:
    slow = entry("slow", brings=(Field.PHONE,))
    sources = three_layers() | world((slow, FakeSource(reading((Field.PHONE, "+551133334444")), 4.0, cost=7)))
    events = enrich(sources)
    first = {each.source: each.disposition for each in layers(events)[Layer.FOUNDATION].sources}
    assert first["slow"] is Disposition.PENDING
    last = layers(events)[Layer.INFERENCE]
    assert {each.source: each.disposition for each in last.sources}["slow"] is Disposition.FOUND
    assert Field.PHONE in last.updated
    assert sum(result.cost_usd_micros for result in layers(events).values()) == completed(events).cost_usd_micros


def test_an_equal_request_is_answered_from_what_is_held_for_nothing() -> None:
    cache, sources = MemoryAnswers(), three_layers()
    enrich(sources, cache=cache)
    events = enrich(sources, cache=cache, max_cost_usd_micros=0)
    again = completed(events)
    assert (again.cost_usd_micros, again.saved_usd_micros, again.is_from_cache) == (0, 3_200, True)
    assert {each.disposition for each in outcomes(events).values()} == {Disposition.CACHED}
    assert [len(source.asked) for _, source in sources.values()] == [1, 1, 1]
    assert again.repeatable_until == NOON + REPEATABLE_SECONDS


def test_a_held_not_found_spares_the_call_too() -> None:
    cache, sources = MemoryAnswers(), world((WEBSITE, FakeSource(NOT_FOUND)))
    enrich(sources, cache=cache)
    outcome = outcomes(enrich(sources, cache=cache))["website"]
    assert outcome.disposition is Disposition.CACHED
    assert "does not know" in outcome.explanation


def test_values_older_than_max_age_are_fetched_again() -> None:
    cache, sources = MemoryAnswers(), world((WEBSITE, FakeSource(reading((Field.NAME, "Aurora")))))
    enrich(sources, cache=cache)
    later = enrichments(sources, cache, clock=lambda: NOON + 100)
    young = in_virtual_time(events_of(later, request(max_age_seconds=120.0)))
    assert completed(young).repeatable_until == NOON + 120
    old = in_virtual_time(events_of(later, request(max_age_seconds=50.0)))
    assert outcomes(old)["website"].disposition is Disposition.FOUND


GRACE = 30 * 86_400
AGED = replace(WEBSITE, grace_seconds=GRACE)
BROKEN = FakeSource(Fault("503"))
# Two days on: past a lifetime of one, within the grace.
LATER = NOON + 2 * 86_400 + 7_200


def held_since_noon(source: Entry, *claims: tuple[Field, Any]) -> tuple[MemoryAnswers, list[float]]:
    """A cache in which the answer of one source is two days old."""
    now = [NOON]
    cache = MemoryAnswers(lambda: now[0])
    reads = reading(*claims) if claims else NOT_FOUND
    in_virtual_time(events_of(enrichments(world((source, FakeSource(reads))), cache), request()))
    now[0] = LATER
    return cache, now


def enrich_later(sources: World, cache: MemoryAnswers, **asked: Any) -> list[Event]:
    return in_virtual_time(events_of(enrichments(sources, cache, clock=lambda: LATER), request(**asked)))


@pytest.mark.parametrize(
    "end",
    [
        Fault("503"),
        Unreadable("not JSON"),
        Skipped(SkipReason.CIRCUIT_OPEN, "it failed 5 times in a row"),
        Skipped(SkipReason.RATE_LIMITED, "3 calls in 60 s"),
    ],
)
def test_a_source_that_cannot_be_asked_is_stood_in_for_by_what_it_said_before(end: Exception) -> None:
    cache, _ = held_since_noon(AGED, (Field.NAME, "Aurora"))
    events = enrich_later(world((AGED, FakeSource(end))), cache)
    outcome = outcomes(events)["website"]
    assert outcome.disposition is Disposition.STALE
    assert outcome.explanation.startswith("2 days old: ")
    assert outcome.observed_at == NOON
    assert outcome.skip_reason == getattr(end, "reason", None)
    done = completed(events)
    assert done.company.values[Field.NAME] == "Aurora"
    assert Field.NAME in {shortfall.field for shortfall in done.shortfalls}
    assert done.repeatable_until is None


@pytest.mark.parametrize("reason", sorted(set(SkipReason) - {"circuit_open", "rate_limited", "over_budget"}))
def test_a_source_that_is_left_out_for_another_reason_is_not_stood_in_for(reason: SkipReason) -> None:
    cache, _ = held_since_noon(AGED, (Field.NAME, "Aurora"))
    events = enrich_later(world((AGED, FakeSource(Skipped(reason, "so it is")))), cache)
    assert outcomes(events)["website"].disposition is Disposition.SKIPPED
    assert Field.NAME not in completed(events).company.values


def test_a_source_that_costs_more_than_is_left_is_stood_in_for() -> None:
    cache, _ = held_since_noon(AGED, (Field.NAME, "Aurora"))
    events = enrich_later(world((AGED, FakeSource(cost=300))), cache, max_cost_usd_micros=200)
    outcome = outcomes(events)["website"]
    assert (outcome.disposition, outcome.skip_reason) == (Disposition.STALE, SkipReason.OVER_BUDGET)
    assert completed(events).cost_usd_micros == 0
    assert completed(events).repeatable_until is None


def test_a_source_that_the_deadline_cuts_off_is_stood_in_for() -> None:
    cache, _ = held_since_noon(AGED, (Field.NAME, "Aurora"))
    events = enrich_later(world((AGED, FakeSource(seconds=60.0))), cache)
    assert outcomes(events)["website"].disposition is Disposition.STALE


def test_a_source_that_answers_is_not_stood_in_for() -> None:
    cache, _ = held_since_noon(AGED, (Field.NAME, "Aurora"))
    events = enrich_later(world((AGED, FakeSource(NOT_FOUND))), cache)
    assert outcomes(events)["website"].disposition is Disposition.NOT_FOUND
    assert completed(events).company.values == {}


def test_nothing_older_than_max_age_stands_in() -> None:
    cache, _ = held_since_noon(AGED, (Field.NAME, "Aurora"))
    events = enrich_later(world((AGED, BROKEN)), cache, max_age_seconds=86_400.0)
    assert outcomes(events)["website"].disposition is Disposition.FAILED
    events = enrich_later(world((AGED, BROKEN)), cache, max_age_seconds=3 * 86_400.0)
    assert outcomes(events)["website"].disposition is Disposition.STALE


def test_an_old_not_found_never_stands_in() -> None:
    cache, _ = held_since_noon(AGED)
    events = enrich_later(world((AGED, BROKEN)), cache)
    assert outcomes(events)["website"].disposition is Disposition.FAILED


def test_nothing_stands_in_where_there_is_no_time_of_grace() -> None:
    cache, _ = held_since_noon(WEBSITE, (Field.NAME, "Aurora"))
    events = enrich_later(world((WEBSITE, BROKEN)), cache)
    assert outcomes(events)["website"].disposition is Disposition.FAILED


def test_the_age_of_what_stands_in_is_told_in_hours_below_a_day() -> None:
    brief = replace(AGED, lifetime_seconds=3_600)
    cache, now = held_since_noon(brief, (Field.NAME, "Aurora"))
    now[0] = NOON + 3_700
    events = in_virtual_time(
        events_of(enrichments(world((brief, BROKEN)), cache, clock=lambda: NOON + 3_700), request())
    )
    assert outcomes(events)["website"].explanation.startswith("1 hour old: ")


def test_what_stands_in_spares_no_call_and_is_no_shortfall_where_another_is_newer() -> None:
    cache, _ = held_since_noon(AGED, (Field.NAME, "Aurora"), (Field.LEGAL_NAME, "Aurora Ltda"))
    register = FakeSource(reading((Field.LEGAL_NAME, "Aurora Vidros Ltda")))
    events = enrich_later(world((AGED, BROKEN), (REGISTER, register)), cache)
    assert outcomes(events)["register"].disposition is Disposition.FOUND
    short = {shortfall.field for shortfall in completed(events).shortfalls}
    assert Field.NAME in short
    assert Field.LEGAL_NAME not in short


def test_a_fallback_is_called_though_something_old_stands_in_for_its_primary() -> None:
    primary = entry("primary", Layer.REGISTRY, brings=(Field.PHONE,), grace_seconds=GRACE)
    backup = entry("backup", Layer.REGISTRY, brings=(Field.PHONE,), backs_up="primary", after=frozenset({"primary"}))
    cache, _ = held_since_noon(primary, (Field.PHONE, "+551133334444"))
    second = FakeSource(reading((Field.PHONE, "+551133335555")))
    events = enrich_later(world((primary, BROKEN), (backup, second)), cache)
    assert outcomes(events)["primary"].disposition is Disposition.STALE
    assert outcomes(events)["backup"].disposition is Disposition.FOUND


def test_questions_of_one_round_are_looked_up_together_and_only_once() -> None:
    cache = MemoryAnswers()
    enrich(three_layers(), cache=cache)
    assert cache.store.reads == 2 + 3  # the site alone; then the register and the model; and once in each flight


def test_money_is_never_spent_past_the_limit() -> None:
    dear = entry("dear", Layer.REGISTRY, brings=(Field.PHONE,))
    also = entry("also", Layer.REGISTRY, brings=(Field.EMAIL,))
    sources = world((dear, FakeSource(reading(), 0.2, cost=40_000)), (also, FakeSource(reading(), cost=20_000)))
    events = enrich(sources)
    assert completed(events).cost_usd_micros == 20_000  # the cheapest first
    assert outcomes(events)["dear"].skip_reason is SkipReason.OVER_BUDGET
    assert Field.PHONE in {shortfall.field for shortfall in completed(events).shortfalls}


def test_money_that_a_call_did_not_use_pays_for_the_next() -> None:
    dear = entry("dear", Layer.REGISTRY, brings=(Field.PHONE,))
    also = entry("also", Layer.REGISTRY, brings=(Field.EMAIL,))
    sources = world((dear, FakeSource(Fault("503"), 0.2, cost=40_000)), (also, FakeSource(reading(), cost=20_000)))
    assert completed(enrich(sources)).cost_usd_micros == 20_000


def test_a_failure_is_an_outcome_and_a_shortfall_and_never_a_not_found() -> None:
    events = enrich(world((WEBSITE, FakeSource(Fault("connection refused")))))
    outcome = outcomes(events)["website"]
    assert outcome.disposition is Disposition.FAILED
    assert "refused" not in outcome.explanation
    assert {shortfall.source for shortfall in completed(events).shortfalls} == {"website"}


def test_a_bug_in_one_source_leaves_the_others_answers() -> None:
    sources = three_layers() | world((entry("odd", brings=(Field.PHONE,)), FakeSource(KeyError("x"))))
    events = enrich(sources)
    assert isinstance(outcomes(events)["odd"].error, Unreadable)
    assert completed(events).company.values[Field.LEGAL_NAME] == "Aurora Ltda"


def test_a_source_that_may_not_ask_is_skipped_with_its_reason() -> None:
    refusal = Skipped(SkipReason.DISALLOWED, "robots.txt forbids it")
    outcome = outcomes(enrich(world((WEBSITE, FakeSource(refusal)))))["website"]
    assert (outcome.disposition, outcome.skip_reason) == (Disposition.SKIPPED, SkipReason.DISALLOWED)
    assert outcome.explanation == "robots.txt forbids it"


def test_a_source_that_takes_longer_than_its_own_limit_has_failed_at_an_unknown_cost() -> None:
    slow = entry("slow", timeout_ms=500)
    events = enrich(world((slow, FakeSource(reading(), 5.0, cost=900))))
    assert outcomes(events)["slow"].disposition is Disposition.FAILED
    assert completed(events).cost_usd_micros == 900
    assert completed(events).duration_seconds == pytest.approx(0.55, abs=0.01)


def test_what_is_known_is_sent_in_time_however_little_there_is() -> None:
    events = enrich(three_layers(site_seconds=60.0), seconds=1.0)
    assert completed(events).duration_seconds <= 0.9
    found = outcomes(events)
    assert found["website"].disposition is Disposition.FAILED
    assert found["register"].skip_reason is SkipReason.MISSING_INPUT


class Stubborn(FakeSource):
    """Does not stop when it is told to."""

    async def ask(self, subject: Any) -> Any:
        self.asked.append(subject)
        try:
            await asyncio.sleep(0.87)
        except asyncio.CancelledError:
            await asyncio.sleep(0.2)
        return reading()


def test_the_answer_does_not_wait_for_a_source_that_overstays_the_deadline() -> None:
    waiting = entry("waiting", Layer.REGISTRY, after=frozenset({"stubborn"}))
    sources = world((entry("stubborn"), Stubborn(cost=500)), (waiting, FakeSource()))
    events = enrich(sources, seconds=1.0)
    assert completed(events).duration_seconds < 1.0
    found = outcomes(events)
    assert (found["stubborn"].disposition, found["stubborn"].cost_usd_micros) == (Disposition.FAILED, 500)
    assert found["waiting"].skip_reason is SkipReason.DEADLINE


def test_only_the_layers_asked_for_are_sent() -> None:
    events = enrich(three_layers(), layers=frozenset({Layer.FOUNDATION}))
    assert list(layers(events)) == [Layer.FOUNDATION]
    assert set(completed(events).company.values) == {Field.NAME}


def test_outcomes_are_streamed_as_they_come_when_asked_for() -> None:
    events = enrich(three_layers(), include_source_outcomes=True)
    kinds = [event.source for event in events if isinstance(event, SourceOutcome)]
    assert kinds == ["website", "model", "register"]


def test_a_disabled_source_is_not_even_questioned() -> None:
    off = entry("off", is_enabled=False)
    assert outcomes(enrich(world((off, FakeSource()))))["off"].skip_reason is SkipReason.DISABLED


def test_leaving_the_run_ends_it_and_everything_it_started() -> None:
    async def leave() -> set[str]:
        service = enrichments(three_layers(site_seconds=60.0))
        with service.start(request(), 8.0) as run:
            await run.event()
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.001)
        return {task.get_name() for task in asyncio.all_tasks()} & {"run", "ask website"}

    assert in_virtual_time(leave()) == set()


class Broken(FakeSource):
    """Its very question is a bug of ours."""

    def question(self, subject: Any) -> bytes | None:
        raise RuntimeError("a bug")


def test_a_bug_of_ours_reaches_the_reader_who_does_not_wait_for_ever() -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        enrich(world((entry("broken"), Broken())))


def test_completeness_counts_only_fields_that_some_source_can_bring() -> None:
    wanted = frozenset({Field.NAME, Field.PHONE, Field.RATING})
    brazil = entry("brazil", Layer.REGISTRY, brings=(Field.PHONE,), countries=frozenset({"BR"}))
    sources = world((WEBSITE, FakeSource(reading((Field.NAME, "Aurora")))), (brazil, FakeSource(NOT_FOUND)))
    at_home = completed(enrich(sources, wanted=wanted))
    assert at_home.completeness == 0.5
    abroad = completed(enrich(sources, wanted=wanted, domain="aurora-glass.us"))
    assert abroad.completeness == 1.0
    nothing = completed(enrich(sources, wanted=frozenset({Field.RATING})))
    assert (nothing.completeness, nothing.confidence) == (1.0, None)


def test_the_same_world_gives_the_same_events() -> None:
    assert enrich(three_layers()) == enrich(three_layers())


def test_the_generation_of_a_domain_is_the_caches() -> None:
    cache = MemoryAnswers()
    service = enrichments(three_layers(), cache)
    before = service.generation("vidraria.com.br")
    in_virtual_time(events_of(service, request()))
    assert service.generation("vidraria.com.br") > before


def test_an_answer_held_by_number_serves_a_second_domain_with_the_mailbox_of_its_own() -> None:
    register = entry(
        "register", Layer.REGISTRY, brings=(Field.EMAIL,), after=frozenset({"website"}), is_asked_by_number=True
    )
    website = entry("website", brings=(Field.REGISTRATION_NUMBER,), lineage="site")
    asked = FakeSource(reading((Field.EMAIL, "contato@aurora.com.br")), needs=Field.REGISTRATION_NUMBER)
    shown = FakeSource(reading((Field.REGISTRATION_NUMBER, "11222333000181")))
    sources, held = world((website, shown), (register, asked)), MemoryAnswers()
    mailboxes = [
        completed(enrich(sources, cache=held, domain=domain)).company.values.get(Field.EMAIL)
        for domain in ("vidraria.com.br", "aurora.com.br", "vidraria.com.br")
    ]
    assert mailboxes == [None, "contato@aurora.com.br", None]
    assert len(asked.asked) == 1


def test_what_a_register_says_of_another_company_is_evidence_and_not_believed() -> None:
    partner = entry(
        "partner",
        Layer.REGISTRY,
        brings=(Field.LEGAL_NAME,),
        after=frozenset({"website"}),
        is_asked_by_number=True,
        is_register=True,
    )
    database = entry(
        "database", Layer.REGISTRY, brings=(Field.PHONE,), after=frozenset({"partner"}), is_spared_by_registry=True
    )
    sources = world(
        (WEBSITE, FakeSource(reading((Field.NAME, "Aurora")))),
        (partner, FakeSource(reading((Field.LEGAL_NAME, "Meios de Pagamento Sul Ltda")))),
        (database, FakeSource(reading((Field.PHONE, "+551133334444")))),
    )
    events = enrich(sources)
    done = completed(events)
    assert Field.LEGAL_NAME not in done.company.values
    (doubted,) = [item for item in done.evidence if item.fact.source == "partner"]
    assert not doubted.is_selected
    assert doubted.fact.confidence < 0.1
    # A register that spoke of another company has not answered for this one.
    assert outcomes(events)["database"].disposition is Disposition.FOUND


@pytest.mark.parametrize("error", [asyncio.CancelledError(), TimeoutError(), KeyError("x")])
def test_a_cancellation_that_nobody_asked_for_is_one_sources_bug(error: BaseException) -> None:
    class Stray(FakeSource):
        async def ask(self, subject: Any) -> Any:
            raise error

    sources = three_layers() | world((entry("stray", brings=(Field.PHONE,)), Stray(cost=40)))
    events = enrich(sources)
    assert isinstance(outcomes(events)["stray"].error, Unreadable)
    assert outcomes(events)["stray"].cost_usd_micros == 40
    assert completed(events).company.values[Field.LEGAL_NAME] == "Aurora Ltda"


class Cancelling(FakeSource):
    """Its very question throws what only the event loop should."""

    def question(self, subject: Any) -> bytes | None:
        raise asyncio.CancelledError


def test_a_run_that_breaks_tells_its_reader_whatever_was_thrown() -> None:
    with pytest.raises(RuntimeError, match="the run broke"):
        enrich(world((entry("cancelling"), Cancelling())))


def test_what_is_served_spares_calls_of_the_same_round() -> None:
    register = entry("register", Layer.REGISTRY, brings=(Field.INDUSTRY,), is_always_asked=True)
    dear = entry("dear", Layer.REGISTRY, brings=(Field.INDUSTRY,))
    sources = world((register, FakeSource(reading((Field.INDUSTRY, "Glass")))), (dear, FakeSource(cost=900)))
    cache = MemoryAnswers()
    enrich({"register": sources["register"]}, cache=cache)
    assert outcomes(enrich(sources, cache=cache))["dear"].skip_reason is SkipReason.ALREADY_KNOWN


def test_a_source_is_asked_about_the_subject_that_its_question_was_made_of() -> None:
    class Watching(FakeSource):
        def question(self, subject: Any) -> bytes | None:
            return ",".join(sorted(subject.known)).encode()

        async def ask(self, subject: Any) -> Any:
            assert self.question(subject) == b"industry,legal_name,name"
            return await super().ask(subject)

    cache = MemoryAnswers()
    enrich(three_layers(), cache=cache)
    watching = entry("watching", Layer.REGISTRY, brings=(Field.PHONE,), after=frozenset({"register"}))
    sources = three_layers() | world((watching, Watching()))
    assert outcomes(enrich(sources, cache=cache))["watching"].disposition is Disposition.FOUND


def test_an_answer_in_hand_at_the_deadline_is_told_though_the_store_is_slow() -> None:
    cache = MemoryAnswers()
    late = entry("late", brings=(Field.PHONE,))
    sources = world((late, FakeSource(reading((Field.PHONE, "+551133334444")), 0.6, cost=3_000)))

    async def slow() -> list[Event]:
        cache.store.seconds = 0.09
        return await events_of(enrichments(sources, cache), request(), 1.0)

    events = in_virtual_time(slow())
    assert outcomes(events)["late"].disposition is Disposition.FOUND


def test_a_store_that_hangs_never_makes_an_answer_late() -> None:
    cache, sources = MemoryAnswers(), three_layers(0.0)
    last = "register"
    for name in ("second", "third", "fourth"):
        sources |= world((entry(name, Layer.REGISTRY, brings=(Field.PHONE,), after=frozenset({last})), FakeSource()))
        last = name
    cache.store.seconds = 60.0
    for seconds in (0.3, 0.5, 1.0):
        events = enrich(sources, seconds=seconds, cache=cache)
        assert completed(events).duration_seconds <= seconds


def test_an_answer_made_while_the_cache_failed_is_not_repeated() -> None:
    cache, sources = MemoryAnswers(), three_layers()
    enrich(sources, cache=cache)
    cache.store.is_broken = True
    off = {name: (replace(each, is_enabled=False), source) for name, (each, source) in sources.items()}
    assert completed(enrich(off, cache=cache)).repeatable_until == NOON + REPEATABLE_SECONDS  # nothing was looked up
    no_money = {"register": (replace(REGISTER, after=frozenset()), FakeSource(cost=5))}
    degraded = completed(enrich(no_money, cache=cache, max_cost_usd_micros=0))
    assert degraded.is_from_cache
    assert degraded.repeatable_until is None


PLACES = entry(
    "places",
    Layer.REGISTRY,
    brings=(Field.COORDINATES, Field.RATING),
    terms=Terms(kept=frozenset({Field.COORDINATES})),
)
HERE, RATED = (Field.COORDINATES, Coordinates(1.0, 2.0)), (Field.RATING, Rating(4.5, 9))
ALL_OF_IT = frozenset({Field.COORDINATES, Field.RATING})


def again(source: FakeSource, seconds: float = 8.0, **asked: Any) -> tuple[SourceOutcome, Completed]:
    """A place of which only the coordinates could be kept, asked about once more, now of `source`."""
    cache = MemoryAnswers()
    first = world((PLACES, FakeSource(reading(HERE, RATED), cost=17_000)))
    enrich(first, cache=cache, wanted=ALL_OF_IT)
    events = enrich(world((PLACES, source)), seconds, cache, **{"wanted": ALL_OF_IT, **asked})
    return outcomes(events)["places"], completed(events)


def test_what_could_be_kept_of_an_answer_does_not_hide_that_a_call_brings_the_rest() -> None:
    other = (Field.RATING, Rating(3.0, 10))
    outcome, done = again(FakeSource(reading(HERE, other), cost=17_000))
    assert (outcome.disposition, done.cost_usd_micros) == (Disposition.FOUND, 17_000)
    assert done.company.values == dict((HERE, other))


def test_what_could_be_kept_is_enough_where_nothing_else_is_wanted() -> None:
    outcome, done = again(FakeSource(cost=17_000), wanted=frozenset({Field.COORDINATES}))
    assert (outcome.disposition, done.cost_usd_micros, done.saved_usd_micros) == (Disposition.CACHED, 0, 17_000)
    assert done.company.values == dict([HERE])
    assert done.shortfalls == ()


def test_without_money_for_the_rest_what_could_be_kept_is_told_and_the_rest_is_a_shortfall() -> None:
    outcome, done = again(FakeSource(cost=17_000), max_cost_usd_micros=16_999)
    assert (outcome.disposition, outcome.skip_reason) == (Disposition.CACHED, SkipReason.OVER_BUDGET)
    assert outcome.explanation == "held in part: costs $0.017; $0.016999 is left of $0.016999"
    assert done.company.values == dict([HERE])
    assert [(each.field, each.reason) for each in done.shortfalls] == [(Field.RATING, SkipReason.OVER_BUDGET)]


@pytest.mark.parametrize(
    ("source", "disposition"),
    [
        (FakeSource(Fault("gone"), cost=17_000), Disposition.FAILED),
        (FakeSource(Skipped(SkipReason.CIRCUIT_OPEN, "open"), cost=17_000), Disposition.SKIPPED),
        (FakeSource(reading(RATED), seconds=60.0, cost=17_000), Disposition.FAILED),
    ],
    ids=["fails", "is refused", "comes too late"],
)
def test_where_the_call_for_the_rest_brings_nothing_what_could_be_kept_is_still_told(
    source: FakeSource, disposition: Disposition
) -> None:
    outcome, done = again(source, seconds=1.0)
    assert outcome.disposition is disposition
    assert done.company.values == dict([HERE])
    assert [each.field for each in done.shortfalls] == [Field.RATING]


def test_a_place_that_is_no_longer_there_is_not_told_from_what_was_kept() -> None:
    outcome, done = again(FakeSource(NOT_FOUND, cost=17_000))
    assert outcome.disposition is Disposition.NOT_FOUND
    assert done.company.values == {}


def test_a_value_that_is_no_longer_believed_is_told_as_changed() -> None:
    partner = entry("partner", Layer.REGISTRY, brings=NUMBERED, after=frozenset({"website"}), is_asked_by_number=True)
    site = entry("website", brings=(Field.NAME, Field.REGISTRATION_NUMBER), lineage="site")
    number = (Field.REGISTRATION_NUMBER, "11222333000181")
    events = enrich(
        world(
            (site, FakeSource(reading((Field.NAME, "Aurora"), number))),
            (partner, FakeSource(reading((Field.LEGAL_NAME, "Meios de Pagamento Sul Ltda"), number))),
        )
    )
    second = layers(events)[Layer.REGISTRY]
    assert Field.REGISTRATION_NUMBER in second.updated
    assert Field.REGISTRATION_NUMBER not in second.company.values
    assert {item.fact.source for item in second.evidence} == {"website", "partner"}


NUMBERED = (Field.LEGAL_NAME, Field.REGISTRATION_NUMBER)


def test_what_not_asking_an_unwanted_source_saves_is_told() -> None:
    late = entry("late", Layer.REGISTRY, brings=(Field.PHONE,), after=frozenset({"website"}))
    sources = world((WEBSITE, FakeSource(reading((Field.NAME, "Aurora")))), (late, FakeSource(cost=3_000)))
    events = enrich(sources, wanted=frozenset({Field.NAME}))
    assert outcomes(events)["late"].skip_reason is SkipReason.NOT_WANTED
    assert completed(events).saved_usd_micros == 3_000


@dataclass
class Till:
    """What all sources of a simulated world hold and have charged, at every instant."""

    limit: int
    held: int = 0
    charged: int = 0
    most: int = 0

    def take(self, price: int) -> None:
        self.held += price
        self.most = max(self.most, self.held + self.charged)

    def settle(self, price: int, charged: int) -> None:
        self.held -= price
        self.charged += charged


@dataclass
class Charging(FakeSource):
    """Holds its price while it is asked and charges it at the end, unless it fails."""

    till: Till = field(default_factory=lambda: Till(0))

    async def ask(self, subject: Any) -> Any:
        self.till.take(self.cost)
        fails = isinstance(self.reads, Fault)
        try:
            return await super().ask(subject)
        finally:
            self.till.settle(self.cost, 0 if fails else self.cost)


@given(
    limit=st.integers(0, 60_000),
    plans=st.lists(
        st.tuples(st.integers(0, 40_000), st.floats(0, 3), st.booleans(), st.sets(st.integers(0, 6), max_size=2)),
        min_size=1,
        max_size=7,
    ),
)
def test_held_and_charged_never_exceed_the_limit_at_any_instant(
    limit: int, plans: list[tuple[int, float, bool, set[int]]]
) -> None:
    till = Till(limit)
    sources: World = {}
    for number, (price, seconds, fails, after) in enumerate(plans):
        name = f"s{number}"
        waits = frozenset(f"s{other}" for other in after if other < number)
        reads = Fault("down") if fails else reading((Field.PHONE, "+551133334444"))
        each = entry(name, Layer.REGISTRY, brings=(Field.PHONE,), after=waits, is_always_asked=True)
        sources[name] = (each, Charging(reads, seconds, cost=price, till=till))
    events = enrich(sources, max_cost_usd_micros=limit)
    done = completed(events)
    assert till.most <= limit
    # What the deadline overtook counts at its price, though it may fail and cost nothing.
    assert till.charged <= done.cost_usd_micros <= limit
    if all(outcome.error is None or not outcome.error.is_cost_unknown for outcome in outcomes(events).values()):
        assert done.cost_usd_micros == till.charged
    assert till.held == 0
