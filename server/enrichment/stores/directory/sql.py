"""The directory in a database, as the event loop sees it."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from stdnum.br import cnpj

from enrichment.domain.cnpj import company_of
from enrichment.domain.directory import DirectoryUnavailable, Listing, believed, id_of_domain
from enrichment.domain.event import Evidence
from enrichment.domain.subject import Subject
from enrichment.stores.directory.batch import erase
from enrichment.stores.directory.database import Database
from enrichment.stores.directory.learning import learnt
from enrichment.stores.directory.lookup import by_domain, by_name, by_number
from enrichment.stores.directory.tables import forgotten
from enrichment.stores.ledger.pages import insert_new

log = logging.getLogger(__name__)

T = TypeVar("T")

# Threads that look up: a lookup takes well under a millisecond, most of it ours and not the database's.
READERS = 4
# Enrichments whose findings may wait to be written, while an import holds the file; what comes above is not learnt.
MOST_WAITING = 1_000
# After a write that failed nothing is learnt for so long: what waits would fail one by one, each at the end of its own
# wait, and hold up whoever forgets and the server's stop.
REST_SECONDS = 5.0
# How long who forgets waits for it, that being within the time that a call may take.
FORGET_SECONDS = 5.0


class SqlDirectory:
    """A Directory over a database: threads of its own read, one thread writes what is learnt.

    `dropped` counts the enrichments of which nothing could be kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._readers = ThreadPoolExecutor(READERS, "directory")
        self._writer = ThreadPoolExecutor(1, "directory writer")
        self._waiting = 0
        self._rests_until = -float("inf")
        self.dropped = 0

    async def open(self) -> None:
        """Brings the tables up to date; raises DirectoryUnavailable."""
        await self._on(self._writer, self._database.open)

    async def close(self) -> None:
        """Writes what waits and gives back the connections."""
        await asyncio.to_thread(self._writer.shutdown)
        await asyncio.to_thread(self._readers.shutdown)
        self._database.close()

    async def find(self, subject: Subject) -> Sequence[Listing]:
        """What is held of the company: by its domain, else by the number or the name and country that were hinted."""
        return await self._on(self._readers, partial(self._find, subject))

    def learn(self, domain: str, evidence: Sequence[Evidence]) -> None:
        """Keeps what may be kept, by and by."""
        if self._waiting >= MOST_WAITING:
            self.dropped += 1
            return
        self._waiting += 1
        self._writer.submit(self._learn, domain, evidence)

    async def forget(self, domain: str) -> int:
        """Erases the company of the domain, and keeps it out for good; raises DirectoryUnavailable within 5 s."""
        try:
            async with asyncio.timeout(FORGET_SECONDS):
                return await self._on(self._writer, partial(self._forget, domain))
        except TimeoutError:
            raise DirectoryUnavailable(
                f"the directory has not forgotten {domain} within {FORGET_SECONDS:g} s"
            ) from None

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What the work reads; raises DirectoryUnavailable."""

        def read() -> T:
            with self._database.reading() as connection:
                return work(connection)

        return await self._on(self._readers, read)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Does the work in one transaction, after what was learnt before; raises DirectoryUnavailable."""
        return await self._on(self._writer, partial(self._database.write, work))

    async def _on(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, work)
        except (SQLAlchemyError, CommandError, OSError) as error:
            reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            raise DirectoryUnavailable(f"the directory is out of reach: {reason}") from None

    def _find(self, subject: Subject) -> Sequence[Listing]:
        hints = subject.hints
        with self._database.reading() as connection:
            if found := believed(subject.domain, by_domain(connection, subject.domain)):
                return found
            if hints.registration_number:
                return by_number(connection, number_of(hints.registration_number))
            if hints.company_name and subject.country_code:
                return by_name(connection, hints.company_name, subject.country_code)
        return ()

    def _learn(self, domain: str, evidence: Sequence[Evidence]) -> None:
        try:
            if time.monotonic() < self._rests_until:
                self.dropped += 1
                return
            batch = self._database.batch()
            learnt(batch, domain, evidence)
            if batch.records:
                self._database.write(batch.write)
        except (SQLAlchemyError, OSError) as error:
            self.dropped += 1
            self._rests_until = time.monotonic() + REST_SECONDS
            log.warning("nothing could be learnt of %s: %s", domain, str(error).partition("\n")[0])
        finally:
            self._waiting -= 1

    def _forget(self, domain: str) -> int:
        with self._database.reading() as connection:
            found = believed(domain, by_domain(connection, domain))
        # One that shares its domain with others is forgotten by them alone whose own site it is.
        ids = {id_of_domain(domain), *(each.company_id for each in found)}
        return self._database.write(partial(_erase, ids=sorted(ids), domain=domain))


def number_of(number: str) -> str:
    """A number as the directory holds it: of a CNPJ the characters that all branches share, else without signs."""
    return company_of(cnpj.compact(number)) if cnpj.is_valid(number) else plain_number(number)


def plain_number(number: str) -> str:
    """The letters and digits of a number, in upper case."""
    return "".join(char for char in number.upper() if char.isalnum())


def _erase(connection: Connection, ids: Sequence[int], domain: str) -> int:
    insert_new(connection, forgotten, [{"company_id": each} for each in ids])
    return erase(connection, ids, [domain])
