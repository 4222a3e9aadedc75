"""Rows and what points to them, gathered and then written at once: inserted, or put in the place of older ones.

The same rows in any order, once or several times, leave the same tables.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPICursor

from enrichment.domain.directory import Tie, id_of_domain
from enrichment.domain.names import normalised_name
from enrichment.stores.directory.rows import Row
from enrichment.stores.directory.tables import domains, forgotten, harvest_domains, names, numbers, records

_NEWER = "(excluded.as_of, excluded.expires_at) >= (kept.as_of, kept.expires_at)"
_SURER = "excluded.confidence > kept.confidence"


class Batch:
    """What one transaction writes. A company in `forgotten` (its id, or that of its domain) is kept out."""

    def __init__(self, forgotten: frozenset[int] = frozenset()) -> None:
        self._forgotten = forgotten
        self.records: dict[tuple[int, str], Row] = {}
        self._domains: dict[tuple[str, str, int], float] = {}
        self._numbers: dict[tuple[str, int], float] = {}
        self._names: set[tuple[str, str, int]] = set()

    def is_forgotten(self, company_id: int, domain: str = "") -> bool:
        """Whether the company was forgotten, by its id or by its domain."""
        if not self._forgotten:
            return False
        return company_id in self._forgotten or (bool(domain) and id_of_domain(domain) in self._forgotten)

    def add(self, row: Row) -> None:
        """A row, in the place of an older one of the same company and source; it is found by its names as well."""
        if self.is_forgotten(row.company_id):
            return
        key = row.company_id, row.source
        before = self.records.get(key)
        if before is None or (before.as_of, before.expires_at) <= (row.as_of, row.expires_at):
            self.records[key] = row
        country = row.country_code
        for name in (row.name, row.legal_name):
            if name and (plain := normalised_name(name)):
                self._names.add((plain, country, row.company_id))

    def link_domain(self, domain: str, tie: Tie, company_id: int, confidence: float) -> None:
        """The domain points to the company."""
        if self.is_forgotten(company_id, domain):
            return
        key = domain, tie.value, company_id
        self._domains[key] = max(confidence, self._domains.get(key, 0.0))

    def link_number(self, number: str, company_id: int, confidence: float) -> None:
        """The number points to the company."""
        if self.is_forgotten(company_id):
            return
        key = number, company_id
        self._numbers[key] = max(confidence, self._numbers.get(key, 0.0))

    def write(self, connection: Connection) -> None:
        """Inserts all of it, within the connection's transaction, but for what was forgotten since the batch began."""
        if connection.dialect.name == "postgresql":
            # Whoever forgets waits for the end of this transaction, and then finds its rows.
            connection.execute(text("LOCK TABLE directory_forgotten IN SHARE MODE"))
        late = forgotten_ids(connection) - self._forgotten
        _upsert(connection, records, sorted(self.records.values()), _NEWER)
        _upsert(connection, numbers, [(*key, sure) for key, sure in sorted(self._numbers.items())], _SURER)
        _upsert(connection, domains, [(*key, sure) for key, sure in sorted(self._domains.items())], _SURER)
        _upsert(connection, names, sorted(self._names), "")
        if late:
            erase(connection, late, [domain for domain, _, _ in self._domains if id_of_domain(domain) in late])


def forgotten_ids(connection: Connection) -> frozenset[int]:
    """The ids of the companies that were forgotten."""
    return frozenset(connection.execute(select(forgotten.c.company_id)).scalars())


def erase(connection: Connection, ids: Iterable[int], own: Iterable[str]) -> int:
    """Deletes the companies with these ids and all that points to them or from their own domains; how many rows."""
    ids, own = list(ids), list(own)
    connection.execute(delete(harvest_domains).where(harvest_domains.c.domain.in_(own)))
    count = connection.execute(delete(records).where(records.c.company_id.in_(ids))).rowcount
    connection.execute(delete(domains).where(or_(domains.c.company_id.in_(ids), domains.c.domain.in_(own))))
    for table in (numbers, names):
        connection.execute(delete(table).where(table.c.company_id.in_(ids)))
    return count


def _upsert(connection: Connection, table: Table, rows: Sequence[Sequence[Any]], condition: str) -> None:
    """Writes the rows, in the order of their keys so that replicas wait for each other in no circle.

    By the driver's own statement: made of parameters by name, each row would take several times as long.
    """
    if not rows:
        return
    columns = ", ".join(column.name for column in table.columns)
    if connection.dialect.name == "postgresql":
        _copy(connection, table, columns, rows)
        source = f"SELECT {columns} FROM incoming"
        connection.execute(text(f"INSERT INTO {table.name} AS kept ({columns}) {source} {_conflict(table, condition)}"))
        connection.execute(text("DROP TABLE incoming"))
        return
    places = ", ".join("?" * len(table.columns))
    # In SQLite, a table that is selected from would take the ON for a join's; VALUES does not.
    statement = f"INSERT INTO {table.name} AS kept ({columns}) VALUES ({places}) {_conflict(table, condition)}"
    connection.exec_driver_sql(statement, rows)  # type: ignore[arg-type]


def replace_row(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Writes one row, in the place of the one with its key."""
    keys = [column.name for column in table.primary_key.columns]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    changes = {name: value for name, value in row.items() if name not in keys}
    connection.execute(dialect.insert(table).values(row).on_conflict_do_update(index_elements=keys, set_=changes))


def _conflict(table: Table, condition: str) -> str:
    keys = [column.name for column in table.primary_key.columns]
    others = [column.name for column in table.columns if column.name not in keys]
    if not others:
        return "ON CONFLICT DO NOTHING"
    changes = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes} WHERE {condition}"


def _copy(connection: Connection, table: Table, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    connection.execute(text(f"CREATE TEMPORARY TABLE incoming (LIKE {table.name}) ON COMMIT DROP"))
    cursor: DBAPICursor = connection.connection.cursor()
    with cursor.copy(f"COPY incoming ({columns}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(row)
