"""Where the tables are: a SQLite file or a PostgreSQL server; one connection, used by one thread."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg.abc import PQGen
from sqlalchemy import URL, Connection, Engine, NullPool, Pool, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError

from enrichment.stores.ledger.claim import Claim
from enrichment.stores.ledger.pages import SWEPT_AT_ONCE, sweep

T = TypeVar("T")

# Its name in the data folder.
LEDGER_FILE = "ledger.sqlite"
# How long SQLite waits for another process that writes, and PostgreSQL for a row or a statement: a little below
# what a caller waits, who then hears the reason.
LOCK_SECONDS = 0.4
STATEMENT_MS = 800
# How long a server may be silent before the connection is given up for a new one; libpq connects in no less than 2.
HUNG_SECONDS = 5.0
CONNECT_SECONDS = 2
# Any number that is ours: replicas that start together migrate one after the other.
MIGRATION_LOCK = 7_461_027_398

# A connection of the pooler's may be another server session with each transaction: what is set, is set for one.
SESSION = text(
    "SELECT set_config('statement_timeout', :limit, true), set_config('lock_timeout', :limit, true),"
    " set_config('synchronous_commit', 'on', true)"
).bindparams(limit=f"{STATEMENT_MS}ms")

MIGRATIONS = Path(__file__).parent / "migrations"
# Alembic's `context` is one for the whole process.
migrating = threading.Lock()
# It tells at every start that it has looked.
logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)


class Database:
    """One connection that is opened when it is needed and given up at the first error.

    Every method is called by the same thread and may wait: for the disk, a lock, the network, and at most
    HUNG_SECONDS for a server that is silent. They raise what SQLAlchemy and Alembic raise, and OSError.
    """

    def __init__(self, engine: Engine, claim: Claim | None = None) -> None:
        self._engine = engine
        self._claim = claim
        self._connection: Connection | None = None

    def open(self, now: float) -> None:
        """Brings the tables up to date and ends what is left of the dead: all that is open, where it is alone."""
        is_alone = self._claim is not None and self._claim.take()
        try:
            with migrating, self._engine.begin() as connection:
                migrate(connection)
            self.sweep(now, all_open=is_alone)
        finally:
            if self._claim is not None:
                self._claim.share()

    def sweep(self, now: float, *, all_open: bool = False) -> None:
        """Ends the holds that nobody is left to end, some in each transaction."""
        while self.transact(lambda connection: sweep(connection, now, all_open=all_open)) == SWEPT_AT_ONCE:
            pass

    def transact(self, work: Callable[[Connection], T]) -> T:
        """Does the work in one transaction and commits it, a second time where a connection in use has failed."""
        if self._connection is not None:
            try:
                return self._transact(self._connection, work)
            except DatabaseError as error:
                if not is_out_of_reach(error):
                    raise
        self._connection = self._engine.connect()
        return self._transact(self._connection, work)

    def close(self) -> None:
        """Gives back the connection and its part in the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._claim is not None:
            self._claim.give_back()

    def _transact(self, connection: Connection, work: Callable[[Connection], T]) -> T:
        try:
            transaction = connection.begin()
            if connection.dialect.name == "postgresql":
                connection.execute(SESSION)
            result = work(connection)
            transaction.commit()
        except BaseException:
            # Closed, not rolled back: that would be one more wait for a server that is silent.
            self._connection = None
            connection.invalidate()
            connection.close()
            raise
        return result


def is_out_of_reach(error: Exception) -> bool:
    """Whether the database failed, and not what it was asked to do."""
    if isinstance(error, DataError | IntegrityError | ProgrammingError):
        return False
    return isinstance(error, DatabaseError | InterfaceError | OSError | CommandError)


def migrate(connection: Connection, migrations: Path = MIGRATIONS) -> None:
    """Brings the tables up to date by the migrations of a folder, within the connection's transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK})
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def sqlite(path: Path) -> Database:
    """The tables in a file, its folder made as needed; what is committed survives a loss of power."""
    url = URL.create("sqlite", database=str(path))
    connecting = {"timeout": LOCK_SECONDS, "isolation_level": None}
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=connecting)

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    # The driver would begin by itself, later and without the lock that makes reading and then writing safe.
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    del set_up, begin
    return Database(engine, Claim(path.with_name(f"{path.name}.lock")))


def postgresql(url: str) -> Database:
    """The tables on a server, reached directly or through a pooler that lends a session for one transaction only."""
    engine = postgresql_engine(url)
    return Database(engine)


def postgresql_engine(url: str, pool: type[Pool] = NullPool) -> Engine:
    """An engine that never prepares statements, which a transaction pooler's sessions would not know."""
    connecting = {
        "prepare_threshold": None,
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
    }
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=pool,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        connect_args=connecting,
        use_native_hstore=False,
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: Any, options: Any) -> Any:
        return Impatient.connect(*arguments, **options)

    del connect
    return engine


class Impatient(psycopg.Connection[Any]):
    """A connection that gives up a server which is silent: TCP alone would wait for as long as the host is up."""

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Waits for an answer, HUNG_SECONDS at most; raises psycopg.OperationalError."""
        return super().wait(gen, interval, HUNG_SECONDS if timeout is None else timeout)
