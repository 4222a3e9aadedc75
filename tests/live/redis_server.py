"""A real Redis on loopback, in a folder of its own, which tests may pause, kill and start again."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

from live.packages import give_up, install

# A busy machine may take its time to start a process.
PATIENCE_SECONDS = 20.0


class RedisServer:
    """One process at a time, always on the same port; it keeps nothing on the disk."""

    def __init__(self, binary: str, folder: Path) -> None:
        self._binary = binary
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts it, and returns once it answers."""
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder)]
        options += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        self._process = subprocess.Popen([self._binary, *options], stdout=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            assert time.monotonic() < until, "redis-server does not answer"
            time.sleep(0.02)

    def pause(self) -> None:
        """It accepts connections, by its kernel, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """At once and without a word; what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def send(self, *words: bytes) -> bytes:
        """What it answers to one command, as it stands on the wire."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            return connection.recv(65_536)

    def _answers(self) -> bool:
        try:
            return self.send(b"PING") == b"+PONG\r\n"
        except OSError:
            return False

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


@contextlib.contextmanager
def redis_server(folder: Path) -> Generator[RedisServer]:
    """A running server; skips where there is none and none can be installed."""
    server = RedisServer(_installed(), folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _installed() -> str:
    if (found := shutil.which("redis-server")) is None:
        install("redis-server")
        found = shutil.which("redis-server")
    if found is None:
        give_up("redis-server is not here and cannot be installed: it takes root and apt-get")
    return found
