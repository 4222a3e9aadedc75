"""What was spent, as it is read from each kind of ledger and told."""

import json
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from contract.ledgers import DAY, HandClock, hold, in_file, on_server, written
from enrichment.cli import main
from enrichment.domain.ports import LedgerUnavailable
from enrichment.domain.spending import Spending
from enrichment.stores.ledger.spending import first_day, spending
from fakes import NOON
from live.postgresql import postgres_server

TODAY = "2027-01-15"


@pytest.fixture(scope="module")
def url() -> Generator[str]:
    with postgres_server() as server:
        yield server.fresh()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.live)])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger with a day before yesterday's estimated call, and today's: one settled, one released, one open."""
    clock = HandClock()
    is_file = request.param == "sqlite"
    place = in_file(tmp_path) if is_file else on_server(request.getfixturevalue("url"))
    ledger = place.ledger(clock)
    await ledger.open()
    clock.now = NOON - 2 * 86_400
    for name in ("estimated", "settled", "released", "open"):
        assert await ledger.hold(hold(name, 200, DAY)) is None
        if name == "estimated":
            ledger.settle(name, 200, is_estimated=True)
            clock.now = NOON
    ledger.settle("settled", 150)
    ledger.release("released")
    await written(ledger)
    await ledger.close()
    return "sqlite://" if is_file else request.getfixturevalue("url")


def test_spending_is_added_up_by_day_source_and_caller(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    by_day = spending(database_url, folder, "day", first_day(30, NOON))
    assert by_day == [Spending(TODAY, 2, 150, 0, 200), Spending("2027-01-13", 1, 200, 200, 0)]
    assert spending(database_url, folder, "day", first_day(2, NOON)) == by_day[:1]
    everything = (3, 350, 200, 200)
    assert Spending("registry", *everything) in spending(database_url, folder, "source", first_day(30, NOON))
    assert Spending("acme", *everything) in spending(database_url, folder, "caller", first_day(30, NOON))
    assert spending(database_url, folder, "day", "2027-01-16") == []


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the commands look into."""
    monkeypatch.setenv("IMENSIAH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("IMENSIAH_DATABASE_URL", raising=False)
    return tmp_path / "data"


async def fill(folder: Path, **settled: int) -> None:
    """Today's calls by the machine's clock, each with its cost."""
    clock = HandClock()
    clock.now = time.time()
    ledger = in_file(folder.parent).ledger(clock)
    await ledger.open()
    for name, cost in settled.items():
        await ledger.hold(hold(name, 500, seconds=10**9))
        ledger.settle(name, cost)
    await ledger.close()


async def test_a_person_reads_a_table(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await fill(here, a=300, b=150)
    assert main(["spend", "--by", "source"]) == 0
    out = capsys.readouterr().out
    assert "registry" in out
    assert "$0.00045" in out


async def test_a_program_reads_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await fill(here, a=300)
    assert main(["spend", "--json", "--by", "caller", "--days", "1"]) == 0
    said = json.loads(capsys.readouterr().out)
    figures = {"calls": 1, "spent_usd_micros": 300, "estimated_usd_micros": 0, "held_usd_micros": 0}
    assert said["rows"] == [{"caller": "acme", **figures}]
    assert said["total"] == figures


async def test_nothing_spent_is_said_in_words(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await fill(here)
    assert main(["spend"]) == 0
    assert capsys.readouterr().out.startswith("Nothing has been spent or set aside since ")


def test_where_there_is_no_ledger_a_sentence_says_so_and_none_is_made(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["spend"]) == 1
    assert f"there is no ledger in {here} yet" in capsys.readouterr().err
    assert not here.exists()


def test_a_file_that_is_no_ledger_is_a_sentence(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here.mkdir()
    (here / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    assert main(["spend"]) == 1
    assert "file is not a database" in capsys.readouterr().err


def test_a_memory_is_known_to_its_server_alone(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="running server alone"):
        spending("memory://", tmp_path, "day", TODAY)


def test_a_server_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="cannot be read"):
        spending("postgresql://user:secret@127.0.0.1:1/x", tmp_path, "day", TODAY)


@pytest.mark.parametrize("arguments", [["--days", "0"], ["--days", "-3"], ["--days", "many"], ["--by", "week"]])
def test_what_cannot_be_asked_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["spend", *arguments])
    assert arguments[1] in capsys.readouterr().err
