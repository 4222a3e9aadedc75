"""What the text of a page calls the company: in its footer, beside its number, in its imprint."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from enrichment.domain.company import Field
from enrichment.domain.fact import Claim
from enrichment.domain.names import is_name_of_person
from enrichment.sources.payload import claims as claims_of
from enrichment.sources.website.page import Page, plain

BESIDE_NUMBER, BESIDE_RIGHTS, ON_IMPRINT, HOLDER, WRITTEN = 0.85, 0.8, 0.75, 0.45, 0.6
MOST_MARKS, BEFORE_MARK, BEHIND_SIGN, MOST_LINES = 6, 160, 160, 500

# As they are written at the end of a name; of those that are words too only what no sentence holds.
_FORM = (
    r"(?:Ltda|LTDA|Limitada|LIMITADA|(?:Unipessoal,? )?L(?:da|DA)|S\.? ?/? ?A(?:\.? de C\.?V)?|Eireli|EIRELI|Inc|INC|"
    r"LLC|L\.L\.C|Ltd|LTD|Limited|PLC|plc|Corp|Corporation|GmbH(?: & Co\.? KG)?|AG|KG|KGaA|OHG|UG|SE|B\.?V|N\.?V|"
    r"S\.?L\.?U?|S\.?A\.?S|SARL|S\.?r\.?l|S\.?p\.?A|Oyj?|AB|A/S|ApS|Pty\.? Ltd|K\.K|Kft|s\.?r\.?o|Sp\. z o\.o)"
    r"(?![\w])\.?"
)
_NAME = rf"([^\W_][^\n|©:;•]{{1,80}}?[ ,]{_FORM})"
_NAME_AT_START = re.compile(_NAME)
# "Ltda." and "S.A." end in a dot of their own.
_END_OF_SENTENCE = re.compile(r"(?<=[ ,])(?!(?:Inc|Ltd|Corp|Ltda|Lda)\.$)([^\s.]+)\.$", re.IGNORECASE)
_FORM_AT_END = re.compile(rf"[ ,]+{_FORM}$")
_NAME_BY_LABEL = re.compile(rf"raz[ãa]o social\W{{1,5}}{_NAME}", re.IGNORECASE)

# What stands behind a company's full name on the same line, in the words of its country.
_NUMBER_MARK = re.compile(r"(?:CNPJ|Amtsgericht|HRB|Registered in|SIREN|SIRET|NIPC|KvK)\b")
_REGISTERED = re.compile(r"\binscrit[ao]\b[^\n]{0,40}$")
_RIGHTS_MARK = re.compile(
    r"all rights reserved|todos os direitos|todos los derechos|tous droits|alle rechte", re.IGNORECASE
)
# Where one statement of a line ends and the next begins; a comma only if no legal form follows it.
_BETWEEN = re.compile(rf"(?<=\w{{3}})\.\s|\s[-–—|/•]\s|[©:;|•]|,\s(?!{_FORM})|\b(?:19|20)\d{{2}}\b")

_COPYRIGHT = re.compile(r"(?:©|\(c\)|\bcopyright\b)", re.IGNORECASE)
_AFTER_SIGN = re.compile(r"^(?:\s|©|\(c\)|copyright|by|\b(?:19|20)\d{2}\b|[-–—,/|:])*", re.IGNORECASE)
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
    """The name in law, whose copyright it is, and the founding year where the page tells of one alone."""
    for mark, weight in ((_NUMBER_MARK, BESIDE_NUMBER), (_RIGHTS_MARK, BESIDE_RIGHTS)):
        for found in list(mark.finditer(page.text))[:MOST_MARKS]:
            yield from _legal_name(_name_before(page.text[max(0, found.start() - BEFORE_MARK) : found.start()]), weight)
    if labelled := _NAME_BY_LABEL.search(page.text):
        yield from _legal_name(labelled[1], BESIDE_NUMBER)
    yield from _holder(page.text)
    if _IMPRINT.search(urlsplit(page.url).path):
        lines = (_NAME_AT_START.fullmatch(line.strip()) for line in page.text.splitlines()[:MOST_LINES])
        yield from _legal_name(next((line[1] for line in lines if line), ""), ON_IMPRINT)
    years = {int(found[1]) for found in _FOUNDED.finditer(page.text)}
    if len(years) == 1:
        yield Claim(Field.FOUNDED_YEAR, years.pop(), WRITTEN)


def is_legal_name(name: str) -> bool:
    """Whether a name ends in a legal form."""
    return bool(_NAME_AT_START.fullmatch(name))


def _name_before(text: str) -> str:
    """The full name at the end of a text: the last statement of its last line, if it ends in a legal form."""
    line = _REGISTERED.sub("", text).rstrip(" \t\n,;|–—(-").rpartition("\n")[2]
    statement = _BETWEEN.split(line)[-1].strip()
    # "Acme Inc.. All rights reserved": a template has set a dot behind the form's own.
    statement = statement.removesuffix(".") if statement.endswith("..") else statement
    return statement if is_legal_name(statement) else ""


def _holder(text: str) -> Iterator[Claim]:
    """Whose copyright it is: a name in law if it ends as one, else only what the company is called."""
    for sign in list(_COPYRIGHT.finditer(text))[:MOST_MARKS]:
        behind = _AFTER_SIGN.sub("", text[sign.end() : sign.end() + BEHIND_SIGN], count=1)
        if named := _NAME_AT_START.match(behind.replace("\n", " ")):
            yield from _legal_name(named[1], BESIDE_RIGHTS)
        elif (holder := _HOLDER.match(behind)) and not _NOT_A_HOLDER.match(behind):
            yield from claims_of({Field.NAME: plain(holder[0])}, HOLDER)


def _legal_name(text: str, weight: float) -> Iterator[Claim]:
    name = _END_OF_SENTENCE.sub(r"\1", plain(text).strip(" ,-"))
    if not is_name_of_person(name):
        yield from claims_of({Field.LEGAL_NAME: name}, weight)
        yield from claims_of({Field.NAME: _FORM_AT_END.sub("", name)}, HOLDER)
