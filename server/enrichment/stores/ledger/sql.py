"""The ledger in a database, as the event loop sees it."""

import asyncio
import logging
import time
from collections.abc import Callable

from enrichment.domain.ports import Clock, LedgerUnavailable
from enrichment.domain.purse import Account, Hold
from enrichment.domain.record import EnrichmentRecord
from enrichment.stores.ledger.book import Book
from enrichment.stores.ledger.database import Database
from enrichment.stores.ledger.pages import Operation
from enrichment.stores.ledger.writer import Task, Writer

log = logging.getLogger(__name__)

# How long anybody waits for the ledger: a commit takes milliseconds, a default deadline is 8 s, and a call that is
# skipped after one leaves time for another source.
ANSWER_SECONDS = 1.0
# At the start there may be tables to make.
OPEN_SECONDS = 10.0
# Operations that may wait to be written, of about 1 KB each: below it money is held, up to ten times as many ends of
# holds are taken, and what comes above that is left to the holds' own time.
MOST_WAITING = 10_000


class _NoAnswer(LedgerUnavailable):
    """The database has not answered in time, and may still do what it was asked to."""


class SqlLedger:
    """A Ledger and a Journal over a database, which one thread writes to.

    `hold` and `mark_sent` return after the commit, or raise LedgerUnavailable within ANSWER_SECONDS; whoever is told
    so, or is cancelled, has not held or sent anything, whatever becomes of the transaction that is under way.
    `settle`, `release`, `sweep` and `record` only put into a queue.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._writer = Writer(database, clock)
        self._clock = clock

    async def open(self) -> None:
        """Starts the thread, brings the tables up to date and ends what a crash has left open.

        Raises LedgerUnavailable where that cannot be done now: it is tried again with every use.
        """
        self._writer.start()
        await self._answer(Operation("", lambda _: None), OPEN_SECONDS)

    async def close(self) -> None:
        """Writes what waits and ends the thread."""
        await asyncio.to_thread(self._writer.stop)

    async def hold(self, hold: Hold) -> Account | None:
        """Sets the money aside on all accounts, or on none: then the account that did not allow it."""
        return await self._begin(Operation(hold.id, lambda book: book.hold(hold, self._clock()), _keys(hold)))

    async def hold_sent(self, hold: Hold) -> Account | None:
        """Sets the money aside for what is about to be sent."""
        return await self._begin(Operation(hold.id, lambda book: book.hold_sent(hold, self._clock()), _keys(hold)))

    async def mark_sent(self, hold_id: str) -> None:
        """From now on only `settle` ends the hold."""
        await self._begin(Operation(hold_id, lambda book: book.mark_sent(hold_id)))

    def settle(self, hold_id: str, cost_usd_micros: int, *, is_estimated: bool = False) -> None:
        """Charges the cost, and frees what was held beyond it."""
        now = self._clock()
        self._end(hold_id, lambda book: book.settle(hold_id, cost_usd_micros, now, is_estimated=is_estimated))

    def release(self, hold_id: str) -> None:
        """Frees the money of a hold on which nothing was sent."""
        now = self._clock()
        self._end(hold_id, lambda book: book.release(hold_id, now))

    def sweep(self) -> None:
        """Ends the holds whose `expires_at` has passed: sent ones are charged in full, the others released."""
        self._writer.sweep()

    def record(self, record: EnrichmentRecord) -> None:
        """Writes down an enrichment by and by."""
        self._writer.record(record)

    @property
    def dropped(self) -> int:
        """How many records were lost."""
        return self._writer.dropped

    async def _begin(self, operation: Operation) -> Account | None:
        """Waits for the commit; who gives up, or is told that nothing came of it, is bound to nothing."""
        self._refuse_what_would_wait_in_vain()
        try:
            return await self._answer(operation, ANSWER_SECONDS)
        except (asyncio.CancelledError, _NoAnswer):
            self._undo(operation)
            raise
        except LedgerUnavailable:
            # Told by the thread, which has left it: it may have been committed without our hearing of it.
            if operation.is_effective:
                self._undo(operation)
            raise

    def _undo(self, operation: Operation) -> None:
        now, hold_id = self._clock(), operation.hold_id
        # Put behind it in the queue: by then it is known whether this operation has begun anything.
        self._end(hold_id, lambda book: book.withdraw(hold_id, now) if operation.is_effective else None)

    async def _answer(self, operation: Operation, seconds: float) -> Account | None:
        loop = asyncio.get_running_loop()
        asker: asyncio.Future[Account | None] = loop.create_future()
        timer = loop.call_later(seconds, _give_up, asker, seconds)
        self._writer.put(Task(operation, asker))
        try:
            return await asker
        finally:
            timer.cancel()

    def _end(self, hold_id: str, apply: Callable[[Book], None]) -> None:
        if self._writer.waiting >= 10 * MOST_WAITING:
            log.error("too much waits to be written: hold %s is left to end by its time", hold_id)
            return
        self._writer.put(Task(Operation(hold_id, apply)))

    def _refuse_what_would_wait_in_vain(self) -> None:
        since = self._writer.busy_since
        if since is not None and time.monotonic() - since > ANSWER_SECONDS:
            raise LedgerUnavailable(f"the ledger has not answered for {time.monotonic() - since:.1f} s")
        if self._writer.waiting >= MOST_WAITING:
            raise LedgerUnavailable(f"{self._writer.waiting:,} operations wait for the ledger")


def _keys(hold: Hold) -> tuple[str, ...]:
    return tuple(account.key for account in hold.purse.accounts)


def _give_up(asker: "asyncio.Future[Account | None]", seconds: float) -> None:
    if not asker.done():
        asker.set_exception(_NoAnswer(f"the ledger did not answer within {seconds:g} s"))
