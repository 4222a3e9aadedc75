"""Who may call a server, and where it may therefore listen. Pure."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from enrichment.domain.caller import Caller, Role

LAST_PORT = 65_535
MOST_USD_MICROS = 1_000_000_000_000
MAKE_ONE = "`imensiah token NAME` makes a token and prints the line to set"

# The name stands in the keys of accounts and in the log.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
# What comes of a variable that was empty by mistake: it would let in whoever sends no token at all.
_OF_NOTHING = sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM form: the server's certificate and key, and who signs the certificates that callers must have."""

    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None


def callers(given: Mapping[str, Mapping[str, str]]) -> dict[str, Caller]:
    """The callers by the SHA-256 of their tokens. `given`: name to setting (lower case) to value, all as text.

    Raises ValueError with the variable and what would be right; never with what was given for a digest: it might be a
    token.
    """
    found: dict[str, Caller] = {}
    for name, settings in given.items():
        digest, caller = _caller(name, settings)
        if digest in found:
            raise ValueError(
                f"{found[digest].name} and {name} have the same token; each caller needs its own: {MAKE_ONE}"
            )
        found[digest] = caller
    return found


def _caller(name: str, given: Mapping[str, str]) -> tuple[str, Caller]:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a caller cannot be named {name[:70]!r}: send up to 63 letters, digits, - and _")
    if unknown := sorted(set(given) - {"token_sha256", "role", "day_limit_usd_micros"}):
        raise ValueError(f"{_variable(name, unknown[0])} is not a setting; docs/configuration.md lists them")
    digest = given.get("token_sha256", "").strip().lower()
    if not _DIGEST.fullmatch(digest) or digest == _OF_NOTHING:
        raise ValueError(
            f"{_variable(name, 'token_sha256')} is not the SHA-256 of a token, 64 hexadecimal digits: {MAKE_ONE}"
        )
    return digest, Caller(name, _role(name, given), _day_limit(name, given))


def _role(name: str, given: Mapping[str, str]) -> Role:
    text = given.get("role", Role.CALLER)
    try:
        return Role(text.lower())
    except ValueError:
        raise ValueError(f"{_variable(name, 'role')}={text!r} cannot be read: it takes caller or operator") from None


def _day_limit(name: str, given: Mapping[str, str]) -> int | None:
    text = given.get("day_limit_usd_micros", "")
    if not text:
        return None
    if not text.isdecimal() or int(text) > MOST_USD_MICROS:
        raise ValueError(
            f"{_variable(name, 'day_limit_usd_micros')}={text!r} cannot be read: "
            f"it takes a whole number from 0 to {MOST_USD_MICROS}, or nothing for no limit"
        )
    return int(text)


def _variable(name: str, key: str) -> str:
    return f"IMENSIAH_CALLERS__{name.upper()}__{key.upper()}"


def address(text: str) -> str:
    """host:port to listen on, IPv6 in brackets; port 0 takes a free one. Raises ValueError for anything else."""
    host, _, port = text.rpartition(":")
    is_whole = host.startswith("[") == host.endswith("]") and (":" not in host or host.startswith("["))
    if not host or not is_whole or set(host) & set("/ @") or not port.isdecimal() or int(port) > LAST_PORT:
        raise ValueError(text)
    return text


def is_loopback(listen: str) -> bool:
    """Whether the address can be reached from this machine alone."""
    host = listen.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def anybody(listen: str) -> Caller:
    """Whoever calls a server without callers: an operator where only this machine reaches it, elsewhere never one."""
    return Caller(role=Role.OPERATOR if is_loopback(listen) else Role.CALLER)


def nearest(listen: str) -> str:
    """How this machine reaches a server that listens there: "0.0.0.0" listens on all addresses, and is none."""
    host, _, port = listen.rpartition(":")
    return f"{ {'0.0.0.0': '127.0.0.1', '[::]': '[::1]'}.get(host, host) }:{port}"
