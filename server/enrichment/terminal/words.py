"""The words of a command line as values; each raises ArgumentTypeError with what would be right. Pure."""

import re
from argparse import ArgumentTypeError
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation

from enrichment_client import DEFAULT_TARGET

MOST_DOLLARS = 1_000
MOST_SECONDS = 3_600
MOST_SCALE = 100
LAST_PORT = 65_535
MOST_DAYS = 3_650
MOST_COMPANIES = 100_000


def day(text: str) -> date:
    """A day: "2026-11-25"."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day as 2026-11-25") from None


def column(text: str) -> tuple[str, str]:
    """A column and its meaning: "Site=website"; without one it is left out: "Notes="."""
    name, sign, meaning = text.rpartition("=")
    if sign and name:
        return name, meaning
    raise ArgumentTypeError(f"{text!r} is not COLUMN=MEANING, such as Site=website")


def country(text: str) -> str:
    """A country by its two letters, in upper case; "" for none."""
    if not text or (len(text) == 2 and text.isascii() and text.isalpha()):
        return text.upper()
    raise ArgumentTypeError(f"{text!r} is not a country in two letters, such as BR")


def target(text: str) -> str:
    """Where a server is: "127.0.0.1:50051", "[::1]:50051"."""
    # gRPC would take other forms for names to look up, and 443 for a port that is not given.
    host, _, number = text.rpartition(":")
    is_host = host.startswith("[") == host.endswith("]") and not set(host) & set("/ @")
    if host and is_host and number.isdecimal() and 0 < int(number) <= LAST_PORT:
        return text
    raise ArgumentTypeError(f"{text!r} is not HOST:PORT, such as {DEFAULT_TARGET}")


def port(text: str) -> int:
    """A port to listen on; 0 takes a free one."""
    if text.isdecimal() and int(text) <= LAST_PORT:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a port from 0 to {LAST_PORT}")


def usd_micros(text: str) -> int:
    """Dollars as millionths, rounded down so that the caller's bound is never exceeded."""
    try:
        dollars = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        dollars = Decimal(-1)
    if dollars.is_finite() and 0 <= dollars <= MOST_DOLLARS:
        return int(dollars * 1_000_000)
    raise ArgumentTypeError(f"{text!r} is not an amount of dollars from 0 to {MOST_DOLLARS:,}")


def seconds(text: str) -> float:
    """A time to wait."""
    with suppress(ValueError):
        if 0 < float(text) <= MOST_SECONDS:
            return float(text)
    raise ArgumentTypeError(f"{text!r} is not a number of seconds above 0, up to {MOST_SECONDS}")


def days(text: str) -> int:
    """How far to look back."""
    if text.isdecimal() and 1 <= int(text) <= MOST_DAYS:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a number of days from 1 to {MOST_DAYS:,}")


def companies(text: str) -> int:
    """How many companies at most."""
    if text.isdecimal() and 1 <= int(text) <= MOST_COMPANIES:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a number of companies from 1 to {MOST_COMPANIES:,}")


def caller(text: str) -> str:
    """A caller's name as settings have it, where they are variables of a shell."""
    if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_]{0,61}[A-Za-z0-9])?", text) and "__" not in text:
        return text
    raise ArgumentTypeError(f"{text!r} is not a caller's name: up to 63 letters and digits, single _ between them")


def scale(text: str) -> float:
    """A factor for the sandbox's waits."""
    with suppress(ValueError):
        if 0 <= float(text) <= MOST_SCALE:
            return float(text)
    raise ArgumentTypeError(f"{text!r} is not a number from 0 to {MOST_SCALE}")


def names(text: str) -> list[str]:
    """ "name,address" in pieces."""
    return text.split(",")
