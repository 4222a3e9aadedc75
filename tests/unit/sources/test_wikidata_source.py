"""Wikidata: one query for one domain, statements joined to one company, and nothing where it is not clear which."""

import json
import re
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.http_sources import LARCH, SOURCES, entry_of
from enrichment.catalogue import load
from enrichment.domain.company import (
    CompanyStatus,
    Coordinates,
    EmployeeCount,
    Field,
    Identifier,
    SocialProfile,
    Value,
)
from enrichment.domain.errors import Fault, QuotaExhausted, Rejected, SourceError, Throttled
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.sources import wikidata

[CASE] = [case for case in SOURCES if case.source == "wikidata"]
ROWS: list[Any] = CASE.body["results"]["bindings"]
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
UNKNOWN = "http://www.wikidata.org/.well-known/genid/0123"


def row(name: str, value: str, more: str = "", **parts: str) -> dict[str, Any]:
    """One statement; `parts`: item, lang, type."""
    told: dict[str, Any] = {
        "item": {"type": "uri", "value": f"http://www.wikidata.org/entity/{parts.get('item', 'Q1')}"},
        "property": {
            "type": "uri",
            "value": LABEL if name == "label" else f"http://www.wikidata.org/prop/direct/{name}",
        },
        "value": {"type": parts.get("type", "literal"), "value": value, "xml:lang": parts.get("lang", "")},
    }
    return {**told, "more": {"type": "literal", "value": more}} if more else told


def read(*rows: object, subject: Subject = LARCH) -> Reading:
    content = json.dumps({"head": {}, "results": {"bindings": rows}}).encode()
    headers = {"content-type": "application/sparql-results+json;charset=utf-8"}
    return wikidata.read(httpx.Response(200, content=content, headers=headers), subject)


def values(reading: Reading) -> dict[Field, Value]:
    return {claim.field: claim.value for claim in reading.claims}


def only(field: Field, *rows: object) -> Value | None:
    """What one field is told to be, None where nothing is."""
    return values(read(*rows)).get(field)


def query_of(domain: str) -> str:
    return wikidata.request(Subject(domain), entry_of("wikidata")).url.params["query"]


def test_a_domain_is_asked_for_in_every_usual_spelling_of_its_first_page() -> None:
    request = wikidata.request(LARCH, entry_of("wikidata"))
    assert request.url.copy_with(query=None) == "https://query.wikidata.org/sparql"
    assert request.url.params["format"] == "json"
    assert request.headers["accept"] == "application/sparql-results+json"
    sites = set(re.findall("<([^>]*)>", request.url.params["query"]))
    hosts = ("larchglass.co.uk", "www.larchglass.co.uk")
    assert sites == {f"{scheme}://{host}{end}" for scheme in ("http", "https") for host in hosts for end in ("", "/")}


def test_the_whole_request_is_short_enough_for_an_address() -> None:
    longest = f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 57}.com"
    assert len(str(wikidata.request(Subject(longest), entry_of("wikidata")).url)) < 8_000


@given(st.text(max_size=60))
def test_nothing_in_a_domain_can_end_the_address_it_stands_in(domain: str) -> None:
    rest = query_of(domain)
    for site in re.findall("<(https?://[^>]*)>", rest):
        assert re.fullmatch("[A-Za-z0-9._~%:/-]+", site)
        rest = rest.replace(f"<{site}>", "")
    assert rest.split() == (wikidata.QUERY % "").split()


@pytest.mark.parametrize(
    "name",
    [
        "P1448", "P571", "P576", "P17", "P297", "P159", "P625", "P1128", "P585", "P452", "P1278", "P5531", "P1329",
        "P2002", "P2003", "P2013", "P4264", "rdfs:label", "wikibase:timePrecision", "wikibase:BestRank",
    ],
)  # fmt: skip
def test_each_property_is_asked_for(name: str) -> None:
    assert re.search(rf"\b{name}\b", query_of("larchglass.co.uk"))


def test_items_about_people_are_left_out() -> None:
    assert "FILTER NOT EXISTS { ?item wdt:P31 wd:Q5 }" in query_of("larchglass.co.uk")


def test_the_client_says_who_it_is_and_how_its_operator_is_reached() -> None:
    agent = wikidata.request(LARCH, entry_of("wikidata")).headers["user-agent"]
    assert re.fullmatch(r"imensiah/\S+ \(https://github.com/imensiah/enrichment\)", agent)
    [told] = [each for each in load({"wikidata": {"contact": "ops@åcme.example\r\nX: y"}}) if each.name == "wikidata"]
    assert wikidata.request(LARCH, told).headers["user-agent"].endswith(" (ops@cme.example X: y)")


def test_the_question_is_the_domain_and_it_waits_for_the_directory_alone() -> None:
    assert wikidata.question(LARCH) == b"larchglass.co.uk"
    entry = entry_of("wikidata")
    assert (entry.after, entry.needs_key, entry.price_usd_micros) == (frozenset({"directory"}), False, 0)


def test_the_statements_of_an_item_are_joined_to_one_company() -> None:
    assert values(read(*ROWS)) == {
        Field.NAME: "Larch Glass",
        Field.LEGAL_NAME: "Larch Glass Limited",
        Field.INDUSTRY: "glass industry, manufacturing",
        Field.FOUNDED_YEAR: 2009,
        Field.STATUS: CompanyStatus.CLOSED,
        Field.COUNTRY_CODE: "GB",
        Field.COORDINATES: Coordinates(53.3998, -1.4241),
        Field.PHONE: "+441142345678",
        Field.EMPLOYEE_COUNT: EmployeeCount(88, 88),
        Field.SOCIAL_PROFILES: (
            SocialProfile("linkedin", "https://www.linkedin.com/company/larchglass"),
            SocialProfile("instagram", "https://www.instagram.com/larchglass"),
            SocialProfile("x", "https://x.com/larchglass"),
            SocialProfile("facebook", "https://www.facebook.com/larchglass"),
        ),
        Field.IDENTIFIERS: (Identifier("lei", "529900LARCHGLASS0024"), Identifier("cik", "0001234567")),
    }


def test_the_order_of_the_rows_does_not_matter() -> None:
    assert values(read(*reversed(ROWS))) == values(read(*ROWS))


def test_a_domain_that_no_item_names_is_not_found() -> None:
    assert read() == NOT_FOUND


def test_of_several_items_the_one_that_is_an_organisation_is_meant() -> None:
    portal = row("label", "Larch Online Shop", item="Q2", lang="en")
    company = [row("label", "Larch Glass", lang="en"), row("P1128", "88")]
    assert values(read(portal, *company)) == values(read(*company))


def test_where_nothing_tells_several_items_apart_the_company_is_not_found() -> None:
    both = [row("label", "Larch", lang="en"), row("label", "Larch Shop", item="Q2", lang="en")]
    assert read(*both) == NOT_FOUND
    assert read(*both, row("P1128", "88"), row("P452", "glass", item="Q2", lang="en")) == NOT_FOUND


def test_an_answer_that_was_cut_at_its_limit_is_no_companys() -> None:
    rows = [row("P1128", str(count)) for count in range(1, wikidata.MOST_ROWS + 1)]
    assert read(*rows[:-1]).is_found
    assert read(*rows) == NOT_FOUND


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ([("pt", "Larício"), ("en", "Larch")], "Larch"),
        ([("pt", "Larício"), ("mul", "Larix")], "Larix"),
        ([("de", "Lärche"), ("pt", "Larício")], "Larício"),
        ([("ja", "唐松"), ("de", "Lärche")], "Lärche"),
        ([("en", "Larch"), ("en", "Larch Glass")], None),
    ],
)
def test_a_name_is_taken_in_the_language_that_most_understand(labels: list[tuple[str, str]], name: str | None) -> None:
    for name_property, field in (("label", Field.NAME), ("P1448", Field.LEGAL_NAME)):
        rows = [row(name_property, text, lang=language) for language, text in labels]
        assert only(field, *rows) == name


def test_a_person_who_trades_alone_is_not_named() -> None:
    assert only(Field.LEGAL_NAME, row("P1448", "NINGUEM DE TAL 123.456.789-09", lang="pt")) is None


@pytest.mark.parametrize(
    ("time", "precision", "year"),
    [
        ("1998-09-04T00:00:00Z", "11", 1998),
        ("1998-01-01T00:00:00Z", "9", 1998),
        # A decade, a century.
        ("1990-01-01T00:00:00Z", "8", None),
        ("1900-01-01T00:00:00Z", "7", None),
        ("1998-01-01T00:00:00Z", "", None),
        ("-0044-01-01T00:00:00Z", "9", None),
        ("0000-01-01T00:00:00Z", "9", None),
        ("once", "9", None),
    ],
)
def test_a_year_counts_where_it_is_known_to_the_year(time: str, precision: str, year: int | None) -> None:
    assert only(Field.FOUNDED_YEAR, row("P571", time, precision)) == year


def test_of_several_beginnings_the_first_is_the_founding() -> None:
    rows = [row("P571", f"{year}-01-01T00:00:00Z", "9") for year in (1998, 1971)]
    assert only(Field.FOUNDED_YEAR, *rows) == 1971


def test_an_end_whose_date_nobody_knows_is_an_end() -> None:
    assert only(Field.STATUS, row("P576", UNKNOWN, type="uri")) is CompanyStatus.CLOSED
    assert only(Field.STATUS, row("P1128", "5")) is None


@pytest.mark.parametrize("name", ["P1448", "P571", "P1329", "P1128", "P2002", "P1278", "P159"])
def test_what_is_known_to_exist_and_no_more_is_not_told(name: str) -> None:
    assert values(read(row("P17", "GB"), row(name, UNKNOWN, type="uri"))) == {Field.COUNTRY_CODE: "GB"}


@pytest.mark.parametrize(("codes", "code"), [(["GB"], "GB"), (["GB", "US"], None), (["gb"], None), (["GBR"], None)])
def test_a_country_counts_where_there_is_one(codes: list[str], code: str | None) -> None:
    assert only(Field.COUNTRY_CODE, *(row("P17", each) for each in codes)) == code


@pytest.mark.parametrize(
    ("counts", "count"),
    [
        ([("10", "2001-01-01T00:00:00Z"), ("9", "2020-01-01T00:00:00Z")], 9),
        ([("10", ""), ("9", "2020-01-01T00:00:00Z")], 9),
        ([("10", ""), ("300", "")], 300),
        ([("+42", "")], 42),
        ([("0", "")], None),
        ([("-1", "")], None),
        ([("1.5", "")], None),
        ([("999999999", "")], None),
    ],
)
def test_of_several_head_counts_the_latest_counts(counts: list[tuple[str, str]], count: int | None) -> None:
    told = only(Field.EMPLOYEE_COUNT, *(row("P1128", number, when) for number, when in counts))
    assert told == (None if count is None else EmployeeCount(count, count))


@pytest.mark.parametrize(
    "point",
    ["Point(-181 0)", "Point(0 -91)", "Point(1)", "<http://www.wikidata.org/entity/Q405> Point(1 1)", "POINT(x y)"],
)
def test_a_point_off_the_globe_is_no_place(point: str) -> None:
    assert only(Field.COORDINATES, row("P159", point)) is None


def test_of_several_seats_none_is_the_place() -> None:
    assert only(Field.COORDINATES, row("P159", "Point(1 1)"), row("P159", "Point(2 2)")) is None


@pytest.mark.parametrize("account", ["larch/../glass", "a b", "<script>", "home", ""])
def test_an_account_that_is_no_accounts_name_leads_nowhere(account: str) -> None:
    assert only(Field.SOCIAL_PROFILES, row("P2002", account)) is None


def test_of_several_accounts_of_one_network_nobody_knows_which_is_meant() -> None:
    rows = [row("P2002", "larch"), row("P2002", "larch_br"), row("P2013", "larch")]
    assert only(Field.SOCIAL_PROFILES, *rows) == (SocialProfile("facebook", "https://www.facebook.com/larch"),)


@pytest.mark.parametrize(
    ("name", "value"), [("P1278", "529900LARCHGLASS0025"), ("P5531", "12345678901"), ("P5531", "x")]
)
def test_a_number_that_cannot_be_one_is_left_out(name: str, value: str) -> None:
    assert only(Field.IDENTIFIERS, row(name, value)) is None


def test_a_telephone_is_read_by_what_the_question_holds_and_not_by_what_a_caller_hints() -> None:
    told, here = row("P1329", "0114 234 5678"), Subject("larchglass.com", Hints(country_code="GB"))
    assert Field.PHONE not in values(read(told, subject=here))
    assert values(read(told, row("P17", "GB"), subject=here))[Field.PHONE] == "+441142345678"


def test_of_several_telephones_none_is_the_companys() -> None:
    one, other = row("P1329", "+44 114 234 5678"), row("P1329", "+44 114 234 5679")
    assert only(Field.PHONE, one, row("P1329", "0114 234 5678")) == "+441142345678"
    assert only(Field.PHONE, one, other) is None


def failure(status: int, **headers: str) -> SourceError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(SourceError) as caught:
        wikidata.read(httpx.Response(status, content=b"<html></html>", headers=named), LARCH)
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, Rejected),
        # Shut out for not heeding the pauses, or for naming no contact.
        (403, QuotaExhausted),
        (429, Throttled),
        # A query that took too long.
        (500, Fault),
        (502, Fault),
        (503, Fault),
    ],
)
def test_each_status_is_what_the_service_means_by_it(status: int, kind: type[SourceError]) -> None:
    assert type(failure(status)) is kind


def test_a_pause_is_as_long_as_asked_for_and_else_a_minute() -> None:
    for headers, seconds in (({"retry_after": "9"}, 9.0), ({}, 60.0)):
        error = failure(429, **headers)
        assert isinstance(error, Throttled)
        assert error.retry_after == seconds
