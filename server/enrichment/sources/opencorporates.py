"""OpenCorporates v0.4: a search by company name in the registers of the world, since none can be asked by domain.

The licence (ODbL) asks that the page of each company be named with its facts. Read in November 2026.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import httpx

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Address, CompanyStatus, Field, IndustryCode
from enrichment.domain.errors import Throttled
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.names import is_name_of_person, normalised_name, without_personal_numbers
from enrichment.domain.subject import Subject
from enrichment.sources.failures import Failures, media_type
from enrichment.sources.http import address
from enrichment.sources.payload import at, claims, iso_date, items, json_object, one_line, required_items, text
from enrichment.sources.receita import shown_number

# A page of hits: who bears the name is among the first few, or is not found by it.
HITS = 10
# Several companies bear the name and nothing tells them apart, or only a branch of one was found: a guess.
WEIGHT_OF_A_GUESS = 0.6
MOST_CODES = 20

# 403 is how it says "too often", and an address that asks far too often gets a page instead of JSON.
FAILURES = Failures(statuses={403: Throttled})

# Countries whose states or emirates keep the registers: the country alone is no jurisdiction there.
FEDERAL = frozenset({"us", "ca", "ae"})
# Words of `current_status`, which is free text; looked for in this order.
STATUS_WORDS: tuple[tuple[re.Pattern[str], CompanyStatus], ...] = (
    (
        re.compile(
            "dissol|deregist|unregist|struck|strike|ceased|closed|removed|cancel|terminat|revoked|forfeit|withdrawn|"
            "inactive|not active|merged|baixada|liquidated|expired|void"
        ),
        CompanyStatus.CLOSED,
    ),
    (re.compile("suspend|suspensa|inapta"), CompanyStatus.SUSPENDED),
    (re.compile("active|live|regist|good standing|exist|ativa|current"), CompanyStatus.ACTIVE),
)
# Classifications as their schemes are called here, "eu_nace_2" or "us_naics_2022"; the longer names first.
SYSTEMS = ("naics", "cnae", "nace", "isic", "sic")
_JURISDICTION = re.compile("[a-z]{2}(?:_[a-z]{2,3})?")
_WORD = re.compile(r"[^\W_]+")
# Legal forms whose owner and business are one person: the name and the address are the person's.
_SOLE_TRADER = re.compile(
    r"sole (?:trader|proprietor)|empres[aá]ri[oa] \(?individual|individual entrepreneur|microempreendedor|"
    r"einzelunternehm|einzelkauf|entreprise individuelle|entrepreneur individuel|eenmanszaak|ditta individuale|"
    r"impresa individuale|enkeltmand|enskild firma|persona f[ií]sica|213-5",
    re.IGNORECASE,
)


class _Hit(NamedTuple):
    company: object
    name: str
    number: str
    jurisdiction: str

    @property
    def country(self) -> str:
        return self.jurisdiction.split("_")[0]


def question(subject: Subject) -> bytes | None:
    """The name as it is spelt, where it is registered, and the number: all by which its hits are told apart."""
    name, number = _spelt(_name(subject)), _bare(_number(subject))
    if not normalised_name(_name(subject)):
        return None
    where = _jurisdiction(subject) or _country(subject)
    return "\n".join([name, where, number] if number else [name, where]).encode()


def request(subject: Subject, entry: Entry) -> httpx.Request:
    """A search for the name, in the one register that can hold it where there is one."""
    query = {
        "q": _name(subject),
        "order": "score",
        "normalise_company_name": "true",
        "per_page": str(HITS),
        "api_token": entry.api_key,
    }
    if jurisdiction := _jurisdiction(subject):
        query["jurisdiction_code"] = jurisdiction
    return httpx.Request("GET", address(entry.base_url, "/v0.4/companies/search", query))


def read(response: httpx.Response, subject: Subject) -> Reading:
    """The facts of the hit that is the company, not-found where none is."""
    if response.status_code < 500 and media_type(response) == "text/html":
        raise FAILURES.throttled(response)
    if error := FAILURES.of(response):
        raise error
    hits = tuple(_same_name(required_items(json_object(response), "results", "companies"), subject))
    # Without a country, a name that two countries know is nobody's.
    if not hits or len({hit.country for hit in hits}) > 1:
        return NOT_FOUND
    ranked = sorted(hits, key=lambda hit: _rank(hit, subject), reverse=True)
    best, *others = ranked
    is_tie = bool(others) and _rank(best, subject) == _rank(others[0], subject)
    weight = WEIGHT_OF_A_GUESS if is_tie or _is_branch(best) else 1.0
    return Reading(claims(_facts(best), weight), attribution=_attribution(text(best.company, "opencorporates_url")))


def _name(subject: Subject) -> str:
    name = subject.text(Field.LEGAL_NAME) or subject.text(Field.NAME) or subject.hints.company_name
    return without_personal_numbers(name)[:200]


def _country(subject: Subject) -> str:
    return subject.country_code.lower()


def _jurisdiction(subject: Subject) -> str:
    """The register to search, "gb" or "us_de"; "" where the country has many and none of them is known."""
    country, known = _country(subject), subject.text(Field.JURISDICTION).lower()
    if known and known.split("_")[0] == country and known not in FEDERAL:
        return known
    return "" if country in FEDERAL else country


def _same_name(found: Sequence[object], subject: Subject) -> Iterator[_Hit]:
    """The hits that bear the name asked for, in a jurisdiction that the country allows."""
    wanted, country = normalised_name(_name(subject)), _country(subject)
    for item in found[:HITS]:
        company = at(item, "company")
        name = text(company, "name")
        hit = _Hit(company, name, text(company, "company_number"), text(company, "jurisdiction_code").lower())
        fits = _JURISDICTION.fullmatch(hit.jurisdiction) and country in ("", hit.country)
        if fits and wanted and normalised_name(without_personal_numbers(name)) == wanted:
            yield hit


def _rank(hit: _Hit, subject: Subject) -> tuple[bool, bool, bool, bool]:
    """The known number first, then what exists, then what is no branch, then the very spelling."""
    known = _number(subject)
    return (
        bool(known) and _bare(hit.number) == _bare(known),
        _status(hit.company) is not CompanyStatus.CLOSED,
        not _is_branch(hit),
        _spelt(hit.name) == _spelt(_name(subject)),
    )


def _number(subject: Subject) -> str:
    return subject.text(Field.REGISTRATION_NUMBER) or subject.hints.registration_number


def _is_branch(hit: _Hit) -> bool:
    return bool(text(hit.company, "branch_status"))


def _spelt(name: str) -> str:
    """A name with its legal form: "Larch Ltd" and "Larch LLP" can be two companies."""
    return " ".join(_WORD.findall(name.casefold()))


def _bare(number: str) -> str:
    return re.sub(r"[\W_]", "", number).casefold().lstrip("0")


def _facts(hit: _Hit) -> Mapping[Field, object]:
    form = text(hit.company, "company_type")
    facts: Mapping[Field, object] = {
        Field.STATUS: _status(hit.company),
        Field.JURISDICTION: hit.jurisdiction,
        Field.REGISTRATION_NUMBER: shown_number(hit.number, hit.country),
        Field.COUNTRY_CODE: hit.country.upper(),
        Field.INDUSTRY_CODES: tuple(_codes(hit.company)),
    }
    if _SOLE_TRADER.search(form) or is_name_of_person(hit.name):
        return facts
    return {
        **facts,
        Field.LEGAL_NAME: hit.name,
        Field.LEGAL_FORM: form,
        Field.INCORPORATION_DATE: iso_date(hit.company, "incorporation_date"),
        Field.ADDRESS: _address(hit.company),
    }


def _status(company: object) -> CompanyStatus | None:
    if at(company, "inactive") is True or text(company, "dissolution_date"):
        return CompanyStatus.CLOSED
    told = text(company, "current_status").casefold()
    for words, status in STATUS_WORDS:
        if words.search(told):
            return status
    return CompanyStatus.ACTIVE if at(company, "inactive") is False else None


def _address(company: object) -> Address | None:
    written = at(company, "registered_address_in_full")
    lines = written.split("\n") if isinstance(written, str) else []
    formatted = one_line(", ".join(line.strip(" ,") for line in lines if line.strip(" ,")))
    street, city, region, postal_code = (
        text(company, "registered_address", key) for key in ("street_address", "locality", "region", "postal_code")
    )
    if not (formatted or city):
        return None
    return Address(
        formatted=formatted or ", ".join(part for part in (street, city, region, postal_code) if part),
        street=street,
        city=city,
        region=region,
        postal_code=postal_code,
    )


def _codes(company: object) -> Iterator[IndustryCode]:
    for item in items(company, "industry_codes")[:MOST_CODES]:
        scheme, code = text(item, "industry_code", "code_scheme_id"), text(item, "industry_code", "code")
        system = next((system for system in SYSTEMS if system in scheme), "")
        if system and code:
            yield IndustryCode(system, code, text(item, "industry_code", "description"))


def _attribution(page: str) -> str:
    return f"from OpenCorporates, {page}" if page.startswith("https://opencorporates.com/") else "from OpenCorporates"
