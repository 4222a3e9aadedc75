"""Which sources are called, and the reason for every other one."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.catalogue import Layer, Terms
from enrichment.domain.company import Coordinates, Field
from enrichment.domain.errors import SkipReason
from enrichment.domain.event import Disposition
from enrichment.domain.fact import Answer
from enrichment.domain.subject import Subject
from enrichment.pipeline.plan import PROFILE, plan
from enrichment.pipeline.situation import Action, Candidate, Decision, Ended, Rules, Situation
from fakes import NOON, entry, fact, request


def situation(**changes: Any) -> Situation:
    calm = Situation(
        request=request(),
        country_code="",
        held={},
        ended={},
        running=frozenset(),
        is_foundation_closed=True,
        has_foundation_ended=True,
        money_left=50_000,
        money_held=0,
        seconds_left=8.0,
    )
    return replace(calm, **changes)


def candidate(question: bytes | None = b"q", price: int = 0, hit: Answer | None = None, **changes: Any) -> Candidate:
    about = Subject("vidraria.com.br")
    return Candidate(entry("x", changes.pop("layer", Layer.REGISTRY), **changes), about, question, price, hit)


def decide(one: Candidate, **changes: Any) -> Decision:
    return plan([one], situation(**changes))[0]


FOUND = Ended(Disposition.FOUND, fields=5)
HIT = Answer("x", True, (), (), NOON, NOON + 1)


def test_a_source_that_nothing_rules_out_is_started() -> None:
    assert decide(candidate()).action is Action.START


@pytest.mark.parametrize(
    ("one", "around", "reason", "words"),
    [
        (candidate(is_enabled=False), {}, SkipReason.DISABLED, "operator"),
        (
            candidate(),
            {"request": request(layers=frozenset({Layer.FOUNDATION}))},
            SkipReason.LAYER_NOT_REQUESTED,
            "registry",
        ),
        (candidate(needs_key=True), {}, SkipReason.NO_CREDENTIALS, "IMENSIAH_SOURCES__X__API_KEY"),
        (
            candidate(),
            {"request": request(wanted=frozenset({Field.RATING}))},
            SkipReason.NOT_WANTED,
            "none of the wanted",
        ),
        (
            candidate(countries=frozenset({"BR"})),
            {"country_code": "US"},
            SkipReason.NOT_APPLICABLE,
            "covers BR; the company is in US",
        ),
        (candidate(question=None), {}, SkipReason.MISSING_INPUT, "needs something"),
        (
            candidate(),
            {"held": {Field.NAME: 0.92}},
            SkipReason.ALREADY_KNOWN,
            "name already held at 0.92 confidence",
        ),
        (candidate(), {"seconds_left": 0.05}, SkipReason.DEADLINE, "50 ms of the deadline"),
        (
            candidate(price=3_000),
            {"money_left": 2_000},
            SkipReason.OVER_BUDGET,
            "costs $0.003; $0.002 is left of $0.05",
        ),
    ],
    ids=lambda value: value.value if isinstance(value, SkipReason) else "",
)
def test_every_source_not_called_has_a_reason_with_its_figures(
    one: Candidate, around: dict[str, Any], reason: SkipReason, words: str
) -> None:
    decision = decide(one, **around)
    assert (decision.action, decision.reason) == (Action.SKIP, reason)
    assert words in decision.explanation


def test_a_key_that_is_set_lets_the_source_be_called() -> None:
    assert decide(candidate(needs_key=True, api_key="k")).action is Action.START


def test_a_source_waits_for_the_end_of_those_it_follows() -> None:
    follower = candidate(after=frozenset({"website"}))
    assert decide(follower).action is Action.WAIT
    assert decide(follower, ended={"website": FOUND}).action is Action.START


def test_inference_waits_until_foundation_closes() -> None:
    model = candidate(layer=Layer.INFERENCE)
    assert decide(model, is_foundation_closed=False).action is Action.WAIT
    assert decide(model).action is Action.START


def test_inference_without_evidence_waits_for_what_is_still_at_work() -> None:
    model = candidate(question=None, layer=Layer.INFERENCE)
    assert decide(model, has_foundation_ended=False).action is Action.WAIT
    assert decide(model).reason is SkipReason.MISSING_INPUT


def test_what_is_held_is_served_even_with_no_money_and_no_time() -> None:
    decision = decide(candidate(price=3_000, hit=HIT), money_left=0, seconds_left=0.0)
    assert decision.action is Action.SERVE
    assert decision.saved_usd_micros == 3_000


# Of what it answers only the coordinates may be kept.
PARTIAL = Answer("x", True, (fact(Field.COORDINATES, Coordinates(1.0, 2.0), "x", 0.9),), (), NOON, NOON + 1)


def partial(hit: Answer = PARTIAL, **changes: Any) -> Candidate:
    brings = (Field.COORDINATES, Field.PHONE, Field.RATING)
    return candidate(price=17_000, hit=hit, brings=brings, terms=Terms(kept=frozenset({Field.COORDINATES})), **changes)


@pytest.mark.parametrize(
    ("wanted", "held", "is_served"),
    [
        ({Field.COORDINATES}, {}, True),
        ({Field.COORDINATES, Field.RATING}, {}, False),
        ({Field.COORDINATES, Field.RATING}, {Field.RATING: 0.79}, False),
        ({Field.COORDINATES, Field.RATING}, {Field.RATING: 0.80}, True),
        ({Field.COORDINATES, Field.NAME}, {}, True),
    ],
)
def test_what_is_held_in_part_is_the_end_of_a_source_only_where_nothing_wanted_was_left_out(
    wanted: set[Field], held: dict[Field, float], is_served: bool
) -> None:
    decision = decide(partial(), request=request(wanted=frozenset(wanted)), held=held)
    assert decision.action is (Action.SERVE if is_served else Action.START)
    assert decision.reason is None
    assert decision.saved_usd_micros == (17_000 if is_served else 0)


def test_a_held_not_found_has_no_other_part() -> None:
    assert decide(partial(replace(PARTIAL, is_found=False, facts=()))).action is Action.SERVE


@pytest.mark.parametrize(
    ("around", "reason"),
    [
        ({"money_left": 16_999}, SkipReason.OVER_BUDGET),
        ({"seconds_left": 0.0}, SkipReason.DEADLINE),
        ({"ended": {"primary": FOUND}}, SkipReason.FALLBACK_NOT_NEEDED),
    ],
)
def test_where_the_rest_is_not_called_for_the_part_that_is_held_is_served_with_the_reason(
    around: dict[str, Any], reason: SkipReason
) -> None:
    decision = decide(partial(backs_up="primary"), **around)
    assert (decision.action, decision.reason, decision.saved_usd_micros) == (Action.SERVE, reason, 0)
    assert decision.explanation


def test_what_is_held_in_part_waits_like_any_other_for_money_that_may_come_back() -> None:
    waiting = decide(partial(), money_left=16_000, money_held=3_000, running=frozenset({"y"}))
    assert waiting.action is Action.WAIT


def test_without_the_rule_of_what_is_known_the_rest_is_called_for() -> None:
    held = {Field.PHONE: 0.9, Field.RATING: 0.9}
    assert decide(partial(), held=held).action is Action.SERVE
    assert decide(partial(), held=held, rules=Rules(already_known=False)).action is Action.START


def test_one_field_that_is_not_held_well_enough_is_reason_to_call() -> None:
    two = candidate(brings=(Field.NAME, Field.PHONE))
    assert decide(two, held={Field.NAME: 0.95, Field.PHONE: 0.79}).action is Action.START
    decision = decide(two, held={Field.NAME: 0.95, Field.PHONE: 0.80}, request=request())
    assert decision.explanation == "name and phone already held at 0.80 confidence"


def test_many_known_fields_are_counted_rather_than_listed() -> None:
    fields = (Field.NAME, Field.PHONE, Field.EMAIL, Field.STATUS)
    decision = decide(candidate(brings=fields, price=3_000), held=dict.fromkeys(fields, 0.9))
    assert decision.explanation == "email, name and 2 more already held at 0.90 confidence"
    assert decision.saved_usd_micros == 3_000


def test_a_source_that_is_always_asked_is_asked_though_all_is_known_and_the_country_is_another() -> None:
    always = candidate(is_always_asked=True, countries=frozenset({"BR"}))
    assert decide(always, held={Field.NAME: 0.99}, country_code="US").action is Action.START


@pytest.mark.parametrize("country", ["BR", ""])
def test_a_source_for_one_country_is_asked_there_and_where_the_country_is_not_known(country: str) -> None:
    one = candidate(countries=frozenset({"BR"}))
    assert decide(one, country_code=country).action is Action.START


def test_foundation_is_called_whatever_is_wanted_or_known() -> None:
    website = candidate(layer=Layer.FOUNDATION)
    wanted = request(wanted=frozenset({Field.SHARE_CAPITAL}))
    assert decide(website, request=wanted, held={Field.NAME: 0.99}).action is Action.START


def test_each_rule_can_be_switched_off_alone() -> None:
    off = Rules(already_known=False)
    assert decide(candidate(), held={Field.NAME: 0.92}, rules=off).action is Action.START
    nothing = request(wanted=frozenset({Field.RATING}))
    assert decide(candidate(), request=nothing, rules=Rules(wanted_fields=False)).action is Action.START


def test_the_cheap_go_first_and_what_they_take_the_next_have_not() -> None:
    cheap, dear = candidate(price=3_000), candidate(price=48_000)
    first, second = plan([dear, cheap], situation(money_left=50_000))
    assert (first.candidate, first.action) == (cheap, Action.START)
    # 3,000 are held, not yet spent: should the call cost nothing, the dear one can still be paid.
    assert second.action is Action.WAIT
    assert plan([cheap, candidate(price=50_001)], situation())[1].reason is SkipReason.OVER_BUDGET


def test_a_source_waits_for_money_that_is_held_by_a_call_in_flight() -> None:
    dear = candidate(price=48_000)
    assert decide(dear, money_left=47_000, money_held=3_000, running=frozenset({"y"})).action is Action.WAIT
    assert decide(dear, money_left=40_000, money_held=3_000, running=frozenset({"y"})).action is Action.SKIP


def skipped(reason: SkipReason, price: int = 0) -> Ended:
    return Ended(Disposition.SKIPPED, reason, price_usd_micros=price)


@pytest.mark.parametrize(
    ("primary", "is_called"),
    [
        (Ended(Disposition.FOUND, fields=4), False),
        (Ended(Disposition.FOUND, fields=3), True),
        (Ended(Disposition.CACHED, fields=4), False),
        (Ended(Disposition.CACHED), True),
        (Ended(Disposition.NOT_FOUND), True),
        (Ended(Disposition.FAILED), True),
        (skipped(SkipReason.CIRCUIT_OPEN), True),
        (skipped(SkipReason.RATE_LIMITED), True),
        (skipped(SkipReason.NO_CREDENTIALS), True),
        (skipped(SkipReason.DISABLED), True),
        (skipped(SkipReason.MISSING_INPUT), True),
        (skipped(SkipReason.DEADLINE), True),
        (skipped(SkipReason.OVER_BUDGET, price=2_001), True),
        (skipped(SkipReason.OVER_BUDGET, price=2_000), False),
        (skipped(SkipReason.ALREADY_KNOWN), False),
        (skipped(SkipReason.NOT_WANTED), False),
        (skipped(SkipReason.REGISTRY_ANSWERED), False),
    ],
    ids=str,
)
def test_a_fallback_is_called_only_where_its_primary_left_its_place(primary: Ended, is_called: bool) -> None:
    fallback = candidate(price=2_000, backs_up="primary", enough_fields=4)
    decision = decide(fallback, ended={"primary": primary})
    assert (decision.action is Action.START) is is_called
    if not is_called:
        assert decision.reason is SkipReason.FALLBACK_NOT_NEEDED
        assert "primary" in decision.explanation
        assert decision.saved_usd_micros == 0
    assert decide(fallback, ended={"primary": primary}, rules=Rules(fallback_only=False)).action is Action.START


@pytest.mark.parametrize(("left", "saved"), [(3_000, 3_000), (2_999, 0)])
def test_what_could_not_have_been_paid_is_not_saved(left: int, saved: int) -> None:
    decision = decide(candidate(price=3_000), held={Field.NAME: 0.92}, money_left=left)
    assert (decision.reason, decision.saved_usd_micros) == (SkipReason.ALREADY_KNOWN, saved)


LEFT = (Ended(Disposition.NOT_FOUND), Ended(Disposition.FOUND, fields=3), skipped(SkipReason.NO_CREDENTIALS))
FILLED = (FOUND, Ended(Disposition.CACHED, fields=5), skipped(SkipReason.ALREADY_KNOWN))


@pytest.mark.parametrize(
    ("primary", "saved"), [*((ended, 2_000) for ended in LEFT), *((ended, 0) for ended in FILLED)], ids=str
)
def test_a_backup_saves_only_where_it_would_have_been_called(primary: Ended, saved: int) -> None:
    backup = candidate(price=2_000, backs_up="primary", enough_fields=4)
    ended = {"primary": primary}
    known = decide(backup, held={Field.NAME: 0.92}, ended=ended)
    assert (known.reason, known.saved_usd_micros) == (SkipReason.ALREADY_KNOWN, saved)
    held = decide(replace(backup, hit=HIT), ended=ended)
    assert (held.action, held.saved_usd_micros) == (Action.SERVE, saved)
    # Whoever asks them all at once would have asked it as well.
    assert decide(replace(backup, hit=HIT), ended=ended, rules=Rules(fallback_only=False)).saved_usd_micros == 2_000


def test_a_backup_that_is_held_saves_a_call_for_what_it_alone_has() -> None:
    alone = frozenset({Field.RATING})
    backup = candidate(price=2_000, brings=(Field.RATING,), backs_up="primary", alone=alone, hit=HIT)
    around = {"request": request(wanted=frozenset({Field.RATING})), "ended": {"primary": FOUND}}
    assert decide(backup, **around).saved_usd_micros == 2_000
    assert decide(backup, **around, held={Field.RATING: 0.9}).saved_usd_micros == 0


def test_a_backup_of_no_wanted_field_saves_nothing_while_its_primary_may_still_answer() -> None:
    wanted = request(wanted=frozenset({Field.RATING}))
    backup = candidate(price=2_000, backs_up="primary")
    assert decide(backup, request=wanted).saved_usd_micros == 0
    assert decide(candidate(price=2_000), request=wanted).saved_usd_micros == 2_000


def test_a_fallback_without_its_primary_in_the_catalogue_stands_alone() -> None:
    assert decide(candidate(backs_up="gone")).action is Action.START


# A paid database that stands in for a register, and one that stands in for that database.
DATABASE = entry("database", Layer.REGISTRY, backs_up="register", enough_fields=4, alone=frozenset({Field.RATING}))


def second(primary: Ended, database: Ended, **changes: Any) -> Decision:
    """What is decided of the database's own stand-in."""
    ended = {"register": primary, "database": database}
    return decide(
        candidate(price=98_000, backs_up="database"), money_left=100_000, ended=ended, entries=ENTRIES, **changes
    )


ENTRIES = {"database": DATABASE, "register": entry("register", Layer.REGISTRY)}
OFF = (SkipReason.NO_CREDENTIALS, SkipReason.DISABLED, SkipReason.CIRCUIT_OPEN)


@pytest.mark.parametrize("off", OFF, ids=str)
@pytest.mark.parametrize(
    ("primary", "is_called"),
    [
        (Ended(Disposition.FOUND, fields=4), False),
        (Ended(Disposition.FOUND, fields=3), True),
        (Ended(Disposition.NOT_FOUND), True),
        (Ended(Disposition.FAILED), True),
        (skipped(SkipReason.NO_CREDENTIALS), True),
        (skipped(SkipReason.MISSING_INPUT), True),
        (skipped(SkipReason.ALREADY_KNOWN), False),
        (skipped(SkipReason.OVER_BUDGET, price=3_000), False),
    ],
    ids=str,
)
def test_the_backup_of_a_backup_that_was_not_called_is_needed_where_that_one_would_have_been(
    primary: Ended, is_called: bool, off: SkipReason
) -> None:
    decision = second(primary, skipped(off, price=50_000))
    assert (decision.action is Action.START) is is_called
    if not is_called:
        assert decision.reason is SkipReason.FALLBACK_NOT_NEEDED
        assert decision.explanation.startswith("register, which it backs up in the place of database, ")
        assert decision.saved_usd_micros == 0


def test_the_backup_of_a_backup_is_needed_for_what_that_one_would_have_been_called_for_alone() -> None:
    asked = request(wanted=frozenset({Field.NAME, Field.RATING}))
    assert second(FOUND, skipped(SkipReason.DISABLED), request=asked).action is Action.START
    held = {Field.RATING: 0.9}
    assert second(FOUND, skipped(SkipReason.DISABLED), request=asked, held=held).action is Action.SKIP


def test_a_backup_that_was_called_is_judged_by_itself() -> None:
    assert second(FOUND, Ended(Disposition.NOT_FOUND)).action is Action.START
    assert second(FOUND, Ended(Disposition.FAILED)).action is Action.START
    assert second(Ended(Disposition.NOT_FOUND), Ended(Disposition.FOUND, fields=1)).action is Action.SKIP
    assert second(FOUND, skipped(SkipReason.FALLBACK_NOT_NEEDED)).action is Action.SKIP


def test_a_fallback_is_called_for_what_it_alone_has() -> None:
    places = candidate(brings=(Field.RATING, Field.ADDRESS), backs_up="primary", alone=frozenset({Field.RATING}))
    answered = {"primary": Ended(Disposition.FOUND, fields=2)}
    assert decide(places, ended=answered).reason is SkipReason.FALLBACK_NOT_NEEDED
    asked = request(wanted=frozenset({Field.RATING}))
    assert decide(places, ended=answered, request=asked).action is Action.START


def test_a_government_register_that_answered_spares_the_company_database() -> None:
    database = candidate(price=50_000, is_spared_by_registry=True)
    register = {"receitaws": Ended(Disposition.FOUND, fields=9, is_register=True)}
    decision = decide(database, ended=register)
    assert decision.reason is SkipReason.REGISTRY_ANSWERED
    assert decision.explanation == "receitaws, a government register, has answered"
    assert decide(database, ended={"receitaws": Ended(Disposition.FAILED, is_register=True)}).action is Action.START
    assert decide(database, ended=register, rules=Rules(registry_answered=False)).action is Action.START


@given(
    prices=st.lists(st.integers(0, 60_000), max_size=12),
    limit=st.integers(0, 100_000),
    held=st.integers(0, 50_000),
)
def test_what_is_started_never_costs_more_than_is_left(prices: list[int], limit: int, held: int) -> None:
    decisions = plan([candidate(price=price) for price in prices], situation(money_left=limit, money_held=held))
    started = [each.candidate.price_usd_micros for each in decisions if each.action is Action.START]
    assert sum(started) <= limit


def test_what_others_are_asking_anyway_is_shared_without_money_for_it() -> None:
    shared = replace(candidate(price=300), is_in_flight=True)
    other = Candidate(entry("y", Layer.REGISTRY), Subject("vidraria.com.br"), b"q", 400)
    first, second = plan([shared, other], situation(money_left=200))
    assert (first.action, first.may_pay) == (Action.START, False)
    # It takes nothing of the money, and gives nothing back to wait for.
    assert (second.action, second.reason) == (Action.SKIP, SkipReason.OVER_BUDGET)


PROFILE_ON_FILE = dict.fromkeys(PROFILE, 0.9)


@pytest.mark.parametrize(
    ("on_file", "changes", "is_spared"),
    [
        (PROFILE_ON_FILE, {}, True),
        ({**PROFILE_ON_FILE, Field.STATUS: 0.79}, {}, False),
        ({name: 0.9 for name in PROFILE if name is not Field.STATUS}, {}, False),
        ({}, {}, False),
        (PROFILE_ON_FILE, {"rules": Rules(directory_answered=False)}, False),
        ({Field.PHONE: 0.9}, {"request": request(wanted=frozenset({Field.PHONE}))}, True),
        (PROFILE_ON_FILE, {"request": request(wanted=frozenset({Field.PHONE}))}, False),
    ],
    ids=["all of it", "too unsure", "not all", "nothing", "switched off", "what is wanted", "not what is wanted"],
)
def test_what_the_directory_holds_well_enough_ends_an_enrichment(
    on_file: dict[Field, float], changes: dict[str, Any], is_spared: bool
) -> None:
    one = candidate(brings=(Field.NAME, Field.PHONE))
    decision = decide(one, on_file=on_file, applicable=frozenset(Field), **changes)
    assert (decision.reason is SkipReason.ALREADY_KNOWN) == is_spared
    if is_spared:
        assert decision.explanation.startswith("the directory holds ")


def test_the_directory_itself_is_asked_whatever_it_holds() -> None:
    local = candidate(is_local=True, layer=Layer.FOUNDATION)
    assert decide(local, on_file=PROFILE_ON_FILE, applicable=frozenset(Field)).action is Action.START
