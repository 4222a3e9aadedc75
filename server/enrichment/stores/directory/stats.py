"""What the directory holds, and how much of what is asked for it answers: counted, nothing changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Text, and_, case, exists, func, select
from sqlalchemy.exc import DBAPIError

from enrichment.stores.directory.tables import domains, forgotten, numbers, records
from enrichment.stores.ledger.tables import enrichments, outcomes

_HEAD = ("company_id", "source", "as_of", "expires_at")
DAYS = 30
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Source:
    """The records of one source: how many, how many are past their lifetime, the oldest and newest date."""

    name: str
    records: int
    expired: int
    oldest: float
    newest: float
    filled: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Served:
    """Of the enrichments of the last DAYS: how many there were, knew the company from here, and asked nobody else."""

    enrichments: int = 0
    known: int = 0
    alone: int = 0


@dataclass(frozen=True, slots=True)
class Stats:
    """The directory in figures."""

    sources: tuple[Source, ...]
    domains: int
    numbers: int
    forgotten: int


def stats(connection: Connection, now: float) -> Stats:
    """Counts everything, which reads every record once; `now` in seconds since the epoch."""
    columns = [column for column in records.columns if column.name not in _HEAD]
    filled = [
        func.count(func.nullif(column, "") if isinstance(column.type, Text) else column).label(column.name)
        for column in columns
    ]
    expired = func.sum(case((records.c.expires_at < now, 1), else_=0))
    head = [records.c.source, func.count(), expired, func.min(records.c.as_of), func.max(records.c.as_of)]
    statement = select(*head, *filled).group_by(records.c.source).order_by(records.c.source)
    rows: list[Sequence[Any]] = [tuple(row) for row in connection.execute(statement)]
    count = select(func.count())
    return Stats(
        sources=tuple(
            Source(
                name=row[0],
                records=row[1],
                expired=int(row[2]),
                oldest=row[3],
                newest=row[4],
                filled={column.name: value for column, value in zip(columns, row[len(head) :], strict=True)},
            )
            for row in rows
        ),
        domains=connection.execute(count.select_from(domains)).scalar_one(),
        numbers=connection.execute(count.select_from(numbers)).scalar_one(),
        forgotten=connection.execute(count.select_from(forgotten)).scalar_one(),
    )


def served(ledger: Engine, now: float) -> Served | None:
    """How much of what was asked for in the last DAYS came from here, by the ledger's record; None without one."""
    since = enrichments.c.started_at >= now - DAYS * DAY
    own = and_(outcomes.c.enrichment_id == enrichments.c.id, outcomes.c.source == "directory")
    others = outcomes.alias("others")
    asked = and_(
        others.c.enrichment_id == enrichments.c.id,
        others.c.source != "directory",
        others.c.status.not_in(("skipped", "cached")),
    )
    known = exists().where(own, outcomes.c.status == "found")
    figures = select(
        func.count(),
        func.coalesce(func.sum(case((known, 1), else_=0)), 0),
        func.coalesce(func.sum(case((and_(known, ~exists().where(asked)), 1), else_=0)), 0),
    ).where(since)
    try:
        with ledger.connect() as connection:
            return Served(*map(int, connection.execute(figures).one()))
    except DBAPIError:
        return None
