"""Lists of real companies as sources: each in turn is the judge, the others say what they say.

They lie beside the repository and none of them is part of it; `read` leaves out what is not there.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import Address, CompanyStatus, EmployeeCount, Field, Value
from enrichment.domain.fact import Fact
from enrichment.domain.names import normalised_name
from enrichment.sources.website.countries import country_code

from .states import state
from .trial import Case, Trial

FOLDER = Path(__file__).parents[3] / "shared" / "datasets"

# The question, and the field by whose rules its answers are compared and merged. Two go by another's rules, having no
# field of their own: a region's code is compared like a country's, a sector like an industry.
QUESTIONS: Mapping[str, Field] = {
    "name": Field.NAME,
    "legal name": Field.LEGAL_NAME,
    "founded year": Field.FOUNDED_YEAR,
    "country": Field.COUNTRY_CODE,
    "region": Field.COUNTRY_CODE,
    "city": Field.ADDRESS,
    "postal code": Field.ADDRESS,
    "sector": Field.INDUSTRY,
    "status": Field.STATUS,
    "employees": Field.EMPLOYEE_COUNT,
    "registration number": Field.REGISTRATION_NUMBER,
    "incorporation date": Field.INCORPORATION_DATE,
}
# What may not be asked of a company that was found by its name.
NAMES = frozenset({"name", "legal name"})

Row = Mapping[str, str]
Answers = dict[str, Value]


@dataclass(frozen=True)
class Company:
    """One line of a list: `domain` is "" where the list has none, and then `name` is what it is found by."""

    domain: str
    name: str
    answers: Answers


@dataclass(frozen=True)
class Listing:
    """One list: its files, what a line of it says, and whether a government keeps it."""

    name: str
    files: tuple[str, ...]
    company: Callable[[Row], Company]
    is_register: bool = False


def _said(**answers: Value | None) -> Answers:
    return {name.replace("_", " "): value for name, value in answers.items() if value is not None and value != ""}


def _year(text: str) -> int | None:
    found = re.search(r"\b1[5-9]\d\d\b|\b20[0-2]\d\b", text)
    return int(found[0]) if found else None


def _city(name: str, country: str, region: str = "") -> Address | None:
    return Address(city=name, region=region, country_code=country) if name else None


def _place(text: str) -> tuple[str, str, str]:
    """City, region and country of "Saint Paul, Minnesota", "Bentonville, Ark." or "Dublin, Ireland"."""
    parts = [part.strip() for part in re.sub(r"\[\d+\]", "", text).split(",")]
    region = state(parts[-1])
    return parts[0], region, "US" if region else country_code(parts[-1])


def _listed(row: Row) -> Company:
    # The name is the share's; the company has no class.
    name = re.sub(r" Class [A-Z]$", "", row["name"])
    country = country_code(row["country"])
    region = state(row["state"]) if country == "US" else ""
    answers = _said(
        name=name,
        legal_name=name,
        founded_year=_year(row["founded_year"]),
        country=country,
        region=region,
        city=_city(row["city"], country, row["state"]),
        postal_code=Address(postal_code=row["zipcode"], country_code=country) if row["zipcode"] else None,
        sector=row["sector"],
    )
    return Company(row["domain"], name, answers)


_STATUSES = {
    "ATIVO": CompanyStatus.ACTIVE,
    "CANCELADA": CompanyStatus.CLOSED,
    "Operating": CompanyStatus.ACTIVE,
    "Active": CompanyStatus.ACTIVE,
    "Public": CompanyStatus.ACTIVE,
    "Dead": CompanyStatus.CLOSED,
}


def _cvm(row: Row) -> Company:
    # A free mailbox is nobody's domain, and the file has lost the zeros that postal codes begin with.
    domain = "" if row["email_domain_is_free"] == "1" else row["email_domain"]
    country = country_code(row["country"])
    code = row["zipcode"].zfill(8)
    answers = _said(
        name=row["trade_name"],
        legal_name=row["legal_name"],
        founded_year=_year(row["founded_date"]),
        country=country,
        city=_city(row["city"], country, row["state"]),
        postal_code=Address(postal_code=code, country_code=country) if row["zipcode"] else None,
        registration_number=row["cnpj"],
    )
    return Company(domain, row["legal_name"], answers)


def _fortune(row: Row) -> Company:
    city, region, country = _place(row["location"])
    heads = int(row["employees"]) if row["employees"].isdecimal() else None
    answers = _said(
        name=row["company_name"],
        country=country,
        region=region,
        city=_city(city, country, region.removeprefix("US-")),
        sector=row["sector"],
        employees=EmployeeCount(heads, heads) if heads else None,
    )
    return Company(row["domain"], row["company_name"], answers)


def _index(row: Row) -> Company:
    city, region, country = _place(row["Headquarters Location"])
    answers = _said(
        founded_year=_year(row["Founded"]),
        country=country,
        region=region,
        city=_city(city, country, region.removeprefix("US-")),
        sector=row["GICS Sector"],
    )
    return Company("", row["Security"], answers)


def _startup(row: Row) -> Company:
    country = country_code(row["country"])
    answers = _said(
        name=row["name"],
        founded_year=_year(row["year_founded"]),
        country=country,
        region=state(row["state"]) if country == "US" else "",
        city=_city(row["city"], country),
        status=_STATUSES.get(row["status"]),
    )
    return Company(row["domain"], row["name"], answers)


def _alumnus(row: Row) -> Company:
    city, region, country = _place(row["all_locations"].split(";")[0])
    heads = int(row["team_size"]) if row["team_size"].isdecimal() else None
    answers = _said(
        name=row["name"],
        country=country,
        region=region,
        city=_city(city, country, region.removeprefix("US-")) if country else None,
        status=_STATUSES.get(row["status"]),
        employees=EmployeeCount(heads, heads) if heads else None,
    )
    return Company(row["domain"], row["name"], answers)


LISTINGS = (
    Listing("listed", tuple(f"listed/{each}_listed_companies.csv" for each in ("us", "br", "world")), _listed),
    Listing("cvm", ("br_cvm/cvm_companies.csv",), _cvm, is_register=True),
    Listing("fortune", ("fortune/fortune500_2019.csv",), _fortune),
    Listing("s&p 500", ("sp500/constituents.csv",), _index),
    Listing("yc 2014", ("yc/yc_startups_2014_alice_corona.csv",), _startup),
    Listing("yc 2023", ("yc/yc_companies_2023.csv",), _alumnus),
)


# Both take their sectors from one classification (GICS), so that they are one voice on them.
_COPIES = {("listed", "sector"): "gics", ("s&p 500", "sector"): "gics"}


def _entries(question: str) -> Mapping[str, Entry]:
    """The lists as sources; a government's one is a register."""
    return {
        listing.name: Entry(
            name=listing.name,
            layer=Layer.REGISTRY if listing.is_register else Layer.FOUNDATION,
            base_url="",
            brings={},
            is_register=listing.is_register,
            lineage=_COPIES.get((listing.name, question), listing.name),
        )
        for listing in LISTINGS
    }


def trials(folder: Path = FOLDER) -> list[Trial]:
    """One trial for each question and each list that can judge it; none where the folder is not there."""
    companies = _joined({listing.name: list(_read(folder, listing)) for listing in LISTINGS})
    found: list[Trial] = []
    for question, field in QUESTIONS.items():
        for judge in (listing.name for listing in LISTINGS):
            cases = tuple(_cases(companies, question, judge))
            if cases:
                found.append(Trial(question, field, judge, _entries(question), cases))
    return found


def _read(folder: Path, listing: Listing) -> Iterator[Company]:
    for name in listing.files:
        if (folder / name).is_file():
            with (folder / name).open(encoding="utf-8", newline="") as file:
                yield from map(listing.company, csv.DictReader(file))


# Domain to list to what the list says.
Joined = dict[str, dict[str, Answers]]


def _joined(lists: Mapping[str, Iterable[Company]]) -> Joined:
    """The companies by domain; a line without one goes to the company of its name, if there is exactly one."""
    joined: Joined = defaultdict(dict)
    domains: dict[str, set[str]] = defaultdict(set)
    late: list[tuple[str, Company]] = []
    for name, companies in lists.items():
        of_domain = _by(companies, lambda company: company.domain)
        for domain, same in of_domain.items():
            # Several companies behind one domain: a group, or their accountant.
            if domain and len(same) == 1:
                joined[domain][name] = same[0].answers
                domains[normalised_name(same[0].name)].add(domain)
        late += [(name, company) for company in of_domain.get("", [])]
    for name, company in late:
        at = domains.get(normalised_name(company.name), set())
        if len(at) == 1 and name not in joined[(domain := min(at))]:
            joined[domain][name] = {key: value for key, value in company.answers.items() if key not in NAMES}
    return joined


def _by(companies: Iterable[Company], key: Callable[[Company], str]) -> Mapping[str, list[Company]]:
    groups: dict[str, list[Company]] = defaultdict(list)
    for company in companies:
        groups[key(company)].append(company)
    return groups


def _cases(companies: Joined, question: str, judge: str) -> Iterator[Case]:
    for domain, lists in companies.items():
        truth = lists.get(judge, {}).get(question)
        told = {name: said[question] for name, said in lists.items() if name != judge and question in said}
        if truth is not None and told:
            facts = (Fact(QUESTIONS[question], value, name, 0.5, 0.0, 0.0) for name, value in told.items())
            yield Case(domain, tuple(facts), truth)
