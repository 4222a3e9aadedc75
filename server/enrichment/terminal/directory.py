"""What imports and the directory's figures look like. Pure."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from enrichment.terminal import words
from enrichment.terminal.harvest import add_harvest
from enrichment.terminal.text import clean

Run = Callable[[Namespace], int]


def add_directory(command: ArgumentParser, run_import: Run, run_stats: Run, run_harvest: Run) -> None:
    """The commands of `imensiah directory`."""
    commands = command.add_subparsers(title="commands", metavar="COMMAND", required=True)
    about = "read companies from files; what was read once is not read again"
    imports = commands.add_parser("import", help=about, description=f"{about[0].upper()}{about[1:]}.")
    imports.set_defaults(run=run_import)
    add = imports.add_argument
    about_path = "CSV, JSON Lines (.jsonl), each also .gz, or Parquet; or the folder of Receita Federal's dump"
    add("path", nargs="+", type=Path, metavar="PATH", help=about_path)
    add("--source", default="", metavar="NAME", help="what the rows are said to come from; default: the file's name")
    about_map = "what a column means, where that is guessed wrong; nothing behind the = leaves it out"
    add("--map", type=words.column, action="append", default=[], metavar="COLUMN=MEANING", help=about_map)
    add("--country", type=words.country, default="", metavar="CC", help="of rows that name none: BR")
    add("--as-of", type=words.day, metavar="DATE", help="when this was true; default: the file's own date")
    about_status = "of Receita Federal's dump, the establishments that are kept, of %(choices)s; default: ativa"
    choices = ("ativa", "suspensa", "inapta", "baixada", "nula")
    add("--status", nargs="+", default=["ativa"], choices=choices, metavar="STATUS", help=about_status)
    add("--rejects", type=Path, metavar="FILE", help="what is left out, line by line; default: NAME.rejects.csv")
    about = "what the directory holds, how old it is, and how much of what is asked for it answers"
    stats = commands.add_parser("stats", help=about, description=f"{about[0].upper()}{about[1:]}.")
    stats.set_defaults(run=run_stats)
    stats.add_argument("--json", action="store_true", help="for programs")
    about = "search for companies that are not held yet, which costs money, and fill them from free sources"
    add_harvest(commands.add_parser("harvest", help=about, description=f"{about[0].upper()}{about[1:]}."), run_harvest)


def mapping_table(columns: Mapping[str, str]) -> RenderableType:
    """Which column was taken for what."""
    table = _table("column", "is taken for")
    for meaning, column in columns.items():
        table.add_row(clean(column), meaning.replace("_", " "))
    return Group(table, Text("\nAnother meaning: --map COLUMN=MEANING; none: --map COLUMN=\n", "dim"))


def reasons_table(kept: int, left_out: Mapping[str, int], doubts: Mapping[str, int]) -> RenderableType:
    """How many rows were kept, and how many were not or not in full, for which reason."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    table.add_row(f"{kept:,}", "rows kept")
    for reason, count in sorted(left_out.items(), key=lambda item: -item[1]):
        table.add_row(f"{count:,}", f"rows left out: {clean(reason)}")
    for reason, count in sorted(doubts.items(), key=lambda item: -item[1]):
        table.add_row(f"{count:,}", f"rows kept in part: {clean(reason)}")
    return table


def stats_table(sources: Sequence[Mapping[str, object]], totals: Mapping[str, object]) -> RenderableType:
    """One line for each source, the fields that it fills, and how much of what is asked for is answered."""
    if not sources:
        return Text("The directory holds no company yet: imensiah directory import PATH")
    table = _table("source", "records", "past lifetime", "oldest", "newest", "fields filled")
    for source in sources:
        figures = [source[name] for name in ("name", "records", "expired", "oldest", "newest", "filled")]
        table.add_row(*(clean(str(figure)) for figure in figures))
    lines = [Text(f"{name}: {value}", "dim") for name, value in totals.items()]
    return Group(table, Text(), *lines)


def stats_json(sources: Sequence[Mapping[str, object]], totals: Mapping[str, object]) -> str:
    """The same for programs."""
    return json.dumps({"sources": list(sources), "totals": dict(totals)}, indent=2, ensure_ascii=False)


def day(seconds: float) -> str:
    """A day of UTC: "2026-11-25"."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def shares(filled: Mapping[str, int], records: int) -> str:
    """The share of records that have each field, the best filled first: "name 100 %, city 97 %"."""
    full = sorted(((count, name) for name, count in filled.items() if count), key=lambda each: (-each[0], each[1]))
    return ", ".join(f"{name.replace('_', ' ')} {count / records:.0%}" for count, name in full)


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
