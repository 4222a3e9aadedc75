"""Wikidata: what its volunteers know of the company whose official website (P856) this is, in one SPARQL query.

Each row of an answer is one statement, so that an item with many values costs a row for each and not their product.
Items about people are left out by the query itself. Licence: CC0. Properties and limits as of November 2026
(mediawiki.org, "Wikidata Query Service/User Manual": a client has 60 seconds of query time in each minute).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple
from urllib.parse import quote

import httpx
from stdnum import lei

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import CompanyStatus, Coordinates, EmployeeCount, Field, Identifier, SocialProfile
from enrichment.domain.errors import QuotaExhausted, Rejected
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.names import is_name_of_person
from enrichment.domain.subject import Subject
from enrichment.sources.contact import phone
from enrichment.sources.failures import Failures
from enrichment.sources.http import HEADERS, address
from enrichment.sources.payload import claims, json_object, one_line, required_items, text
from enrichment.sources.website.social import profile

OFFICIAL_NAME, INCEPTION, DISSOLVED, COUNTRY, SEAT, PHONE = "P1448", "P571", "P576", "P17", "P159", "P1329"
EMPLOYEES, INDUSTRY, LEI, CIK, LABEL = "P1128", "P452", "P1278", "P5531", "label"
# Property: where the account that it names has its page.
NETWORKS: Mapping[str, str] = {
    "P4264": "https://www.linkedin.com/company/",
    "P2003": "https://www.instagram.com/",
    "P2002": "https://x.com/",
    "P2013": "https://www.facebook.com/",
}
_PLAIN = (OFFICIAL_NAME, DISSOLVED, PHONE, LEI, CIK, *NETWORKS)
# A company and its product or portal often name the same website: only an organisation has one of these.
OF_ORGANISATIONS = frozenset({EMPLOYEES, INDUSTRY, LEI, CIK})
# One company fills some dozens; an answer as long as this is about a portal's address that many items bear.
MOST_ROWS = 400
# Labels that are the same in all languages are "mul". English first, since that is what most tell.
LANGUAGES = ("en", "mul", "pt")
MOST_INDUSTRIES = 3
# wikibase:timePrecision: 9 is a year, less is a decade or a century.
PRECISE_TO_A_YEAR = 9

QUERY = f"""\
SELECT DISTINCT ?item ?property ?value ?more WHERE {{
  VALUES ?site {{ %s }}
  ?item wdt:P856 ?site .
  FILTER NOT EXISTS {{ ?item wdt:P31 wd:Q5 }}
  {{ VALUES ?property {{ {" ".join(f"wdt:{name}" for name in _PLAIN)} }} ?item ?property ?value }}
  UNION {{ ?item rdfs:label ?value BIND(rdfs:label AS ?property) FILTER(LANG(?value) IN ("en", "mul", "pt")) }}
  UNION {{ ?item wdt:P17/wdt:P297 ?value BIND(wdt:P17 AS ?property) }}
  UNION {{ ?item wdt:P452/rdfs:label ?value BIND(wdt:P452 AS ?property) FILTER(LANG(?value) = "en") }}
  UNION {{ ?item p:P571 ?told . ?told a wikibase:BestRank ; psv:P571 ?time .
    ?time wikibase:timeValue ?value ; wikibase:timePrecision ?more BIND(wdt:P571 AS ?property) }}
  UNION {{ ?item p:P1128 ?told . ?told a wikibase:BestRank ; ps:P1128 ?value
    OPTIONAL {{ ?told pq:P585 ?more }} BIND(wdt:P1128 AS ?property) }}
  UNION {{ ?item p:P159 ?told . ?told a wikibase:BestRank ; pq:P625 ?value BIND(wdt:P159 AS ?property) }}
}} LIMIT {MOST_ROWS}"""

# There are no keys. Who does not heed the pauses, or names no contact, is shut out for a day: an operator must know.
FAILURES = Failures(statuses={401: Rejected, 403: QuotaExhausted}, pause_seconds=60.0)

_YEAR = re.compile(r"(\d{4})-\d{2}-\d{2}T.*")
_WHOLE = re.compile(r"\+?([1-9]\d{0,7})(?:\.0+)?")
_COUNTRY = re.compile("[A-Z]{2}")
_CIK = re.compile(r"\d{1,10}")
# The axes in this order; a point on another globe has that globe's address before it.
_POINT = re.compile(r"Point\((-?\d{1,3}(?:\.\d+)?) (-?\d{1,2}(?:\.\d+)?)\)", re.IGNORECASE)


class _Statement(NamedTuple):
    """One statement: its value, the value's language, and the precision or the date that goes with it."""

    value: str
    language: str
    more: str


_Item = Mapping[str, Sequence[_Statement]]


def question(subject: Subject) -> bytes | None:
    """The domain."""
    return subject.domain.encode()


def request(subject: Subject, entry: Entry) -> httpx.Request:
    """The query, for every usual way of writing the address of the domain's first page."""
    # A registrable domain holds letters, digits, dots and hyphens; whatever else it held would be escaped.
    host = quote(subject.domain, safe="")
    sites = [
        f"<{scheme}://{www}{host}{end}>" for scheme in ("https", "http") for www in ("www.", "") for end in ("/", "")
    ]
    url = address(entry.base_url, "/sparql", {"query": QUERY % " ".join(sites), "format": "json"})
    # Wikimedia's policy: a client names itself and where its operator is reached.
    contact = one_line(entry.options.get("contact", "")).encode("ascii", "ignore").decode()
    agent = f"{HEADERS['user-agent']} ({contact})"
    return httpx.Request("GET", url, headers={"accept": "application/sparql-results+json", "user-agent": agent})


def read(response: httpx.Response, subject: Subject) -> Reading:
    """The facts of the one item with this website; not-found where there is none, or no telling which it is."""
    if error := FAILURES.of(response):
        raise error
    rows = required_items(json_object(response), "results", "bindings")
    found = _items(rows) if len(rows) < MOST_ROWS else []
    if len(found) > 1:
        found = [item for item in found if OF_ORGANISATIONS & item.keys()]
    return Reading(claims(_facts(found[0], subject))) if len(found) == 1 else NOT_FOUND


def _items(rows: Sequence[object]) -> list[_Item]:
    """The statements of each item, by property."""
    found: dict[str, dict[str, list[_Statement]]] = {}
    for row in rows:
        name = re.split("[/#]", text(row, "property", "value"))[-1]
        # What is known to exist and no more is an address instead of a value.
        is_told = text(row, "value", "type") in ("literal", "typed-literal") or name == DISSOLVED
        if (item := text(row, "item", "value")) and name and is_told:
            told = _Statement(text(row, "value", "value"), text(row, "value", "xml:lang"), text(row, "more", "value"))
            found.setdefault(item, {}).setdefault(name, []).append(told)
    return list(found.values())


def _facts(item: _Item, subject: Subject) -> Mapping[Field, object]:
    country = _only({told.value for told in item.get(COUNTRY, ()) if _COUNTRY.fullmatch(told.value)})
    official = _in_words(item.get(OFFICIAL_NAME, ()))
    # Not as a caller hints: what is read is kept for others.
    ending = Subject(subject.domain).country_code
    phones = {phone(told.value, country or ending) for told in item.get(PHONE, ())} - {""}
    return {
        Field.NAME: _in_words(item.get(LABEL, ())),
        Field.LEGAL_NAME: "" if is_name_of_person(official) else official,
        Field.INDUSTRY: ", ".join(sorted({told.value for told in item.get(INDUSTRY, ())})[:MOST_INDUSTRIES]),
        Field.FOUNDED_YEAR: _founded_year(item.get(INCEPTION, ())),
        # That nobody has told of an end does not mean that there was none.
        Field.STATUS: CompanyStatus.CLOSED if DISSOLVED in item else None,
        Field.COUNTRY_CODE: country,
        Field.COORDINATES: _coordinates(item.get(SEAT, ())),
        Field.PHONE: _only(phones),
        Field.EMPLOYEE_COUNT: _employees(item.get(EMPLOYEES, ())),
        Field.SOCIAL_PROFILES: tuple(filter(None, (_profile(item, name) for name in NETWORKS))),
        Field.IDENTIFIERS: tuple(_identifiers(item)),
    }


def _in_words(told: Sequence[_Statement]) -> str:
    """The one text in the language that most understand; "" where it has several."""
    languages = {each.language for each in told}
    ranked = (*LANGUAGES, *sorted(languages - set(LANGUAGES)))
    best = next((language for language in ranked if language in languages), "")
    return _only({each.value for each in told if each.language == best})


def _only(values: AbstractSet[str]) -> str:
    """The one value; "" where there are several, since nothing says which is the company's."""
    return next(iter(values)) if len(values) == 1 else ""


def _founded_year(told: Sequence[_Statement]) -> int | None:
    years = [
        int(match[1])
        for each in told
        if each.more.isdecimal() and int(each.more) >= PRECISE_TO_A_YEAR and (match := _YEAR.fullmatch(each.value))
    ]
    return min(filter(None, years), default=None)


def _employees(told: Sequence[_Statement]) -> EmployeeCount | None:
    """The latest count; of counts without a date the highest, which is what a count of some part of it is not."""
    counts = [(each.more, int(match[1])) for each in told if (match := _WHOLE.fullmatch(each.value))]
    if not counts:
        return None
    _, latest = max(counts)
    return EmployeeCount(latest, latest)


def _coordinates(told: Sequence[_Statement]) -> Coordinates | None:
    """The point that the headquarters statement itself carries: that of its city would be another place."""
    match = _POINT.fullmatch(_only({each.value for each in told}))
    if not match or abs(longitude := float(match[1])) > 180 or abs(latitude := float(match[2])) > 90:
        return None
    return Coordinates(latitude, longitude)


def _profile(item: _Item, network: str) -> SocialProfile | None:
    """Where it has one account: companies have further ones for countries and products."""
    account = _only({told.value for told in item.get(network, ())})
    return profile(NETWORKS[network] + quote(account, safe="")) if account else None


def _identifiers(item: _Item) -> Iterator[Identifier]:
    for told in item.get(LEI, ()):
        if lei.is_valid(told.value):
            yield Identifier("lei", lei.compact(told.value))
    for told in item.get(CIK, ()):
        if _CIK.fullmatch(told.value):
            yield Identifier("cik", told.value.zfill(10))
