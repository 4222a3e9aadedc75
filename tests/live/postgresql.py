"""A PostgreSQL server of the tests' own, in a temporary folder and on loopback."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from live.packages import give_up, install

# PostgreSQL refuses to run as root: any other user of the system will do.
USERS = ("postgres", "nobody")
START_SECONDS = 60.0


@dataclass
class PostgresServer:
    """A server that can be stopped, started and hung; `url` is that of its database."""

    folder: Path
    binaries: Path
    port: int
    is_durable: bool = False

    @property
    def url(self) -> str:
        return f"postgresql://tester@127.0.0.1:{self.port}/postgres"

    def fresh(self) -> str:
        """The URL of its database, emptied."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return self.url

    def start(self) -> None:
        # Without fsync, what is written survives the server's end, not the machine's: enough for a test.
        fsync = "on" if self.is_durable else "off"
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync={fsync}"
        self._run("pg_ctl", "-D", str(self.folder), "-l", str(self.folder / "log"), "-w", "-o", options, "start")

    def stop(self) -> None:
        """As in a crash: connections are cut, nothing is tidied up."""
        self._run("pg_ctl", "-D", str(self.folder), "-m", "immediate", "-w", "stop")

    @contextmanager
    def hung(self) -> Generator[None]:
        """Every process of the server stands still, while the system answers for it."""
        pids = self._processes()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def initialise(self) -> None:
        self._run("initdb", "-D", str(self.folder), "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync")

    def _processes(self) -> list[int]:
        first = int((self.folder / "postmaster.pid").read_text().split()[0])
        found = [first]
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == first:
                found.append(int(path.parent.name))
        return found

    def _run(self, program: str, *arguments: str) -> None:
        log = self.folder.parent / "output"
        # Not by `user=`: Python then forks, and a copy of a process that has used gRPC may die before it is replaced
        # (https://github.com/grpc/grpc/blob/master/doc/fork_support.md).
        become = ["setpriv", f"--reuid={user}"] if (user := owner()) else []
        with log.open("w") as out:
            done = subprocess.run(
                [*become, str(self.binaries / program), *arguments],
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd="/",
                timeout=START_SECONDS,
                check=False,
            )
        assert done.returncode == 0, log.read_text()


@contextmanager
def postgres_server(*, is_durable: bool = False) -> Generator[PostgresServer]:
    """A running server, gone afterwards; skips where there is none and none can be installed."""
    binaries = installed()
    # Not pytest's own folder: the server's user cannot enter it.
    parent = Path(tempfile.mkdtemp(prefix="postgresql-"))
    folder = parent / "data"
    folder.mkdir(mode=0o700)
    if (user := owner()) is not None:
        shutil.chown(folder, user)
        parent.chmod(0o711)
    server = PostgresServer(folder, binaries, free_port(), is_durable)
    try:
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(parent)


def installed() -> Path:
    """The folder of initdb and pg_ctl, which is installed where it is missing and that can be done."""
    if (found := binaries_here()) is None:
        install("postgresql")
        found = binaries_here()
    if found is None:
        give_up("PostgreSQL is not here and cannot be installed: it takes initdb and pg_ctl, or root and apt-get")
    return found


def binaries_here() -> Path | None:
    # Not the first of the PATH: a distribution's wrapper looks for its binaries beside itself.
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("pg_ctl")
    known += [Path(on_path).resolve().parent] if on_path else []
    return next((path for path in known if (path / "initdb").exists() and (path / "pg_ctl").exists()), None)


def owner() -> str | None:
    """Who runs the server; None: whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in USERS if name in names)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
