"""The company directory: how fast Receita Federal's dump is imported, in how much memory, and how fast it is asked.

    python bench/directory.py [--rows 2000000] [--no-postgresql]

A dump in the true format is made (invented companies; every establishment a head office in business, so that every row
is written), imported into SQLite by a process of its own whose memory is measured, then asked by domain, number, and
name and country. The same against a PostgreSQL of the bench's own, where one is installed.
"""

import argparse
import asyncio
import csv
import io
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from enrichment.domain.cnpj import check_digits
from enrichment.domain.subject import Hints, Subject
from enrichment.imports.receita import dump_of
from enrichment.imports.running import Import, Tally
from enrichment.stores.directory.database import Database, postgresql, sqlite
from enrichment.stores.directory.sql import SqlDirectory
from live.postgresql import binaries_here, postgres_server

AREAS = ("11", "21", "31", "41", "47", "51", "61", "71", "81", "85")
WORDS = ("AURORA", "BRISA", "CEDRO", "DELTA", "ESTRELA", "FAROL", "HORIZONTE", "JATOBA", "MIRANTE", "OURO", "PINHAL")
TRADES = ("COMERCIO", "VIDROS", "METAIS", "TECIDOS", "ALIMENTOS", "MOVEIS", "TRANSPORTES", "SISTEMAS", "GRAFICA")
SEED, LOOKUPS = 7, 3_000


class Made:
    """A company of the dump by its place, the same each time."""

    def __init__(self, at: int) -> None:
        draw = random.Random(SEED * 1_000_003 + at)
        self.root = f"{10_000_000 + at * 37:08d}"
        self.is_person = draw.random() < 0.4
        self.word, trade = draw.choice(WORDS), draw.choice(TRADES)
        self.name = f"{self.root[:2]}.{self.root[2:5]}.{self.root[5:]} QUEMASSINA" if self.is_person else ""
        self.name = self.name or f"{trade} {self.word} {at} LTDA"
        self.trade_name = f"{self.word} {trade} {at}" if draw.random() < 0.4 else ""
        kind = draw.random()
        self.mail = f"contato@{self.word.lower()}{at}.com.br" if kind < 0.25 and not self.is_person else ""
        self.mail = self.mail or ("loja@gmail.com" if kind < 0.7 else "")
        self.number = f"{self.root}0001{check_digits(f'{self.root}0001')}"
        self.phone = str(draw.randrange(20_000_000, 60_000_000))
        self.area, self.house = draw.choice(AREAS), str(draw.randrange(1, 3_000))

    def establishment(self) -> list[str]:
        street = ["RUA", f"DAS {self.word}S", self.house, "", "CENTRO", "01001000", "SP", "7107", self.area, self.phone]
        head = [self.root, "0001", self.number[12:], "1", self.trade_name, "02", "20150310", "00", "", ""]
        return [*head, "20150310", "4781400", "4782201,4755502", *street, "", "", "", "", self.mail, "", ""][:30]

    def company(self) -> list[str]:
        return [self.root, self.name, "2135" if self.is_person else "2062", "49", "10000,00", "01", ""]


def make(folder: Path, rows: int) -> None:
    """Writes the dump, its establishments in two files, none of them in order: the true ones are not."""
    order = list(range(rows))
    random.Random(SEED).shuffle(order)
    half = rows // 2
    _zip(folder / "Empresas0.zip", "K3241.K03200Y0.D61108.EMPRECSV", (Made(at).company() for at in range(rows)))
    for number, part in enumerate((order[:half], order[half:])):
        lines = (Made(at).establishment() for at in part)
        _zip(folder / f"Estabelecimentos{number}.zip", f"K3241.K03200Y{number}.D61108.ESTABELE", lines)
    _zip(folder / "Cnaes.zip", "F.K03200$Z.D61108.CNAECSV", iter([["4781400", "Comércio varejista de vestuário"]]))
    _zip(folder / "Municipios.zip", "F.K03200$Z.D61108.MUNICCSV", iter([["7107", "SAO PAULO"]]))
    _zip(folder / "Naturezas.zip", "F.K03200$Z.D61108.NATJUCSV", iter([["2062", "Sociedade Empresária Limitada"]]))


def _zip(path: Path, member: str, lines: Iterator[list[str]]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(member, "w", force_zip64=True) as raw, io.TextIOWrapper(raw, "latin-1", newline="") as text:
            csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(lines)


def import_dump(place: str, folder: Path) -> dict[str, float]:
    """What a process of its own is for: rows, seconds, and its largest memory in megabytes."""
    database = opened(place)
    database.open()
    reader = dump_of([folder], None, frozenset({"02"}))
    began, worked = time.perf_counter(), time.process_time()
    tally = Import(database, reader, folder / "rejects.csv").run(unseen)
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": tally.rows_read, "kept": tally.rows_kept, "seconds": seconds, "cpu": cpu, "megabytes": peak}


def unseen(_tally: Tally, _bytes_read: int) -> None:
    """Nobody looks at the progress."""


def opened(place: str) -> Database:
    return postgresql(place) if place.startswith("postgres") else sqlite(Path(place))


async def lookups(place: str, rows: int) -> dict[str, list[float]]:
    """Milliseconds of lookups, one after the other, as a source of the server makes them."""
    directory = SqlDirectory(opened(place))
    draw = random.Random(SEED)
    some = [Made(draw.randrange(rows)) for _ in range(LOOKUPS)]
    asked = {
        "domain": [Subject(each.mail.partition("@")[2]) for each in some if each.mail and "gmail" not in each.mail],
        "number": [Subject("not-there.com.br", Hints(registration_number=each.number)) for each in some],
        "name and country": [
            Subject("not-there.com.br", Hints(company_name=each.name, country_code="BR"))
            for each in some
            if not each.is_person
        ],
    }
    taken: dict[str, list[float]] = {}
    for way, subjects in asked.items():
        for subject in subjects[:100]:
            await directory.find(subject)
        taken[way] = []
        for subject in subjects:
            began = time.perf_counter()
            found = await directory.find(subject)
            taken[way].append((time.perf_counter() - began) * 1000)
            assert found, (way, subject)
    await directory.close()
    return taken


def shown(name: str, place: str, folder: Path, rows: int) -> None:
    """Imports, asks and prints."""
    command = [sys.executable, __file__, "--import-into", place, "--dump", str(folder)]
    done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    rate, rate_cpu = done["rows"] / done["seconds"], done["rows"] / done["cpu"]
    print(f"{name}: {done['rows']:,} rows, {done['kept']:,} kept, in {done['seconds']:.1f} s: {rate:,.0f} rows/s")
    print(f"  {rate_cpu:,.0f} rows per second of processor time; at most {done['megabytes']:.0f} MB")
    for way, times in asyncio.run(lookups(place, rows)).items():
        cuts = quantiles(times, n=100)
        print(f"  by {way}: p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms ({len(times):,} lookups)")


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=2_000_000)
    arguments.add_argument("--no-postgresql", action="store_true")
    arguments.add_argument("--import-into", default="", help=argparse.SUPPRESS)
    arguments.add_argument("--dump", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.import_into:
        print(json.dumps(import_dump(given.import_into, given.dump)))
        return
    with tempfile.TemporaryDirectory(prefix="imensiah-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        dump = folder / "dump"
        dump.mkdir()
        began = time.perf_counter()
        make(dump, given.rows)
        size = sum(file.stat().st_size for file in dump.iterdir()) / 2**20
        print(f"a dump of {given.rows:,} establishments, {size:.0f} MB, made in {time.perf_counter() - began:.0f} s")
        shown("SQLite", str(folder / "directory.sqlite"), dump, given.rows)
        if binaries_here() and not given.no_postgresql:
            server = stack.enter_context(postgres_server())
            shown("PostgreSQL", server.fresh(), dump, given.rows)


if __name__ == "__main__":
    main()
