"""The demo runs to its end, speaks to nobody but this machine, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest

from enrichment.sandbox import SandboxSettings, World

PROC = Path("/proc")
WATCHED = """\
import sys
log = open(sys.argv[1], "a", buffering=1)
def watch(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.sendto"):
        print(event, arguments[1][0] if isinstance(arguments[1], tuple) else "unix", file=log)
    elif event == "socket.getaddrinfo":
        print(event, arguments[0] or "any", file=log)
sys.addaudithook(watch)
from enrichment.cli import main
sys.exit(main(["demo"]))
"""
# A minute of looking each 20 ms.
MOST_SAMPLES = 3_000
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home and a temporary folder that can be looked through, and settings of the user's that must not count."""
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("IMENSIAH_", "XDG_"))}
    return {
        **mine,
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "IMENSIAH_CONFIG": "/nowhere.toml",
        "IMENSIAH_SOURCES__MAPBOX__API_KEY": "a-key-that-costs-money",
        "GROQ_BASE_URL": "http://192.0.2.1",
        "http_proxy": "http://192.0.2.1:3128",
        "https_proxy": "http://192.0.2.1:3128",
        "grpc_proxy": "http://192.0.2.1:3128",
    }


def left_behind(tmp_path: Path) -> list[Path]:
    return [*(tmp_path / "home").rglob("*"), *(tmp_path / "tmp").rglob("*")]


def sockets_of(pid: int) -> Iterator[tuple[str, str, str]]:
    """Protocol, local and remote address of each open internet socket: gRPC's own are invisible to Python's audit."""
    inodes: set[str] = set()
    for descriptor in (PROC / str(pid) / "fd").iterdir():
        # It may be closed by now.
        with suppress(FileNotFoundError):
            inodes.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        table = PROC / str(pid) / "net" / protocol
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            _, local, remote, *_, inode = line.split()[:10]
            if inode in inodes:
                yield protocol, address(local), address(remote)


def address(text: str) -> str:
    """The address of /proc/net, which is hexadecimal in words of the machine's byte order."""
    digits = bytes.fromhex(text.partition(":")[0])
    words = [digits[start : start + 4] for start in range(0, len(digits), 4)]
    found = ip_address(b"".join(word[::-1] if sys.byteorder == "little" else word for word in words))
    return str(getattr(found, "ipv4_mapped", None) or found)


def is_stray(connection: tuple[str, str, str]) -> bool:
    protocol, local, remote = connection
    # A UDP socket that only sends is bound to no address; where it sends to is in Python's audit.
    is_local = local in LOOPBACK or protocol.startswith("udp")
    return not is_local or not (remote in LOOPBACK or ip_address(remote).is_unspecified)


@pytest.mark.skipif(not (PROC / "self" / "net" / "tcp").exists(), reason="the sockets of a process are read from /proc")
def test_the_demo_speaks_to_this_machine_alone_and_leaves_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    log, out, err = tmp_path / "audit", tmp_path / "out", tmp_path / "err"
    log.touch()
    seen: set[tuple[str, str, str]] = set()
    with out.open("w") as stdout, err.open("w") as stderr:
        running = subprocess.Popen(
            [sys.executable, "-c", WATCHED, str(log)], stdout=stdout, stderr=stderr, env=environment
        )
        for _ in range(MOST_SAMPLES):
            if running.poll() is not None:
                break
            # What has just ended has no descriptors left to look at.
            with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                seen.update(sockets_of(running.pid))
            with suppress(subprocess.TimeoutExpired):
                running.wait(0.02)
        running.kill()
    assert (running.returncode, err.read_text()) == (0, "")
    audited = {line.split()[1] for line in log.read_text().splitlines()}
    assert audited
    assert audited <= LOOPBACK
    assert seen
    assert [connection for connection in seen if is_stray(connection)] == []
    assert left_behind(tmp_path) == []
    shows_the_story(out.read_text())


def shows_the_story(text: str) -> None:
    brazilian, american = World(SandboxSettings().seed).showcase
    lines = text.splitlines()
    assert brazilian in lines
    assert american in lines
    assert [line.split()[0] for line in lines if line.startswith(("Complete", "Partial"))] == ["Complete"] * 3
    assert [line for line in lines if line.startswith("Cost")][-1].startswith("Cost      $0, all from the cache")
    assert f"  imensiah enrich {brazilian}" in lines


def test_ctrl_c_ends_the_demo_and_leaves_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "enrichment", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    ) as running:
        assert running.stdout
        next(line for line in running.stdout if line.startswith("Foundation"))
        assert left_behind(tmp_path)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (130, "")
    assert left_behind(tmp_path) == []
