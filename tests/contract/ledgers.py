"""The ledgers that the contract suite knows, and how a test looks at what they hold."""

import itertools
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from enrichment.domain.ports import Clock
from enrichment.domain.purse import Account, Hold, Purse
from enrichment.stores.ledger.database import Database, postgresql, sqlite
from enrichment.stores.ledger.memory import MemoryLedger
from enrichment.stores.ledger.sql import SqlLedger
from fakes import NOON

AnyLedger = MemoryLedger | SqlLedger
DAY = Account("caller:acme:2027-01-15", 1_000)
MONTH = Account("provider:registry:2027-01", 5_000)

_numbers = itertools.count()


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def hold(name: str, usd_micros: int = 100, *accounts: Account, seconds: float = 60.0) -> Hold:
    """A hold on an account of a day where no others are named, left alone after so many seconds from noon."""
    return Hold(
        id=name,
        source="registry",
        usd_micros=usd_micros,
        purse=Purse("acme", accounts or (DAY,)),
        enrichment_id="enrichment-1",
        expires_at=NOON + seconds,
    )


@dataclass(frozen=True)
class Place:
    """Where a ledger keeps its rows; `query` reads them behind its back. `database` None: in its own memory."""

    database: Callable[[], Database] | None = None
    query: Callable[[str], Sequence[tuple[Any, ...]]] = lambda _: []

    def ledger(self, clock: Clock) -> AnyLedger:
        return SqlLedger(self.database(), clock) if self.database else MemoryLedger(clock)

    async def balance(self, ledger: AnyLedger, account: Account = DAY) -> tuple[int, int]:
        """What is spent and what is held on the account, once all that waits is written."""
        await written(ledger)
        if isinstance(ledger, MemoryLedger):
            balance = ledger.balance(account.key)
            return balance.spent, balance.held
        columns = "spent_usd_micros, held_usd_micros"
        rows = self.query(f"SELECT {columns} FROM accounts WHERE key = '{account.key}'")
        return (rows[0][0], rows[0][1]) if rows else (0, 0)


async def written(ledger: AnyLedger) -> None:
    """Waits until all that was put before is written: what waits is written in its order."""
    nothing = replace(hold(f"nothing {next(_numbers)}", 0), purse=Purse())
    assert await ledger.hold(nothing) is None
    ledger.release(nothing.id)


def in_memory() -> Place:
    return Place()


def in_file(folder: Path) -> Place:
    path = folder / "data" / "ledger.sqlite"

    def query(sql: str) -> Sequence[tuple[Any, ...]]:
        connection = sqlite3.connect(path)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    return Place(lambda: sqlite(path), query)


def on_server(url: str) -> Place:
    def query(sql: str) -> Sequence[tuple[Any, ...]]:
        with psycopg.connect(url) as connection:
            return connection.execute(sql.encode()).fetchall()

    return Place(lambda: postgresql(url), query)
