"""Which searches a harvest takes, and that they never cost more than they may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.harvest.plan import LEAST_RUN_USD_MICROS, MOST_PAGES, Wish, countries, plan

MONTH = 12 * 2026 + 11
BRAZIL = countries()["BR"]


def test_each_of_brazils_states_is_searched_for_each_sector_once() -> None:
    queries = [BRAZIL.query(index) for index in range(BRAZIL.size)]
    assert len(set(queries)) == len(queries) == 27 * 40
    assert BRAZIL.query(0) == "construtoras em São Paulo"
    assert all(any(query.endswith(f" em {state}") for query in queries[:27]) for state in BRAZIL.regions)


@pytest.mark.parametrize("code", sorted(countries()))
def test_every_country_has_regions_and_sectors_of_its_own_each_once(code: str) -> None:
    country = countries()[code]
    assert len(set(country.regions)) == len(country.regions) >= 12
    assert len(set(country.sectors)) == len(country.sectors) == 40


def test_two_searches_do_not_yield_ten_thousand_companies() -> None:
    planned = plan(BRAZIL, Wish(10_000, 100_000_000, 4_500, MONTH))
    assert planned is not None
    assert (len(planned.queries), planned.pages_per_query, planned.companies) == (834, 4, 10_008)
    assert planned.cost_usd_micros == planned.run_limit_usd_micros == 15_012_000


def test_the_plan_stops_at_the_money_and_says_what_would_be_needed() -> None:
    planned = plan(BRAZIL, Wish(10_000, 5_000_000, 4_500, MONTH))
    assert planned is not None
    assert (len(planned.queries), planned.pages_per_query) == (555, 2)
    assert planned.cost_usd_micros == 4_995_000
    assert planned.wanted_cost_usd_micros == 3_334 * 4_500


def test_a_small_harvest_may_cost_the_least_that_a_run_may() -> None:
    planned = plan(BRAZIL, Wish(200, 5_000_000, 4_500, MONTH))
    assert planned is not None
    assert (len(planned.queries), planned.pages_per_query) == (67, 1)
    assert (planned.cost_usd_micros, planned.run_limit_usd_micros) == (301_500, LEAST_RUN_USD_MICROS)


@pytest.mark.parametrize(("money", "price"), [(0, 4_500), (LEAST_RUN_USD_MICROS - 1, 4_500), (500_000, 500_001)])
def test_without_money_for_a_page_there_is_no_plan(money: int, price: int) -> None:
    assert plan(BRAZIL, Wish(10, money, price, MONTH)) is None


def test_the_next_month_goes_on_with_the_searches_that_follow() -> None:
    november, december = (plan(BRAZIL, Wish(200, 5_000_000, 4_500, month)) for month in (MONTH, MONTH + 1))
    assert november is not None
    assert december is not None
    assert not set(november.queries) & set(december.queries)


@given(
    st.sampled_from(sorted(countries())),
    st.integers(1, 100_000),
    st.integers(0, 1_000_000_000),
    st.integers(1, 1_000_000),
    st.integers(0, 50_000),
)
def test_no_plan_costs_more_than_it_may_or_asks_the_same_twice(
    code: str, limit: int, money: int, price: int, month: int
) -> None:
    planned = plan(countries()[code], Wish(limit, money, price, month))
    if planned is None:
        assert money < LEAST_RUN_USD_MICROS or money < price
        return
    assert planned.cost_usd_micros <= planned.run_limit_usd_micros <= money
    assert planned.cost_usd_micros == planned.pages * price
    assert 1 <= planned.pages_per_query <= MOST_PAGES
    assert len(set(planned.queries)) == len(planned.queries) >= 1
    assert not any("\n" in query for query in planned.queries)
