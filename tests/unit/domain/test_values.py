"""The small values that everything speaks: claims, money, errors, subjects, answers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.answer import JITTER, answer, lifetime
from enrichment.domain.catalogue import Billing, Terms, Tokens
from enrichment.domain.company import Field, Value, is_value_of
from enrichment.domain.errors import Fault, InvalidRequest, Throttled, Unreadable
from enrichment.domain.fact import NOT_FOUND, Claim, Reading
from enrichment.domain.money import cost_of_failure, cost_of_success, dollars, token_cost
from enrichment.domain.ports import Call
from enrichment.domain.subject import Hints, Subject
from fakes import NOON, alone, entry


@pytest.mark.parametrize(
    ("field", "value", "is_right"),
    [
        (Field.NAME, "Aurora", True),
        (Field.NAME, "", False),
        (Field.NAME, 7, False),
        (Field.FOUNDED_YEAR, 1998, True),
        (Field.FOUNDED_YEAR, True, False),
        (Field.FOUNDED_YEAR, "1998", False),
        (Field.TECHNOLOGIES, ("nginx",), True),
        (Field.TECHNOLOGIES, (), False),
        (Field.TECHNOLOGIES, ("nginx", 7), False),
        (Field.TECHNOLOGIES, ["nginx"], False),
    ],
)
def test_a_value_has_the_type_its_field_promises(field: Field, value: Value, is_right: bool) -> None:
    assert is_value_of(field, value) is is_right
    if not is_right:
        with pytest.raises(TypeError, match=field.value):
            Claim(field, value)


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "$0"), (3_000, "$0.003"), (50_600, "$0.0506"), (1, "$0.000001"), (2_000_000, "$2"), (-500_000, "-$0.5")],
)
def test_money_reads_as_dollars(micros: int, text: str) -> None:
    assert dollars(micros) == text


def test_a_not_found_is_free_where_matches_are_billed() -> None:
    by_match, by_call = entry("x", billing=Billing.PER_MATCH), entry("x")
    assert [cost_of_success(each, 9, is_found=False) for each in (by_match, by_call)] == [0, 9]
    assert [cost_of_success(each, 9, is_found=True) for each in (by_match, by_call)] == [9, 9]


def test_a_failure_costs_only_where_nothing_says_whether_it_was_billed() -> None:
    assert cost_of_failure(Fault("503"), 9) == 0
    assert cost_of_failure(Fault("reset", is_cost_unknown=True), 9) == 9


@given(billed=st.integers(0, 10**6), held=st.integers(0, 10**6))
def test_a_failure_that_tells_its_cost_costs_that_and_never_more_than_was_held(billed: int, held: int) -> None:
    assert cost_of_failure(Unreadable("cut off", cost_usd_micros=billed), held) == min(billed, held)


figures = st.lists(st.integers(0, 10**7), min_size=5, max_size=5).map(lambda five: Tokens(*five))


@given(counts=figures, prices=figures)
def test_the_tokens_of_a_call_are_rounded_up_once_to_a_whole_micro_dollar(counts: Tokens, prices: Tokens) -> None:
    exact = sum(count * price for count, price in zip(counts, prices, strict=True))
    assert 0 <= token_cost(counts, prices) * 10**6 - exact < 10**6


def test_each_kind_of_token_has_its_own_price() -> None:
    prices = Tokens(input=100, output=500, cache_read=10, cache_write_5m=125, cache_write_1h=200)
    counts = Tokens(input=10**6, output=10**6, cache_read=10**6, cache_write_5m=10**6, cache_write_1h=10**6)
    assert token_cost(counts, prices) == 935


def test_errors_say_what_they_know() -> None:
    assert Throttled("429", retry_after=7.0).retry_after == 7.0
    assert Throttled("429").retry_after is None
    wrong = InvalidRequest("hints.country_code", "two letters, like BR")
    assert str(wrong) == "hints.country_code: two letters, like BR"


@pytest.mark.parametrize(
    ("subject", "country"),
    [
        (Subject("aurora.com.br"), "BR"),
        (Subject("aurora.co.uk"), "GB"),
        (Subject("aurora.io"), ""),
        (Subject("aurora.com"), ""),
        (Subject("aurora.com", Hints(country_code="br")), "BR"),
        (Subject("aurora.com.br", Hints(country_code="pt"), {Field.COUNTRY_CODE: "AR"}), "AR"),
    ],
)
def test_the_country_is_known_then_hinted_then_read_off_the_domain(subject: Subject, country: str) -> None:
    assert subject.country_code == country


def test_a_value_that_is_no_text_is_no_text() -> None:
    subject = Subject("aurora.com", known={Field.FOUNDED_YEAR: 1998, Field.NAME: "Aurora"})
    assert (subject.text(Field.NAME), subject.text(Field.FOUNDED_YEAR), subject.text(Field.PHONE)) == ("Aurora", "", "")


def call(**changes: object) -> Call:
    return Call(entry("x", **changes), Subject("aurora.com"), b"q", 40, alone())  # type: ignore[arg-type]


def test_an_answer_weighs_dates_and_prices_what_was_read() -> None:
    read = Reading((Claim(Field.NAME, "Aurora", 0.5), Claim(Field.PHONE, "+551133334444")), attribution="from X")
    known = answer(call(terms=Terms(kept=frozenset())), read, NOON)
    (name,) = known.facts  # no prior for a phone: dropped
    assert (name.confidence, name.observed_at, name.attribution, name.is_transient) == (0.45, NOON, "from X", True)
    assert known.cost_usd_micros == 40
    assert known.from_cache() == replace(known, cost_usd_micros=0, is_from_cache=True)


def test_what_a_model_reports_as_its_cost_stands_up_to_what_was_held() -> None:
    assert answer(call(), Reading(cost_usd_micros=7), NOON).cost_usd_micros == 7
    assert answer(call(), Reading(cost_usd_micros=9_000), NOON).cost_usd_micros == 40


@given(st.binary(max_size=40))
def test_lifetimes_end_up_to_a_tenth_early_and_a_not_found_has_its_own(question: bytes) -> None:
    known = entry("x", lifetime_seconds=1_000_000, not_found_seconds=1_000)
    assert 1_000_000 * (1 - JITTER) - 1 <= lifetime(known, question, is_found=True) <= 1_000_000
    assert 1 <= lifetime(known, question, is_found=False) <= 1_000
    asked = Call(known, Subject("aurora.com"), question, 0, alone())
    assert answer(asked, NOT_FOUND, NOON).expires_at <= NOON + 1_000


def test_the_attribution_that_terms_ask_for_goes_with_every_fact_unless_the_answer_has_its_own() -> None:
    of_terms = call(terms=Terms(attribution="from the terms"))
    claimed = (Claim(Field.NAME, "Aurora"),)
    assert [each.attribution for each in answer(of_terms, Reading(claimed), NOON).facts] == ["from the terms"]
    own = answer(of_terms, Reading(claimed, attribution="from the answer"), NOON)
    assert [each.attribution for each in own.facts] == ["from the answer"]
