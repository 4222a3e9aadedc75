"""What a file says of companies, on its way into the directory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from enrichment.domain.directory import MAILBOX, NUMBER, WEBSITE, Tie
from enrichment.stores.directory.batch import Batch
from enrichment.stores.directory.rows import Row

# Rows that are read, and then written in one transaction: a second's work, some tens of megabytes.
CHUNK_ROWS = 20_000
FORGOTTEN = "the company was forgotten on request"


class Found(NamedTuple):
    """A company in a line of a file: its row, the domains of its website and mailboxes, its number ("": none)."""

    row: Row
    website: str
    mailbox: str
    number: str
    line: int


class Note(NamedTuple):
    """What is told of a line: why it was left out, or what of it (`is_kept`)."""

    file: str
    line: int
    reason: str
    is_kept: bool = False


@dataclass(slots=True)
class Chunk:
    """Some rows of one file; `bytes_read` of all files so far, before they are unpacked."""

    file: str
    rows_read: int = 0
    found: list[Found] = field(default_factory=list[Found])
    notes: list[Note] = field(default_factory=list[Note])
    bytes_read: int = 0


class Unimportable(Exception):
    """A file cannot be imported, for a reason that its owner can do something about."""


class Reader(Protocol):
    """Reads companies from files, named in `files` without their folders, as of a time (seconds since the epoch).

    `name` is the source of its rows, `total_bytes` the files' size together.
    """

    name: str
    as_of: float
    total_bytes: int

    @property
    def files(self) -> str: ...

    def identity(self) -> bytes:
        """What it reads and how, so that an import that was killed is known again."""
        ...

    def chunks(self, skip: int) -> Iterator[Chunk]:
        """All rows but the first `skip`, in order and the same each time; raises Unimportable."""
        ...


def put(batch: Batch, chunk: Chunk) -> int:
    """Puts what a chunk has found into the batch, and says how many rows were kept; the rest is noted in the chunk."""
    kept = 0
    for row, website, mailbox, number, line in chunk.found:
        company = row.company_id
        if batch.is_forgotten(company, website):
            chunk.notes.append(Note(chunk.file, line, FORGOTTEN))
            continue
        kept += 1
        batch.add(row)
        if website:
            batch.link_domain(website, Tie.WEBSITE, company, WEBSITE)
        if mailbox:
            batch.link_domain(mailbox, Tie.MAILBOX, company, MAILBOX)
        if number:
            batch.link_number(number, company, NUMBER)
    return kept
