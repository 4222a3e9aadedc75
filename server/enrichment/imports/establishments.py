"""One establishment of Receita Federal's dump and its company, as a row of the directory.

What may be told is decided in sources/receita.py. Of a company in whose texts nothing looks like a person's number, the
row is made here, by the same rules and in a tenth of the time; a test compares the two.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from enrichment.domain.cnpj import LENGTH_OF_BODY, check_digits
from enrichment.imports.found import Chunk, Found, Note
from enrichment.imports.mailboxes import mail_domain
from enrichment.sources.receita import Place, Record, names_owner, told
from enrichment.stores.directory.rows import Row, row_of

COLUMNS = 30
# Of the columns of an establishment, those that are read.
ROOT, BRANCH, CHECK, OFFICE, TRADE_NAME, SITUATION = 0, 1, 2, 3, 4, 5
OPENED, ACTIVITY, STREET_KIND, STREET, NUMBER, COMPLEMENT, DISTRICT, POSTAL_CODE, REGION, MUNICIPALITY = (
    10, 11, 13, 14, 15, 16, 17, 18, 19, 20,
)  # fmt: skip
AREA, PHONE, EMAIL = 21, 22, 27
HEAD_OFFICE, SOLE_TRADER = "1", "2135"
SITUATIONS: Mapping[str, str] = {"01": "nula", "02": "ativa", "03": "suspensa", "04": "inapta", "08": "baixada"}
STATUSES: Mapping[str, str] = {"01": "closed", "02": "active", "03": "suspended", "04": "suspended", "08": "closed"}

# Name, code of the legal nature, and capital with a decimal comma.
Joined = Sequence[str]

# Nothing that holds a person's number is without one of these.
_SUSPICIOUS = re.compile(r"[0-9*xX]{3}[\W_]{0,3}[0-9*xX]{3}[\W_]{0,3}[0-9*xX]{3}|%|CPF|[^\x20-\x7e\xa1-\xff]")
_OWNER_BEHIND_NUMBER = re.compile(r"\s*\d\d\.\d{3}\.\d{3}\s")
# What is taken off the ends of a text, and made one between its words.
_UNTIDY = re.compile(r"\s\s|(?:^|\|)[\s\-,;:]|[\s\-,;:](?:$|\|)")
_BODY = re.compile("[0-9A-Z]{12}")
_AREA = re.compile(r"[1-9]\d")
_PHONE = re.compile(r"[2-5]\d{7}|9\d{8}")
_CAPITAL = re.compile(r"\d{1,15},\d\d")


class Codes(NamedTuple):
    """The wordings of codes."""

    activities: Mapping[str, str]
    municipalities: Mapping[str, str]
    natures: Mapping[str, str]


class Reading:
    """Reads establishments; those whose situation is not in `statuses` are left out, and so are branches."""

    def __init__(self, codes: Codes, statuses: frozenset[str], as_of: float, expires_at: float) -> None:
        self._codes = codes
        self._statuses = statuses
        self._dates = as_of, expires_at
        self._without_company = 0

    def take(
        self,
        lines: Sequence[Sequence[str]],
        before: int,
        companies: Callable[[Sequence[int]], Mapping[int, Joined]],
        chunk: Chunk,
    ) -> None:
        """Reads some lines, `before` of which others came, into the chunk."""
        wanted: list[tuple[int, int, Sequence[str]]] = []
        for number, line in enumerate(lines, before + 1):
            reason = self._left_out(line)
            if reason:
                chunk.notes.append(Note(chunk.file, number, reason))
            else:
                wanted.append((int(line[ROOT], 36), number, line))
        joined = companies([root for root, _, _ in wanted])
        for root, number, line in wanted:
            company = joined.get(root)
            if company is None:
                chunk.notes.append(Note(chunk.file, number, "its company is in no file of companies"))
                continue
            row = self.row(root, line, company)
            chunk.found.append(Found(row, "", mail_domain(line[EMAIL]) if line[EMAIL] else "", line[ROOT], number))

    def _left_out(self, line: Sequence[str]) -> str:
        """Why a line is not kept, "" where it is."""
        if len(line) != COLUMNS:
            return f"has {len(line)} columns and not {COLUMNS}"
        if line[SITUATION] not in self._statuses:
            if line[SITUATION] in SITUATIONS:
                return f"its status is {SITUATIONS[line[SITUATION]]}"
            return "its status is none that the register knows"
        if line[OFFICE] != HEAD_OFFICE:
            return "a branch: the company is told of by its head office"
        body = line[ROOT] + line[BRANCH]
        is_number = len(body) == LENGTH_OF_BODY and _BODY.fullmatch(body) and check_digits(body) == line[CHECK]
        return "" if is_number else "its number is no CNPJ"

    def row(self, company_id: int, line: Sequence[str], company: Joined) -> Row:
        """The row of a head office and its company."""
        name, nature, _ = company
        if nature == SOLE_TRADER and not (_SUSPICIOUS.search(line[TRADE_NAME]) or _UNTIDY.search(line[TRADE_NAME])):
            return self._person(company_id, line, name)
        if nature != SOLE_TRADER and nature[:1] != "4":
            texts = "|".join((name, line[TRADE_NAME], *line[STREET_KIND:POSTAL_CODE]))
            is_told_in_full = not (_SUSPICIOUS.search(texts) or _UNTIDY.search(texts))
            if is_told_in_full and not _OWNER_BEHIND_NUMBER.match(name):
                return self._plain(company_id, line, company)
        claims = told(self.record(line, company), line[ROOT] + line[BRANCH] + line[CHECK])
        return row_of(Row(company_id, "receita", *self._dates), {claim.field: claim.value for claim in claims})

    def _person(self, company_id: int, line: Sequence[str], owner: str) -> Row:
        """Of somebody who trades alone: a name that is not the owner's, number, status, activity, city and state."""
        trade_name = line[TRADE_NAME]
        code, wording = self._activity(line[ACTIVITY])
        city = self._codes.municipalities.get(line[MUNICIPALITY], "")
        return Row(
            company_id,
            "receita",
            *self._dates,
            name="" if not trade_name.strip("*") or names_owner(trade_name, owner) else trade_name,
            industry=wording,
            industry_code=code and f"cnae:{code}",
            status=STATUSES[line[SITUATION]],
            registration_number=line[ROOT] + line[BRANCH] + line[CHECK],
            city=city,
            region=line[REGION] if city else "",
        )

    def _plain(self, company_id: int, line: Sequence[str], company: Joined) -> Row:
        """As `told` and `row_of` would make it, of a company with nothing in it that they would take out."""
        name, nature, capital = company
        code, wording = self._activity(line[ACTIVITY])
        city = self._codes.municipalities.get(line[MUNICIPALITY], "")
        street_kind, street, number = line[STREET_KIND], line[STREET], line[NUMBER]
        if street_kind and street:
            street = f"{street_kind} {street}"
        street = street or street_kind
        return Row(
            company_id,
            "receita",
            *self._dates,
            line[TRADE_NAME] if line[TRADE_NAME].strip("*") else "",
            name if name.strip("*") else "",
            "",
            wording,
            code and f"cnae:{code}",
            None,
            _day(line[OPENED]),
            STATUSES[line[SITUATION]],
            "br",
            line[ROOT] + line[BRANCH] + line[CHECK],
            self._codes.natures.get(nature, ""),
            "BR",
            *((f"{street}, {number}" if street and number else street or number) if city else "",),
            line[COMPLEMENT] if city else "",
            line[DISTRICT] if city else "",
            city,
            line[REGION] if city else "",
            _postal_code(line[POSTAL_CODE]) if city else "",
            "",
            _phone(line),
            None,
            None,
            *_capital(capital),
        )

    def _activity(self, code: str) -> tuple[str, str]:
        """A code as the register prints it, and its wording."""
        if len(code) != 7 or not code.isdecimal() or code == "0000000":
            return "", ""
        return f"{code[:2]}.{code[2:4]}-{code[4]}-{code[5:]}", self._codes.activities.get(code, "")

    def record(self, line: Sequence[str], company: Joined) -> Record:
        """The line in the words of sources/receita.py."""
        name, nature, capital = company
        wording = self._codes.natures.get(nature, "")
        opened = _day(line[OPENED])
        return Record(
            name=name,
            trade_name=line[TRADE_NAME],
            situation=SITUATIONS[line[SITUATION]],
            legal_nature=f"{nature[:3]}-{nature[3:]} - {wording}" if len(nature) == 4 else wording,
            is_sole_trader=False,
            is_branch=False,
            opened_on=date.fromisoformat(opened) if opened else None,
            activities=[(line[ACTIVITY], self._codes.activities.get(line[ACTIVITY], ""))],
            place=Place(
                street=" ".join(part for part in (line[STREET_KIND], line[STREET]) if part),
                number=line[NUMBER],
                complement=line[COMPLEMENT],
                district=line[DISTRICT],
                city=self._codes.municipalities.get(line[MUNICIPALITY], ""),
                region=line[REGION],
                postal_code=line[POSTAL_CODE],
            ),
            phones=[_dialled(line)],
            # Its domain is an index of its own; what stands before the @ is not kept.
            email="",
            capital=capital.replace(",", "."),
        )


def _day(digits: str) -> str:
    """A day in ISO 8601, "" for what is none, such as 00000000."""
    if len(digits) != 8 or not digits.isdecimal():
        return ""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat()
    except ValueError:
        return ""


def _postal_code(digits: str) -> str:
    return f"{digits[:5]}-{digits[5:]}" if len(digits) == 8 and digits.isdecimal() else ""


def _dialled(line: Sequence[str]) -> str:
    return f"({line[AREA]}) {line[PHONE]}" if line[PHONE] else ""


def _phone(line: Sequence[str]) -> str:
    """A number in E.164 by its length and first digit; whether there is such an area, the reader of the row checks."""
    area, number = line[AREA].lstrip("0"), line[PHONE]
    return f"+55{area}{number}" if _AREA.fullmatch(area) and _PHONE.fullmatch(number) else ""


def _capital(written: str) -> tuple[int | None, str]:
    centavos = int(written.replace(",", "")) if _CAPITAL.fullmatch(written) else 0
    return (centavos, "BRL") if centavos else (None, "")
