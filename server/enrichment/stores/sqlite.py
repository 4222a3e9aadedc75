"""One SQLite file behind aiocache's interface."""

# aiocache has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import aiosqlite
from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from enrichment.domain.ports import FORGOTTEN_SECONDS, Clock, Owners

# How long a statement waits for another process that writes: within what a reader of the cache waits at all.
LOCK_SECONDS = 0.05
# Statements that may wait for a slow disk; past that the cache refuses instead of filling the memory.
MAX_WAITING = 1_000
# Expired rows are deleted at every so many writes, so many at most: faster than they come, and never for long.
SWEEP_EVERY, SWEEP_ROWS = 256, 512

# What is deleted is overwritten, so that what is forgotten is not read out of the file.
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY, value BLOB NOT NULL, expires_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_by_expiry ON entries (expires_at);
CREATE TABLE IF NOT EXISTS links (
    domain TEXT NOT NULL, key TEXT NOT NULL, expires_at REAL NOT NULL, PRIMARY KEY (domain, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS links_by_expiry ON links (expires_at);
CREATE TABLE IF NOT EXISTS forgotten (domain TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
"""
SET = "INSERT OR REPLACE INTO entries (key, value, expires_at) VALUES (?, ?, ?)"
LINK = "INSERT OR REPLACE INTO links (domain, key, expires_at) VALUES (?, ?, ?)"
# Statements are transactions of their own, so others may come between the two of `hold`. A company that is forgotten
# there loses its link, and without all its links no entry is written: none is ever held that `forget` does not find.
LINK_UNLESS_FORGOTTEN = """
INSERT OR REPLACE INTO links (domain, key, expires_at) SELECT value, ?2, ?3 FROM json_each(?1) WHERE NOT EXISTS (
    SELECT 1 FROM forgotten WHERE at >= ?4 AND domain IN (SELECT value FROM json_each(?1))
)
"""
SET_WHERE_LINKED = """
INSERT OR REPLACE INTO entries (key, value, expires_at) SELECT ?2, ?4, ?3 WHERE NOT EXISTS (
    SELECT 1 FROM json_each(?1) AS owner WHERE NOT EXISTS (
        SELECT 1 FROM links WHERE links.domain = owner.value AND links.key = ?2)
    OR EXISTS (SELECT 1 FROM forgotten WHERE forgotten.domain = owner.value AND at >= ?5)
) RETURNING key
"""
DELETE_MANY = "DELETE FROM entries WHERE key IN (SELECT value FROM json_each(?)) RETURNING key"
SWEEP = "DELETE FROM entries WHERE key IN (SELECT key FROM entries WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)"
SWEEP_LINKS = """
DELETE FROM links WHERE (domain, key) IN (
    SELECT domain, key FROM links WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
"""


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
        """Opens the file, so that a fault of it is known at the start, and sweeps before anybody waits for a write."""
        await self._run("SELECT 1 FROM entries LIMIT 1")
        # Another process may be writing; what is swept is nobody's loss.
        with suppress(sqlite3.OperationalError):
            await self._sweep()

    async def _multi_get(self, keys: Sequence[str], *_: object, **__: object) -> list[bytes | None]:
        marks = ", ".join("?" * len(keys))
        sql = f"SELECT key, value FROM entries WHERE key IN ({marks}) AND expires_at > ?"
        rows = await self._run(sql, *keys, self._clock())
        found: dict[str, bytes] = {row[0]: row[1] for row in rows}
        return [found.get(key) for key in keys]

    async def _set(self, key: str, value: bytes, ttl: float, *_: object, **__: object) -> bool:
        await self._run(SET, key, value, self._clock() + ttl)
        await self._sweep()
        return True

    async def _delete(self, key: str, *_: object, **__: object) -> int:
        return len(await self._run("DELETE FROM entries WHERE key = ? RETURNING key", key))

    async def hold(self, key: str, value: bytes, ttl: int, owners: Owners) -> bool:
        """Like `set`, unless an owner was forgotten since the work began."""
        now, domains = self._clock(), json.dumps(owners.domains)
        began, expires_at = now - owners.seconds, now + ttl
        await self._run(LINK_UNLESS_FORGOTTEN, domains, key, expires_at, began)
        written = await self._run(SET_WHERE_LINKED, domains, key, expires_at, value, began)
        await self._sweep()
        return bool(written)

    async def link(self, key: str, domain: str, ttl: int) -> None:
        """Notes that the entry is held for this company as well."""
        await self._run(LINK, domain, key, self._clock() + ttl)

    async def linked(self, domain: str) -> list[str]:
        """The keys held for the company, perhaps some that are held no longer."""
        rows = await self._run("SELECT key FROM links WHERE domain = ? AND expires_at > ?", domain, self._clock())
        return [row[0] for row in rows]

    async def forget(self, domain: str) -> list[str]:
        """Deletes what is held for the company, overwrites it in the file, and remembers when."""
        now = self._clock()
        await self._run("INSERT OR REPLACE INTO forgotten (domain, at) VALUES (?, ?)", domain, now)
        links = await self._run("DELETE FROM links WHERE domain = ? RETURNING key", domain)
        rows = await self._run(DELETE_MANY, json.dumps([row[0] for row in links]))
        await self._run("DELETE FROM forgotten WHERE at <= ?", now - FORGOTTEN_SECONDS)
        await self._run("PRAGMA wal_checkpoint(TRUNCATE)")
        return [row[0] for row in rows]

    async def _sweep(self) -> None:
        is_due = self._writes % SWEEP_EVERY == 0
        self._writes += 1
        if is_due:
            now = self._clock()
            await self._run(SWEEP, now, SWEEP_ROWS)
            await self._run(SWEEP_LINKS, now, SWEEP_ROWS)

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
