"""Receita Federal's dump of the company register: zips of `;` and ISO-8859-1 without headers, joined by a number.

ESTABELE has a row for each establishment (30 columns), EMPRECSV one for each company (7 columns), and tables the
wordings of codes. Companies are read first, into a file of their own that is deleted afterwards; then establishments,
each with its company. Partners (SOCIOCSV) and tax regimes are not read. Layout as published by Receita Federal, read in
2026-11.
"""

import csv
import io
import re
import sqlite3
import zipfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b, file_digest
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, TextIO

from enrichment.imports.establishments import Codes, Joined, Reading
from enrichment.imports.found import CHUNK_ROWS, Chunk, Unimportable

DAY = 86_400
# A new dump comes every month.
LIFETIME_DAYS = 60
# What each kind of file is called: in the zips, and the zips themselves since 2021.
KINDS: Mapping[str, re.Pattern[str]] = {
    "establishments": re.compile(r"ESTABELE|ESTABELECIMENTOS\d*", re.IGNORECASE),
    "companies": re.compile(r"EMPRECSV|EMPRESAS\d*", re.IGNORECASE),
    "activities": re.compile(r"CNAECSV|CNAES", re.IGNORECASE),
    "municipalities": re.compile(r"MUNICCSV|MUNICIPIOS", re.IGNORECASE),
    "natures": re.compile(r"NATJUCSV|NATUREZAS", re.IGNORECASE),
}
COMPANY_COLUMNS = 7
# "K3241.K03200Y0.D51108.ESTABELE" is of 8 November 2025.
_DAY_IN_NAME = re.compile(r"\.D(\d)(\d{2})(\d{2})\.")
# Companies asked for at once: SQLite takes so many parameters in every version.
ASKED_AT_ONCE = 500


def kind_of(path: Path) -> str:
    """Which part of the dump a file is by its name, "" for none."""
    words = [word for word in path.name.split(".") if word]
    return next((kind for kind, name in KINDS.items() if any(name.fullmatch(word) for word in words)), "")


def day_of(path: Path) -> float | None:
    """The day that a file's name tells, in seconds since the epoch; None where it tells none."""
    match = _DAY_IN_NAME.search(path.name)
    if not match:
        return None
    try:
        return datetime(2020 + int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC).timestamp()
    except ValueError:
        return None


@dataclass(slots=True)
class Dump:
    """A Reader of the dump's files; `statuses` are the codes of the establishments that are kept."""

    paths: Mapping[str, Sequence[Path]]
    as_of: float
    statuses: frozenset[str]
    name: str = "receita"
    total_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        if not self.paths.get("establishments"):
            raise Unimportable("there is no file of establishments (ESTABELE) among the dump's files")
        if not self.paths.get("companies"):
            raise Unimportable("there is no file of companies (EMPRECSV), so no establishment has a name")
        self.total_bytes = sum(path.stat().st_size for path in self._all("companies", "establishments"))

    @property
    def files(self) -> str:
        """The names of its files."""
        return ", ".join(path.name for path in self._all(*KINDS))

    def identity(self) -> bytes:
        """The files' content, and what of it is kept."""
        digest = blake2b(repr((self.as_of, sorted(self.statuses))).encode())
        for path in self._all(*KINDS):
            with path.open("rb") as raw:
                digest.update(file_digest(raw, blake2b).digest())
        return digest.digest()

    def chunks(self, skip: int) -> Iterator[Chunk]:
        """All establishments but the first `skip`, each with its company."""
        codes = Codes(*(self._table(kind) for kind in ("activities", "municipalities", "natures")))
        reading = Reading(codes, self.statuses, self.as_of, self.as_of + LIFETIME_DAYS * DAY)
        with TemporaryDirectory(prefix="imensiah-") as folder, ExitStack() as stack:
            companies = Companies(Path(folder) / "companies.sqlite")
            stack.callback(companies.close)
            done = 0
            for path in self._all("companies"):
                with opened(path) as (text, _):
                    companies.read(text)
                done += path.stat().st_size
            for path in self._all("establishments"):
                with opened(path) as (text, raw):
                    rows = csv.reader(text, delimiter=";")
                    skip -= sum(1 for _ in islice(rows, skip))
                    while lines := list(islice(rows, CHUNK_ROWS)):
                        chunk = Chunk(path.name, len(lines), bytes_read=done + raw.tell())
                        reading.take(lines, rows.line_num - len(lines), companies.of, chunk)
                        yield chunk
                done += path.stat().st_size

    def _all(self, *kinds: str) -> list[Path]:
        return [path for kind in kinds for path in sorted(self.paths.get(kind, ()))]

    def _table(self, kind: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for path in self._all(kind):
            with opened(path) as (text, _):
                found.update(row[:2] for row in csv.reader(text, delimiter=";") if len(row) >= 2)  # type: ignore[arg-type]
        return found


class Companies:
    """The dump's companies by the first eight characters of their numbers, in a file: they are too many for memory."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        # The file is gone at the end whatever happens.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -65536"):
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute("CREATE TABLE companies (root INTEGER PRIMARY KEY, name, nature, capital)")

    def read(self, text: TextIO) -> None:
        """Reads a file of companies; a row that is none is as if it were not there."""
        rows = csv.reader(text, delimiter=";")
        while lines := list(islice(rows, CHUNK_ROWS)):
            found = [
                (int(row[0], 36), row[1], row[2], row[4])
                for row in lines
                if len(row) == COMPANY_COLUMNS and row[0].isascii() and row[0].isalnum()
            ]
            self._file.execute("BEGIN")
            self._file.executemany("INSERT OR REPLACE INTO companies VALUES (?, ?, ?, ?)", found)
            self._file.execute("COMMIT")

    def of(self, roots: Sequence[int]) -> dict[int, Joined]:
        """The companies with these numbers that there are."""
        found: dict[int, Joined] = {}
        for at in range(0, len(roots), ASKED_AT_ONCE):
            some = roots[at : at + ASKED_AT_ONCE]
            places = ",".join("?" * len(some))
            statement = f"SELECT root, name, nature, capital FROM companies WHERE root IN ({places})"
            found.update((row[0], row[1:]) for row in self._file.execute(statement, some))
        return found

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


@contextmanager
def opened(path: Path) -> Generator[tuple[TextIO, BinaryIO]]:
    """A file of the dump, in a zip or bare, and the bytes below it; raises Unimportable for a broken zip."""
    with ExitStack() as stack:
        raw = stack.enter_context(path.open("rb"))
        binary: BinaryIO = raw
        if zipfile.is_zipfile(path):
            members = stack.enter_context(zipfile.ZipFile(raw))
            binary = stack.enter_context(members.open(members.namelist()[0]))  # type: ignore[assignment]
        text = stack.enter_context(io.TextIOWrapper(_WithoutNulls(binary), "latin-1", newline=""))
        try:
            yield text, raw
        except zipfile.BadZipFile as error:
            raise Unimportable(f"{path} is damaged: {error}") from None


class _WithoutNulls(io.BufferedReader):
    """The dump's strings hold NUL characters here and there, at which the csv module would give up."""

    def __init__(self, binary: BinaryIO) -> None:
        super().__init__(binary, 1 << 20)  # type: ignore[arg-type]

    def read1(self, size: int = -1) -> bytes:
        return super().read1(size).replace(b"\0", b"")


def dump_of(paths: Sequence[Path], as_of: float | None, statuses: frozenset[str]) -> Dump:
    """The dump in these files and folders; raises Unimportable where a part that is needed is missing."""
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    parts: dict[str, list[Path]] = {}
    for file in files:
        if kind := kind_of(file):
            parts.setdefault(kind, []).append(file)
    days = [day for file in parts.get("establishments", ()) if (day := day_of(file)) is not None]
    newest = max((file.stat().st_mtime for file in parts.get("establishments", ())), default=0.0)
    return Dump(parts, as_of or max(days, default=newest // DAY * DAY), statuses)
