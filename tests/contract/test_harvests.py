"""What is kept of harvests: one suite for SQLite and PostgreSQL."""

from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from pathlib import Path

import pytest

from enrichment.domain.directory import Tie, id_of_domain
from enrichment.domain.harvest import Harvest, Stage
from enrichment.stores.directory.batch import Batch
from enrichment.stores.directory.database import postgresql, sqlite
from enrichment.stores.directory.harvests import SqlHarvests
from enrichment.stores.directory.sql import SqlDirectory
from fakes import NOON
from live.postgresql import PostgresServer, postgres_server

HARVEST = Harvest("h1", "BR", 200, "2026-11", NOON, ("vidros em São Paulo", "vidros em Acre"), 2, 500_000)


@pytest.fixture(scope="module")
def server() -> Generator[PostgresServer]:
    with postgres_server() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.live)])
async def directory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[SqlDirectory]:
    if request.param == "sqlite":
        database = sqlite(tmp_path / "directory.sqlite")
    else:
        running: PostgresServer = request.getfixturevalue("server")
        database = postgresql(running.fresh())
    opened = SqlDirectory(database)
    await opened.open()
    yield opened
    await opened.close()


async def test_the_last_harvest_of_a_country_and_size_is_as_it_was_saved(directory: SqlDirectory) -> None:
    harvests = SqlHarvests(directory)
    assert await harvests.latest("BR", 200) is None
    await harvests.save(HARVEST)
    begun = replace(HARVEST, stage=Stage.SEARCHING, run_id="r1", dataset_id="d1")
    await harvests.save(begun)
    await harvests.save(replace(HARVEST, id="h0", started_at=NOON - 86_400, month="2026-10"))
    assert await harvests.latest("BR", 200) == begun
    assert await harvests.latest("BR", 100) is None
    assert await harvests.latest("PT", 200) is None


async def test_what_is_left_keeps_its_order_and_loses_what_was_visited(directory: SqlDirectory) -> None:
    harvests = SqlHarvests(directory)
    await harvests.fill(replace(HARVEST, stage=Stage.FILLING, found=3), ["pine.com.br", "larch.com.br", "oak.com.br"])
    await harvests.visited("h1", "larch.com.br")
    assert await harvests.left("h1") == ["pine.com.br", "oak.com.br"]
    assert await harvests.left("h2") == []
    await harvests.fill(HARVEST, [])
    assert await harvests.left("h1") == []


async def test_who_is_held_or_was_forgotten_is_not_unknown(directory: SqlDirectory) -> None:
    harvests = SqlHarvests(directory)
    batch = Batch()
    batch.link_domain("larch.com.br", Tie.WEBSITE, id_of_domain("larch.com.br"), 1.0)
    # Whose mailboxes are known has perhaps never been visited.
    batch.link_domain("oak.com.br", Tie.MAILBOX, 7, 0.7)
    await directory.write(batch.write)
    await directory.forget("pine.com.br")
    asked = [f"c{number}.com.br" for number in range(1_200)]
    assert await harvests.unknown(["oak.com.br", "larch.com.br", "pine.com.br", *asked]) == ["oak.com.br", *asked]


async def test_a_company_that_is_forgotten_is_left_out_of_what_is_still_to_be_visited(directory: SqlDirectory) -> None:
    harvests = SqlHarvests(directory)
    await harvests.fill(HARVEST, ["pine.com.br", "larch.com.br"])
    await directory.forget("pine.com.br")
    assert await harvests.left("h1") == ["larch.com.br"]
