"""A list of companies, whoever made it: one row of it to one company."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any, cast

from stdnum.br import cnpj

from enrichment.domain.cnpj import company_of
from enrichment.domain.company import Address, CompanyStatus, EmployeeCount, Field, Value
from enrichment.domain.directory import id_of_domain, id_of_name, id_of_number
from enrichment.domain.errors import InvalidRequest
from enrichment.domain.names import is_name_of_person, normalised_name
from enrichment.domain.website import registrable_domain
from enrichment.imports.columns import mapping
from enrichment.imports.files import Line, columns_of, lines, opened, parquet_lines
from enrichment.imports.found import CHUNK_ROWS, Chunk, Found, Note
from enrichment.imports.mailboxes import mail_domain, own_domain
from enrichment.sources import personal_numbers
from enrichment.sources.company_database import EARLIEST_YEAR, LATEST_YEAR, MOST_EMPLOYEES, band
from enrichment.sources.contact import phone
from enrichment.sources.payload import claims, day, one_line
from enrichment.sources.website.countries import country_code
from enrichment.stores.directory.rows import Row, row_of

DAY = 86_400
# How long a list counts as fresh: companies are renamed, moved and sold, and lists made anew once or twice a year.
LIFETIME_DAYS = 180
LONGEST_DESCRIPTION = 1_000
# The register of the securities commission says by these whether a company is listed, not whether it exists.
CVM_COLUMN = "cvm_code"
STATUSES: Mapping[str, CompanyStatus] = {
    **dict.fromkeys(("active", "operating", "public", "ativa", "ativo", "live", "registered"), CompanyStatus.ACTIVE),
    **dict.fromkeys(("suspended", "suspensa", "inapta", "dormant"), CompanyStatus.SUSPENDED),
    **dict.fromkeys(("closed", "dead", "dissolved", "baixada", "nula", "liquidated"), CompanyStatus.CLOSED),
}
_ISO, _LOCAL = re.compile(r"(\d{4})-(\d{2})-(\d{2})"), re.compile(r"(\d{2})/(\d{2})/(\d{4})")


class Rejected(Exception):
    """A row is no company that could be kept, for this reason."""


@dataclass(slots=True)
class List:
    """A Reader of one file; `columns` maps meanings to its columns, `country` stands where a row names none.

    `as_of` is in seconds since the epoch.
    """

    path: Path
    name: str
    as_of: float
    columns: Mapping[str, str]
    country: str = ""
    total_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self.total_bytes = self.path.stat().st_size
        if CVM_COLUMN in self.columns.values() or self.name == "cvm":
            self.columns = {meaning: column for meaning, column in self.columns.items() if meaning != "status"}

    @property
    def files(self) -> str:
        """The file's name."""
        return self.path.name

    def identity(self) -> bytes:
        """The file's content, and how it is read."""
        with self.path.open("rb") as raw:
            content = file_digest(raw, blake2b).digest()
        how = repr((self.name, self.as_of, sorted(self.columns.items()), self.country))
        return content + how.encode()

    def chunks(self, skip: int) -> Iterator[Chunk]:
        """All rows but the first `skip`."""
        chunk = Chunk(self.path.name)
        with ExitStack() as stack:
            if self.path.suffix == ".parquet":
                rows, raw = parquet_lines(self.path), None
            else:
                text, raw = stack.enter_context(opened(self.path))
                rows = lines(self.path, text)
            for at, line in enumerate(rows):
                if at < skip:
                    continue
                self._take(line, chunk)
                if chunk.rows_read == CHUNK_ROWS:
                    chunk.bytes_read = raw.tell() if raw else 0
                    yield chunk
                    chunk = Chunk(self.path.name)
        chunk.bytes_read = self.total_bytes
        yield chunk

    def _take(self, line: Line, chunk: Chunk) -> None:
        chunk.rows_read += 1
        file = self.path.name
        if line.trouble:
            chunk.notes.append(Note(file, line.number, line.trouble))
            return
        try:
            found, doubts = self.read(line)
        except Rejected as rejected:
            chunk.notes.append(Note(file, line.number, str(rejected)))
            return
        chunk.found.append(found)
        chunk.notes += (Note(file, line.number, doubt, is_kept=True) for doubt in doubts)

    def read(self, line: Line) -> tuple[Found, Sequence[str]]:
        """The company of a row, and what of it could not be read; raises Rejected."""
        told = {
            meaning: one_line(line.values.get(column, ""), LONGEST_DESCRIPTION)
            for meaning, column in self.columns.items()
        }
        reading = Reading(told, self.country)
        found = reading.values()
        website, mailbox, number = reading.website(), reading.mailbox(), reading.number()
        company_id = self._company_id(reading, found, website, number)
        row = Row(company_id, self.name, self.as_of, self.as_of + LIFETIME_DAYS * DAY)
        return Found(row_of(row, found), website, mailbox, number, line.number), reading.doubts

    @staticmethod
    def _company_id(reading: "Reading", found: Mapping[Field, Value], website: str, number: str) -> int:
        if number:
            return id_of_number(number, reading.country)
        if website:
            return id_of_domain(website)
        name = normalised_name(str(found.get(Field.NAME) or found.get(Field.LEGAL_NAME) or ""))
        if name:
            return id_of_name(name, reading.country)
        raise Rejected("nothing in it says which company it is about: no website, number or name that can be read")


class Reading:
    """A row by meanings, value by value; what is there and cannot be read is in `doubts`."""

    def __init__(self, told: Mapping[str, str], country: str) -> None:
        self._told = told
        self.doubts: list[str] = []
        written = told.get("country", "")
        # The last part of an address is its country, where it is a country at all.
        last = told.get("address", "").split(";")[0].rpartition(",")[2]
        self.country = "BR" if told.get("cnpj") else country_code(written) or country_code(last.strip()) or country
        if written and not country_code(written):
            self._doubt(f"its country {written!r} is not known")

    def values(self) -> dict[Field, Value]:
        """What the row says, without whatever holds the number of a person; raises Rejected for a person's row."""
        told = self._told
        found: dict[Field, Any] = {
            name: told.get(name.value, "") for name in (Field.NAME, Field.LEGAL_NAME, Field.DESCRIPTION, Field.INDUSTRY)
        }
        if any(is_name_of_person(str(found[name])) for name in (Field.NAME, Field.LEGAL_NAME)):
            raise Rejected("its name is that of a person who trades alone")
        found[Field.COUNTRY_CODE] = self.country
        found[Field.FOUNDED_YEAR] = self._year()
        found[Field.INCORPORATION_DATE] = self._date()
        found[Field.STATUS] = STATUSES.get(told.get("status", "").casefold())
        found[Field.ADDRESS] = self._address()
        found[Field.PHONE] = phone(told.get("phone", ""), self.country)
        found[Field.EMPLOYEE_COUNT] = self._employees()
        if number := self.number():
            full = told.get("cnpj") or told.get("number", "")
            found[Field.REGISTRATION_NUMBER] = cnpj.compact(full) if cnpj.is_valid(full) else number
            found[Field.JURISDICTION] = self.country.casefold()
        kept = {claim.field: claim.value for claim in claims(found)}
        for name in (Field.NAME, Field.LEGAL_NAME, Field.DESCRIPTION):
            if found[name] and name not in kept:
                self._doubt(f"its {name.value.replace('_', ' ')} holds the number of a person")
        return kept

    def website(self) -> str:
        """The registrable domain of the company's website."""
        for meaning in ("domain", "website"):
            if written := self._told.get(meaning, ""):
                try:
                    return registrable_domain(written)
                except InvalidRequest as refusal:
                    self._doubt(f"its {meaning} {str(refusal).partition(';')[0]}")
        return ""

    def mailbox(self) -> str:
        """The domain of its mailboxes, "" for one where anybody has one."""
        return own_domain(self._told.get("mail_domain", "").lower()) or mail_domain(self._told.get("email", ""))

    def number(self) -> str:
        """Its number as the directory holds it: of a CNPJ what all branches share; "" for what may be a person's."""
        written = self._told.get("cnpj") or self._told.get("number", "")
        if self.country == "BR" or self._told.get("cnpj"):
            if written and not cnpj.is_valid(written):
                self._doubt("its number is no CNPJ")
                return ""
            return company_of(cnpj.compact(written)) if written else ""
        number = "".join(char for char in written.upper() if char.isalnum())
        return "" if personal_numbers.is_in(written) else number

    def _year(self) -> int | None:
        match = re.match(r"\d{4}\b", self._told.get("founded_year", ""))
        return int(match[0]) if match and EARLIEST_YEAR <= int(match[0]) <= LATEST_YEAR else None

    def _date(self) -> date | None:
        written = self._told.get("incorporated", "")
        if match := _ISO.match(written):
            return day(match[1], match[2], match[3])
        match = _LOCAL.fullmatch(written)
        return day(match[3], match[2], match[1]) if match else None

    def _address(self) -> Address | None:
        told = self._told
        parts = [told.get(name, "") for name in ("street", "district", "city", "region", "postal_code")]
        whole = told.get("address", "").split(";")[0]
        street = ", ".join(part for part in (parts[0], told.get("complement", "")) if part)
        if not whole and not any(parts):
            return None
        formatted = whole or ", ".join(part for part in (street, *parts[1:]) if part)
        district, city, region, postal_code = parts[1:]
        if self.country == "BR" and postal_code.isdecimal():
            # What took it for a number has dropped its zeros.
            postal_code = f"{postal_code:0>8}"
        return Address(formatted, street, district, city, region, postal_code, self.country)

    def _employees(self) -> EmployeeCount | None:
        written = self._told.get("employees", "").removesuffix(".0")
        if written.isdecimal() and 1 <= int(written[:12]) <= MOST_EMPLOYEES:
            return EmployeeCount(int(written), int(written))
        return band(written)

    def _doubt(self, sentence: str) -> None:
        if sentence not in self.doubts:
            self.doubts.append(sentence)


def list_of(path: Path, name: str, as_of: float, options: Mapping[str, Any]) -> List:
    """The list in a file; `options`: `columns` that the operator has named, and the `country` of rows without one."""
    columns = columns_of(path)
    overruled = cast("Mapping[str, str]", options.get("columns", {}))
    source = name or ("cvm" if CVM_COLUMN in columns else path.name.split(".")[0].lower())
    return List(path, source, as_of, mapping(columns, overruled), str(options.get("country", "")))
