"""One import: chunk by chunk into the directory, from where it was when it was killed.

How far it has come is written in the transaction of the rows, the reasons of what was left out before it: what is read
again after a kill is written over.
"""

import csv
import gc
import io
import json
import os
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, select

from enrichment.imports.found import Chunk, Note, Reader, put
from enrichment.stores.directory.batch import Batch, replace_row
from enrichment.stores.directory.database import Database
from enrichment.stores.directory.tables import imports

HEADER = "file,line,left out,reason\n"


@dataclass(slots=True)
class Tally:
    """How far an import has come; `left_out` counts rows by reason, `doubts` values by reason."""

    rows_read: int = 0
    rows_kept: int = 0
    left_out: Counter[str] = field(default_factory=Counter[str])
    doubts: Counter[str] = field(default_factory=Counter[str])
    rejects_bytes: int = 0
    is_done: bool = False

    def count(self, chunk: Chunk, kept: int) -> None:
        """Adds a chunk."""
        self.rows_read += chunk.rows_read
        self.rows_kept += kept
        for note in chunk.notes:
            (self.doubts if note.is_kept else self.left_out)[_kind(note.reason)] += 1


def _kind(reason: str) -> str:
    """A reason without the value that it is about, so that equal ones are counted together."""
    head, quote, rest = reason.partition("'")
    return f"{head}...{rest.rpartition(quote)[2]}" if quote else reason


@dataclass(frozen=True, slots=True)
class Import:
    """An import of what a reader reads; the reasons of what it leaves out are written to `rejects`."""

    database: Database
    reader: Reader
    rejects: Path

    def run(self, see: Callable[[Tally, int], None]) -> Tally:
        """Imports all that is not yet imported; `see` is told after each chunk how far it is, with the bytes read.

        Raises Unimportable, and what the database raises.
        """
        key = blake2b(self.reader.identity(), digest_size=16).hexdigest()
        tally = self._begun(key)
        if tally.is_done:
            return tally
        with _notes(self.rejects, tally.rejects_bytes) as notes, _uncollected():
            for chunk in self.reader.chunks(tally.rows_read):
                self._take(chunk, tally, key, notes)
                see(tally, chunk.bytes_read)
        tally.is_done = True
        self.database.write(lambda connection: self._write(connection, Batch(), tally, key))
        return tally

    def _begun(self, key: str) -> Tally:
        with self.database.reading() as connection:
            row = connection.execute(select(imports).where(imports.c.id == key)).mappings().first()
        if row is None:
            return Tally()
        counted: dict[str, Any] = json.loads(row["left_out"])
        tally = Tally(row["rows_read"], row["rows_kept"], rejects_bytes=row["rejects_bytes"], is_done=row["is_done"])
        tally.left_out.update(counted["left_out"])
        tally.doubts.update(counted["doubts"])
        return tally

    def _take(self, chunk: Chunk, tally: Tally, key: str, notes: IO[bytes]) -> None:
        batch = self.database.batch()
        tally.count(chunk, put(batch, chunk))
        notes.write(_lines(chunk.notes))
        notes.flush()
        tally.rejects_bytes = notes.tell()
        os.fsync(notes.fileno())
        self.database.write(lambda connection: self._write(connection, batch, tally, key))

    def _write(self, connection: Connection, batch: Batch, tally: Tally, key: str) -> None:
        batch.write(connection)
        progress = {
            "id": key,
            "source": self.reader.name,
            "files": self.reader.files,
            "as_of": self.reader.as_of,
            "rows_read": tally.rows_read,
            "rows_kept": tally.rows_kept,
            "left_out": json.dumps({"left_out": tally.left_out, "doubts": tally.doubts}),
            "rejects_bytes": tally.rejects_bytes,
            "is_done": tally.is_done,
        }
        replace_row(connection, imports, progress)


@contextmanager
def _uncollected() -> Generator[None]:
    """Millions of rows hold no circle of references, and looking for one takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _notes(path: Path, so_far: int) -> Generator[IO[bytes]]:
    """The file of reasons, cut where the last committed chunk has ended."""
    if not so_far:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEADER)
        so_far = len(HEADER)
    # One that is gone begins anew where it was.
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(so_far)
        file.seek(so_far)
        yield file


def _lines(notes: list[Note]) -> bytes:
    """The reasons as CSV. What the row says is not repeated: it may be about a person."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    for note in notes:
        rows.writerow([note.file, note.line or "", "a value" if note.is_kept else "the row", note.reason])
    return out.getvalue().encode("utf-8", "replace")
