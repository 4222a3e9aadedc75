"""Switches outlive the process that set them, and are seen by others that share the database."""

from pathlib import Path

import pytest

from enrichment.domain.ports import LedgerUnavailable
from enrichment.stores.ledger.database import sqlite
from enrichment.stores.ledger.sql import SqlLedger
from enrichment.stores.ledger.switches import MemorySwitches, SqlSwitches
from fakes import NOON


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite"
    ledger = SqlLedger(sqlite(path), lambda: NOON)
    await ledger.open()
    await ledger.close()
    return path


async def test_the_last_word_on_each_source_counts_and_others_see_it(file: Path) -> None:
    one, other = (SqlSwitches(sqlite(file), lambda: NOON) for _ in range(2))
    assert await one.switches() == {}
    await one.switch("mapbox", is_enabled=False)
    await one.switch("groq", is_enabled=False)
    await one.switch("groq", is_enabled=True)
    assert await other.switches() == {"mapbox": False, "groq": True}
    await one.close()
    await other.close()


async def test_a_database_without_tables_is_out_of_reach(tmp_path: Path) -> None:
    switches = SqlSwitches(sqlite(tmp_path / "ledger.sqlite"), lambda: NOON)
    with pytest.raises(LedgerUnavailable, match="the switches are out of reach: no such table"):
        await switches.switches()
    with pytest.raises(LedgerUnavailable):
        await switches.switch("mapbox", is_enabled=False)
    await switches.close()


async def test_in_memory_they_end_with_the_process() -> None:
    switches = MemorySwitches()
    await switches.switch("mapbox", is_enabled=False)
    assert await switches.switches() == {"mapbox": False}
    await switches.close()
