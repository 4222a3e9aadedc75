"""A whole harvest over real sockets: one paid search, its companies filled from free sources, killed and resumed."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from enrichment.cli import main
from enrichment.domain.harvest import Harvest, SearchFailed, Stage
from enrichment.harvest import search
from enrichment.harvesting import harvest
from enrichment.sandbox import Sandbox, SandboxSettings, sandbox
from enrichment.settings import load
from enrichment.stores.directory.database import sqlite as directory_file
from enrichment.stores.directory.harvests import SqlHarvests
from enrichment.stores.directory.sql import SqlDirectory
from enrichment.stores.ledger.spending import spending

CONTROL = {"IMENSIAH_SOURCES__RDAP__ENABLED": "false", "IMENSIAH_SOURCES__WIKIDATA__ENABLED": "false"}


class Watcher:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.progress = (0, 0)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def visited(self, done: int, total: int) -> None:
        self.progress = (done, total)


@pytest.fixture
async def box() -> AsyncGenerator[Sandbox]:
    async with sandbox(SandboxSettings(latency_scale=0)) as running:
        yield running


@pytest.fixture
def environment(box: Sandbox, tmp_path: Path) -> dict[str, str]:
    """Paces that are kept for real name servers and registries would make this wait."""
    return {**box.environment, **CONTROL, "IMENSIAH_DATA_DIR": str(tmp_path), "IMENSIAH_CACHE_URL": "memory://"}


def rows(tmp_path: Path, statement: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(tmp_path / "directory.sqlite") as connection:
        found = connection.execute(statement).fetchall()
    connection.close()
    return found


def starts(box: Sandbox) -> int:
    return sum(one.method == "POST" and one.target.split("?")[0].endswith("/runs") for one in box.journal("apify"))


def spent(tmp_path: Path) -> list[tuple[str, int, int, int]]:
    found = spending("", tmp_path, "source", "2000-01-01")
    return [(row.name, row.spent_usd_micros, row.estimated_usd_micros, row.held_usd_micros) for row in found]


async def run(environment: Mapping[str, str], limit: int = 200) -> tuple[Harvest, Watcher]:
    watcher = Watcher()
    return await harvest(load(environment), "BR", limit, watcher), watcher


async def test_two_hundred_companies_are_found_for_what_a_run_costs_and_filled_for_nothing(
    box: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    done, watcher = await run(environment)
    assert (done.found, watcher.progress) == (200, (200, 200))
    assert (done.cost_usd_micros, box.cost_usd_micros()) == (301_500, 301_500)
    assert spent(tmp_path) == [("apify", 301_500, 0, 0)]
    held = {str(domain) for (domain,) in rows(tmp_path, "SELECT domain FROM directory_domains WHERE tie = 'website'")}
    assert len(held) > 150
    assert all(box.world.company(domain) for domain in held)
    assert rows(tmp_path, "SELECT count(*) FROM directory_harvest_domains") == [(0,)]

    again, watcher = await run(environment)
    assert (again.id, starts(box)) == (done.id, 1)
    assert "this month's harvest is done" in watcher.said[0]

    # Another size is another harvest: what is held already does not come again.
    other, _ = await run(environment, limit=190)
    assert other.id != done.id
    assert rows(tmp_path, "SELECT count(*) FROM directory_harvests WHERE stage = 'done'") == [(2,)]


async def killed(environment: dict[str, str], until: bytes) -> None:
    """Harvests in a process of its own, which is killed once it has written this."""
    command = [sys.executable, "-m", "enrichment", "directory", "harvest", "--country", "br", "--limit", "30"]
    whole = {**os.environ, **environment}
    process = await asyncio.create_subprocess_exec(*command, env=whole, stdout=subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        await process.stdout.readuntil(until)
    process.send_signal(signal.SIGKILL)
    await process.wait()


async def test_killed_while_the_search_runs_it_waits_for_the_same_search_when_run_again(
    box: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    await killed(environment, b"searching: running")
    assert spent(tmp_path) == [("apify", 0, 0, 500_000)]
    done, _ = await run(environment, limit=30)
    assert (starts(box), done.found) == (1, 30)
    assert spent(tmp_path) == [("apify", 45_000, 0, 0)]


async def test_two_harvests_at_once_are_one_and_a_refusal(box: Sandbox, environment: dict[str, str]) -> None:
    watcher, is_at_work = Watcher(), asyncio.Event()

    def say(sentence: str) -> None:
        watcher.said.append(sentence)
        is_at_work.set()

    watcher.say = say
    first = asyncio.create_task(harvest(load(environment), "BR", 30, watcher))
    await is_at_work.wait()
    with pytest.raises(SearchFailed, match=r"another harvest is at work in .*: let it end"):
        await run(environment, limit=20)
    await first
    assert starts(box) == 1


async def test_killed_before_it_heard_of_its_run_it_finds_it_by_what_was_asked(
    box: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    await killed(environment, b"searching: running")
    directory = SqlDirectory(directory_file(tmp_path / "directory.sqlite"))
    harvests = SqlHarvests(directory)
    begun = await harvests.latest("BR", 30)
    assert begun is not None
    await harvests.save(replace(begun, stage=Stage.STARTING, run_id="", dataset_id=""))
    await directory.close()
    done, _ = await run(environment, limit=30)
    assert (starts(box), done.found, done.run_id) == (1, 30, begun.run_id)
    assert spent(tmp_path) == [("apify", 45_000, 0, 0)]


async def test_killed_while_it_visits_it_goes_on_with_those_that_are_left(
    box: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    box.set_fault("website", "slow", delay_ms=300)
    await killed(environment, b"left out")
    before = len(rows(tmp_path, "SELECT domain FROM directory_harvest_domains"))
    box.clear_fault("website")
    _, watcher = await run(environment, limit=30)
    assert watcher.progress == (before, before)
    assert starts(box) == 1


async def test_what_was_forgotten_or_is_held_stays_out(environment: dict[str, str], tmp_path: Path) -> None:
    done, _ = await run(environment, limit=10)
    [(first,)] = rows(tmp_path, "SELECT domain FROM directory_domains WHERE tie = 'website' ORDER BY domain LIMIT 1")
    directory = SqlDirectory(directory_file(tmp_path / "directory.sqlite"))
    harvests = SqlHarvests(directory)
    await harvests.fill(done, [str(first), "larch.com.br"])
    await directory.forget(str(first))
    assert await harvests.left(done.id) == ["larch.com.br"]
    assert await harvests.unknown(["larch.com.br", str(first)]) == ["larch.com.br"]
    await directory.close()


@pytest.mark.parametrize(
    ("mode", "more", "words"),
    [
        ("quota", {}, r"for at most \$0.5, and answers with 402: the account has too little left to spend this month"),
        ("throttle", {}, "answers with 429: it is asked too often"),
        ("fail", {"status": 408}, "408: the run took longer .* Whether the search has begun is not known"),
        ("fail", {"status": 401}, "401: it does not know this token: set IMENSIAH_HARVEST__API_KEY"),
        ("fail", {"status": 503}, "503: .* Whether the search has begun is not known"),
        ("rubbish", {}, "no answer that can be read came: .* Whether the search has begun is not known"),
        ("reset", {}, "no answer that can be read came: .* Whether the search has begun is not known"),
    ],
)
async def test_a_start_that_fails_is_told_in_a_sentence_and_tried_once(
    box: Sandbox, environment: dict[str, str], mode: str, more: Mapping[str, int], words: str
) -> None:
    box.set_fault("apify", mode, **more)
    with pytest.raises(SearchFailed, match=words):
        await run(environment)
    assert len(box.journal("apify")) == 1
    assert box.cost_usd_micros() == 0


async def test_a_start_that_nobody_heard_of_is_looked_for_and_begun_when_there_is_none(
    box: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    box.set_fault("apify", "fail", status=503, times=1)
    with pytest.raises(SearchFailed):
        await run(environment, limit=30)
    done, _ = await run(environment, limit=30)
    assert done.found == 30
    assert spent(tmp_path) == [("apify", 45_000, 0, 0)]


async def test_the_months_money_is_never_passed(box: Sandbox, environment: dict[str, str], tmp_path: Path) -> None:
    environment["IMENSIAH_HARVEST__MAX_COST_USD_MICROS"] = "510000"
    done, watcher = await run(environment, limit=1_000)
    assert (
        "for 1,000, about $1.503 is needed, and IMENSIAH_HARVEST__MAX_COST_USD_MICROS allows $0.51" in watcher.said[0]
    )
    assert box.cost_usd_micros() == done.cost_usd_micros == 113 * 4_500
    with pytest.raises(
        SearchFailed, match=r"the \$0.51 that harvests may cost in .* have no room for one of up to \$0.5:"
    ):
        await run(environment, limit=20)
    assert starts(box) == 1
    assert spent(tmp_path) == [("apify", 508_500, 0, 0)]


async def test_a_run_that_somebody_aborts_is_paid_and_what_it_found_used(
    box: Sandbox, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Watcher()

    def say(sentence: str) -> None:
        watcher.said.append(sentence)
        if sentence.startswith("searching"):
            identity = box.journal("apify")[-1].target.rsplit("/", 1)[1]
            headers = {"Authorization": "Bearer sandbox-apify"}
            aborts.append(asyncio.create_task(abort(f"{box.url}/v2/actor-runs/{identity}/abort", headers)))

    aborts: list[asyncio.Task[None]] = []
    watcher.say = say
    monkeypatch.setattr(search, "FIRST_WAIT_SECONDS", 0.3)
    done = await harvest(load(environment), "BR", 20, watcher)
    assert "the search ended as ABORTED: what it found until then is used" in watcher.said
    assert 0 < done.cost_usd_micros < 7 * 4_500
    assert done.found > 0


async def abort(url: str, headers: Mapping[str, str]) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        assert json.loads((await client.post(url, headers=headers)).content)["data"]["status"] == "ABORTED"


@pytest.mark.parametrize(
    ("changes", "arguments", "words"),
    [
        ({"IMENSIAH_HARVEST__API_KEY": ""}, [], "a harvest needs a token of Apify: IMENSIAH_HARVEST__API_KEY"),
        ({"IMENSIAH_DATABASE_URL": "memory://"}, [], "what is harvested would be gone at the end"),
        ({"IMENSIAH_HARVEST__MAX_COST_USD_MICROS": "1"}, [], "is below $0.5, the least that a search may cost"),
        ({}, ["--country", "ZZ"], "no regions of 'ZZ' are known to search in; there are BR, CA,"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_paid(
    changes: Mapping[str, str],
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = {"IMENSIAH_HARVEST__API_KEY": "k", "IMENSIAH_HARVEST__BASE_URL": "http://127.0.0.1:9", **changes}
    for name, value in {**settings, "IMENSIAH_DATA_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    assert main(["directory", "harvest", *arguments]) == 2
    assert words in capsys.readouterr().err
