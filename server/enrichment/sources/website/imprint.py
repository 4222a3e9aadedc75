"""What the text of a page says of the company in law: its number and its name, as footers and imprints have them."""

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import stdnum.br.cnpj
import stdnum.eu.vat

from enrichment.domain.company import Field, Identifier
from enrichment.domain.fact import Claim
from enrichment.domain.names import is_name_of_person
from enrichment.sources.payload import claims as claims_of
from enrichment.sources.website.page import Page, plain
from enrichment.sources.website.properties import compact

LABELLED, UNLABELLED, ONE_OF_MANY = 0.9, 0.7, 0.5
BESIDE_NUMBER, BESIDE_COPYRIGHT, ON_IMPRINT, HOLDER, WRITTEN = 0.85, 0.8, 0.75, 0.45, 0.6
# A page that names more companies than this speaks of its customers or sellers.
MOST_COMPANIES = 3
MOST_NUMBERS = 200

# With or without dots and hyphen, with letters since July 2026; bare only behind the word.
_CNPJ = re.compile(r"(?<![\w./-])([0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/[0-9A-Z]{4}-?\d{2})(?!\w)")
_BARE_CNPJ = re.compile(r"CNPJ(?:/MF)?[^0-9A-Z]{0,20}([0-9A-Z]{12}\d{2})(?!\w)")
_CNPJ_BEFORE = re.compile(r"CNPJ[^0-9]{0,30}$|CGC[^0-9]{0,10}$")
_VAT = re.compile(
    r"\b(?:USt|VAT|UID|Umsatzsteuer|BTW|P\.?\s?IVA|TVA|NIF|CIF|Moms)\b.{0,60}?\b([A-Z]{2}\s?[0-9][0-9A-Z .]{6,14})",
    re.DOTALL,
)

# As they are written at the end of a name; of those that are words too only what no sentence holds.
_FORM = (
    r"(?:Ltda|LTDA|Limitada|LIMITADA|S\.? ?/? ?A|Eireli|EIRELI|Inc|INC|LLC|L\.L\.C|Ltd|LTD|Limited|PLC|plc|Corp|"
    r"Corporation|GmbH(?: & Co\.? KG)?|AG|KG|KGaA|OHG|UG|SE|B\.?V|N\.?V|S\.?L\.?U?|S\.?A\.?S|SARL|S\.?r\.?l|S\.?p\.?A|"
    r"Oyj?|AB|A/S|ApS|Pty\.? Ltd|K\.K|Kft|s\.?r\.?o|Sp\. z o\.o)(?![\w])\.?"
)
_NAME = rf"([^\W_][^\n|©:;•]{{1,80}}?[ ,]{_FORM})"
_FORM_AT_END = re.compile(rf"[ ,]+{_FORM}$")
_OF_COPYRIGHT = re.compile(r"(?:©|\(c\)|\bcopyright\b)", re.IGNORECASE)
_AFTER_SIGN = re.compile(r"^(?:\s|©|\(c\)|copyright|by|\b(?:19|20)\d{2}\b|[-–—,/|:])*", re.IGNORECASE)
_NAME_AT_START = re.compile(_NAME)
_NAME_BEFORE_NUMBER = re.compile(rf"{_NAME}[\s,;.|–—(-]{{0,6}}(?:inscrit[ao][^\n]{{0,40}})?[\s,;.|–—(-]{{0,6}}$")
_NAME_BY_LABEL = re.compile(rf"raz[ãa]o social\W{{1,5}}{_NAME}", re.IGNORECASE)
_HOLDER = re.compile(
    r"[^\W\d_][\w&'’. -]{1,40}?(?=\s*(?:[|.,•–—\n-]|$|todos|all rights|alle rechte|tous droits))", re.IGNORECASE
)
_NOT_A_HOLDER = re.compile(
    r"design|desenvolv|develop|powered|todos|all rights|alle|created|feito|made|site|tous", re.IGNORECASE
)
_IMPRINT = re.compile(r"impressum|imprint|legal", re.IGNORECASE)

_FOUNDED = re.compile(
    r"\b(?:fundad[ao]|founded|established|gegründet|fondée?|fondata)\b[^.\d]{0,30}\b(1[89]\d{2}|20[0-4]\d)\b",
    re.IGNORECASE,
)


def claims(page: Page) -> Iterator[Claim]:
    """Registration number, name in law, VAT number and founding year, as the text of a page has them."""
    yield from _numbers(page.text)
    yield from _names(page)
    yield from _vat(page.text)
    years = {int(found[1]) for found in _FOUNDED.finditer(page.text)}
    if len(years) == 1:
        yield Claim(Field.FOUNDED_YEAR, years.pop(), WRITTEN)


def is_legal_name(name: str) -> bool:
    """Whether a name ends in a legal form."""
    return bool(_NAME_AT_START.fullmatch(name))


def _numbers(text: str) -> Iterator[Claim]:
    """The CNPJ that a page names: where it is called one, the head office's before a branch's, the most frequent."""
    labelled: set[str] = set()
    found: Counter[str] = Counter()
    for match in [*_CNPJ.finditer(text), *_BARE_CNPJ.finditer(text)][:MOST_NUMBERS]:
        number = compact(match[1])
        if stdnum.br.cnpj.is_valid(number):
            found[number] += 1
            if match.re is _BARE_CNPJ or _CNPJ_BEFORE.search(text, max(0, match.start() - 40), match.start()):
                labelled.add(number)
    if not found:
        return
    best = max(found, key=lambda number: (number in labelled, number[8:12] == "0001", found[number]))
    weight = LABELLED if best in labelled else UNLABELLED
    yield Claim(
        Field.REGISTRATION_NUMBER,
        best,
        ONE_OF_MANY if len({number[:8] for number in found}) > MOST_COMPANIES else weight,
    )
    yield Claim(Field.COUNTRY_CODE, "BR", WRITTEN)


def _names(page: Page) -> Iterator[Claim]:
    for match in [*_CNPJ.finditer(page.text), *_BARE_CNPJ.finditer(page.text)][:3]:
        before = _CNPJ_BEFORE.sub("", page.text[max(0, match.start() - 160) : match.start()]).rstrip()
        if named := _NAME_BEFORE_NUMBER.search(before.replace("\n", " ")[-120:]):
            yield from _legal_name(named[1], BESIDE_NUMBER)
    if labelled := _NAME_BY_LABEL.search(page.text):
        yield from _legal_name(labelled[1], BESIDE_NUMBER)
    for sign in list(_OF_COPYRIGHT.finditer(page.text))[:5]:
        after = page.text[sign.end() : sign.end() + 160]
        behind = _AFTER_SIGN.sub("", after, count=1)
        if named := _NAME_AT_START.match(behind.replace("\n", " ")):
            yield from _legal_name(named[1], BESIDE_COPYRIGHT)
        elif (holder := _HOLDER.match(behind)) and not _NOT_A_HOLDER.match(behind):
            yield from claims_of({Field.NAME: plain(holder[0])}, HOLDER)
    if _IMPRINT.search(urlsplit(page.url).path):
        for line in page.text.splitlines()[:500]:
            if named := _NAME_AT_START.fullmatch(line.strip()[:120]):
                yield from _legal_name(named[1], ON_IMPRINT)
                return


def _legal_name(text: str, weight: float) -> Iterator[Claim]:
    name = plain(text).strip(" ,-")
    if not is_name_of_person(name):
        yield from claims_of({Field.LEGAL_NAME: name}, weight)
        yield from claims_of({Field.NAME: _FORM_AT_END.sub("", name)}, HOLDER)


def _vat(text: str) -> Iterator[Claim]:
    for match in list(_VAT.finditer(text))[:5]:
        written = compact(match[1])
        number = next(
            (written[:end] for end in range(len(written), 7, -1) if stdnum.eu.vat.is_valid(written[:end])), ""
        )
        if number:
            yield Claim(Field.IDENTIFIERS, (Identifier("vat", number),), UNLABELLED)
            return
