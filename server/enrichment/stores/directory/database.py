"""Where the directory is: a SQLite file of its own, or the PostgreSQL server that holds the ledger as well."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection

from enrichment.stores.directory.batch import Batch, forgotten_ids
from enrichment.stores.ledger.database import migrate, migrating, postgresql_engine

T = TypeVar("T")

# Not the ledger's: who imports writes for seconds at a time, and whoever holds money would wait behind it.
DIRECTORY_FILE = "directory.sqlite"
MIGRATIONS = Path(__file__).parent / "migrations"
# How long a write waits for another one; a batch of an import takes about a second.
LOCK_SECONDS = 30.0
# Pages of 4 KB: what a connection that imports may hold in memory, and what waits in the log before it is put in place.
CACHE_PAGES, LOG_PAGES = 16_000, 20_000


class Database:
    """Connections for threads: each reads without waiting for anybody, and one at a time writes.

    Raises what SQLAlchemy and Alembic raise, and OSError.
    """

    def __init__(self, reading: Engine, writing: Engine) -> None:
        self._reading = reading
        self._writing = writing

    @property
    def is_server(self) -> bool:
        """Whether this is a server that others share."""
        return self._writing.dialect.name == "postgresql"

    def open(self) -> None:
        """Brings the tables up to date, in a file that is made as needed."""
        if self._writing.url.database and not self.is_server:
            Path(self._writing.url.database).parent.mkdir(parents=True, exist_ok=True)
        with migrating, self._writing.begin() as connection:
            migrate(connection, MIGRATIONS)

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """A connection that reads; each statement sees what is committed by then."""
        with _connected(self._reading) as connection:
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Does the work in one transaction."""
        with _connected(self._writing) as connection:
            transaction = connection.begin()
            if self.is_server:
                connection.execute(text(f"SELECT set_config('lock_timeout', '{LOCK_SECONDS:g}s', true)"))
            result = work(connection)
            transaction.commit()
        return result

    def batch(self) -> Batch:
        """An empty batch that knows who was forgotten."""
        with self.reading() as connection:
            return Batch(forgotten_ids(connection))

    def close(self) -> None:
        """Gives back all connections that nobody uses."""
        self._reading.dispose()
        self._writing.dispose()


@contextmanager
def _connected(engine: Engine) -> Generator[Connection]:
    with engine.connect() as connection:
        try:
            yield connection
        except BaseException:
            # Closed, not rolled back: that would be one more wait for a server that is silent.
            connection.invalidate()
            raise


def sqlite(path: Path) -> Database:
    """The tables in a file, its folder made as needed; what is committed survives a kill of the process."""
    url = URL.create("sqlite", database=str(path))
    connecting = {"timeout": LOCK_SECONDS, "isolation_level": None}
    reading, writing = (
        create_engine(url, poolclass=QueuePool, hide_parameters=True, connect_args=connecting) for _ in range(2)
    )
    for engine in (reading, writing):
        event.listen(engine, "connect", _set_up)
    # The driver would begin by itself, later and without the lock that makes reading and then writing safe.
    event.listen(writing, "begin", _begin)
    return Database(reading, writing)


def _set_up(connection: DBAPIConnection, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # The last rows of an import may go with a loss of power: it is run again, and goes on from what is there.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute(f"PRAGMA cache_size = {CACHE_PAGES}")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def postgresql(url: str) -> Database:
    """The tables on a server, reached directly or through a pooler that lends a session for one transaction only."""
    engine = postgresql_engine(url, QueuePool)
    return Database(engine.execution_options(isolation_level="AUTOCOMMIT"), engine)


def database(url: str, folder: Path) -> Database:
    """The directory of a database URL in the settings and the data folder."""
    return postgresql(url) if url.startswith("postgres") else sqlite(folder / DIRECTORY_FILE)
