"""The switches of the sources, durably: beside the ledger, in the same database."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from enrichment.domain.ports import Clock, LedgerUnavailable
from enrichment.stores.ledger.database import Database
from enrichment.stores.ledger.tables import source_switches

T = TypeVar("T")

# An operator waits for so long; the database gives up by itself before that, unless it is silent.
ANSWER_SECONDS = 5.0


class SqlSwitches:
    """A SwitchStore over a database of which the ledger has made the tables; a thread of its own uses it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "switches")

    async def switches(self) -> Mapping[str, bool]:
        """Every source that was ever switched, and whether it is on; raises LedgerUnavailable."""
        return await self._transact(_read)

    async def switch(self, source: str, *, is_enabled: bool) -> None:
        """Returns when the switch is durable; raises LedgerUnavailable where it may not be."""
        row = {"name": source, "is_enabled": is_enabled, "changed_at": self._clock()}
        await self._transact(lambda connection: _write(connection, row))

    async def close(self) -> None:
        """Gives back the connection."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._database.close)
        self._thread.shutdown(wait=False)

    async def _transact(self, work: Callable[[Connection], T]) -> T:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self._thread, self._database.transact, work)
        except (SQLAlchemyError, OSError) as error:
            reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            raise LedgerUnavailable(f"the switches are out of reach: {reason}") from None


def _read(connection: Connection) -> dict[str, bool]:
    return {row.name: row.is_enabled for row in connection.execute(select(source_switches))}


def _write(connection: Connection, row: Mapping[str, object]) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(source_switches).values(**row)
    changed = {name: insert.excluded[name] for name in ("is_enabled", "changed_at")}
    connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_=changed))


class MemorySwitches:
    """A SwitchStore whose switches end with the process."""

    def __init__(self) -> None:
        self._positions: dict[str, bool] = {}

    async def switches(self) -> Mapping[str, bool]:
        """Every source that was switched, and whether it is on."""
        return dict(self._positions)

    async def switch(self, source: str, *, is_enabled: bool) -> None:
        """Remembers the switch."""
        self._positions[source] = is_enabled

    async def close(self) -> None:
        """Nothing to give back."""
