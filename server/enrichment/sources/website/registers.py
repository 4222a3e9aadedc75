"""Official numbers in the text of a page, and the country that each of them shows."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import stdnum.br.cnpj
import stdnum.eu.vat
import stdnum.fr.siren
import stdnum.pt.nif

from enrichment.domain.cnpj import company_of, is_head_office
from enrichment.domain.company import Field, Identifier
from enrichment.domain.fact import Claim
from enrichment.sources.website.properties import compact

LABELLED, UNLABELLED, ONE_OF_MANY, COUNTRY = 0.9, 0.7, 0.5, 0.6
# What is left to the second and third company of a site: a partner, the agency, or the site's own after all.
BESIDE_ANOTHER = 0.4
# A page that names more companies than this speaks of its customers or sellers.
MOST_COMPANIES = 3
MOST_NUMBERS = 200

# With or without dots and hyphen, with letters since July 2026; bare only behind the word.
CNPJ = re.compile(r"(?<![\w./-])([0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/[0-9A-Z]{4}-?\d{2})(?!\w)")
BARE_CNPJ = re.compile(r"(?i:CNPJ)(?:/MF)?[^0-9A-Z]{0,20}([0-9A-Z]{12}\d{2})(?!\w)")
CNPJ_LABEL = re.compile(r"CNPJ[^0-9]{0,30}$|CGC[^0-9]{0,10}$", re.IGNORECASE)
_VAT = re.compile(
    r"\b(?:USt|VAT|UID|Umsatzsteuer|BTW|P\.?\s?IVA|TVA|NIF|CIF|Moms)\b.{0,60}?\b([A-Z]{2}\s?[0-9][0-9A-Z .]{6,14})",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Register:
    country: str
    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]


# The registers of other countries whose numbers stand on pages behind a word of their own.
_REGISTERS = (
    _Register(
        "FR",
        re.compile(r"\b(?:SIREN|RCS [^\W\d_][\w-]{1,30}|SIRET)\D{0,12}(\d{3}\s?\d{3}\s?\d{3})"),
        stdnum.fr.siren.is_valid,
    ),
    _Register("PT", re.compile(r"\bNIPC\D{0,10}(\d{3}\s?\d{3}\s?\d{3})(?!\d)"), stdnum.pt.nif.is_valid),
    _Register(
        "GB",
        re.compile(
            r"\b(?:England|Wales|Scotland|Northern Ireland)\b.{0,60}?\b(?:[Nn]umber|[Nn]o)\W{1,4}"
            r"((?:\d{2}|SC|NI|OC)\d{6})(?!\d)",
            re.DOTALL,
        ),
        str.isalnum,
    ),
)


def claims(text: str) -> Iterator[Claim]:
    """Registration and VAT number with the country that they show."""
    yield from _cnpj(text)
    for register in _REGISTERS:
        found = register.pattern.search(text)
        if found and register.is_valid(number := compact(found[1])):
            yield Claim(Field.REGISTRATION_NUMBER, number, LABELLED)
            yield Claim(Field.COUNTRY_CODE, register.country, COUNTRY)
    yield from _vat(text)


def by_company(claims: Iterable[Claim]) -> Iterator[Claim]:
    """One claim for each company whose numbers a site's pages show, the head office's if it is among them.

    The first is the surest one and, among equals, the one shown most often.
    """
    companies: dict[str, list[Claim]] = {}
    for claim in sorted(claims, key=lambda claim: -claim.weight):
        companies.setdefault(company_of(str(claim.value)), []).append(claim)
    ranked = sorted(companies.values(), key=lambda shown: (-shown[0].weight, -len(shown)))
    for place, shown in enumerate(ranked[:MOST_COMPANIES]):
        best = next((claim for claim in shown if is_head_office(str(claim.value))), shown[0])
        yield replace(best, weight=shown[0].weight * (BESIDE_ANOTHER if place else 1.0))


def _cnpj(text: str) -> Iterator[Claim]:
    """The CNPJs that a page names, one for each company, the head office's before a branch's.

    First comes the company whose number is called one, shown with its head office's, or most frequent.
    """
    labelled: set[str] = set()
    found: Counter[str] = Counter()
    for match in [*CNPJ.finditer(text), *BARE_CNPJ.finditer(text)][:MOST_NUMBERS]:
        number = compact(match[1])
        if stdnum.br.cnpj.is_valid(number):
            found[number] += 1
            if match.re is BARE_CNPJ or CNPJ_LABEL.search(text, max(0, match.start() - 40), match.start()):
                labelled.add(number)
    ranked = sorted(found, key=lambda number: (number in labelled, is_head_office(number), found[number]), reverse=True)
    companies: dict[str, str] = {}
    for number in ranked:
        companies.setdefault(company_of(number), number)
    for first in list(companies.values())[:MOST_COMPANIES]:
        of_company = [number for number in ranked if company_of(number) == company_of(first)]
        weight = LABELLED if first in labelled else UNLABELLED
        best = next(filter(is_head_office, of_company), first)
        yield Claim(Field.REGISTRATION_NUMBER, best, weight if len(companies) <= MOST_COMPANIES else ONE_OF_MANY)
    if found:
        yield Claim(Field.COUNTRY_CODE, "BR", COUNTRY)


def _vat(text: str) -> Iterator[Claim]:
    for match in list(_VAT.finditer(text))[:5]:
        written = compact(match[1])
        # What follows the number may look like a part of it.
        shorter = (written[:end] for end in range(len(written), 7, -1))
        if number := next(filter(stdnum.eu.vat.is_valid, shorter), ""):
            yield Claim(Field.IDENTIFIERS, (Identifier("vat", number),), UNLABELLED)
            # Greece is the one that is not known by its ISO code.
            yield Claim(Field.COUNTRY_CODE, number[:2].replace("EL", "GR"), UNLABELLED * COUNTRY)
            return
