"""Reads what was spent; writes nothing, and needs no server that runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine, NullPool, case, create_engine, func, select
from sqlalchemy.exc import DBAPIError, ProgrammingError

from enrichment.domain.ports import LedgerUnavailable
from enrichment.domain.spending import Spending
from enrichment.stores.ledger.book import OPEN, State
from enrichment.stores.ledger.database import LEDGER_FILE, postgresql_engine
from enrichment.stores.ledger.tables import holds

Grouping = Literal["day", "source", "caller"]


def first_day(days: int, now: float) -> str:
    """The first of so many days in UTC, today among them: "2026-11-25"."""
    return (datetime.fromtimestamp(now, UTC).date() - timedelta(days=days - 1)).isoformat()


def spending(database_url: str, folder: Path, by: Grouping, since: str) -> list[Spending]:
    """What was spent since that day: by day the newest first, else the dearest first.

    Raises LedgerUnavailable with a sentence for the person who asks.
    """
    if database_url == "memory://":
        raise LedgerUnavailable("with memory:// what was spent is known to the running server alone")
    engine = postgresql_engine(database_url) if database_url.startswith("postgres") else _file(folder / LEDGER_FILE)
    try:
        return _read(engine, by, since)
    except ProgrammingError:
        raise LedgerUnavailable("the database holds no ledger yet: a server makes it when it starts") from None
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise LedgerUnavailable(f"the ledger cannot be read: {reason}") from None


def _file(path: Path) -> Engine:
    if not path.exists():
        raise LedgerUnavailable(f"there is no ledger in {path.parent} yet: a server makes it when it starts")
    # As a URI, so that nothing is created or changed.
    return create_engine(f"sqlite:///{path.absolute().as_uri()}?mode=ro&uri=true", poolclass=NullPool)


def _read(engine: Engine, by: Grouping, since: str) -> list[Spending]:
    name, spent = holds.c[by], func.sum(holds.c.cost_usd_micros)
    is_open = holds.c.state.in_([state.value for state in sorted(OPEN)])
    columns = (
        name.label("name"),
        func.count().label("calls"),
        spent.label("spent"),
        func.sum(case((holds.c.is_estimated, holds.c.cost_usd_micros), else_=0)).label("estimated"),
        func.sum(case((is_open, holds.c.usd_micros), else_=0)).label("held"),
    )
    kept = select(*columns).where(holds.c.day >= since, holds.c.state != State.RELEASED.value).group_by(name)
    order = (name.desc(),) if by == "day" else (spent.desc(), name)
    with engine.connect() as connection:
        rows = connection.execute(kept.order_by(*order)).mappings().all()
    return [
        Spending(row["name"], int(row["calls"]), int(row["spent"]), int(row["estimated"]), int(row["held"]))
        for row in rows
    ]
