"""Chance that is the same everywhere: a draw depends on its key and its label, never on the draws before it."""

import hashlib
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Named draws under one key (BLAKE2b): a draw that is added later moves no other."""

    __slots__ = ("_key",)

    def __init__(self, *key: object) -> None:
        self._key = hashlib.blake2b("\0".join(map(str, key)).encode(), digest_size=32).digest()

    def number(self, label: str) -> int:
        """A whole number of 64 bits."""
        return int.from_bytes(hashlib.blake2b(label.encode(), key=self._key, digest_size=8).digest(), "big")

    def share(self, label: str) -> float:
        """Strictly between 0 and 1."""
        return (self.number(label) + 0.5) / 2**64

    def between(self, label: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.number(label) % (high - low + 1)

    def pick(self, label: str, options: Sequence[T]) -> T:
        """One of the options, which may not be empty."""
        return options[self.number(label) % len(options)]

    def hex(self, label: str, digits: int) -> str:
        """Hexadecimal digits, at most 64."""
        return hashlib.blake2b(label.encode(), key=self._key, digest_size=32).hexdigest()[:digits]

    def fill(self, label: str, pattern: str) -> str:
        """The pattern with a decimal digit for each `#`."""
        digits = iter(str(self.number(f"{label}:digits")).zfill(20)[::-1])
        return "".join(next(digits) if character == "#" else character for character in pattern)

    def normal(self, label: str) -> float:
        """From the standard normal distribution."""
        return NormalDist().inv_cdf(self.share(label))
