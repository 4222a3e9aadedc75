"""What a ledger does when its database is locked, silent, gone or killed, and when it is back."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine

from contract.ledgers import HandClock, Place, hold, in_file, on_server, written
from enrichment.domain.catalogue import Layer
from enrichment.domain.company import Field
from enrichment.domain.errors import SkipReason
from enrichment.domain.event import Disposition
from enrichment.domain.ports import LedgerUnavailable
from enrichment.domain.record import Candidate, DecisionRecord, EnrichmentRecord, FieldRecord, OutcomeRecord
from enrichment.stores.ledger import writer
from enrichment.stores.ledger.database import Database, migrate, sqlite
from enrichment.stores.ledger.sql import SqlLedger
from enrichment.stores.ledger.tables import metadata
from fakes import NOON
from live.postgresql import PostgresServer, postgres_server

T = TypeVar("T")

CRASH = """
import asyncio, os, signal, sys
from pathlib import Path
from contract.ledgers import HandClock, hold, in_file, on_server, written

async def main(where, crash_after):
    place = on_server(where) if "://" in where else in_file(Path(where))
    ledger = place.ledger(HandClock())
    await ledger.open()
    await ledger.hold(hold("a", 300))
    if crash_after != "hold":
        await ledger.mark_sent("a")
    if crash_after == "settle":
        ledger.settle("a", 100)
        await written(ledger)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(*sys.argv[1:]))
"""
ENDS = {"hold": (0, 0), "mark_sent": (300, 0), "settle": (100, 0)}


class Gate(Database):
    """A file whose thread can be stopped before or after a commit, as by a disk that hangs."""

    def __init__(self, path: Path) -> None:
        inner = sqlite(path)
        self.__dict__.update(inner.__dict__)
        self.before, self.after = threading.Event(), threading.Event()
        self.before.set()
        self.after.set()

    def transact(self, work: Callable[[Connection], T]) -> T:
        self.before.wait(30)
        result = super().transact(work)
        self.after.wait(30)
        return result


@pytest.fixture(scope="module")
def server() -> Generator[PostgresServer]:
    with postgres_server() as running:
        yield running


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_hold_whose_caller_gave_up_is_free_whether_or_not_it_was_committed(tmp_path: Path, moment: str) -> None:
    place, clock = in_file(tmp_path), HandClock()
    gate = Gate(tmp_path / "data" / "ledger.sqlite")
    ledger = SqlLedger(gate, clock)
    await ledger.open()
    assert await ledger.hold(hold("sent", 100)) is None
    stop = gate.before if moment == "before" else gate.after
    stop.clear()
    answers = await asyncio.gather(
        ledger.hold(hold("a", 300)), ledger.hold(hold("b", 300)), ledger.mark_sent("sent"), return_exceptions=True
    )
    assert all(isinstance(each, LedgerUnavailable) for each in answers)
    # The next are not kept waiting for what does not answer.
    with pytest.raises(LedgerUnavailable, match="has not answered for"):
        await ledger.hold(hold("c", 300))
    ledger.release("sent")
    stop.set()
    await eventually_written(ledger)
    assert await place.balance(ledger) == (0, 0)
    await ledger.close()


async def test_a_second_attempt_that_gives_up_does_not_undo_the_first(tmp_path: Path) -> None:
    place, gate = in_file(tmp_path), Gate(tmp_path / "data" / "ledger.sqlite")
    ledger = SqlLedger(gate, HandClock())
    await ledger.open()
    assert await ledger.hold(hold("a", 300)) is None
    await ledger.mark_sent("a")
    gate.before.clear()
    with pytest.raises(LedgerUnavailable):
        await ledger.mark_sent("a")
    gate.before.set()
    await eventually_written(ledger)
    assert await place.balance(ledger) == (0, 300)
    await ledger.close()


async def eventually_written(ledger: SqlLedger) -> None:
    for _ in range(100):
        try:
            return await written(ledger)
        except LedgerUnavailable:
            await asyncio.sleep(0.1)
    raise AssertionError("the ledger did not come back")


async def test_a_locked_file_refuses_and_writes_what_was_owed_when_it_is_free(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place, clock = in_file(tmp_path), HandClock()
    ledger = place.ledger(clock)
    assert isinstance(ledger, SqlLedger)
    await ledger.open()
    assert await ledger.hold(hold("a", 300)) is None
    other = sqlite3.connect(tmp_path / "data" / "ledger.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable) as refused:
        await ledger.hold(hold("b", 300))
    # Callers are told so: what the database says of itself is for the log.
    assert str(refused.value) == "the ledger is out of reach"
    assert "database is locked" in caplog.text
    ledger.settle("a", 200)
    other.execute("ROLLBACK")
    other.close()
    await eventually_written(ledger)
    assert await place.balance(ledger) == (200, 0)
    await ledger.close()


async def test_a_file_that_cannot_be_opened_refuses_until_it_can(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    place = in_file(tmp_path)
    ledger = place.ledger(HandClock())
    assert isinstance(ledger, SqlLedger)
    with pytest.raises(LedgerUnavailable):
        await ledger.open()
    with pytest.raises(LedgerUnavailable):
        await ledger.hold(hold("a"))
    (tmp_path / "data").unlink()
    assert await ledger.hold(hold("b")) is None
    assert await place.balance(ledger) == (0, 100)
    await ledger.close()


async def test_what_waits_is_written_when_the_server_stops(tmp_path: Path) -> None:
    place, clock = in_file(tmp_path), HandClock()
    ledger = place.ledger(clock)
    await ledger.open()
    for number in range(10):
        await ledger.hold(hold(f"{number}", 100))
    for number in range(10):
        ledger.settle(f"{number}", 50)
    await ledger.close()
    assert place.query("SELECT spent_usd_micros, held_usd_micros FROM accounts") == [(500, 0)]


def crashed(where: str, crash_after: str) -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", CRASH, where, crash_after], timeout=60, check=False, env=environ)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("crash_after", ENDS)
async def test_a_killed_process_leaves_a_file_that_its_successor_puts_right(tmp_path: Path, crash_after: str) -> None:
    await asyncio.to_thread(crashed, str(tmp_path), crash_after)
    place = in_file(tmp_path)
    ledger = place.ledger(HandClock())
    await ledger.open()
    assert await place.balance(ledger) == ENDS[crash_after]
    estimated = place.query("SELECT is_estimated FROM holds WHERE id = 'a'")
    assert estimated == [(crash_after == "mark_sent",)]
    await ledger.close()


@pytest.mark.live
@pytest.mark.parametrize("crash_after", ENDS)
async def test_what_a_killed_process_left_on_a_server_ends_by_its_time(
    server: PostgresServer, crash_after: str
) -> None:
    url = server.fresh()
    await asyncio.to_thread(crashed, url, crash_after)
    place, clock = on_server(url), HandClock()
    ledger = place.ledger(clock)
    await ledger.open()
    before = (100, 0) if crash_after == "settle" else (0, 300)
    assert await place.balance(ledger) == before
    clock.now = NOON + 60
    ledger.sweep()
    await written(ledger)
    assert await place.balance(ledger) == ENDS[crash_after]
    await ledger.close()


@pytest.mark.live
@pytest.mark.parametrize("trouble", ["killed", "hung"])
async def test_a_server_that_was_gone_is_used_again_when_it_is_back(server: PostgresServer, trouble: str) -> None:
    place = on_server(server.fresh())
    ledger = place.ledger(HandClock())
    assert isinstance(ledger, SqlLedger)
    await ledger.open()
    assert await ledger.hold(hold("a", 300)) is None
    await ledger.mark_sent("a")
    if trouble == "killed":
        server.stop()
        await refused(ledger)
        server.start()
    else:
        with server.hung():
            await refused(ledger)
    await eventually_written(ledger)
    assert await place.balance(ledger) == (200, 0)
    await ledger.close()


async def refused(ledger: SqlLedger) -> None:
    with pytest.raises(LedgerUnavailable):
        # The loop goes on meanwhile, or this could not end it.
        await asyncio.wait_for(ledger.hold(hold("b", 300)), 30)
    ledger.settle("a", 200)


@pytest.mark.live
async def test_what_cannot_be_written_harms_nobody_else(server: PostgresServer) -> None:
    place = on_server(server.fresh())
    ledger = place.ledger(HandClock())
    await ledger.open()
    # PostgreSQL's texts hold no NUL.
    poisoned = hold("b\0", 100)
    answers = await asyncio.gather(
        ledger.hold(hold("a", 100)), ledger.hold(poisoned), ledger.hold(hold("c", 100)), return_exceptions=True
    )
    assert [answers[0], answers[2]] == [None, None]
    assert isinstance(answers[1], LedgerUnavailable)
    assert str(answers[1]) == "the ledger cannot write this down"
    ledger.settle("b\0", 100)
    assert await place.balance(ledger) == (0, 200)
    await ledger.close()


def record(name: str = "enrichment-1") -> EnrichmentRecord:
    gained = FieldRecord(Field.NAME, 0.9, before=None, after=0.95, is_selected=True)
    return EnrichmentRecord(
        id=name,
        domain="vidraria.com.br",
        caller="acme",
        started_at=NOON,
        duration_seconds=1.5,
        wanted=frozenset({Field.NAME}),
        layers=frozenset({Layer.REGISTRY}),
        max_cost_usd_micros=50_000,
        cost_usd_micros=3_000,
        saved_usd_micros=0,
        completeness=1.0,
        confidence=0.95,
        is_from_cache=False,
        decisions=(
            DecisionRecord(
                0, NOON, 50_000, (Candidate("a", 3_000, True), Candidate("b", 9, False, SkipReason.OVER_BUDGET))
            ),
        ),
        outcomes=(OutcomeRecord("a", Layer.REGISTRY, Disposition.FOUND, cost_usd_micros=3_000, fields=(gained,)),),
    )


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.live)])
def lasting(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return in_file(tmp_path)
    running: PostgresServer = request.getfixturevalue("server")
    return on_server(running.fresh())


async def test_a_record_is_written_once_with_its_decisions_and_outcomes(lasting: Place) -> None:
    ledger = lasting.ledger(HandClock())
    await ledger.open()
    for each in (record(), record(), record("enrichment-2")):
        ledger.record(each)
    await ledger.close()
    assert lasting.query("SELECT id, domain, caller, cost_usd_micros FROM enrichments ORDER BY id") == [
        ("enrichment-1", "vidraria.com.br", "acme", 3_000),
        ("enrichment-2", "vidraria.com.br", "acme", 3_000),
    ]
    assert lasting.query("SELECT decision_id, chosen_set, budget_left FROM decisions ORDER BY decision_id")[0] == (
        "enrichment-1:0",
        '["a"]',
        50_000,
    )
    rows = lasting.query("SELECT source, status, price_charged, fields_json FROM outcomes")
    assert len(rows) == 2
    assert rows[0][:3] == ("a", "found", 3_000)
    assert '"confidence_before": null' in rows[0][3]


async def test_records_that_come_too_fast_are_dropped_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_RECORDS", 3)
    gate = Gate(tmp_path / "data" / "ledger.sqlite")
    ledger = SqlLedger(gate, HandClock())
    await ledger.open()
    gate.before.clear()
    for number in range(5):
        ledger.record(record(f"{number}"))
    assert ledger.dropped == 2
    gate.before.set()
    await ledger.close()
    assert in_file(tmp_path).query("SELECT count(*) FROM enrichments") == [(3,)]


def test_the_migrations_make_the_tables_that_the_code_has() -> None:
    with create_engine("sqlite://").begin() as connection:
        migrate(connection)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_accounts_from_before_their_use_was_written_down_count_as_used_on_the_day_of_the_migration() -> None:
    with create_engine("sqlite://").begin() as connection:
        migrate(connection)
        for statement in (
            "DROP INDEX accounts_by_use",
            "ALTER TABLE accounts DROP COLUMN used_on",
            "UPDATE alembic_version SET version_num = 'v1'",
            "INSERT INTO accounts VALUES ('provider:registry:2027-01', 5, 0)",
        ):
            connection.exec_driver_sql(statement)
        before = datetime.now(UTC).date().isoformat()
        migrate(connection)
        (used_on,) = connection.exec_driver_sql("SELECT used_on FROM accounts").scalars()
    assert before <= used_on <= datetime.now(UTC).date().isoformat()
