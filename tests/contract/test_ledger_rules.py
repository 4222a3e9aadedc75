"""The ledger against a model, with crashes anywhere: no limit is ever passed, every hold ends, each cent is counted."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Connection

from contract.ledgers import DAY, MONTH, hold
from enrichment.domain.ports import LedgerUnavailable
from enrichment.domain.purse import Account
from enrichment.stores.ledger.database import Database, sqlite
from enrichment.stores.ledger.pages import Operation, carry_out
from fakes import NOON

ACCOUNTS = (DAY, MONTH)
PURSES = st.sampled_from([(DAY,), (MONTH,), (DAY, MONTH), (MONTH, DAY)])
IDS = st.integers(0, 30).map(str)


class Crash(Exception):
    """The process ends here."""


class LedgerRules(RuleBasedStateMachine):
    """`open` and `billed` are what a provider and a careful reader would know; the file is what there is."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.open: dict[str, tuple[int, tuple[Account, ...], bool]] = {}
        self.ended: set[str] = set()
        self.billed = {account.key: 0 for account in ACCOUNTS}
        self.database = self._database()

    def _database(self) -> Database:
        database = sqlite(self.folder / "ledger.sqlite")
        database.open(NOON)
        return database

    def _do(self, operation: Operation) -> Account | None:
        (outcome,) = self.database.transact(lambda connection: carry_out(connection, [operation], NOON))
        if isinstance(outcome, LedgerUnavailable):
            raise outcome
        return outcome

    def _held(self, account: Account) -> int:
        return sum(amount for amount, purse, _ in self.open.values() if account in purse)

    def _end(self, name: str, cost: int) -> None:
        _, purse, _ = self.open.pop(name)
        self.ended.add(name)
        for account in purse:
            self.billed[account.key] += cost

    @rule(name=IDS, amount=st.integers(0, 700), purse=PURSES)
    def hold(self, name: str, amount: int, purse: tuple[Account, ...]) -> None:
        wish = hold(name, amount, *purse)
        operation = Operation(name, lambda book: book.hold(wish, NOON), tuple(account.key for account in purse))
        if name in self.ended:
            try:
                self._do(operation)
            except LedgerUnavailable:
                return
            raise AssertionError("what has ended was held again")
        refused = [each for each in purse if self.billed[each.key] + self._held(each) + amount > each.limit_usd_micros]
        answer = self._do(operation)
        if name in self.open:
            assert answer is None
        elif refused:
            assert answer == refused[0]
        else:
            assert answer is None
            self.open[name] = amount, purse, False

    @rule(name=IDS)
    def mark_sent(self, name: str) -> None:
        try:
            self._do(Operation(name, lambda book: book.mark_sent(name)))
        except LedgerUnavailable:
            assert name not in self.open
        else:
            amount, purse, _ = self.open[name]
            self.open[name] = amount, purse, True

    @rule(name=IDS, cost=st.integers(-10, 800))
    def settle(self, name: str, cost: int) -> None:
        self._do(Operation(name, lambda book: book.settle(name, cost, NOON, is_estimated=False)))
        if name in self.open:
            self._end(name, max(0, min(cost, self.open[name][0])))

    @rule(name=IDS)
    def release(self, name: str) -> None:
        self._do(Operation(name, lambda book: book.release(name, NOON)))
        if name in self.open and not self.open[name][2]:
            self._end(name, 0)

    @rule(name=IDS, is_committed=st.booleans())
    def crash(self, name: str, is_committed: bool) -> None:
        """Within a transaction that releases a hold, or right after it; the successor finds what is on disk."""

        def release_and_crash(connection: Connection) -> None:
            carry_out(connection, [Operation(name, lambda book: book.release(name, NOON))], NOON)
            if not is_committed:
                raise Crash

        try:
            self.database.transact(release_and_crash)
        except Crash:
            pass
        else:
            if name in self.open and not self.open[name][2]:
                self._end(name, 0)
        self.database.close()
        for left, (amount, _, is_sent) in list(self.open.items()):
            self._end(left, amount if is_sent else 0)
        self.database = self._database()

    @precondition(lambda self: self.open)
    @rule()
    def everything_is_overdue(self) -> None:
        self.database.sweep(NOON + 60)
        for left, (amount, _, is_sent) in list(self.open.items()):
            self._end(left, amount if is_sent else 0)

    @invariant()
    def every_cent_is_counted_and_no_limit_passed(self) -> None:
        sql = "SELECT key, spent_usd_micros, held_usd_micros FROM accounts"
        rows = self.database.transact(lambda connection: connection.exec_driver_sql(sql).all())
        found = {key: (spent, held) for key, spent, held in rows}
        for account in ACCOUNTS:
            spent, held = found.get(account.key, (0, 0))
            assert (spent, held) == (self.billed[account.key], self._held(account))
            assert spent + held <= account.limit_usd_micros

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)


TestLedgerRules = LedgerRules.TestCase
TestLedgerRules.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
