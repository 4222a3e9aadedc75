"""What was spent, as a table and as JSON. Pure."""

import json

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from enrichment.domain.money import dollars
from enrichment.domain.spending import Spending, total
from enrichment.terminal.text import clean

NOBODY = "(not named)"


def spending_table(rows: list[Spending], by: str, since: str) -> RenderableType:
    """One line for each day, source or caller, and all of them together; a sentence where there is nothing."""
    if not rows:
        return Text(f"Nothing has been spent or set aside since {since}.")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(by)
    for heading in ("calls", "spent", "of it estimated", "held now"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row))
    table.add_row(*_cells(total(rows)), style="bold")
    return Group(table, Text(f"\nSince {since}, by days of UTC.{_notes(total(rows))}", "dim"))


def spending_json(rows: list[Spending], by: str, since: str) -> str:
    """The same for programs: money in whole millionths of a US dollar."""
    said = {"by": by, "since": since, "rows": [_figures(row, by) for row in rows], "total": _figures(total(rows))}
    return json.dumps(said, indent=2, ensure_ascii=False)


def _cells(row: Spending) -> tuple[str, ...]:
    money = (row.spent_usd_micros, row.estimated_usd_micros, row.held_usd_micros)
    spent, estimated, held = (dollars(amount) for amount in money)
    return (
        clean(row.name) or NOBODY,
        f"{row.calls:,}",
        spent,
        estimated if row.estimated_usd_micros else "",
        held if row.held_usd_micros else "",
    )


def _notes(row: Spending) -> str:
    estimated = " Estimated: whether the call was billed is not known, so its full price counts."
    held = " Held: set aside for calls that have not ended, and not spent."
    return (estimated if row.estimated_usd_micros else "") + (held if row.held_usd_micros else "")


def _figures(row: Spending, by: str = "") -> dict[str, str | int]:
    name: dict[str, str | int] = {by: row.name} if by else {}
    return name | {
        "calls": row.calls,
        "spent_usd_micros": row.spent_usd_micros,
        "estimated_usd_micros": row.estimated_usd_micros,
        "held_usd_micros": row.held_usd_micros,
    }
