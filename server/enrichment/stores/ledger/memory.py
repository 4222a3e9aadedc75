"""The ledger in memory: for `memory://`, where nothing is to outlive the process, and for tests."""

from collections import deque
from itertools import islice

from enrichment.domain.ports import Clock
from enrichment.domain.purse import Account, Hold
from enrichment.domain.record import EnrichmentRecord
from enrichment.stores.ledger.book import OPEN, Balance, Book, expired

# Ended holds that are remembered, so that none is held again, and the last records: more than any retry lasts for.
MOST_ENDED, MOST_RECORDS = 10_000, 1_000
# Accounts without an open hold that are remembered, those asked for last: every batch and every day of a caller has
# one, and one that is forgotten begins again at nothing.
MOST_ACCOUNTS = 10_000


class MemoryLedger:
    """A Ledger and a Journal that never wait; what they hold ends with the process."""

    def __init__(self, clock: Clock) -> None:
        self._book = Book()
        self._clock = clock
        self._ended: deque[str] = deque()
        self.records: deque[EnrichmentRecord] = deque(maxlen=MOST_RECORDS)

    async def open(self) -> None:
        """Nothing to wait for."""

    async def close(self) -> None:
        """Nothing to write."""

    async def hold(self, hold: Hold) -> Account | None:
        """Sets the money aside on all accounts, or on none: then the account that did not allow it."""
        refused = self._book.hold(hold, self._clock())
        self._use(hold)
        return refused

    async def hold_sent(self, hold: Hold) -> Account | None:
        """Sets the money aside for what is about to be sent."""
        refused = self._book.hold_sent(hold, self._clock())
        self._use(hold)
        return refused

    async def mark_sent(self, hold_id: str) -> None:
        """From now on only `settle` ends the hold."""
        self._book.mark_sent(hold_id)

    def settle(self, hold_id: str, cost_usd_micros: int, *, is_estimated: bool = False) -> None:
        """Charges the cost, and frees what was held beyond it."""
        self._book.settle(hold_id, cost_usd_micros, self._clock(), is_estimated=is_estimated)
        self._forget()

    def release(self, hold_id: str) -> None:
        """Frees the money of a hold on which nothing was sent."""
        self._book.release(hold_id, self._clock())
        self._forget()

    def sweep(self) -> None:
        """Ends the holds whose `expires_at` has passed: sent ones are charged in full, the others released."""
        for hold_id in expired(self._book.bookings.values(), self._clock()):
            self._book.expire(hold_id, self._clock())
        self._forget()

    def record(self, record: EnrichmentRecord) -> None:
        """Keeps the last records."""
        self.records.append(record)

    def balance(self, key: str) -> Balance:
        """What an account has paid and what is set aside on it now."""
        return self._book.balances.get(key, Balance())

    def _use(self, hold: Hold) -> None:
        balances = self._book.balances
        for account in hold.purse.accounts:
            if account.key in balances:
                balances[account.key] = balances.pop(account.key)
        too_many = max(0, len(balances) - MOST_ACCOUNTS)
        idle = (key for key, balance in balances.items() if not balance.held)
        for key in list(islice(idle, too_many)):
            del balances[key]

    def _forget(self) -> None:
        book = self._book
        self._ended += [hold_id for hold_id in book.changed if book.bookings[hold_id].state not in OPEN]
        book.changed.clear()
        book.moved.clear()
        while len(self._ended) > MOST_ENDED:
            del book.bookings[self._ended.popleft()]
