"""What an enrichment would do, told beforehand; and that it then does no more."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.catalogue import load
from enrichment.domain.catalogue import Billing, Entry, Layer, Terms
from enrichment.domain.company import Coordinates, Field
from enrichment.domain.errors import Fault, SkipReason
from enrichment.domain.event import Completed, EnrichmentRequest, Plan, PlannedSource
from enrichment.domain.fact import NOT_FOUND, Claim, Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.guards import guarded, order
from enrichment.pipeline.preview import LONGEST
from enrichment.pipeline.run import Enrichments
from enrichment.pipeline.switches import Switches
from enrichment.pipeline.tools import Guarded, Tools
from enrichment.sources import build
from enrichment.stores.ledger.switches import MemorySwitches
from fakes import NOON, FakeSource, MemoryAnswers, Written, entry, reading, request, unlimited
from virtual_time import in_virtual_time

World = dict[str, tuple[Entry, FakeSource]]


def world(*sources: tuple[Entry, FakeSource]) -> World:
    return {each.name: (each, source) for each, source in sources}


def enrichments(sources: World, cache: MemoryAnswers | None = None, now: float = NOON) -> Enrichments:
    held = cache or MemoryAnswers()
    shared = unlimited(held)
    guards = order(shared)
    behind = {
        name: Guarded(each, source, guarded(source, guards, lambda: now)) for name, (each, source) in sources.items()
    }
    return Enrichments(Tools(behind, held, shared.flights, Written(), Switches(MemorySwitches()), clock=lambda: now))


def planned(sources: World, cache: MemoryAnswers | None = None, now: float = NOON, **asked: Any) -> Plan:
    return in_virtual_time(enrichments(sources, cache, now).plan(request(**asked), 8.0))


def by_name(plan: Plan) -> dict[str, PlannedSource]:
    return {source.source: source for source in plan.sources}


def enrich(sources: World, cache: MemoryAnswers | None = None, **asked: Any) -> Completed:
    async def end(asked: EnrichmentRequest) -> Completed:
        with enrichments(sources, cache).start(asked, 8.0) as run:
            while not isinstance(event := await run.event(), Completed):
                assert event is not None
        return event

    return in_virtual_time(end(request(**asked)))


SITE = entry("site", brings=(Field.NAME, Field.ADDRESS))
REGISTER = entry("register", Layer.REGISTRY, brings=(Field.LEGAL_NAME,), after=frozenset({"site"}))
DATABASE = entry(
    "database",
    Layer.REGISTRY,
    brings=(Field.LEGAL_NAME, Field.INDUSTRY),
    after=frozenset({"site", "register"}),
    backs_up="register",
    enough_fields=2,
)
MODEL = entry("model", Layer.INFERENCE, brings=(Field.TARGET_MARKET,), after=frozenset({"site"}))


def shop(register_price: int = 3_000, database_price: int = 50_000) -> World:
    return world(
        (SITE, FakeSource(reading((Field.NAME, "Aurora")))),
        (REGISTER, FakeSource(reading((Field.LEGAL_NAME, "Aurora Ltda")), needs=Field.NAME, cost=register_price)),
        (DATABASE, FakeSource(reading((Field.INDUSTRY, "Glass")), needs=Field.NAME, cost=database_price)),
        (MODEL, FakeSource(reading((Field.TARGET_MARKET, "Builders")), needs=Field.NAME, cost=200)),
    )


def without_a_key(each: Entry) -> Entry:
    return replace(each, needs_key=True)


def test_nothing_is_asked_and_every_source_has_its_part() -> None:
    sources = shop()
    plan = planned(sources)
    assert [source.source for source in plan.sources] == list(sources)
    assert plan.domain == "vidraria.com.br"
    assert not any(fake.asked for _, fake in sources.values())


def test_what_would_begin_now_and_what_would_wait_is_told_apart() -> None:
    plan = by_name(planned(shop()))
    assert (plan["site"].would_call, plan["site"].explanation) == (True, "nothing held answers its question")
    assert (plan["register"].would_call, plan["register"].explanation) == (True, "waits for site")
    assert plan["model"].explanation == "waits for the layer foundation"


def test_money_that_the_source_before_it_takes_rules_a_stand_in_out_with_the_figures() -> None:
    plan = planned(shop(), max_cost_usd_micros=50_000)
    database = by_name(plan)["database"]
    assert (database.would_call, database.reason) == (False, SkipReason.OVER_BUDGET)
    assert database.explanation == "costs $0.05; after register ($0.003) $0.047 is left of $0.05"
    assert database.price_usd_micros == 50_000
    # Where the register cannot be asked after all, there is money for it.
    assert plan.max_cost_usd_micros == 50_000


def test_the_sum_of_both_prices_is_enough_for_both() -> None:
    plan = planned(shop(), max_cost_usd_micros=53_000)
    database = by_name(plan)["database"]
    assert database.would_call
    assert database.explanation == "only where register leaves its place; waits for site and register"
    assert plan.max_cost_usd_micros == 53_000


def test_a_price_above_the_whole_budget_is_out_for_good() -> None:
    plan = planned(shop(), max_cost_usd_micros=10_000)
    assert by_name(plan)["database"].explanation == "costs $0.05; after register ($0.003) $0.007 is left of $0.01"
    assert plan.max_cost_usd_micros == 3_200


def test_without_money_only_what_is_free_would_be_called() -> None:
    plan = planned(shop(), max_cost_usd_micros=0)
    assert [source.source for source in plan.sources if source.would_call] == ["site"]
    assert by_name(plan)["register"].explanation == "costs $0.003; $0 is left of $0"
    assert plan.max_cost_usd_micros == 0


@pytest.mark.parametrize(
    ("change", "asked", "reason"),
    [
        ({"is_enabled": False}, {}, SkipReason.DISABLED),
        ({"needs_key": True}, {}, SkipReason.NO_CREDENTIALS),
        ({"countries": frozenset({"US"})}, {}, SkipReason.NOT_APPLICABLE),
        ({}, {"layers": frozenset({Layer.FOUNDATION})}, SkipReason.LAYER_NOT_REQUESTED),
        ({}, {"wanted": frozenset({Field.NAME})}, SkipReason.NOT_WANTED),
    ],
)
def test_what_is_known_beforehand_rules_a_source_out_before_its_turn(
    change: dict[str, Any], asked: dict[str, Any], reason: SkipReason
) -> None:
    sources = shop()
    sources["register"] = (replace(REGISTER, **change), sources["register"][1])
    register = by_name(planned(sources, **asked))["register"]
    assert (register.would_call, register.reason) == (False, reason)
    assert register.explanation


def test_a_source_of_another_country_that_a_number_might_call_for_is_not_ruled_out() -> None:
    sources = shop()
    sources["register"] = (
        replace(REGISTER, countries=frozenset({"US"}), is_always_asked=True),
        sources["register"][1],
    )
    assert by_name(planned(sources))["register"].would_call


def test_a_stand_in_takes_the_place_of_a_source_without_a_key_and_its_money() -> None:
    sources = shop()
    sources["register"] = (without_a_key(REGISTER), sources["register"][1])
    plan = planned(sources)
    database = by_name(plan)["database"]
    assert database.explanation == "takes the place of register, which is not called: no credentials; waits for site"
    assert plan.max_cost_usd_micros == 50_000


def test_a_stand_in_for_what_nobody_wants_is_not_called_either() -> None:
    plan = by_name(planned(shop(), wanted=frozenset({Field.INDUSTRY})))
    assert plan["register"].reason is SkipReason.NOT_WANTED
    assert plan["database"].reason is SkipReason.FALLBACK_NOT_NEEDED
    assert planned(shop(), wanted=frozenset({Field.INDUSTRY})).max_cost_usd_micros == 0


def test_what_only_a_stand_in_brings_it_is_called_for_all_the_same() -> None:
    sources = shop()
    sources["database"] = (replace(DATABASE, alone=frozenset({Field.INDUSTRY})), sources["database"][1])
    plan = by_name(planned(sources, max_cost_usd_micros=60_000))
    assert plan["database"].explanation.startswith("only where register leaves its place, or industry unknown; ")
    assert by_name(planned(sources, wanted=frozenset({Field.INDUSTRY})))["database"].would_call


def test_what_is_held_is_served_and_answers_the_questions_of_others() -> None:
    cache, sources = MemoryAnswers(), shop()
    enrich(sources, cache, layers=frozenset({Layer.FOUNDATION}))
    plan = by_name(planned(sources, cache))
    assert (plan["site"].would_call, plan["site"].is_held, plan["site"].explanation) == (False, True, "held")
    assert plan["register"].explanation == "nothing held answers its question"
    # What begins at once is paid at once.
    assert plan["database"].explanation == (
        "costs $0.05; after register ($0.003) and model ($0.0002) $0.0468 is left of $0.05"
    )


def test_when_all_is_held_nothing_would_be_called() -> None:
    cache, sources = MemoryAnswers(), shop(database_price=100)
    enrich(sources, cache)
    plan = planned(sources, cache)
    assert all(source.is_held and not source.would_call for source in plan.sources)
    assert plan.max_cost_usd_micros == 0


def test_a_held_not_found_leaves_the_place_to_the_stand_in() -> None:
    cache, sources = MemoryAnswers(), shop(database_price=1_000)
    sources["register"] = (REGISTER, FakeSource(NOT_FOUND, needs=Field.NAME, cost=3_000))
    enrich(sources, cache, layers=frozenset({Layer.FOUNDATION, Layer.REGISTRY}), max_cost_usd_micros=3_000)
    database = by_name(planned(sources, cache))["database"]
    assert (database.would_call, database.explanation) == (
        True,
        "takes the place of register, which knows too little",
    )


def test_two_calls_that_the_money_does_not_allow_together_are_not_both_foreseen() -> None:
    sources = world(
        (entry("one", Layer.REGISTRY), FakeSource(cost=30_000)),
        (entry("two", Layer.REGISTRY), FakeSource(cost=40_000)),
    )
    plan = planned(sources)
    assert by_name(plan)["two"].explanation == "costs $0.04; after one ($0.03) $0.02 is left of $0.05"
    # The first may cost nothing in the end.
    assert plan.max_cost_usd_micros == 50_000


def test_a_long_list_of_those_waited_for_is_cut() -> None:
    late = entry("late", Layer.REGISTRY, brings=(Field.PHONE,), after=frozenset("abcd"))
    sources = world(*((entry(name), FakeSource()) for name in "abcd"), (late, FakeSource()))
    assert by_name(planned(sources))["late"].explanation == "waits for a, b and 2 more"


def test_what_terms_let_be_kept_in_part_only_is_called_for_again() -> None:
    geocoder = entry("geocoder", brings=(Field.ADDRESS, Field.COORDINATES), terms=Terms(frozenset({Field.ADDRESS})))
    claims = reading((Field.COORDINATES, Coordinates(1.0, 2.0)))
    cache, sources = MemoryAnswers(), world((replace(geocoder, terms=Terms()), FakeSource(claims)))
    enrich(sources, cache)
    plan = by_name(planned(world((geocoder, FakeSource(claims))), cache))
    assert (plan["geocoder"].would_call, plan["geocoder"].is_held) == (True, True)
    assert plan["geocoder"].explanation == "held in part: the rest may not be kept"


def test_what_is_past_its_lifetime_stands_in_where_there_is_no_money() -> None:
    aged = entry("aged", Layer.REGISTRY, grace_seconds=30 * 86_400)
    now = [NOON]
    cache = MemoryAnswers(lambda: now[0])
    sources = world((aged, FakeSource(reading((Field.NAME, "Aurora")), cost=100)))
    enrich(sources, cache)
    now[0] = NOON + 2 * 86_400
    plan = by_name(planned(sources, cache, now[0], max_cost_usd_micros=50))
    assert (plan["aged"].is_held, plan["aged"].reason) == (True, SkipReason.OVER_BUDGET)
    assert plan["aged"].explanation.startswith("2 days old: costs $0.0001")


def test_a_call_of_others_is_shared_where_there_is_no_money() -> None:
    sources = world((entry("slow", Layer.REGISTRY), FakeSource(reading((Field.NAME, "Aurora")), 2.0, cost=100)))

    async def plan_beside_a_run() -> Plan:
        service = enrichments(sources)
        with service.start(request(), 8.0):
            await asyncio.sleep(1.0)
            return await service.plan(request(max_cost_usd_micros=0), 8.0)

    plan = in_virtual_time(plan_beside_a_run())
    assert by_name(plan)["slow"].explanation.startswith("shares a call that is under way")
    assert plan.max_cost_usd_micros == 0


def test_a_models_price_is_that_of_all_it_could_be_shown_until_that_is_known() -> None:
    [groq] = [each for each in load({"groq": {"api_key": "k"}}) if each.name == "groq"]
    source = build(groq)
    known = {Field.NAME: "ã" * 400, Field.LEGAL_NAME: "ã" * 400}
    pages = tuple(replace(page, text="ã" * 20_000, title=page.text[:100]) for page in LONGEST)
    longest = source.price(Subject("vidraria.com.br", documents=LONGEST))
    assert source.price(Subject("vidraria.com.br")) < source.price(Subject("vidraria.com.br", Hints(), known, pages))
    assert source.price(Subject("vidraria.com.br", Hints(), known, pages)) < longest


NAMES = ("a", "b", "c", "d", "e", "f")
KEPT = (Field.NAME, Field.LEGAL_NAME, Field.INDUSTRY, Field.DESCRIPTION)
STATIC = {SkipReason.DISABLED, SkipReason.NO_CREDENTIALS, SkipReason.LAYER_NOT_REQUESTED, SkipReason.NOT_WANTED}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    sources: World = {}
    for name in NAMES[: draw(st.integers(1, 6))]:
        layer = draw(st.sampled_from(list(Layer)))
        brings = tuple(draw(st.sets(st.sampled_from(KEPT), min_size=1)))
        earlier = [each for each in sources if sources[each][0].layer is not Layer.INFERENCE]
        backs_up = draw(st.sampled_from(["", *earlier])) if layer is not Layer.FOUNDATION else ""
        after = draw(st.sets(st.sampled_from(earlier))) if earlier else set[str]()
        each = entry(
            name,
            layer,
            brings=brings,
            after=frozenset(after | {backs_up} - {""}),
            backs_up=backs_up,
            enough_fields=draw(st.integers(0, 2)),
            alone=frozenset(draw(st.sets(st.sampled_from(brings)))),
            is_enabled=draw(st.integers(0, 5)) > 0,
            needs_key=draw(st.integers(0, 5)) == 0,
            countries=draw(st.sampled_from([frozenset[str](), frozenset({"BR"}), frozenset({"US"})])),
            is_always_asked=draw(st.booleans()),
            is_register=draw(st.booleans()),
            is_spared_by_registry=draw(st.booleans()),
            billing=draw(st.sampled_from(list(Billing))),
        )
        claims = tuple(Claim(field, draw(st.sampled_from(["Aurora", "Boreal"]))) for field in brings)
        told = [Reading(claims), NOT_FOUND, Fault("503"), Fault("timeout", is_cost_unknown=True)]
        fake = FakeSource(
            draw(st.sampled_from(told)),
            seconds=draw(st.sampled_from([0.0, 0.5, 1.0])),
            needs=draw(st.sampled_from([None, *KEPT])),
            cost=0 if layer is Layer.FOUNDATION else draw(st.sampled_from([0, 200, 3_000, 20_000, 50_000])),
        )
        sources[name] = (each, fake)
    return sources


@given(
    sources=worlds(),
    before=st.none() | st.sets(st.sampled_from(list(Layer)), min_size=1),
    layers=st.sets(st.sampled_from(list(Layer)), min_size=1),
    wanted=st.sets(st.sampled_from(KEPT), min_size=1),
    money=st.sampled_from([0, 1_000, 3_000, 40_000, 53_000, 100_000]),
)
def test_an_enrichment_right_after_calls_nothing_that_was_ruled_out_and_costs_no_more(
    sources: World, before: set[Layer] | None, layers: set[Layer], wanted: set[Field], money: int
) -> None:
    cache = MemoryAnswers()
    if before is not None:
        enrich(sources, cache, layers=frozenset(before), max_cost_usd_micros=100_000)
    asked: dict[str, Any] = {"layers": frozenset(layers), "wanted": frozenset(wanted), "max_cost_usd_micros": money}
    called_before = {name: len(fake.asked) for name, (_, fake) in sources.items()}
    plan = planned(sources, cache, **asked)
    assert {name: len(fake.asked) for name, (_, fake) in sources.items()} == called_before
    end = enrich(sources, cache, **asked)
    called = {name for name, (_, fake) in sources.items() if len(fake.asked) > called_before[name]}
    assert not called & {each.source for each in plan.sources if each.reason in STATIC}
    assert end.cost_usd_micros <= plan.max_cost_usd_micros <= money


def test_a_plan_asks_our_own_database_where_there_is_a_question_for_it() -> None:
    name = reading((Field.NAME, "Aurora"))
    ready, waiting = FakeSource(name), FakeSource(name, needs=Field.LEGAL_NAME)
    plan = planned(world((entry("ready", is_local=True), ready), (entry("waiting", is_local=True), waiting)))
    assert (len(ready.asked), waiting.asked) == (1, [])
    assert by_name(plan)["waiting"].reason is SkipReason.MISSING_INPUT
