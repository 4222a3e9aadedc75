"""The thread that writes: it takes all that waits, does it in one transaction, and then answers (group commit)."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from queue import Empty, SimpleQueue

from enrichment.domain.ports import Clock, LedgerUnavailable
from enrichment.domain.purse import Account
from enrichment.domain.record import EnrichmentRecord
from enrichment.stores.ledger.database import Database, is_out_of_reach
from enrichment.stores.ledger.pages import Operation, Outcome, carry_out
from enrichment.stores.ledger.records import write

log = logging.getLogger(__name__)

# Operations and records in one transaction: enough to share a commit, few enough that none waits long for another.
OPERATIONS_AT_ONCE, RECORDS_AT_ONCE = 200, 20
# Records that may wait to be written; about 10 KB each.
MOST_RECORDS = 1_000
# While something could not be written, it is tried again this often, and this long when the server stops.
RETRY_SECONDS, STOP_SECONDS = 0.5, 3.0


@dataclass(eq=False, slots=True)
class Task:
    """An operation on its way; without `asker` nobody waits for it, and it is tried until it is written."""

    operation: Operation
    asker: "asyncio.Future[Account | None] | None" = None


class Signal(Enum):
    """What else the thread is woken for."""

    SWEEP = auto()
    RECORDS = auto()
    STOP = auto()


class Writer:
    """Operations in the order in which they were put, sweeps and records, written to the database by one thread.

    `busy_since` (monotonic time) is None while it waits for work. `dropped` counts the records that were lost.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._queue: SimpleQueue[Task | Signal] = SimpleQueue()
        self._tasks: deque[Task] = deque()
        self._records: deque[EnrichmentRecord] = deque()
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
        self._is_open = False
        self._is_sweep_due = False
        self._stops_at: float | None = None
        self._trouble = ""
        self.busy_since: float | None = None
        self.dropped = 0

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def put(self, task: Task) -> None:
        """Hands over an operation."""
        self._queue.put(task)

    def sweep(self) -> None:
        """Ends the holds that nobody is left to end, when the thread comes to it."""
        self._queue.put(Signal.SWEEP)

    def record(self, record: EnrichmentRecord) -> None:
        """Hands over a record, which is dropped where too many wait."""
        if len(self._records) >= MOST_RECORDS:
            self.dropped += 1
            return
        self._records.append(record)
        if len(self._records) == 1:
            self._queue.put(Signal.RECORDS)

    def stop(self) -> None:
        """Writes what waits, as far as the database allows within STOP_SECONDS, and ends the thread; waits for it."""
        self._queue.put(Signal.STOP)
        self._thread.join(2 * STOP_SECONDS)
        if left := self.waiting:
            log.error("%d settlements could not be written: their holds end by their time", left)

    @property
    def waiting(self) -> int:
        """How many operations have not been written yet."""
        return self._queue.qsize() + len(self._tasks)

    def _work(self) -> None:
        while not self._is_over():
            self._take()
            self.busy_since = time.monotonic()
            try:
                self._write()
            except Exception as error:
                if not is_out_of_reach(error):
                    log.exception("the ledger failed")
                self._refuse(error)
            else:
                self._recovered()
            self.busy_since = None
        self._database.close()

    def _is_over(self) -> bool:
        return self._stops_at is not None and (not self._owes or time.monotonic() > self._stops_at)

    @property
    def _owes(self) -> bool:
        return bool(self._tasks or self._records or self._is_sweep_due)

    def _take(self) -> None:
        """All that waits; where nothing does, waits for it, or for the next attempt at what is owed."""
        timeout = RETRY_SECONDS if self._owes else None
        try:
            self._sort(self._queue.get(timeout=timeout))
            while True:
                self._sort(self._queue.get_nowait())
        except Empty:
            pass

    def _sort(self, item: Task | Signal) -> None:
        match item:
            case Task():
                self._tasks.append(item)
            case Signal.SWEEP:
                self._is_sweep_due = True
            case Signal.STOP:
                self._stops_at = time.monotonic() + STOP_SECONDS
            case Signal.RECORDS:
                pass

    def _write(self) -> None:
        if not self._is_open:
            self._database.open(self._clock())
            self._is_open = True
        while self._tasks:
            self._commit(min(len(self._tasks), OPERATIONS_AT_ONCE))
        if self._is_sweep_due:
            self._database.sweep(self._clock())
            self._is_sweep_due = False
        # A few of them at a time: who holds money waits for no more than that.
        if self._records:
            self._commit_records(min(len(self._records), RECORDS_AT_ONCE))
            if self._records:
                self._queue.put(Signal.RECORDS)

    def _commit(self, count: int) -> None:
        tasks = [self._tasks[number] for number in range(count)]
        wanted = [task.operation for task in tasks if not _is_given_up(task)]
        outcomes: dict[Operation, Outcome] = {}
        try:
            outcomes |= zip(wanted, self._transact(wanted), strict=True)
        except Exception as error:
            if is_out_of_reach(error):
                raise
            if count > 1:
                # One of them cannot be written: the others are not to suffer for it.
                for _ in range(count):
                    self._commit(1)
                return
            log.exception("an operation on hold %s cannot be written", tasks[0].operation.hold_id)
            outcomes[tasks[0].operation] = LedgerUnavailable("the ledger cannot write this down")
        for _ in range(count):
            self._tasks.popleft()
        _answer([(task, outcomes[task.operation]) for task in tasks if task.operation in outcomes])

    def _transact(self, operations: Sequence[Operation]) -> list[Outcome]:
        if not operations:
            return []
        return self._database.transact(lambda connection: carry_out(connection, operations, self._clock()))

    def _commit_records(self, count: int) -> None:
        records = [self._records[number] for number in range(count)]
        try:
            self._database.transact(lambda connection: write(connection, records))
        except Exception as error:
            if is_out_of_reach(error):
                raise
            log.exception("%d records cannot be written", count)
            self.dropped += count
        for _ in range(count):
            self._records.popleft()

    def _refuse(self, error: Exception) -> None:
        """Tells those who wait, who pass it on to callers: not in the database's words, which may name hosts and users.

        What nobody waits for is tried again.
        """
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        if not self._trouble:
            log.error("the ledger is out of reach, nothing is paid for until it is back: %s", reason)
        self._trouble = reason
        asking = [task for task in self._tasks if task.asker]
        self._tasks = deque(task for task in self._tasks if not task.asker)
        _answer([(task, LedgerUnavailable("the ledger is out of reach")) for task in asking])

    def _recovered(self) -> None:
        if self._trouble:
            log.info("the ledger is back")
            self._trouble = ""


def _is_given_up(task: Task) -> bool:
    return task.asker is not None and task.asker.done()


def _answer(answers: Sequence[tuple[Task, Outcome]]) -> None:
    """Wakes those who wait, all of one event loop at once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Account | None], Outcome]]] = {}
    for task, outcome in answers:
        if task.asker is not None:
            by_loop.setdefault(task.asker.get_loop(), []).append((task.asker, outcome))
    for loop, pairs in by_loop.items():
        # A loop that is closed has nobody left who waits.
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, pairs)


def _resolve(pairs: Sequence[tuple["asyncio.Future[Account | None]", Outcome]]) -> None:
    for future, outcome in pairs:
        if future.done():
            continue
        if isinstance(outcome, LedgerUnavailable):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
