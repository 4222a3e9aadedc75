"""What the providers charge: the other side of the ledger, counted where the money is earned.

List prices in micro-dollars, read in November 2026 (opencorporates: what a call of a yearly contract is put at).
An answer is billed when it is made, whether or not the client is still there to read it; a refusal never is.
"""

from collections import Counter
from collections.abc import Mapping

from enrichment.sandbox.latency import PROVIDERS

OPENCORPORATES_CALL = 3_000
# What a call of a contract of former years is put at: a record that is found, queued or unknown is one.
CLEARBIT_CALL = 50_000
# One match of 1,000 for $98 a month; what is not found is free.
PEOPLE_DATA_LABS_MATCH = 98_000
# After the 100,000 of each month that are free: $0.75 for 1,000 temporary geocodes.
MAPBOX_CALL = 750
# Results that may be kept: about $5 for 1,000.
MAPBOX_PERMANENT_CALL = 5_000
# What a search is put at; the list price is $35 for 1,000 after 1,000 a month.
GOOGLE_PLACES_CALL = 17_000
# A page of results on the smallest plan: $4.50 for 1,000.
APIFY_PAGE = 4_500
# Model: micro-dollars for a million tokens in, and out.
GROQ_TOKENS: Mapping[str, tuple[int, int]] = {
    "openai/gpt-oss-20b": (75_000, 300_000),
    "openai/gpt-oss-120b": (150_000, 600_000),
    "qwen/qwen3.8-27b": (800_000, 4_000_000),
}
ANTHROPIC_TOKENS: Mapping[str, tuple[int, int]] = {
    "claude-haiku-5-5": (100_000, 500_000),
    "claude-haiku-4-5": (1_000_000, 5_000_000),
    "claude-sonnet-5-5": (2_000_000, 10_000_000),
    "claude-opus-5-5": (4_000_000, 20_000_000),
}


def tokens(text: str) -> int:
    """How many tokens a text is: about four characters each, as tokenizers of today cut European languages."""
    return -(-len(text) // 4)


def token_cost(prices: tuple[int, int], tokens_in: int, tokens_out: int) -> int:
    """The price of one completion at a model's prices, rounded up to a whole micro-dollar."""
    return -(-(tokens_in * prices[0] + tokens_out * prices[1]) // 1_000_000)


class Bill:
    """Calls, billed calls and micro-dollars of each provider since the last reset."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()
        self._billed: Counter[str] = Counter()
        self._cost: Counter[str] = Counter()

    def add(self, provider: str, cost_usd_micros: int) -> None:
        """Counts one call and what it costs."""
        self._calls[provider] += 1
        self._billed[provider] += cost_usd_micros > 0
        self._cost[provider] += cost_usd_micros

    def shown(self) -> Mapping[str, object]:
        """As JSON: each provider's figures, and the sum."""
        rows = {name: self._row(self._calls[name], self._billed[name], self._cost[name]) for name in PROVIDERS}
        total = self._row(self._calls.total(), self._billed.total(), self._cost.total())
        return {"providers": rows, "total": total}

    @staticmethod
    def _row(calls: int, billed: int, cost: int) -> Mapping[str, int]:
        return {"calls": calls, "billed_calls": billed, "cost_usd_micros": cost}

    def cost_usd_micros(self, provider: str | None = None) -> int:
        """What one provider charges, or all of them."""
        return self._cost.total() if provider is None else self._cost[provider]

    def calls(self, provider: str | None = None) -> int:
        """How often one provider was asked, or all of them."""
        return self._calls.total() if provider is None else self._calls[provider]

    def clear(self) -> None:
        """Back to nothing."""
        for counter in (self._calls, self._billed, self._cost):
            counter.clear()
