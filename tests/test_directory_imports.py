"""Imports as an operator makes them: killed at any moment and run again they leave the same; lists are found again."""

import csv
import io
import random
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from enrichment.cli import main
from enrichment.domain.cnpj import check_digits
from enrichment.domain.directory import believed
from enrichment.domain.names import is_same_name
from enrichment.imports.lists import list_of
from enrichment.imports.running import Import
from enrichment.sources import personal_numbers
from enrichment.stores.directory.database import Database, database, sqlite
from enrichment.stores.directory.lookup import by_domain
from enrichment.stores.directory.tables import metadata
from live.postgresql import postgres_server

DATASETS = Path(__file__).parent.parent.parent / "shared" / "datasets"
LISTS = {
    "listed/br_listed_companies.csv": 346,
    "listed/us_listed_companies.csv": 2_035,
    "listed/world_listed_companies.csv": 9_762,
    "br_cvm/cvm_companies.csv": 2_475,
    "sp500/constituents.csv": 503,
    "fortune/fortune500_2019.csv": 500,
    "yc/yc_companies_2023.csv": 1_000,
    "yc/yc_startups_2014_alice_corona.csv": 688,
    "companies_house/basic_company_data_sample.csv": 3,
}
ROWS, KILLS = 9_000, 20
# Small transactions, so that a kill comes between two of them or within one.
IMPORT = """
import sys
from enrichment.imports import found, lists, receita
receita.CHUNK_ROWS = lists.CHUNK_ROWS = 50
from enrichment.cli import main
sys.exit(main(sys.argv[1:]))
"""


def dump(folder: Path) -> Path:
    """Receita Federal's dump of companies that are told apart by their numbers, some of them left out."""
    roots = [f"{10_000_000 + 7 * at}" for at in range(ROWS)]
    random.Random(3).shuffle(roots)
    folder.mkdir()
    with zipfile.ZipFile(folder / "Empresas0.zip", "w") as archive:
        archive.writestr(
            "EMPRE", _lines([[root, f"VIDROS {root} LTDA", "2062", "49", "1,00", "01", ""] for root in roots])
        )
    with zipfile.ZipFile(folder / "Estabelecimentos0.zip", "w") as archive:
        archive.writestr("ESTAB", _lines([_establishment(root, at) for at, root in enumerate(roots)]))
    return folder


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _establishment(root: str, at: int) -> list[str]:
    situation = "08" if at % 10 == 0 else "02"
    head = [root, "0001", check_digits(f"{root}0001"), "1", "", situation, "", "", "", "", "20150310", "4781400", ""]
    return [*head, "RUA", "A", str(at), "", "", "", "SP", "7107", "", "", "", "", "", "", f"x@v{root}.com.br", "", ""]


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode("latin-1")


def content(opened: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    with opened.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select()).all()), key=repr)
            for table in metadata.sorted_tables
        }


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest) -> Generator[list[str]]:
    """Two empty directories: IMENSIAH_DATABASE_URLs."""
    if request.param == "sqlite":
        yield ["", ""]
        return
    with postgres_server() as one, postgres_server() as other:
        yield [one.fresh(), other.fresh()]


@pytest.mark.live
def test_killed_at_any_moment_and_run_again_the_same_directory_comes_out(
    urls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = dump(tmp_path / "dump")
    command = ["directory", "import", str(folder), "--as-of", "2026-11-01"]
    results: list[tuple[dict[str, list[Any]], bytes]] = []
    kills = 0
    for number, (url, most) in enumerate(zip(urls, (0, KILLS), strict=True)):
        own, rejects = tmp_path / str(number), tmp_path / f"{number}.csv"
        monkeypatch.setenv("IMENSIAH_DATA_DIR", str(own))
        monkeypatch.setenv("IMENSIAH_DATABASE_URL", url)
        arguments = [sys.executable, "-c", IMPORT, *command, "--rejects", str(rejects)]
        draw = random.Random(11)
        while True:
            before = size_of(rejects)
            running = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
            if kills < most:
                # A chunk is on its way or written: anywhere within the next ones.
                while size_of(rejects) <= before and running.poll() is None:
                    time.sleep(0.001)
                time.sleep(draw.uniform(0.0, 0.01))
                running.send_signal(signal.SIGKILL)
            if running.wait(timeout=120) == 0:
                break
            kills += 1
        opened = database(url, own)
        results.append((content(opened), rejects.read_bytes()))
        opened.close()
    assert kills == KILLS
    assert results[0] == results[1]
    kept = len(results[0][0]["directory_records"])
    assert kept + results[0][1].count(b"its status is baixada") == ROWS


def test_every_list_that_is_here_is_imported_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not DATASETS.exists():
        pytest.skip("../shared is not here: there are no real lists to import")
    monkeypatch.setenv("IMENSIAH_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert main(["directory", "import", *(str(DATASETS / name) for name in LISTS)]) == 0
    opened = sqlite(tmp_path / "directory.sqlite")
    tables = content(opened)
    opened.close()
    assert sorted(row[4] for row in tables["directory_imports"]) == sorted(LISTS.values())
    for row in tables["directory_records"]:
        number = row[13]
        texts = [value for value in row if isinstance(value, str) and value != number]
        assert not any(map(personal_numbers.is_in, texts)), row


def test_the_mail_domains_of_listed_companies_lead_to_them(tmp_path: Path) -> None:
    if not DATASETS.exists():
        pytest.skip("../shared is not here: there are no real lists to import")
    opened = sqlite(tmp_path / "directory.sqlite")
    opened.open()
    reader = list_of(DATASETS / "br_cvm" / "cvm_companies.csv", "", time.time(), {})
    Import(opened, reader, tmp_path / "rejects.csv").run(lambda _tally, _read: None)
    with (DATASETS / "listed" / "br_listed_companies.csv").open(encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    count: Counter[str] = Counter()
    with opened.reading() as connection:
        for company in listed:
            links = by_domain(connection, company["domain"])
            companies = {each.company_id for each in links}
            answer = believed(company["domain"], links)
            count["match"] += bool(companies)
            count["unique"] += len(companies) == 1
            count["unique and found"] += len(companies) == 1 and bool(answer)
            count["found"] += bool(answer)
            count["of its name"] += any(is_same_name(name, company["name"]) for each in answer for name in each.names)
    opened.close()
    print(dict(count), f"precision {count['of its name'] / count['found']:.3f}")
    assert (count["match"], count["unique"], count["unique and found"]) == (224, 181, 181)
    assert count["of its name"] / count["found"] >= 0.90


def test_a_directory_and_its_imports_are_told_in_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMENSIAH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    assert main(["directory", "stats"]) == 0
    assert "holds no company yet" in capsys.readouterr().out
    (tmp_path / "customers.csv").write_text("Site,Name\nlaricio.com.br,Laricio\nnone,\n", "utf-8")
    command = ["directory", "import", "customers.csv", "--as-of", "2026-11-01", "--country", "br"]
    for _ in range(2):
        assert main(command) == 0
        out = capsys.readouterr().out
        assert "1  rows kept" in out
        assert "line by line: customers.rejects.csv" in out
    assert "customers.csv,3,the row," in (tmp_path / "customers.rejects.csv").read_text("utf-8")
    assert main(["directory", "stats"]) == 0
    out = capsys.readouterr().out
    assert "customers" in out
    assert "2026-11-01" in out
    assert main(["directory", "import", "nowhere.csv"]) == 1
    assert capsys.readouterr().err == "imensiah: nowhere.csv does not exist\n"
    monkeypatch.setenv("IMENSIAH_DATABASE_URL", "memory://")
    assert main(command) == 1
    assert "memory://" in capsys.readouterr().err
