"""Who has a SQLite file open: told by a lock that the system takes back when a process dies, however it dies."""

import os
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: nobody is ever known to be alone, and holds of the dead end by their time
    fcntl = None


class Claim:
    """A process's share in a file, by a lock on `path` beside it; one that may wait is for a moment only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Takes part, and answers whether nobody else does: then `share` must follow soon, others wait for it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if fcntl is None:
            return False
        with suppress(BlockingIOError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return False

    def share(self) -> None:
        """Goes on as one of several."""
        if fcntl is not None and self._descriptor is not None:
            # In between another may find itself alone: there is no hold of ours yet that it could end.
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def give_back(self) -> None:
        """Takes part no longer."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
