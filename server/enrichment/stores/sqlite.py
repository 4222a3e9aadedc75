"""One SQLite file behind aiocache's interface."""

# aiocache has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import aiosqlite
from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from enrichment.domain.ports import Clock

# How long a statement waits for another process that writes: within what a reader of the cache waits at all.
LOCK_SECONDS = 0.05
# Statements that may wait for a slow disk; past that the cache refuses instead of filling the memory.
MAX_WAITING = 1_000
# Expired rows are deleted at every so many writes, so many at most: faster than they come, and never for long.
SWEEP_EVERY, SWEEP_ROWS = 256, 512

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY, value BLOB NOT NULL, expires_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_by_expiry ON entries (expires_at);
"""
SET = "INSERT OR REPLACE INTO entries (key, value, expires_at) VALUES (?, ?, ?)"
SWEEP = "DELETE FROM entries WHERE key IN (SELECT key FROM entries WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)"


class SqliteCache(BaseCache):
    """Entries in the file `path`, its folder made as needed; opened by `open` or at first use.

    Every statement is a transaction of its own: after a crash of the process, what was set is there; after one of the
    machine, the last moments may be missing (synchronous NORMAL) and the file is whole. A cancelled caller leaves its
    statement running. Raises sqlite3.Error and OSError: file corrupt, locked or out of reach, disk too slow.
    The commands that a Store needs; the others raise NotImplementedError, as BaseCache leaves them.
    """

    NAME = "sqlite"

    def __init__(self, path: Path, clock: Clock) -> None:
        super().__init__(serializer=NullSerializer(), timeout=0)
        self._path = path
        self._clock = clock
        self._connection: aiosqlite.Connection | None = None
        self._opening = asyncio.Lock()
        self._is_closed = False
        self._running: set[asyncio.Task[list[sqlite3.Row]]] = set()
        self._writes = 0

    async def open(self) -> None:
        """Opens the file, so that a fault of it is known at the start."""
        await self._run("SELECT 1")

    async def _multi_get(self, keys: Sequence[str], *_: object, **__: object) -> list[bytes | None]:
        marks = ", ".join("?" * len(keys))
        sql = f"SELECT key, value FROM entries WHERE key IN ({marks}) AND expires_at > ?"
        rows = await self._run(sql, *keys, self._clock())
        found: dict[str, bytes] = {row[0]: row[1] for row in rows}
        return [found.get(key) for key in keys]

    async def _set(self, key: str, value: bytes, ttl: float, *_: object, **__: object) -> bool:
        now = self._clock()
        await self._run(SET, key, value, now + ttl)
        self._writes += 1
        if self._writes % SWEEP_EVERY == 1:
            await self._run(SWEEP, now, SWEEP_ROWS)
        return True

    async def _delete(self, key: str, *_: object, **__: object) -> int:
        return len(await self._run("DELETE FROM entries WHERE key = ? RETURNING key", key))

    async def _close(self, *_: object, **__: object) -> None:
        self._is_closed = True
        if self._running:
            await asyncio.wait(self._running)
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _run(self, sql: str, *parameters: object) -> list[sqlite3.Row]:
        if self._is_closed:
            raise OSError(f"{self._path} is closed")
        if len(self._running) >= MAX_WAITING:
            raise OSError(f"{self._path} does not keep up: {MAX_WAITING} statements wait for it")
        # A task of its own, which a cancelled caller leaves running: aiosqlite executes what is queued in any case, and
        # only so is it known how much that is; and aiosqlite, cancelled while it connects, forgets the connection.
        task = asyncio.create_task(self._execute(sql, parameters))
        self._running.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait((task,))
        return task.result()

    def _ended(self, task: "asyncio.Task[list[sqlite3.Row]]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen, even where the caller has left

    async def _execute(self, sql: str, parameters: Sequence[object]) -> list[sqlite3.Row]:
        async with self._opening:
            if self._connection is None:
                # Opened before aiosqlite sees it: where its own connecting fails, it leaves a thread behind that
                # answers later, to a loop that may be closed by then (aiosqlite 0.22.1).
                opened = await asyncio.to_thread(_opened, self._path)
                self._connection = await aiosqlite.Connection(lambda: opened, iter_chunk_size=64)
        return list(await self._connection.execute_fetchall(sql, parameters))


def _opened(path: Path) -> sqlite3.Connection:
    """The open file with its table; each step may wait for the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Opened in one thread, used in another, never in two at once.
    connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.executescript(SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection
