"""How long providers take: lognormal, with these medians and 95th percentiles in milliseconds.

| provider | median | p95 |
|---|---|---|
| website | 300 | 900 |
| dns | 30 | 90 |
| rdap | 250 | 700 |
| receitaws | 700 | 2000 |
| opencnpj | 500 | 1500 |
| gleif | 400 | 1200 |
| opencorporates | 900 | 2500 |
| clearbit | 500 | 1500 |
| people_data_labs | 400 | 1200 |
| mapbox | 120 | 350 |
| google_places | 250 | 700 |
| wikidata | 200 | 900 |
| groq | 700 | 1800 |
| anthropic | 900 | 2400 |
| apify | 250 | 700 |

The figures are what clients of these providers report and set their timeouts by; they are not measurements of ours.
"""

from dataclasses import dataclass
from math import exp, log

from enrichment.sandbox.world.draw import Draw

DISTRIBUTIONS = {
    "website": (300, 900),
    "dns": (30, 90),
    "rdap": (250, 700),
    "receitaws": (700, 2000),
    "opencnpj": (500, 1500),
    "gleif": (400, 1200),
    "opencorporates": (900, 2500),
    "clearbit": (500, 1500),
    "people_data_labs": (400, 1200),
    "mapbox": (120, 350),
    "google_places": (250, 700),
    "wikidata": (200, 900),
    "groq": (700, 1800),
    "anthropic": (900, 2400),
    "apify": (250, 700),
}
PROVIDERS = tuple(DISTRIBUTIONS)
# Where the 95th percentile of the standard normal distribution lies.
_P95 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Latency:
    """Delays of one seed; `scale` 1.0 is as drawn, 0 is none; `fixed_ms` stands for every draw where it is given."""

    seed: int = 0
    scale: float = 1.0
    fixed_ms: float | None = None

    def seconds(self, provider: str, number: int) -> float:
        """The delay of a provider's request with this number."""
        if self.fixed_ms is not None:
            return self.fixed_ms / 1000
        if self.scale == 0:
            return 0.0
        median, p95 = DISTRIBUTIONS[provider]
        spread = log(p95 / median) / _P95
        return self.scale * median / 1000 * exp(spread * Draw(self.seed, "latency", provider).normal(str(number)))
