"""Reads the catalogue of sources; what an operator sets stands above what the file says."""

import re
import tomllib
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from enrichment.domain.catalogue import Billing, Entry, Hosts, Layer, Terms, Tokens, Window
from enrichment.domain.company import Field

DAY = 86_400
HOUR = 3_600


def load(overrides: Mapping[str, Mapping[str, str]] | None = None) -> tuple[Entry, ...]:
    """Every source in catalogue order. `overrides`: source name to setting (lower case) to value, all as text.

    Raises ValueError for a source or a setting that does not exist, and for a value that cannot be read.
    """
    data = tomllib.loads(files("enrichment").joinpath("catalogue.toml").read_text("utf-8"))
    given = overrides or {}
    if unknown := sorted(set(given) - set(data["sources"])):
        raise ValueError(f"no source is named {unknown[0]!r}; there are {', '.join(data['sources'])}")
    return tuple(
        _entry(name, source, data["layers"][source["layer"]], given.get(name, {}))
        for name, source in data["sources"].items()
    )


def _entry(name: str, source: Mapping[str, Any], layer: Mapping[str, Any], given: Mapping[str, str]) -> Entry:
    if "hosts" in source and (needless := sorted(_BREAKER & set(given))):
        raise ValueError(f"{_variable(name, needless[0])} sets nothing: {name} has no breaker, it asks many servers")
    source = _switched(name, source, given)
    values = {**source, **_typed(name, given)}
    return Entry(
        name=name,
        layer=Layer(source["layer"]),
        base_url=str(values["base_url"]).rstrip("/"),
        brings={Field(key): float(prior) for key, prior in source["brings"].items()},
        after=frozenset([*source.get("after", ()), *([source["backs_up"]] if "backs_up" in source else [])]),
        countries=frozenset(source.get("countries", ())),
        is_enabled=values.get("enabled", True),
        needs_key=source.get("needs_key", False),
        api_key=values.get("api_key", ""),
        price_usd_micros=values.get("price_usd_micros", 0),
        month_limit_usd_micros=values.get("month_limit_usd_micros"),
        token_prices=_token_prices(name, source, given),
        billing=Billing(source.get("billing", Billing.PER_CALL)),
        timeout_ms=values.get("timeout_ms", 5_000),
        **_limits(source, values, given),
        lifetime_seconds=int(_lifetime_days(source, layer, values) * DAY),
        not_found_seconds=int(source.get("not_found_hours", layer["not_found_hours"]) * HOUR),
        # Terms that limit keeping know no grace.
        grace_seconds=0 if "keeps" in source else layer["grace_days"] * DAY,
        is_always_asked=source.get("always_asked", False),
        backs_up=source.get("backs_up", ""),
        enough_fields=source.get("enough_fields", 1),
        alone=frozenset(Field(name) for name in source.get("alone", ())),
        is_asked_by_number=source.get("asked_by_number", False),
        names_owner=source.get("names_owner", False),
        is_register=source.get("register", False),
        is_spared_by_registry=source.get("spared_by_registry", False),
        lineage=source.get("lineage", name),
        copies=frozenset(source.get("copies", ())),
        terms=_terms(source),
        is_local=source.get("local", False),
        needs=source.get("needs", ""),
        options={**source.get("options", {}), **_options(source, given)},
    )


def _limits(source: Mapping[str, Any], values: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Those that the file or the operator names; an interval that the operator sets takes the place of a window."""
    limits = {key: values[key] for key in _LIMITS if key in values}
    if "hosts" in source:
        limits["hosts"] = Hosts(source["hosts"])
    if "window" in source and "min_interval_ms" not in given:
        limits["window"] = Window(**source["window"])
    return limits


def _switched(name: str, source: Mapping[str, Any], given: Mapping[str, str]) -> Mapping[str, Any]:
    """The source with what its switches change: price and terms of a thing go with asking for it."""
    for switch, changes in source.get("with", {}).items():
        if switch in given and _read(name, switch, given[switch], truth):
            source = {**source, **changes}
    return source


def _lifetime_days(source: Mapping[str, Any], layer: Mapping[str, Any], values: Mapping[str, Any]) -> float:
    usual = source.get("lifetime_days", layer["lifetime_days"])
    # What terms say of keeping an operator may undercut and not exceed.
    return min(values.get("lifetime_days", usual), usual if "keeps" in source else float("inf"))


def _token_prices(name: str, source: Mapping[str, Any], given: Mapping[str, str]) -> Tokens | None:
    """The prices of the model's tokens; None where each call has the same price."""
    if "token_prices" not in source or "price_usd_micros" in given:
        return None
    prices, model = source["token_prices"], given.get("model", source["options"]["model"])
    if model not in prices:
        raise ValueError(
            f"{_variable(name, 'model')}={model!r} is a model whose price is not known: take one of "
            f"{', '.join(prices)}, or set {_variable(name, 'price_usd_micros')} to the most that a call of it can cost"
        )
    return Tokens(**prices[model])


def _options(source: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    return {key: given[key] for key in given if key not in _SETTINGS and key not in source.get("with", {})}


def _terms(source: Mapping[str, Any]) -> Terms:
    return Terms(
        kept=frozenset(Field(name) for name in source["keeps"]) if "keeps" in source else None,
        may_enter_prompt=source.get("may_enter_prompt", True),
        attribution=source.get("attribution", ""),
    )


def truth(text: str) -> bool:
    """True or false as people write it; raises KeyError for anything else."""
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    return words[text.strip().lower()]


def _from(low: int, high: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return whole_number


def _days(text: str) -> float:
    days = float(text)
    # Written like this, not-a-number fails too.
    if not 0 < days <= MOST_DAYS:
        raise ValueError(text)
    return days


def provider_address(text: str) -> str:
    """Where a provider is reached; raises ValueError for what is no address of HTTP."""
    if not re.fullmatch(r"https?://[^\s/]+(?:/\S*)?", text):
        raise ValueError(text)
    return text


def provider_key(text: str) -> str:
    """A key as a provider gave it; raises ValueError for one that cannot be sent."""
    # A header carries no other letters, and a call with a key that cannot be sent would count as one that was.
    if not (text.isascii() and text.isprintable()):
        raise ValueError(text)
    return text


MOST_DAYS = 3_650
# A price below nothing would give back what was spent, and with it the limit.
_SETTINGS: Mapping[str, Any] = {
    "enabled": truth,
    "base_url": provider_address,
    "api_key": provider_key,
    "price_usd_micros": _from(0, 1_000_000_000),
    "month_limit_usd_micros": _from(0, 1_000_000_000_000),
    "max_concurrent": _from(1, 1_000),
    "min_interval_ms": _from(0, 600_000),
    "breaker_failures": _from(1, 10_000),
    "breaker_reset_ms": _from(1, 86_400_000),
    "breaker_successes": _from(1, 1_000),
    "timeout_ms": _from(1, 600_000),
    "lifetime_days": _days,
}
_BREAKER = frozenset({"breaker_failures", "breaker_reset_ms", "breaker_successes"})
_LIMITS = frozenset({"max_concurrent", "min_interval_ms", "pause_seconds"}) | _BREAKER
# What single sources understand beyond the settings that all have.
OPTIONS: Mapping[str, frozenset[str]] = {
    "website": frozenset({"connect_to"}),
    "dns": frozenset({"server"}),
    "groq": frozenset({"model"}),
    "anthropic": frozenset({"model"}),
    "wikidata": frozenset({"contact"}),
    "mapbox": frozenset({"permanent"}),
}


def _typed(name: str, given: Mapping[str, str]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for key, text in given.items():
        if key in _SETTINGS:
            typed[key] = _read(name, key, text, _SETTINGS[key])
        elif key not in OPTIONS.get(name, frozenset()):
            known = sorted({*_SETTINGS, *OPTIONS.get(name, frozenset())})
            raise ValueError(f"{_variable(name, key)} is not a setting; {name} has {', '.join(known).upper()}")
    return typed


def _read(name: str, key: str, text: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(text)
    except (KeyError, ValueError):
        raise ValueError(f"{_variable(name, key)}={text!r} cannot be read") from None


def _variable(name: str, key: str) -> str:
    return f"IMENSIAH_SOURCES__{name.upper()}__{key.upper()}"
