"""Money: integer micro-dollars (millionths of a US dollar), everywhere and from the first line."""

from enrichment.domain.catalogue import Billing, Entry, Tokens
from enrichment.domain.errors import SourceError


def dollars(usd_micros: int) -> str:
    """For people: "$0.003", "$0.0506", "$0"."""
    if usd_micros == 0:
        return "$0"
    sign = "-" if usd_micros < 0 else ""
    whole, fraction = divmod(abs(usd_micros), 1_000_000)
    return f"{sign}${whole}.{fraction:06d}".rstrip("0").rstrip(".")


def cost_of_success(entry: Entry, price_usd_micros: int, *, is_found: bool) -> int:
    """What an answered call costs: nothing for a not-found where the provider bills per match."""
    return price_usd_micros if is_found or entry.billing is Billing.PER_CALL else 0


def cost_of_failure(error: SourceError, price_usd_micros: int) -> int:
    """What a failed call costs: the held price where nothing says, else what was billed; never more than was held."""
    return price_usd_micros if error.is_cost_unknown else min(error.cost_usd_micros, price_usd_micros)


def token_cost(counts: Tokens, prices: Tokens) -> int:
    """The price of one call's tokens, rounded up once to a whole micro-dollar."""
    millionths = sum(count * price for count, price in zip(counts, prices, strict=True))
    return -(-millionths // 1_000_000)
