"""Ways for a provider to misbehave on purpose, switched on and off while the sandbox runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, cast

from enrichment.sandbox.latency import PROVIDERS
from enrichment.sandbox.world.draw import Draw

MODES = ("slow", "throttle", "throttle_without_retry_after", "fail", "hang", "reset", "drip", "rubbish", "bomb")
# A name server has no headers, no body and no connection to reset.
DNS_MODES = ("slow", "fail", "hang", "rubbish")
# How each that has an allowance says that it is used up, or that it has shut a client out; the others never do.
QUOTA_STATUSES: Mapping[str, int] = {
    "wikidata": 403,
    "opencorporates": 403,
    "clearbit": 402,
    "people_data_labs": 402,
    "google_places": 429,
    "anthropic": 400,
    "apify": 402,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave.

    `slow` adds `delay_ms`; `throttle` asks for `retry_after` seconds; `fail` answers `status`; `hang` never answers;
    `reset` breaks the connection; `drip` sends a byte every `delay_ms`; `rubbish` sends what nobody can read; `bomb`
    sends what unpacks to a thousand times its size; `quota` says that the allowance is used up.
    `share` of the requests are hit (0 to 1), at most `times` of them (None: no end).
    """

    mode: str
    delay_ms: int = 2_000
    retry_after: int = 30
    status: int = 503
    share: float = 1.0
    times: int | None = None


def parse(provider: str, data: object) -> Fault:
    """A fault from JSON. Raises ValueError with a sentence that says what would be right."""
    check_provider(provider)
    if not isinstance(data, dict):
        raise ValueError('a fault is a JSON object such as {"mode": "slow", "delay_ms": 2000}')
    given = cast(Mapping[str, Any], data)
    modes = modes_of(provider)
    if given.get("mode") not in modes:
        raise ValueError(f"mode must be one of {', '.join(modes)} for {provider}, not {given.get('mode')!r}")
    known = [field.name for field in fields(Fault)]
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"{unknown[0]!r} is not a parameter of a fault; there are {', '.join(known)}")
    for name, (low, high) in _RANGES.items():
        if name in given and not _is_between(given[name], low, high, is_whole=name != "share"):
            raise ValueError(f"{name} must be a number from {low} to {high}, not {given[name]!r}")
    return Fault(**given)


_RANGES = {
    "delay_ms": (0, 600_000),
    "retry_after": (0, 86_400),
    "status": (400, 599),
    "share": (0, 1),
    "times": (1, 1_000_000),
}


def _is_between(value: object, low: float, high: float, *, is_whole: bool) -> bool:
    kinds = (int,) if is_whole else (int, float)
    return type(value) in kinds and low <= cast(float, value) <= high


def modes_of(provider: str) -> tuple[str, ...]:
    """The ways in which a provider can misbehave."""
    if provider == "dns":
        return DNS_MODES
    return (*MODES, "quota") if provider in QUOTA_STATUSES else MODES


def check_provider(name: str) -> None:
    """Raises ValueError for a provider that there is not."""
    if name not in PROVIDERS:
        raise ValueError(f"no provider is named {name!r}; there are {', '.join(PROVIDERS)}")


class Faults:
    """The faults that are switched on, one for each provider."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._faults: dict[str, Fault] = {}
        self._left: dict[str, int | None] = {}

    def set(self, provider: str, fault: Fault) -> None:
        """Switches a fault on; it takes the place of the one before."""
        self._faults[provider] = fault
        self._left[provider] = fault.times

    def clear(self, provider: str) -> None:
        """Switches a provider's fault off."""
        self._faults.pop(provider, None)
        self._left.pop(provider, None)

    def clear_all(self) -> None:
        """Switches all faults off."""
        self._faults.clear()
        self._left.clear()

    def shown(self, provider: str) -> Mapping[str, object] | None:
        """A provider's fault as JSON, with `left` for how many more requests it hits; None where there is none."""
        fault = self._faults.get(provider)
        return None if fault is None else {**asdict(fault), "left": self._left[provider]}

    def hit(self, provider: str, number: int) -> Fault | None:
        """The fault that the provider's request with this number meets."""
        fault, left = self._faults.get(provider), self._left.get(provider)
        if fault is None or left == 0:
            return None
        if Draw(self._seed, "fault", provider).share(str(number)) >= fault.share:
            return None
        if left is not None:
            self._left[provider] = left - 1
        return fault
