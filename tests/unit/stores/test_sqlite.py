"""A file that may be missing, broken, locked, full of what is over, or left in the middle of a write."""

import asyncio
import contextlib
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import pytest

from enrichment.domain.ports import Owners
from enrichment.stores import sqlite
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.sqlite import SqliteCache

NOW = 1_800_000_000.0


def still() -> float:
    return NOW


@contextlib.contextmanager
def beside(path: Path) -> Generator[sqlite3.Connection]:
    """Another process's connection to the same file."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def rows_of(path: Path) -> int:
    with beside(path) as connection:
        return connection.execute("SELECT count(*) FROM entries").fetchone()[0]


def files_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_opening_makes_the_folder_and_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "cache.sqlite"
    cache = SqliteCache(path, still)
    await cache.open()
    await cache.open()
    assert rows_of(path) == 0
    with beside(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    await AiocacheStore(cache).close()


async def test_what_is_over_goes_at_the_start_and_not_within_the_time_of_the_first_write(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    store = AiocacheStore(SqliteCache(path, still))
    await store.put("old", b"", 60)
    await store.close()
    later = SqliteCache(path, lambda: NOW + 60)
    await later.open()
    assert rows_of(path) == 0
    await AiocacheStore(later).close()


async def test_a_file_that_another_process_writes_is_opened_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    await AiocacheStore(first := SqliteCache(path, still)).put("a", b"one", 60)
    await AiocacheStore(first).close()
    with beside(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        store = AiocacheStore(cache := SqliteCache(path, still))
        await cache.open()
        assert await store.get_many(["a"]) == {"a": b"one"}
        connection.rollback()
        await store.close()


async def test_closing_what_was_never_opened_opens_nothing(tmp_path: Path) -> None:
    store = AiocacheStore(SqliteCache(tmp_path / "cache.sqlite", still))
    await store.close()
    await store.close()
    assert files_of(tmp_path) == []


async def test_what_comes_after_the_close_is_refused(tmp_path: Path) -> None:
    store = AiocacheStore(SqliteCache(tmp_path / "cache.sqlite", still))
    await store.put("a", b"one", 60)
    await store.close()
    with pytest.raises(OSError, match="is closed"):
        await store.put("a", b"two", 60)


async def test_the_close_waits_for_a_write_whose_caller_has_left(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    store = AiocacheStore(SqliteCache(path, still))
    writer = asyncio.create_task(store.put("a", b"one", 60))
    await asyncio.sleep(0)
    writer.cancel()
    await asyncio.wait((writer,))
    await store.close()
    assert rows_of(path) == 1


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database, " * 1_000)


def garbage_after_the_header(path: Path) -> None:
    with beside(path) as connection:
        connection.executescript(sqlite.SCHEMA)
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xa5" * (len(content) - 100))


def another_table(path: Path) -> None:
    with beside(path) as connection:
        connection.execute("CREATE TABLE entries (something TEXT)")


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("spoil", [garbage, garbage_after_the_header, another_table, a_folder])
async def test_a_file_that_is_no_cache_raises_at_every_use(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = tmp_path / "cache.sqlite"
    spoil(path)
    cache = SqliteCache(path, still)
    store = AiocacheStore(cache)
    for _ in range(2):
        with pytest.raises(sqlite3.Error):
            await cache.open()
        with pytest.raises(sqlite3.Error):
            await store.get_many(["a"])
        with pytest.raises(sqlite3.Error):
            await store.put("a", b"one", 60)
    await store.close()


async def test_a_folder_that_cannot_be_made_raises(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = AiocacheStore(SqliteCache(tmp_path / "file" / "cache.sqlite", still))
    with pytest.raises(OSError, match="file"):
        await store.get_many(["a"])
    await store.close()


async def test_a_fault_that_is_over_is_forgotten(tmp_path: Path) -> None:
    obstacle = tmp_path / "data"
    obstacle.write_text("in the way")
    store = AiocacheStore(SqliteCache(obstacle / "cache.sqlite", still))
    with pytest.raises(OSError, match="data"):
        await store.put("a", b"one", 60)
    obstacle.unlink()
    await store.put("a", b"one", 60)
    assert await store.get_many(["a"]) == {"a": b"one"}
    await store.close()


async def test_a_file_that_another_process_locks_raises_at_writes_and_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    store = AiocacheStore(SqliteCache(path, still))
    await store.put("a", b"one", 60)
    with beside(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await store.put("a", b"two", 60)
        assert await store.get_many(["a"]) == {"a": b"one"}
        other.execute("ROLLBACK")
    await store.put("a", b"two", 60)
    assert await store.get_many(["a"]) == {"a": b"two"}
    await store.close()


async def test_more_statements_than_the_disk_can_take_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "MAX_WAITING", 3)
    store = AiocacheStore(SqliteCache(tmp_path / "cache.sqlite", still))
    ends = await asyncio.gather(*(store.get_many([str(number)]) for number in range(10)), return_exceptions=True)
    assert [type(end) for end in ends] == [dict] * 3 + [OSError] * 7
    assert await store.get_many(["a"]) == {}
    await store.close()


async def test_a_full_disk_raises_at_writes_and_what_is_held_is_read(tmp_path: Path) -> None:
    """A limit of pages stands for the disk: SQLite fails in the same way, and goes on when there is room again."""
    cache = SqliteCache(tmp_path / "cache.sqlite", still)
    store = AiocacheStore(cache)
    await store.put("a", b"one", 60, Owners(("acme.com",)))
    await cache._run("PRAGMA max_page_count = 1")  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await store.put("b", b"x" * 100_000, 60, Owners(("acme.com",)))
    assert await store.get_many(["a", "b"]) == {"a": b"one"}
    await cache._run("PRAGMA max_page_count = 100000")  # pyright: ignore[reportPrivateUsage]
    assert await store.put("b", b"x" * 100_000, 60, Owners(("acme.com",)))
    assert sorted(await store.forget("acme.com")) == ["a", "b"]
    await store.close()


async def test_a_file_that_may_only_be_read_raises_at_writes(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    cache = SqliteCache(path, still)
    store = AiocacheStore(cache)
    await store.put("a", b"one", 60)
    await cache._run("PRAGMA query_only = ON")  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await store.put("a", b"two", 60)
    assert await store.get_many(["a"]) == {"a": b"one"}
    await store.close()


async def test_what_is_forgotten_is_no_more_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    store = AiocacheStore(SqliteCache(path, still))
    await store.put("a", b"a rare phrase " * 500, 60, Owners(("acme.com",)))
    await store.forget("acme.com")
    assert not any(b"rare phrase" in file.read_bytes() for file in files_of(tmp_path))
    await store.close()


async def test_two_processes_share_what_was_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    one, other = (AiocacheStore(SqliteCache(path, still)) for _ in range(2))
    await one.put("a", b"one", 60, Owners(("acme.com",)))
    assert await other.forget("acme.com") == ["a"]
    assert not await one.put("a", b"one", 60, Owners(("acme.com",), 1.0))
    await one.close()
    await other.close()


async def test_what_is_over_is_swept_a_little_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "SWEEP_EVERY", 10)
    monkeypatch.setattr(sqlite, "SWEEP_ROWS", 4)
    path, now = tmp_path / "cache.sqlite", [NOW]
    store = AiocacheStore(SqliteCache(path, lambda: now[0]))
    for number in range(10):
        await store.put(f"old {number}", b"", 60)
    now[0] += 60
    await store.put("new 0", b"", 60)
    assert rows_of(path) == 10 + 1 - 4
    for number in range(1, 11):
        await store.put(f"new {number}", b"", 60)
    assert rows_of(path) == 10 + 11 - 8
    assert len(await store.get_many([f"new {number}" for number in range(11)])) == 11
    await store.close()


WRITER = """
import asyncio, sys, time
from pathlib import Path
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.sqlite import SqliteCache

async def main():
    store = AiocacheStore(SqliteCache(Path(sys.argv[1]), lambda: 1_800_000_000.0))
    number = 0
    while True:
        await store.put(f"key {number}", b"%d " % number * 2_000, 60)
        print(number, flush=True)
        number += 1

asyncio.run(main())
"""


def test_what_was_put_before_the_process_was_killed_is_there_after_it(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        last = next(int(line) for line in writer.stdout if int(line) >= 200)
        writer.send_signal(signal.SIGKILL)
        last = max([last, *(int(line) for line in writer.stdout if line.endswith("\n"))])
    written = {f"key {number}": b"%d " % number * 2_000 for number in range(last + 1)}

    async def read() -> Mapping[str, bytes]:
        store = AiocacheStore(SqliteCache(path, still))
        found = await store.get_many(list(written))
        await store.close()
        return found

    assert asyncio.run(read()) == written
    with beside(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
