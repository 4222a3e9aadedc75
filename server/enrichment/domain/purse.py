"""Whose money pays for a call, and up to which limits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A limit that many calls share, in micro-dollars: of a caller and day, a batch, a provider and month.

    `key` names the account and its period ("caller:acme:2026-11-25"); a new period is a new account.
    """

    key: str
    limit_usd_micros: int


@dataclass(frozen=True, slots=True)
class Purse:
    """Who pays, and the accounts that must all allow it; `caller` is "" for one that did not say who it is."""

    caller: str = ""
    accounts: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Money set aside for one attempt at a call, by an id of its own.

    `usd_micros` is the most that the attempt can cost. After `expires_at` (seconds since the epoch) nobody is left who
    could end it: then it is released where nothing was sent, and charged in full where something was.
    """

    id: str
    source: str
    usd_micros: int
    purse: Purse
    enrichment_id: str
    expires_at: float
