"""GLEIF: what it is asked by, the right record among those it finds, and nothing of a person who trades alone."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.http_sources import LARCH, LARICIO, SOURCES, entry_of
from enrichment.domain.company import Address, CompanyStatus, Field, Identifier, Value
from enrichment.domain.errors import Rejected, Throttled, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.sources import gleif

[CASE] = [case for case in SOURCES if case.source == "gleif"]
LARCH_RECORD: dict[str, Any] = CASE.body["data"][1]
OTHER_LEI = "999900ANOTHERONE0010"


def record(**changes: object) -> dict[str, Any]:
    """The fixture's company with other values at dotted paths below `attributes`, written with two underscores."""
    changed = deepcopy(LARCH_RECORD)
    for path, value in changes.items():
        *steps, last = path.split("__")
        inner = changed["attributes"]
        for step in steps:
            inner = inner[step]
        inner[last] = value
    return changed


def read(*records: object, subject: Subject = LARCH) -> Reading:
    content = json.dumps({"data": records}).encode()
    return gleif.read(httpx.Response(200, content=content, headers={"content-type": CASE.content_type}), subject)


def values(reading: Reading) -> dict[Field, Value]:
    return {claim.field: claim.value for claim in reading.claims}


def weight(reading: Reading) -> float:
    [only] = {claim.weight for claim in reading.claims if claim.field is not Field.IDENTIFIERS}
    return only


def weight_of_identifier(reading: Reading) -> float:
    [only] = {claim.weight for claim in reading.claims if claim.field is Field.IDENTIFIERS}
    return only


def query(subject: Subject) -> dict[str, str]:
    return dict(gleif.request(subject, entry_of("gleif")).url.params)


def numbered(number: str, name: str = "", country: str = "") -> Subject:
    return Subject("larchglass.com", Hints(company_name=name, country_code=country, registration_number=number))


def test_a_cnpj_is_asked_for_as_it_is_held_and_for_the_head_office() -> None:
    asked = {"page[size]": "5", "filter[entity.registeredAs]": "11.222.333/0001-81"}
    for number in ("11222333000181", "11.222.333/0001-81", "11.222.333/0005-05"):
        assert query(numbered(number, "Laricio")) == asked
        assert gleif.question(numbered(number, "Laricio")) == b"11222333000181\nlaricio\n"
    assert query(LARICIO) == {**asked, "filter[entity.legalAddress.country]": "BR"}


def test_a_cnpj_with_letters_is_punctuated_alike() -> None:
    assert query(numbered("12ABC34501DE35"))["filter[entity.registeredAs]"] == "12.ABC.345/0001-88"


def test_elsewhere_the_name_is_asked_for_and_the_number_tells_the_records_apart() -> None:
    subject = numbered("07654321", "Larch Glass, Ltd", "gb")
    assert query(subject) == {
        "page[size]": "5",
        "filter[entity.legalName]": "Larch Glass Ltd",
        "filter[entity.legalAddress.country]": "GB",
    }
    assert gleif.question(subject) == b"7654321\nlarch glass\nGB"
    assert query(numbered("HRB 990011"))["filter[entity.registeredAs]"] == "HRB 990011"


@pytest.mark.parametrize("name", ["", "!!!", ","])
def test_without_a_name_and_a_number_there_is_nothing_to_ask(name: str) -> None:
    assert gleif.question(Subject("larchglass.com", Hints(company_name=name))) is None


def test_a_number_that_may_be_a_persons_is_never_sent() -> None:
    subject = Subject("laricio.com.br", Hints(registration_number="000.000.000-00"))
    assert gleif.question(subject) is None
    assert "000" not in str(query(subject))


def test_it_is_asked_in_its_own_media_type_without_a_key() -> None:
    request = gleif.request(LARCH, replace(entry_of("gleif"), base_url="http://127.0.0.1:8900"))
    assert request.headers["accept"] == "application/vnd.api+json"
    assert (request.method, request.url.path) == ("GET", "/api/v1/lei-records")
    entry = entry_of("gleif")
    assert (entry.needs_key, entry.price_usd_micros, entry.base_url) == (False, 0, "https://api.gleif.org")


def test_a_record_is_read_whole() -> None:
    reading = read(LARCH_RECORD)
    assert values(reading) == {
        Field.IDENTIFIERS: (Identifier("lei", LARCH_RECORD["id"]),),
        Field.LEGAL_NAME: "LARCH GLASS LIMITED",
        Field.STATUS: CompanyStatus.ACTIVE,
        Field.JURISDICTION: "gb",
        Field.REGISTRATION_NUMBER: "07654321",
        Field.COUNTRY_CODE: "GB",
        Field.ADDRESS: Address(
            formatted="12 Kiln Lane, Sheffield, SHF, S9 9ZZ, GB",
            street="12 Kiln Lane",
            city="Sheffield",
            region="SHF",
            postal_code="S9 9ZZ",
            country_code="GB",
        ),
        Field.INCORPORATION_DATE: date(2009, 5, 14),
    }
    assert weight(reading) == 1.0


@pytest.mark.parametrize(
    ("jurisdiction", "written", "country"),
    [("US-DE", "us_de", "US"), ("us-ca", "us_ca", "US"), ("KY", "ky", "KY"), ("AE-DU", "ae_du", "AE")],
)
def test_a_jurisdiction_is_written_as_in_the_contract(jurisdiction: str, written: str, country: str) -> None:
    told = values(read(record(entity__jurisdiction=jurisdiction), subject=numbered("", "Larch Glass")))
    assert (told[Field.JURISDICTION], told[Field.COUNTRY_CODE]) == (written, country)


@pytest.mark.parametrize("jurisdiction", ["", None, "Delaware", "U", "US-DELAWARE"])
def test_what_names_no_jurisdiction_is_no_record(jurisdiction: object) -> None:
    assert read(record(entity__jurisdiction=jurisdiction), subject=numbered("", "Larch Glass")) == NOT_FOUND


@pytest.mark.parametrize(
    ("status", "meant"), [("ACTIVE", CompanyStatus.ACTIVE), ("INACTIVE", CompanyStatus.CLOSED), ("NULL", None)]
)
def test_the_status_is_the_entitys(status: str, meant: CompanyStatus | None) -> None:
    assert values(read(record(entity__status=status))).get(Field.STATUS) == meant


def test_an_identifier_with_wrong_check_digits_is_left_out() -> None:
    told = values(read(record(lei="999900LARCHGLASS0116")))
    assert Field.IDENTIFIERS not in told
    assert Field.LEGAL_NAME in told


def test_a_date_that_is_not_known_is_left_out() -> None:
    assert Field.INCORPORATION_DATE not in values(read(record(entity__creationDate=None)))


def test_the_legal_address_stands_in_where_there_is_no_other() -> None:
    address = cast("Address", values(read(record(entity__headquartersAddress=None)))[Field.ADDRESS])
    assert (address.street, address.city, address.region) == ("1 Paper Street", "London", "LND")


@pytest.mark.parametrize(
    "line",
    ["C/O Ninguem", "c / o Ninguem", "Care of Ninguem", "ATTN: Ninguem", "Att. Ninguem", "12 Kiln Lane, c/o Ninguem"],
)
def test_who_takes_in_the_letters_is_not_told(line: str) -> None:
    reading = read(record(entity__headquartersAddress__addressLines=[line, "Works Entrance"]))
    assert "Ninguem" not in repr(reading)
    assert "Works Entrance" in repr(reading)


def test_a_record_counts_that_bears_the_known_number_under_another_name() -> None:
    renamed = record(entity__legalName__name="Larch Panes Limited")
    assert read(renamed) == NOT_FOUND
    reading = read(renamed, subject=numbered("7654321", "Larch Glass", "GB"))
    assert values(reading)[Field.LEGAL_NAME] == "Larch Panes Limited"
    assert weight(reading) == 1.0


def test_the_known_number_tells_namesakes_apart() -> None:
    other = record(lei=OTHER_LEI, entity__registeredAs="01112223")
    subject = numbered("07654321", "Larch Glass", "GB")
    reading = read(other, LARCH_RECORD, subject=subject)
    assert values(reading)[Field.REGISTRATION_NUMBER] == "07654321"
    assert weight(reading) == 1.0
    assert weight(read(other, subject=subject)) == gleif.WEIGHT_OF_A_GUESS


def test_of_namesakes_the_one_that_exists_counts_and_of_two_that_do_either_is_a_guess() -> None:
    gone = record(lei=OTHER_LEI, entity__status="INACTIVE", entity__registeredAs="01112223")
    assert weight(read(gone, LARCH_RECORD)) == 1.0
    assert values(read(gone, LARCH_RECORD))[Field.REGISTRATION_NUMBER] == "07654321"
    guess = read(record(lei=LARCH_RECORD["id"], entity__registeredAs="01112223"), LARCH_RECORD)
    assert weight(guess) == weight_of_identifier(guess) == gleif.WEIGHT_OF_A_GUESS


def test_a_name_that_two_countries_know_is_nobodys_where_the_country_is_not_known() -> None:
    abroad = record(entity__jurisdiction="IE")
    assert read(abroad, LARCH_RECORD, subject=numbered("", "Larch Glass")) == NOT_FOUND
    assert values(read(abroad, LARCH_RECORD, subject=numbered("", "Larch Glass", "IE")))[Field.COUNTRY_CODE] == "IE"
    assert read(abroad) == NOT_FOUND


@pytest.mark.parametrize("status", ["DUPLICATE", "ANNULLED", "CANCELLED"])
def test_an_identifier_that_is_void_is_no_record(status: str) -> None:
    assert read(record(registration__status=status)) == NOT_FOUND


@pytest.mark.parametrize(
    "changes", [{"registration__status": "LAPSED"}, {"registration__corroborationLevel": "ENTITY_SUPPLIED_ONLY"}]
)
def test_what_is_old_or_unchecked_weighs_less_and_its_identifier_does_not(changes: dict[str, object]) -> None:
    reading = read(record(**changes))
    assert weight(reading) == gleif.WEIGHT_OF_OLD_OR_UNCHECKED
    assert weight_of_identifier(reading) == 1.0


@pytest.mark.parametrize("category", ["SOLE_PROPRIETOR", "BRANCH"])
def test_a_person_and_a_branch_are_no_company(category: str) -> None:
    assert read(record(entity__category=category)) == NOT_FOUND


def test_a_name_with_an_owners_number_in_it_is_a_persons() -> None:
    name = "12.345.678 NINGUEM OCULTO"
    assert read(record(entity__legalName__name=name), subject=numbered("", name)) == NOT_FOUND


@pytest.mark.parametrize(
    ("held", "told"),
    [("11.222.333/0001-81", "11222333000181"), ("11222333000181", "11222333000181"), ("35.999.888.777", None)],
)
def test_of_a_brazilian_company_the_number_is_its_cnpj_or_none(held: str, told: str | None) -> None:
    brazilian = record(entity__jurisdiction="BR", entity__registeredAs=held, entity__legalName__name="Laricio SA")
    known = Subject("laricio.com.br", Hints(company_name="Laricio"))
    assert values(read(brazilian, subject=known)).get(Field.REGISTRATION_NUMBER) == told


def test_a_single_record_is_no_search_and_an_empty_one_finds_nothing() -> None:
    def answered(data: object) -> Reading:
        headers = {"content-type": CASE.content_type}
        return gleif.read(httpx.Response(200, content=json.dumps({"data": data}), headers=headers), LARCH)

    assert answered([]) == NOT_FOUND
    with pytest.raises(Unreadable):
        answered(LARCH_RECORD)


def test_it_waits_a_minute_where_too_much_was_asked() -> None:
    for status, pause in ((429, 60.0), (403, 60.0)):
        with pytest.raises(Throttled) as caught:
            gleif.read(httpx.Response(status, content=b"slow down"), LARCH)
        assert caught.value.retry_after == pause
    with pytest.raises(Rejected):
        gleif.read(httpx.Response(400, content=b"{}"), LARCH)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.sampled_from(["lei", "entity", "registration", "entity__legalName", "entity__headquartersAddress"]))
def test_whatever_stands_in_a_record_ends_in_a_reading(junk: object, path: str) -> None:
    assert isinstance(read(record(**{path: junk})), Reading)
