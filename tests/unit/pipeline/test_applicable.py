"""What cannot be known of a company is not missed."""

import pytest

from enrichment.catalogue import load
from enrichment.domain.catalogue import Layer
from enrichment.domain.company import Address, CompanyStatus, Field
from enrichment.domain.fact import Fact
from enrichment.pipeline.applicable import OF_THE_LIVING, applicable
from enrichment.pipeline.merge import merge
from fakes import entry, fact

REGISTERED = (
    Field.LEGAL_NAME,
    Field.REGISTRATION_NUMBER,
    Field.STATUS,
    Field.SHARE_CAPITAL,
    Field.PHONE,
    Field.ADDRESS,
)
ENTRIES = {
    "website": entry("website", brings=(Field.NAME, Field.PHONE, Field.REGISTRATION_NUMBER)),
    "receitaws": entry("receitaws", Layer.REGISTRY, brings=REGISTERED, countries=frozenset({"BR"}), is_register=True),
    "places": entry("places", Layer.REGISTRY, brings=(Field.RATING, Field.OPENING_HOURS, Field.PHONE)),
    "database": entry("database", Layer.REGISTRY, brings=(Field.SHARE_CAPITAL, Field.STATUS)),
}
NUMBER = fact(Field.REGISTRATION_NUMBER, "11222333000181", "receitaws")


def missed(country: str, *facts: Fact) -> frozenset[Field]:
    """The fields that would count as missing."""
    known = merge("vidraria.com.br", facts, ENTRIES)
    return applicable(known, country, ENTRIES) - known.company.values.keys()


def test_a_field_counts_where_a_source_brings_it_for_the_country() -> None:
    assert Field.ADDRESS in missed("BR")
    assert Field.ADDRESS not in missed("DE")
    assert Field.ADDRESS not in missed("")
    assert Field.EMAIL not in missed("BR")


@pytest.mark.parametrize(
    ("country", "name", "is_missed"),
    [
        ("US", Field.REGISTRATION_NUMBER, False),
        ("CA", Field.REGISTRATION_NUMBER, True),
        ("DE", Field.REGISTRATION_NUMBER, True),
        ("US", Field.SHARE_CAPITAL, False),
        ("CA", Field.SHARE_CAPITAL, False),
        ("DE", Field.SHARE_CAPITAL, True),
    ],
)
def test_what_no_register_of_a_country_holds_is_not_missed(country: str, name: Field, is_missed: bool) -> None:
    assert (name in missed(country)) is is_missed


def test_what_is_known_counts_whatever_the_country() -> None:
    number = fact(Field.REGISTRATION_NUMBER, "99123456", "website")
    known = merge("aurora.us", [number], ENTRIES)
    assert Field.REGISTRATION_NUMBER in applicable(known, "US", ENTRIES)


def test_nobody_misses_hours_a_rating_or_a_phone_of_a_company_that_has_closed() -> None:
    for status, count in ((CompanyStatus.CLOSED, 0), (CompanyStatus.ACTIVE, 3), (CompanyStatus.SUSPENDED, 3)):
        assert len(missed("DE", fact(Field.STATUS, status, "database")) & OF_THE_LIVING) == count


def test_what_a_register_may_not_tell_of_a_person_who_trades_alone_is_not_missed() -> None:
    status = fact(Field.STATUS, CompanyStatus.ACTIVE, "receitaws")
    town = fact(Field.ADDRESS, Address(city="Itu"), "receitaws")
    assert missed("BR", NUMBER, status, town) == {Field.NAME, Field.RATING, Field.OPENING_HOURS}
    company = fact(Field.LEGAL_NAME, "Aurora Ltda", "receitaws")
    assert Field.SHARE_CAPITAL in missed("BR", NUMBER, status, town, company)


def test_a_register_that_did_not_name_this_company_has_withheld_nothing() -> None:
    assert Field.LEGAL_NAME in missed("BR", fact(Field.STATUS, CompanyStatus.ACTIVE, "receitaws"))
    surer = [fact(Field.REGISTRATION_NUMBER, "11222333000181", source, 0.9) for source in ("website", "gone")]
    assert Field.LEGAL_NAME in missed("BR", *surer)


def test_the_catalogue_misses_no_capital_in_north_america_and_one_in_brazil() -> None:
    entries = {entry.name: entry for entry in load()}
    nothing = merge("aurora.com", [], entries)
    by_country = {
        country: Field.SHARE_CAPITAL in applicable(nothing, country, entries) for country in ("US", "CA", "BR")
    }
    assert by_country == {"US": False, "CA": False, "BR": True}
