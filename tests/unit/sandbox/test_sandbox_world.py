"""The world: invented, coherent, the same everywhere, and without a single person in it."""

from collections import Counter

import phonenumbers
import pytest
import stdnum.br.cnpj
import stdnum.de.vat
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.names import is_name_of_person, normalised_name
from enrichment.domain.website import registrable_domain
from enrichment.sandbox import Company, World
from enrichment.sandbox.world import conflicts
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.lore import lore
from enrichment.sandbox.world.numbers import cnpj_of, cnpj_position, german_vat
from enrichment.sandbox.world.web import TEMPLATES
from enrichment.sources.contact import own_mailbox, phone

SEEDS = st.integers(0, 1_000)
WORLD = World(1670)


def test_half_of_the_listed_companies_are_brazilian_and_a_third_are_of_the_united_states() -> None:
    countries = Counter(company.country.code for company in WORLD.companies)
    assert countries.total() == 72
    assert (countries["BR"], countries["US"]) == (36, 24)
    assert len(countries) == 8


@given(SEEDS, st.integers(0, 70_000))
def test_the_same_seed_makes_the_same_company(seed: int, index: int) -> None:
    assert World(seed).at(index) == World(seed).at(index)


def test_another_seed_makes_other_companies() -> None:
    domains = [{World(seed).domain(index) for index in range(72)} for seed in (1, 2)]
    assert len(domains[0] & domains[1]) < 3


@given(SEEDS, st.integers(0, 70_000))
def test_a_domain_a_name_and_a_number_lead_back_to_their_company(seed: int, index: int) -> None:
    world = World(seed)
    company = world.at(index)
    assert world.domain(index) == company.domain
    assert world.company(company.domain) == company
    assert world.company(f"WWW.{company.domain}.") == company
    assert company in world.named(company.facts.legal_name)
    assert company in world.named(company.facts.name.upper())
    if company.country.code == "BR":
        assert world.numbered(company.facts.number) == (company, 1)


def test_ten_thousand_companies_have_ten_thousand_domains() -> None:
    domains = {WORLD.domain(index) for index in range(10_000)}
    assert len(domains) == 10_000
    assert all(registrable_domain(domain) == domain for domain in list(domains)[:500])


@pytest.mark.parametrize("index", [-1, WORLD.size])
def test_there_is_an_end_to_the_world(index: int) -> None:
    with pytest.raises(IndexError, match="the world has companies"):
        WORLD.domain(index)


@pytest.mark.parametrize(
    "domain", ["", "com.br", "example.com", "malharia.com.br", f"a{WORLD.domain(0)}", WORLD.domain(0)[:-3], "x.museum"]
)
def test_a_domain_that_is_not_of_the_world_is_nobodys(domain: str) -> None:
    assert WORLD.company(domain) is None


@given(st.one_of(st.text(max_size=20), st.from_regex(r"99[0-9A-Z]{12}", fullmatch=True)))
def test_a_number_that_is_not_of_the_world_is_nobodys(number: str) -> None:
    assert WORLD.numbered(number) is None


@given(SEEDS, st.integers(0, 999_999), st.integers(1, 9_999))
def test_every_cnpj_is_valid_and_leads_back(seed: int, position: int, branch: int) -> None:
    number = cnpj_of(seed, position, branch)
    assert stdnum.br.cnpj.is_valid(number)
    assert cnpj_position(seed, number) == (position, branch)


def test_some_cnpjs_hold_letters() -> None:
    numbers = [company.facts.number for company in WORLD.companies if company.country.code == "BR"]
    assert all(map(stdnum.br.cnpj.is_valid, numbers))
    assert 0 < sum(not number.isdecimal() for number in numbers) < len(numbers) / 2


@given(st.integers())
def test_every_german_vat_number_is_valid(key: int) -> None:
    assert stdnum.de.vat.is_valid(german_vat(Draw(key)))


@given(SEEDS, st.integers(0, 70_000))
def test_a_company_is_reached_in_its_own_country_and_by_a_role(seed: int, index: int) -> None:
    company = World(seed).at(index)
    facts = company.facts
    number = phonenumbers.parse(facts.phone)
    assert phonenumbers.is_valid_number_for_region(number, company.country.code)
    assert phone(facts.phone, company.country.code) == facts.phone
    assert own_mailbox(facts.email, company.domain) == facts.email
    assert abs(facts.seat.latitude - facts.seat.city.latitude) < 0.1
    assert facts.seat.street in facts.seat.formatted


@given(SEEDS, st.integers(0, 70_000))
def test_no_company_bears_the_name_of_a_person(seed: int, index: int) -> None:
    facts = World(seed).at(index).facts
    assert not is_name_of_person(facts.legal_name)
    assert normalised_name(facts.legal_name) == normalised_name(facts.name)


def test_every_template_and_every_behaviour_occurs_among_the_listed_companies() -> None:
    sites = [company.site for company in WORLD.companies]
    assert {site.template for site in sites} == set(TEMPLATES)
    assert {site.state for site in sites} == {"up", "down", "broken"}
    assert {site.redirect for site in sites} == {"", "www", "path"}
    assert {site.robots for site in sites} == {"allow", "disallow", "missing", "broken"}
    assert {site.charset for site in sites} == {"utf-8", "iso-8859-1"}
    assert {site.is_gzipped for site in sites} == {site.has_pages for site in sites} == {True, False}
    for provider in ("rdap", "opencorporates", "receitaws", "opencnpj"):
        known = [company.is_known_to(provider) for company in WORLD.companies if company.country.code == "BR"]
        assert 0.7 < sum(known) / len(known) < 1


def test_every_conflict_occurs_and_says_something_else_than_the_truth() -> None:
    planted = [one for company in WORLD.companies for one in company.planted]
    assert {one.kind for one in planted} == {plant.__name__ for plant in conflicts.BRAZILIAN}
    assert all(one.told and one.truth not in one.told.values() for one in planted)
    assert sum(not company.planted for company in WORLD.companies) > 36


def test_who_does_not_know_a_company_tells_nothing_else_of_it() -> None:
    for company in WORLD.companies:
        assert not company.unknown_to & {provider for one in company.planted for provider in one.told}


def test_a_renamed_company_is_found_by_its_former_name() -> None:
    renamed = [one for one in WORLD.companies if [planted.kind for planted in one.planted] == ["renamed"]]
    assert renamed
    for company in renamed:
        former = company.told_by("opencorporates").name
        assert former != company.facts.name
        assert company in WORLD.named(former)


def test_the_showcase_is_known_to_everybody() -> None:
    brazilian, american = map(WORLD.company, WORLD.showcase)
    assert isinstance(brazilian, Company)
    assert isinstance(american, Company)
    assert (brazilian.country.code, american.country.code) == ("BR", "US")
    assert brazilian.domain.endswith(".com.br")
    assert not brazilian.unknown_to
    assert american.unknown_to <= {"receitaws", "opencnpj"}
    assert brazilian.planted == american.planted == ()
    assert {brazilian.site.state, american.site.state} == {"up"}


def test_within_a_language_a_domains_ending_tells_the_country() -> None:
    endings = [(land.language, suffix) for land in lore().countries.values() for suffix in set(land.suffixes)]
    assert len(endings) == len(set(endings))


@given(st.text(), st.text(), st.text())
def test_a_draw_depends_on_its_key_and_its_label_alone(key: str, label: str, other: str) -> None:
    draw = Draw(key)
    first = draw.number(label)
    draw.number(other)
    assert draw.number(label) == Draw(key).number(label) == first
    assert 0 < draw.share(label) < 1
    assert 3 <= draw.between(label, 3, 5) <= 5
    assert len(draw.fill(label, "a-##-##")) == 7
