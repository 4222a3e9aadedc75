"""`imensiah directory`: imports into the company directory, and its figures."""

import argparse
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from alembic.util import CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from enrichment.imports.establishments import SITUATIONS
from enrichment.imports.found import Reader, Unimportable
from enrichment.imports.lists import List, list_of
from enrichment.imports.receita import dump_of, kind_of
from enrichment.imports.running import Import, Tally
from enrichment.settings import Settings
from enrichment.stores.directory.database import Database, database
from enrichment.stores.directory.stats import DAYS, Source, served, stats
from enrichment.stores.ledger.database import LEDGER_FILE, postgresql_engine
from enrichment.terminal.directory import day, mapping_table, reasons_table, shares, stats_json, stats_table
from enrichment.terminal.show import console_for, put

# The statuses of establishments by the words of the command line.
CODES = {SITUATIONS[code]: code for code in SITUATIONS}

See = Callable[[Tally, int], None]


def import_files(arguments: argparse.Namespace, settings: Settings) -> None:
    """`imensiah directory import`; raises Unimportable with a sentence for the person who asks."""
    console = console_for(sys.stdout)
    with opened(settings) as directory:
        for reader in _readers(arguments):
            if isinstance(reader, List):
                put(console, mapping_table(reader.columns))
            rejects = arguments.rejects or Path(f"{reader.name}.rejects.csv")
            with _bar(console, reader) as see:
                tally = Import(directory, reader, rejects).run(see)
            put(console, reasons_table(tally.rows_kept, tally.left_out, tally.doubts))
            if tally.left_out or tally.doubts:
                print(f"line by line: {rejects}")


def show_stats(arguments: argparse.Namespace, settings: Settings) -> None:
    """`imensiah directory stats`."""
    with opened(settings) as directory, directory.reading() as connection:
        found = stats(connection, time.time())
    totals: dict[str, object] = {
        "domains that point to companies": found.domains,
        "numbers that point to companies": found.numbers,
        "companies forgotten": found.forgotten,
    }
    if asked := _served(settings):
        totals |= asked
    rows = [_figures(source) for source in found.sources]
    if arguments.json:
        print(stats_json(rows, totals))
    else:
        put(console_for(sys.stdout), stats_table(rows, totals))


def _figures(source: Source) -> dict[str, object]:
    return {
        "name": source.name,
        "records": source.records,
        "expired": source.expired,
        "oldest": day(source.oldest),
        "newest": day(source.newest),
        "filled": shares(source.filled, source.records),
    }


def _served(settings: Settings) -> dict[str, object]:
    url, file = settings.database_url, settings.data_dir / LEDGER_FILE
    if not url.startswith("postgres") and not file.exists():
        return {}
    # As a URI, so that nothing is created or changed.
    uri = f"sqlite:///{file.absolute().as_uri()}?mode=ro&uri=true"
    found = served(postgresql_engine(url) if url.startswith("postgres") else _engine(uri), time.time())
    if not found or not found.enrichments:
        return {}
    return {
        f"enrichments in {DAYS} days": found.enrichments,
        "of them known to the directory": f"{found.known / found.enrichments:.1%}",
        "of them answered by it alone": f"{found.alone / found.enrichments:.1%}",
    }


def _engine(uri: str) -> Engine:
    return create_engine(uri, poolclass=NullPool)


@contextmanager
def opened(settings: Settings) -> Generator[Database]:
    """The directory of the settings, its tables up to date; raises Unimportable where it is out of reach."""
    if settings.database_url == "memory://":
        raise Unimportable("with IMENSIAH_DATABASE_URL=memory:// there is no directory that could outlast this command")
    directory = database(settings.database_url, settings.data_dir)
    try:
        directory.open()
        yield directory
    except (SQLAlchemyError, CommandError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        raise Unimportable(f"the directory is out of reach: {reason}") from None
    finally:
        directory.close()


def _readers(arguments: argparse.Namespace) -> Sequence[Reader]:
    options = {"columns": dict(arguments.map), "country": arguments.country}
    paths: list[Path] = arguments.path
    if missing := [path for path in paths if not path.exists()]:
        raise Unimportable(f"{missing[0]} does not exist")
    # A folder, or a file that is called so, is Receita Federal's dump.
    dump = [path for path in paths if path.is_dir() or kind_of(path)]
    day = arguments.as_of and datetime(*arguments.as_of.timetuple()[:3], tzinfo=UTC).timestamp()
    readers: list[Reader] = [dump_of(dump, day, frozenset(CODES[name] for name in arguments.status))] if dump else []
    lists = [path for path in paths if path not in dump]
    return readers + [list_of(path, arguments.source, _as_of(path, arguments.as_of), options) for path in lists]


def _as_of(path: Path, given: date | None) -> float:
    # A day and not a moment: copied again on the same day, a file is the same file.
    of = given or datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    return datetime(of.year, of.month, of.day, tzinfo=UTC).timestamp()


@contextmanager
def _bar(console: Console, reader: Reader) -> Generator[See]:
    """A bar with the rows so far, their rate and the time that is left; where there is no terminal, nothing."""
    rate = TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f} a second")
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), rate, TimeRemainingColumn())
    began = time.monotonic()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(reader.name, total=reader.total_bytes, rows=0, rate=0.0)

        def see(tally: Tally, bytes_read: int) -> None:
            seconds = max(time.monotonic() - began, 1e-6)
            progress.update(task, completed=bytes_read, rows=tally.rows_read, rate=tally.rows_read / seconds)

        yield see
