"""One value per field: who wins, how sure it is, and what is kept as evidence."""

import random
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.catalogue import Layer
from enrichment.domain.company import (
    Address,
    CompanyStatus,
    Coordinates,
    EmployeeCount,
    Field,
    Identifier,
    IndustryCode,
    SocialProfile,
    Value,
)
from enrichment.domain.fact import Fact
from enrichment.pipeline.agreement import agree
from enrichment.pipeline.merge import LIST_LENGTH, MOST, Merged, merge
from fakes import entry, fact

ENTRIES = {
    "website": entry("website", lineage="site"),
    "rdap": entry("rdap"),
    "receitaws": entry("receitaws", Layer.REGISTRY, lineage="receita-federal", is_register=True),
    "opencnpj": entry("opencnpj", Layer.REGISTRY, lineage="receita-federal", is_register=True),
    "opencorporates": entry("opencorporates", Layer.REGISTRY, copies=frozenset({"receita-federal"})),
    "database": entry("database", Layer.REGISTRY, is_spared_by_registry=True),
    "groq": entry("groq", Layer.INFERENCE, lineage="site"),
}


def merged(*facts: Fact) -> Merged:
    return merge("vidraria.com.br", facts, ENTRIES)


def test_nothing_known_is_an_empty_company() -> None:
    assert merged() == Merged(merged().company)
    assert not merged().company.values


def test_a_single_fact_keeps_its_confidence() -> None:
    result = merged(fact(Field.NAME, "Vidraria Aurora", confidence=0.7))
    assert result.company.values == {Field.NAME: "Vidraria Aurora"}
    assert result.confidence == {Field.NAME: 0.7}


def test_two_independent_voices_that_agree_are_surer_than_either() -> None:
    result = merged(fact(Field.FOUNDED_YEAR, 1998), fact(Field.FOUNDED_YEAR, 1998, "opencorporates"))
    assert result.confidence[Field.FOUNDED_YEAR] == pytest.approx(0.85, abs=0.01)


def test_two_voices_that_disagree_are_less_sure_than_either() -> None:
    result = merged(fact(Field.FOUNDED_YEAR, 1998), fact(Field.FOUNDED_YEAR, 2001, "opencorporates"))
    assert result.confidence[Field.FOUNDED_YEAR] == pytest.approx(0.41, abs=0.01)
    assert [item.is_selected for item in result.evidence] == [True, False]


def test_a_weak_voice_hardly_shakes_a_strong_one() -> None:
    result = merged(fact(Field.FOUNDED_YEAR, 1998, confidence=0.95), fact(Field.FOUNDED_YEAR, 2001, "rdap", 0.3))
    assert 0.92 < result.confidence[Field.FOUNDED_YEAR] < 0.95


def test_two_sources_of_one_lineage_are_one_voice() -> None:
    result = merged(
        fact(Field.LEGAL_NAME, "Aurora Ltda", "receitaws", 0.9), fact(Field.LEGAL_NAME, "AURORA LTDA.", "opencnpj", 0.8)
    )
    assert result.confidence[Field.LEGAL_NAME] == 0.9
    assert all(item.is_selected for item in result.evidence)


def test_a_copy_is_no_second_voice_beside_what_it_copies_and_one_of_its_own_elsewhere() -> None:
    name = "Aurora Ltda"
    beside = merged(fact(Field.LEGAL_NAME, name, "receitaws", 0.9), fact(Field.LEGAL_NAME, name, "opencorporates", 0.8))
    assert beside.confidence[Field.LEGAL_NAME] == 0.9
    stale = merged(
        fact(Field.LEGAL_NAME, name, "receitaws", 0.9), fact(Field.LEGAL_NAME, "Boreal", "opencorporates", 0.8)
    )
    assert stale.confidence[Field.LEGAL_NAME] == 0.9
    assert [item.is_selected for item in stale.evidence] == [True, False]
    elsewhere = merged(fact(Field.LEGAL_NAME, name, "rdap", 0.9), fact(Field.LEGAL_NAME, name, "opencorporates", 0.8))
    assert elsewhere.confidence[Field.LEGAL_NAME] > 0.9


def test_where_a_site_says_that_its_company_sits_is_believed_before_records_of_a_former_seat() -> None:
    former, today = Address(city="Itu", postal_code="13300-100"), Address(city="Salto", postal_code="13320-000")
    records = [fact(Field.ADDRESS, former, "rdap", 0.8), fact(Field.ADDRESS, former, "database", 0.7)]
    moved = merged(fact(Field.ADDRESS, today, "website", 0.8), *records)
    assert moved.company.values[Field.ADDRESS] == today
    assert moved.confidence[Field.ADDRESS] < 0.8
    doubtful = merged(fact(Field.ADDRESS, today, "website", 0.4), *records)
    assert doubtful.company.values[Field.ADDRESS] == former
    # On nothing else, where records are no worse informed, is its word worth more than it is sure.
    years = merged(fact(Field.FOUNDED_YEAR, 1998, "website", 0.7), fact(Field.FOUNDED_YEAR, 2001, "rdap", 0.8))
    assert years.company.values[Field.FOUNDED_YEAR] == 2001


def test_a_register_knows_the_legal_name_better_than_a_surer_site() -> None:
    result = merged(
        fact(Field.LEGAL_NAME, "Aurora Vidros", "website", 0.95),
        fact(Field.LEGAL_NAME, "Comercial Boreal Ltda", "receitaws", 0.6),
    )
    assert result.company.values[Field.LEGAL_NAME] == "Comercial Boreal Ltda"


def test_a_register_knows_law_better_than_surer_sources_and_among_those_the_surest_is_believed() -> None:
    facts = [
        fact(Field.STATUS, CompanyStatus.CLOSED, "receitaws", 0.5),
        fact(Field.STATUS, CompanyStatus.ACTIVE, "opencorporates", 0.9),
    ]
    assert merged(*facts).company.values[Field.STATUS] is CompanyStatus.CLOSED
    names = [
        fact(Field.LEGAL_NAME, "Aurora Vidros", "website", 0.9),
        fact(Field.LEGAL_NAME, "Boreal Ltda", "opencorporates", 0.8),
    ]
    assert merged(*names).company.values[Field.LEGAL_NAME] == "Aurora Vidros"


def test_that_a_company_has_ended_is_believed_before_that_it_has_not() -> None:
    active = fact(Field.STATUS, CompanyStatus.ACTIVE, "opencorporates", 0.88)
    for end in (CompanyStatus.CLOSED, CompanyStatus.SUSPENDED):
        result = merged(active, fact(Field.STATUS, end, "website", 0.7))
        assert result.company.values[Field.STATUS] is end
        selected, other = (item.fact.confidence for item in result.evidence)
        assert 0.5 < selected < 0.7
        assert 0.3 < other < 0.5


def test_an_end_that_is_hardly_believed_is_no_news() -> None:
    active = fact(Field.STATUS, CompanyStatus.ACTIVE, "opencorporates", 0.9)
    result = merged(active, fact(Field.STATUS, CompanyStatus.CLOSED, "website", 0.3))
    assert result.company.values[Field.STATUS] is CompanyStatus.ACTIVE


@given(st.floats(0.05, 0.97), st.floats(0.0, 0.97))
def test_an_end_is_never_surer_than_whoever_tells_it(end: float, active: float) -> None:
    closed = fact(Field.STATUS, CompanyStatus.CLOSED, "website", end)
    assert merged(closed).confidence[Field.STATUS] == round(end, 4)
    both = merged(closed, fact(Field.STATUS, CompanyStatus.ACTIVE, "opencorporates", active))
    assert sum(item.fact.confidence for item in both.evidence) <= 1.0001
    assert all(item.fact.confidence <= round(end, 4) for item in both.evidence if item.fact.source == "website")


def test_a_site_knows_its_own_name_better_than_a_surer_register() -> None:
    result = merged(fact(Field.NAME, "Aurora", "website", 0.6), fact(Field.NAME, "Boreal", "receitaws", 0.75))
    assert result.company.values[Field.NAME] == "Aurora"


def test_a_model_never_overrules_a_source() -> None:
    result = merged(
        fact(Field.INDUSTRY, "Software", "groq", 0.99), fact(Field.INDUSTRY, "Comércio de vidros", "receitaws", 0.3)
    )
    assert result.company.values[Field.INDUSTRY] == "Comércio de vidros"


def test_a_model_does_not_shake_a_source_and_a_source_shakes_a_model() -> None:
    read = fact(Field.FOUNDED_YEAR, 1998, "opencorporates", 0.7)
    result = merged(read, fact(Field.FOUNDED_YEAR, 2001, "groq", 0.7))
    assert [item.fact.confidence for item in result.evidence] == [0.7, pytest.approx(0.41, abs=0.01)]
    alone = merged(fact(Field.FOUNDED_YEAR, 1998, "groq", 0.7), fact(Field.FOUNDED_YEAR, 2001, "groq", 0.6))
    assert alone.confidence[Field.FOUNDED_YEAR] == 0.7


def test_what_one_source_or_lineage_says_besides_is_no_dissent() -> None:
    own = merged(
        fact(Field.REGISTRATION_NUMBER, "11222333000181", "website", 0.75),
        fact(Field.REGISTRATION_NUMBER, "99888777000166", "website", 0.6),
    )
    assert [item.fact.confidence for item in own.evidence] == [0.75, 0.6]
    copies = merged(
        fact(Field.INCORPORATION_DATE, date(1998, 1, 2), "receitaws", 0.9),
        fact(Field.INCORPORATION_DATE, date(1998, 2, 1), "opencnpj", 0.8),
    )
    assert copies.confidence[Field.INCORPORATION_DATE] == 0.9


def test_of_a_rival_camp_only_the_independent_voices_dissent() -> None:
    facts = [
        fact(Field.FOUNDED_YEAR, 1998, "website", 0.8),
        fact(Field.FOUNDED_YEAR, 2001, "website", 0.8),
        fact(Field.FOUNDED_YEAR, 2001, "rdap", 0.5),
    ]
    by_year = {item.fact.value: item.fact.confidence for item in merged(*facts).evidence}
    # Odds of 4 against the one voice of even odds; and nobody but the site itself against two.
    assert by_year[1998] == pytest.approx(4 / 6, abs=0.001)
    assert by_year[2001] == pytest.approx(0.8 + 0.2 * 0.72 * 0.5, abs=0.001)


def test_a_second_phone_is_no_contradiction() -> None:
    result = merged(
        fact(Field.PHONE, "+551133334444", "website", 0.8), fact(Field.PHONE, "+551155556666", "receitaws", 0.6)
    )
    assert result.confidence[Field.PHONE] == 0.8


def test_nothing_is_certain() -> None:
    sources = ("website", "rdap", "receitaws", "opencorporates")
    result = merged(*(fact(Field.COUNTRY_CODE, "BR", source, 0.98) for source in sources))
    assert result.confidence[Field.COUNTRY_CODE] == MOST


def test_lists_are_joined_without_repeats_and_everybody_who_added_is_evidence() -> None:
    result = merged(
        fact(Field.TECHNOLOGIES, ("nginx", "React"), "website", 0.8),
        fact(Field.TECHNOLOGIES, ("NGINX", "Google Workspace"), "rdap", 0.5),
    )
    assert result.company.values[Field.TECHNOLOGIES] == ("nginx", "React", "Google Workspace")
    assert result.confidence[Field.TECHNOLOGIES] == 0.8
    assert all(item.is_selected for item in result.evidence)


def test_a_list_ends_where_it_is_long_enough_and_who_added_nothing_to_it_is_not_selected() -> None:
    many = tuple(f"technology {number}" for number in range(LIST_LENGTH - 1))
    result = merged(
        fact(Field.TECHNOLOGIES, many, "website", 0.9),
        fact(Field.TECHNOLOGIES, ("Technology 1", "one", "two"), "rdap", 0.8),
        fact(Field.TECHNOLOGIES, ("three",), "receitaws", 0.7),
        fact(Field.TECHNOLOGIES, ("TECHNOLOGY 0",), "opencorporates", 0.6),
    )
    assert result.company.values[Field.TECHNOLOGIES] == (*many, "one")
    assert LIST_LENGTH == 50
    assert {item.fact.source: item.is_selected for item in result.evidence} == {
        "website": True,
        "rdap": True,
        "receitaws": False,
        "opencorporates": False,
    }


@pytest.mark.parametrize(
    ("name", "one", "other", "count"),
    [
        (Field.SOCIAL_PROFILES, (SocialProfile("x", "https://x.com/a"),), (SocialProfile("x", "https://x.com/b"),), 1),
        (Field.IDENTIFIERS, (Identifier("lei", "1"),), (Identifier("ein", "1"),), 2),
        (Field.INDUSTRY_CODES, (IndustryCode("cnae", "62.01-5"),), (IndustryCode("cnae", "62 01 5", "Software"),), 1),
    ],
)
def test_list_items_are_the_same_by_what_they_name(name: Field, one: Value, other: Value, count: int) -> None:
    value = merged(fact(name, one), fact(name, other, "rdap")).company.values[name]
    assert isinstance(value, tuple)
    assert len(value) == count


def test_the_value_shown_is_that_of_the_surest_fact_of_the_camp() -> None:
    result = merged(
        fact(Field.LEGAL_NAME, "aurora ltda", "opencorporates", 0.8),
        fact(Field.LEGAL_NAME, "AURORA LTDA", "receitaws", 0.97),
        fact(Field.LEGAL_NAME, "Aurora", "website", 0.99),
    )
    assert result.company.values[Field.LEGAL_NAME] == "AURORA LTDA"


def test_a_source_that_the_catalogue_no_longer_has_still_counts_as_itself() -> None:
    result = merged(fact(Field.NAME, "Aurora", "gone"), fact(Field.NAME, "Aurora", "rdap"))
    assert result.confidence[Field.NAME] > 0.7
    facts = [fact(Field.STATUS, CompanyStatus.CLOSED, "gone"), fact(Field.STATUS, CompanyStatus.ACTIVE, "website", 0.8)]
    assert merged(*facts).company.values[Field.STATUS] is CompanyStatus.CLOSED


SAO_PAULO = Coordinates(-23.55, -46.63)
LINE = Address(formatted="Rua Um, 5 - Itu, 13300-100")
ZIP_LINE = Address(formatted="5 Main St, New York, NY 10118")


def at(street: str, postal_code: str) -> Address:
    return Address(street=street, postal_code=postal_code)


@pytest.mark.parametrize(
    ("name", "one", "other", "same"),
    [
        (Field.NAME, "Aurora Vidros Ltda.", "AURORA VIDROS", True),
        (Field.NAME, "Aurora", "Boreal", False),
        (Field.LEGAL_NAME, "AURORA EMPREEND E PART S/A", "Aurora Empreendimentos e Participações S.A.", True),
        (Field.LEGAL_NAME, "Aurora Vidros S.A. - Em Recuperação Judicial", "Aurora Vidros S.A.", True),
        (Field.LEGAL_NAME, "Massa Falida de Aurora Vidros S.A.", "AURORA VIDROS", True),
        (Field.LEGAL_NAME, "Vidros do Brasil Ltda", "Vidros Brasil Ltda", True),
        (Field.LEGAL_NAME, "Aurora Vidros", "Aurora Vidraria", False),
        (Field.LEGAL_NAME, "Aurora Para Energia", "Aurora Parana Energia", False),
        (Field.LEGAL_NAME, "Auro Vidros", "Aurorense Vidros", False),
        (Field.NAME, "The", "A", False),
        (Field.DESCRIPTION, "Vidros  sob medida.", "vidros sob medida", True),
        (Field.PHONE, "+55 11 3333-4444", "+551133334444", True),
        (Field.REGISTRATION_NUMBER, "11222333000181", "11222333000262", True),
        (Field.REGISTRATION_NUMBER, "11222333000181", "99222333000181", False),
        (Field.REGISTRATION_NUMBER, "01234567", "1234567", True),
        (Field.ADDRESS, Address(postal_code="01310-100"), Address(postal_code="01310100"), True),
        (Field.ADDRESS, Address(postal_code="01310-100"), Address(postal_code="01310-200"), False),
        (
            Field.ADDRESS,
            Address(street="Rua Um, 5", city="Itu", postal_code="1"),
            Address(street="rua um 5", city="ITU"),
            True,
        ),
        (Field.ADDRESS, Address(street="Rua Um, 5", city="Itu"), Address(street="Rua Dois, 5", city="Itu"), False),
        (Field.ADDRESS, Address(city="Itu"), Address(street="Rua Um", city="itu"), True),
        (Field.ADDRESS, Address(region="SP"), Address(region="SP"), True),
        (Field.ADDRESS, Address(region="SP"), Address(region="SP", country_code="BR"), False),
        (Field.ADDRESS, Address(postal_code="10118"), Address(postal_code="10118-0110"), True),
        (Field.ADDRESS, Address(postal_code="10118"), Address(postal_code="10119-0110"), False),
        (Field.ADDRESS, Address(postal_code="10118-0110"), Address(postal_code="10118-0220"), False),
        (Field.ADDRESS, Address(street="5 Main St", postal_code="10118"), Address(postal_code="10118-0110"), True),
        (Field.ADDRESS, at("5 Main St", "10118"), at("5 Main Street", "10118-0110"), True),
        (Field.ADDRESS, at("5 Main St", "10118"), at("5 Main St, Suite 900", "10118"), True),
        (Field.ADDRESS, at("5 Main St", "10118"), at("99 Oak Ave", "10118"), False),
        (Field.ADDRESS, at("5 Main St", "10118"), at("7 Main St", "10118"), False),
        (Field.ADDRESS, at("Rua do Ipê, 5 - Centro", "13300100"), at("R IPE 5", "13300-100"), True),
        (Field.ADDRESS, at("Av. Pres. Vargas, 5", "20071"), at("Avenida Presidente Vargas, 5", "20071"), True),
        (Field.ADDRESS, at("Rua A, 5", "13300100"), at("Rua B, 5", "13300100"), False),
        (Field.ADDRESS, at("Rua 25 de Março, 100", "1"), at("Rua 25 de Março, 200", "1"), False),
        (
            Field.ADDRESS,
            Address(postal_code="1", country_code="BR"),
            Address(postal_code="1", country_code="PT"),
            False,
        ),
        (Field.ADDRESS, Address(city="St. Paul"), Address(city="Saint Paul"), True),
        (Field.ADDRESS, Address(city="New York"), Address(city="New York City"), True),
        (Field.ADDRESS, Address(city="City"), Address(city="Itu"), False),
        (Field.ADDRESS, Address(city="London", country_code="GB"), Address(city="London", country_code="CA"), False),
        (Field.ADDRESS, LINE, Address(street="Rua Um, 5", city="Itu", postal_code="13300-100"), True),
        (Field.ADDRESS, LINE, Address(street="Rua Um, 5", city="Itu", postal_code="13300-200"), False),
        (Field.ADDRESS, LINE, Address(street="Rua Um, 5", city="Itu"), True),
        (Field.ADDRESS, LINE, Address(street="Rua Dois, 5", city="Itu"), False),
        (Field.ADDRESS, LINE, Address(street="Rua Dois, 5", city="Itu", postal_code="13300-100"), False),
        (Field.ADDRESS, LINE, Address(street="Rua Um, 7", city="Itu", postal_code="13300-100"), False),
        (Field.ADDRESS, LINE, Address(formatted="Rua Dois, 5 - Itu, 13300-100"), False),
        (Field.ADDRESS, ZIP_LINE, Address(street="5 Main Street", postal_code="10118-0110"), True),
        (Field.ADDRESS, ZIP_LINE, Address(street="5 Main Street", postal_code="10119-0110"), False),
        (Field.ADDRESS, LINE, Address(formatted="RUA UM 5 ITU 13300 100"), True),
        (Field.COORDINATES, SAO_PAULO, Coordinates(-23.551, -46.631), True),
        (Field.COORDINATES, SAO_PAULO, Coordinates(-23.55, -46.70), False),
        (Field.COORDINATES, Coordinates(-16.5, 179.999), Coordinates(-16.5, -179.999), True),
        (Field.COORDINATES, Coordinates(-16.5, 179.99), Coordinates(-16.5, -179.99), False),
        (Field.COORDINATES, Coordinates(0.0, 179.999), Coordinates(0.0, 0.001), False),
        (Field.EMPLOYEE_COUNT, EmployeeCount(11, 50), EmployeeCount(40, 40), True),
        (Field.EMPLOYEE_COUNT, EmployeeCount(11, 50), EmployeeCount(51, 200), False),
        (Field.EMPLOYEE_COUNT, EmployeeCount(10_001), EmployeeCount(10_001, 20_000), True),
        (Field.EMPLOYEE_COUNT, EmployeeCount(10_001), EmployeeCount(25_000, 25_000), True),
        (Field.EMPLOYEE_COUNT, EmployeeCount(10_001), EmployeeCount(50_001), True),
        (Field.EMPLOYEE_COUNT, EmployeeCount(10_001), EmployeeCount(5_001, 10_000), False),
        (Field.FOUNDED_YEAR, 1998, 1999, False),
        (Field.STATUS, CompanyStatus.ACTIVE, CompanyStatus.ACTIVE, True),
        (Field.INCORPORATION_DATE, date(1998, 1, 2), date(1998, 1, 2), True),
    ],
)
def test_equality_knows_its_field(name: Field, one: Value, other: Value, same: bool) -> None:
    assert agree(name, one, other) is same
    assert agree(name, other, one) is same


sure = st.floats(0.05, 0.97)
years = st.sampled_from([1998, 1999, 2001])
claims = st.lists(
    st.builds(fact, st.just(Field.FOUNDED_YEAR), years, st.sampled_from(sorted(ENTRIES)), sure), min_size=1, max_size=8
)


def surest_of(facts: list[Fact], year: int) -> float:
    """What the facts together make of a year, whether it wins or not."""
    result = merged(*facts)
    return next(item.fact.confidence for item in result.evidence if item.fact.value == year)


@given(claims, st.randoms(use_true_random=False))
def test_merging_does_not_depend_on_the_order_of_the_facts(facts: list[Fact], chance: random.Random) -> None:
    shuffled = list(facts)
    chance.shuffle(shuffled)
    one, other = merged(*facts), merged(*shuffled)
    assert one == other
    assert 0 < one.confidence[Field.FOUNDED_YEAR] <= MOST
    assert len(one.evidence) == len(facts)


# One claim of each voice, none of a model's: all of them contradict each other or agree.
dissenters = st.permutations(["website", "rdap", "receitaws", "database", "gone"]).flatmap(
    lambda names: st.tuples(
        *(st.builds(fact, st.just(Field.FOUNDED_YEAR), years, st.just(name), sure) for name in names)
    )
)


@given(dissenters, st.integers(1, 5))
def test_what_contradicts_each_other_is_never_believed_twice(facts: tuple[Fact, ...], count: int) -> None:
    facts = facts[:count]
    by_year = {item.fact.value: item.fact.confidence for item in merged(*facts).evidence}
    # Each is rounded.
    assert sum(by_year.values()) <= 1.0001


@given(claims, sure)
def test_a_new_voice_makes_what_it_says_surer_and_everything_else_less_sure(facts: list[Fact], voice: float) -> None:
    supported = facts[0].value
    assert isinstance(supported, int)
    more = [*facts, fact(Field.FOUNDED_YEAR, supported, "newcomer", voice)]
    for year in {int(str(each.value)) for each in facts}:
        before, after = surest_of(facts, year), surest_of(more, year)
        assert after >= before if year == supported else after <= before


@given(claims, sure)
def test_a_voice_that_is_surer_of_itself_is_believed_more(facts: list[Fact], more: float) -> None:
    first = facts[0]
    assert isinstance(first.value, int)
    raised = [replace(first, confidence=max(first.confidence, more)), *facts[1:]]
    assert surest_of(raised, first.value) >= surest_of(facts, first.value)


@given(sure, sure, sure)
def test_one_lineage_is_one_voice_however_often_it_speaks(one: float, other: float, site: float) -> None:
    receita = fact(Field.FOUNDED_YEAR, 1998, "receitaws", max(one, other))
    copy = fact(Field.FOUNDED_YEAR, 1998, "opencnpj", min(one, other))
    for rival in (fact(Field.FOUNDED_YEAR, 1998, "website", site), fact(Field.FOUNDED_YEAR, 2001, "website", site)):
        assert merged(receita, copy, rival).confidence == merged(receita, rival).confidence


@given(st.floats(0.1, 0.9), st.floats(0.01, 0.9))
def test_of_two_comparable_voices_agreement_is_surer_than_either_and_dissent_less(low: float, share: float) -> None:
    # Comparable: the odds of the stronger are less than 1 / (1 - c) times those of the weaker, which has confidence c.
    odds = low / (1 - low) * (1 + share * low / (1 - low))
    high = odds / (1 + odds)
    voice = fact(Field.FOUNDED_YEAR, 1998, "website", low)
    same = merged(voice, fact(Field.FOUNDED_YEAR, 1998, "rdap", high)).confidence[Field.FOUNDED_YEAR]
    split = merged(voice, fact(Field.FOUNDED_YEAR, 2001, "rdap", high)).confidence[Field.FOUNDED_YEAR]
    assert split < low < high < same


def test_evidence_carries_the_confidence_after_all_were_heard() -> None:
    agreed = merged(fact(Field.FOUNDED_YEAR, 1998), fact(Field.FOUNDED_YEAR, 1998, "opencorporates"))
    assert {item.fact.confidence for item in agreed.evidence} == {agreed.confidence[Field.FOUNDED_YEAR]}
    split = merged(fact(Field.FOUNDED_YEAR, 1998, confidence=0.9), fact(Field.FOUNDED_YEAR, 2001, "opencorporates"))
    selected, other = (item.fact.confidence for item in split.evidence)
    assert 0.9 > selected > 0.7 > other


def number(value: str, source: str = "website", confidence: float = 0.6) -> Fact:
    return fact(Field.REGISTRATION_NUMBER, value, source, confidence)


def test_the_numbers_that_one_page_names_do_not_contradict_each_other() -> None:
    own, partner = number("11222333000181"), number("11444777000161", confidence=0.3)
    alone = merged(own, partner)
    assert alone.company.values[Field.REGISTRATION_NUMBER] == own.value
    assert alone.confidence[Field.REGISTRATION_NUMBER] == own.confidence
    # What another source says of one of them is dissent from the others alone.
    seconded = merged(own, partner, number(str(partner.value), "rdap", 0.85))
    assert seconded.company.values[Field.REGISTRATION_NUMBER] == partner.value
    assert seconded.confidence[Field.REGISTRATION_NUMBER] == pytest.approx(0.85 + 0.15 * 0.72 * 0.3, abs=1e-4)
    assert merged(own, number(str(partner.value), "rdap", 0.85)).confidence[Field.REGISTRATION_NUMBER] < 0.85


@pytest.mark.parametrize("office", ["11222333000181", "12ABC345000188"])
def test_of_the_numbers_of_one_company_the_head_offices_is_shown_whoever_is_surer(office: str) -> None:
    branch = number(f"{office[:8]}002148", "receitaws", 0.98)
    result = merged(branch, number(office))
    assert result.company.values[Field.REGISTRATION_NUMBER] == office
    assert result.confidence[Field.REGISTRATION_NUMBER] > 0.98
    assert merged(branch).company.values[Field.REGISTRATION_NUMBER] == branch.value


def test_a_city_sides_with_the_surest_of_two_addresses_that_contradict_each_other() -> None:
    city = fact(Field.ADDRESS, Address(city="Itu"), "rdap", 0.9)
    one = fact(Field.ADDRESS, Address(city="Itu", postal_code="13300-100"), "receitaws", 0.8)
    other = fact(Field.ADDRESS, Address(city="Itu", postal_code="13300-900"), "website", 0.7)
    result = merged(city, one, other)
    assert [item.fact.source for item in result.evidence if item.is_selected] == ["rdap", "receitaws"]
