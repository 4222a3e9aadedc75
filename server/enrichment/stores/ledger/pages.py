"""One transaction over the tables: the rows that operations need are locked, read into a Book, and written back.

A fixed number of statements however many operations there are, because a database may be 20 ms away. Several replicas
share one PostgreSQL: all lock holds first, then accounts, each in the order of their keys, so that none waits in a
circle. In SQLite the transaction holds the only write lock from its first statement.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from enrichment.domain.ports import LedgerUnavailable
from enrichment.domain.purse import Account, Hold, Purse
from enrichment.stores.ledger.book import Balance, Book, Booking, State
from enrichment.stores.ledger.tables import accounts, holds

# Holds that one transaction of a sweep ends: short, so that callers are not kept waiting behind it.
SWEPT_AT_ONCE = 200
# For so long ended holds are kept, and accounts that nobody uses any more: a year of spending can be compared with the
# same days of the year before, and no account is used for longer than a month.
KEPT_DAYS = 400
# What is held for longer is not held for a call: none may last longer than ten minutes.
LONGEST_CALL_SECONDS = 3_600.0


@dataclass(eq=False, slots=True)
class Operation:
    """What is to be done with one hold; `accounts` are those that it needs beside the ones the hold is booked on.

    `is_effective` once it has changed something in a transaction that may have been committed.
    """

    hold_id: str
    apply: Callable[[Book], Account | None]
    accounts: tuple[str, ...] = ()
    is_effective: bool = False


Outcome = Account | LedgerUnavailable | None


def carry_out(connection: Connection, operations: Sequence[Operation], now: float) -> list[Outcome]:
    """Does the operations in their order, and answers with what came of each."""
    bookings = _bookings(connection, sorted({each.hold_id for each in operations}))
    keys = {key for each in operations for key in each.accounts} | _keys_of(bookings)
    book = Book(bookings, _balances(connection, sorted(keys), now))
    known = frozenset(bookings)
    outcomes = [_outcome(operation, book) for operation in operations]
    _store(connection, book, known, now)
    return outcomes


def sweep(connection: Connection, now: float, *, all_open: bool = False) -> int:
    """Ends some of the holds that nobody is left to end, and answers how many.

    `all_open`: those of any call as well, whenever they expire. One that lasts longer than a call is of work that
    another process goes on with. Where these were the last, deletes some of what is older than KEPT_DAYS.
    """
    until = now + LONGEST_CALL_SECONDS if all_open else now
    overdue = select(holds).where(holds.c.ended_at.is_(None), holds.c.expires_at <= until)
    # What another replica has in hand, it ends.
    rows = connection.execute(overdue.order_by(holds.c.id).limit(SWEPT_AT_ONCE).with_for_update(skip_locked=True))
    bookings = {row["id"]: _booking(row) for row in rows.mappings()}
    book = Book(bookings, _balances(connection, sorted(_keys_of(bookings)), now))
    for hold_id in bookings:
        book.expire(hold_id, now)
    _store(connection, book, frozenset(bookings), now)
    if len(bookings) < SWEPT_AT_ONCE:
        _delete_old(connection, _day(now - KEPT_DAYS * 86_400))
    return len(bookings)


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts the rows whose key is not there yet."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    if rows:
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def _delete_old(connection: Connection, before: str) -> None:
    ended = holds.c.day < before, holds.c.ended_at.is_not(None)
    unused = accounts.c.used_on < before, accounts.c.held_usd_micros == 0
    for table, key, is_old in ((holds, holds.c.id, ended), (accounts, accounts.c.key, unused)):
        found = select(key).where(*is_old).order_by(key).limit(SWEPT_AT_ONCE).with_for_update(skip_locked=True)
        if old := connection.scalars(found).all():
            connection.execute(table.delete().where(key.in_(old)))


def _outcome(operation: Operation, book: Book) -> Outcome:
    before = book.state(operation.hold_id)
    try:
        outcome = operation.apply(book)
    except LedgerUnavailable as refusal:
        return refusal
    operation.is_effective |= book.state(operation.hold_id) is not before
    return outcome


def _bookings(connection: Connection, ids: Sequence[str]) -> dict[str, Booking]:
    rows = connection.execute(select(holds).where(holds.c.id.in_(ids)).order_by(holds.c.id).with_for_update())
    return {row["id"]: _booking(row) for row in rows.mappings()}


def _balances(connection: Connection, keys: Sequence[str], now: float) -> dict[str, Balance]:
    found = _locked(connection, keys)
    missing = [key for key in keys if key not in found]
    if missing:
        insert_new(connection, accounts, [{"key": key, **_columns(Balance(), now)} for key in missing])
        found |= _locked(connection, missing)
    return found


def _locked(connection: Connection, keys: Sequence[str]) -> dict[str, Balance]:
    if not keys:
        return {}
    rows = connection.execute(
        select(accounts).where(accounts.c.key.in_(keys)).order_by(accounts.c.key).with_for_update()
    )
    return {row["key"]: Balance(row["spent_usd_micros"], row["held_usd_micros"]) for row in rows.mappings()}


def _store(connection: Connection, book: Book, known: frozenset[str], now: float) -> None:
    changed = [book.bookings[hold_id] for hold_id in sorted(book.changed)]
    moved = [{"moved_key": key, **_columns(book.balances[key], now)} for key in sorted(book.moved)]
    begun = [_row(booking) for booking in changed if booking.hold.id not in known]
    gone_on = [{"changed_id": each.hold.id, **_progress(each)} for each in changed if each.hold.id in known]
    if begun:
        connection.execute(holds.insert(), begun)
    if gone_on:
        connection.execute(holds.update().where(holds.c.id == bindparam("changed_id")), gone_on)
    if moved:
        connection.execute(accounts.update().where(accounts.c.key == bindparam("moved_key")), moved)


def _keys_of(bookings: Mapping[str, Booking]) -> set[str]:
    return {key for booking in bookings.values() for key in booking.keys}


def _columns(balance: Balance, now: float) -> dict[str, Any]:
    return {"spent_usd_micros": balance.spent, "held_usd_micros": balance.held, "used_on": _day(now)}


def _day(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()


def _progress(booking: Booking) -> dict[str, Any]:
    return {
        "state": booking.state.value,
        "cost_usd_micros": booking.cost_usd_micros,
        "is_estimated": booking.is_estimated,
        "ended_at": booking.ended_at,
    }


def _row(booking: Booking) -> dict[str, Any]:
    hold = booking.hold
    return {
        "id": hold.id,
        "enrichment_id": hold.enrichment_id,
        "source": hold.source,
        "caller": hold.purse.caller,
        "accounts": json.dumps([[account.key, account.limit_usd_micros] for account in hold.purse.accounts]),
        "usd_micros": hold.usd_micros,
        "day": _day(booking.held_at),
        "held_at": booking.held_at,
        "expires_at": hold.expires_at,
        **_progress(booking),
    }


def _booking(row: Mapping[Any, Any]) -> Booking:
    purse = Purse(row["caller"], _accounts(json.loads(row["accounts"])))
    hold = Hold(
        id=row["id"],
        source=row["source"],
        usd_micros=row["usd_micros"],
        purse=purse,
        enrichment_id=row["enrichment_id"],
        expires_at=row["expires_at"],
    )
    progress = State(row["state"]), row["cost_usd_micros"], row["is_estimated"], row["ended_at"]
    return Booking(hold, row["held_at"], *progress)


def _accounts(pairs: Iterable[tuple[str, int]]) -> tuple[Account, ...]:
    return tuple(Account(key, limit) for key, limit in pairs)
