"""Failures as sentences and exit codes. Pure."""

from enum import IntEnum

import grpc

from enrichment.terminal.text import clean
from enrichment_client import EnrichmentError, Unreachable


class ExitCode(IntEnum):
    """How a command ended, for scripts."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    UNREACHABLE = 4
    SERVER_FAILED = 5
    INTERRUPTED = 130


class Failed(Exception):
    """A command cannot go on, for a reason that its user can do something about."""

    def __init__(self, code: ExitCode, *lines: str) -> None:
        super().__init__(*lines)
        self.code = code
        self.lines = lines


def explained(error: EnrichmentError) -> tuple[ExitCode, list[str]]:
    """The exit code of a failed call, and what to tell the person: what happened, then what to do about it."""
    if isinstance(error, Unreachable):
        return ExitCode.UNREACHABLE, [clean(error.message), _way_out(error)]
    if error.code is grpc.StatusCode.INVALID_ARGUMENT:
        violations = [f"{each.field}: {each.description}" for each in error.field_violations]
        return ExitCode.USAGE, [clean(line) for line in violations or [error.message]]
    if error.code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        return ExitCode.USAGE, [clean(error.message), "IMENSIAH_TOKEN holds the token; `imensiah token` makes one"]
    if error.code is grpc.StatusCode.DEADLINE_EXCEEDED and not error.reason:
        return ExitCode.SERVER_FAILED, ["the server did not answer in time; give it longer with --timeout"]
    if error.reason in _WAYS_OUT:
        return ExitCode.FAILED, [clean(error.message), _WAYS_OUT[error.reason]]
    lines = [f"the server could not serve this: {clean(error.message)} ({error.reason or error.code.name})"]
    if error.retry_after is not None:
        lines.append(f"try again in {error.retry_after:g} s")
    return ExitCode.SERVER_FAILED, lines


# What is no failure of the server's, and what its user can do.
_WAYS_OUT = {
    "NOTHING_HELD": "`imensiah enrich` asks the sources",
    "UNKNOWN_SOURCE": "`imensiah sources` lists them",
}


def _way_out(error: Unreachable) -> str:
    if "certificate" in error.message.lower():
        return "name who signed the server's certificate with --ca FILE"
    if "handshake" in error.message.lower():
        return "something answers there, but not by TLS; if that is meant to be, add --plaintext"
    return "start one with `imensiah serve`, or name another with --server HOST:PORT"
