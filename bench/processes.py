"""What a bench measures in a process of its own."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process that runs, and the first line that it printed."""

    pid: int
    said: str

    @property
    def address(self) -> str:
        """The host:port that it printed."""
        found = re.search(r"[\d.]+:\d+", self.said)
        assert found, self.said
        return found.group()


@asynccontextmanager
async def process(*command: str, environ: Mapping[str, str] | None = None) -> AsyncGenerator[Process]:
    """Python with this command, stopped on the way out; it must live until then."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environ or {})},
    )
    try:
        assert child.stdout
        yield Process(child.pid, (await asyncio.wait_for(child.stdout.readline(), 60)).decode())
        assert child.returncode is None, f"{command} ended with {child.returncode}"
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGTERM)
        await child.wait()


def resident_mib(pid: int) -> float:
    """What a process takes of the memory; 0 where the system does not say."""
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text("ascii")) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0
