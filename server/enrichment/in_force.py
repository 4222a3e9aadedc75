"""The settings in force, by the names that a file has for them."""

from dataclasses import asdict, replace

from enrichment.catalogue import OPTIONS
from enrichment.domain.caller import Caller
from enrichment.domain.catalogue import Entry, Hosts
from enrichment.settings import Settings
from enrichment.terminal.settings_file import Scalar


def in_force(settings: Settings) -> dict[str, Scalar]:
    """Every setting by its dotted name in a file."""
    soft_deadline = "foundation_soft_deadline_ms"
    found: dict[str, Scalar] = {
        name: value if isinstance(value, int) else str(value)
        for name, value in asdict(replace(settings, sources=(), callers={})).items()
        if name not in ("sources", "rules", "prefer", "guards", "callers", "tls", "harvest", soft_deadline)
    }
    found["layers.foundation.soft_deadline_ms"] = settings.foundation_soft_deadline_ms
    found |= {f"prefer.{thing}": name for thing, name in asdict(settings.prefer).items()}
    found |= {f"rules.{rule}": value for rule, value in asdict(settings.rules).items()}
    found |= {f"guards.{guard}": value for guard, value in asdict(settings.guards).items()}
    found |= {f"tls.{name}": str(path) for name, path in asdict(settings.tls).items() if path}
    found |= {f"harvest.{name}": value for name, value in asdict(settings.harvest).items() if value != ""}
    for digest, caller in settings.callers.items():
        found |= {f"callers.{caller.name}.{key}": value for key, value in _of_caller(digest, caller).items()}
    for entry in settings.sources:
        own = _of_source(entry) | {key: entry.options.get(key, "") for key in OPTIONS.get(entry.name, ())}
        found |= {f"sources.{entry.name}.{key}": value for key, value in own.items() if value != ""}
    return found


def _of_caller(digest: str, caller: Caller) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {"token_sha256": digest, "role": str(caller.role)}
    if caller.day_limit_usd_micros is not None:
        found["day_limit_usd_micros"] = caller.day_limit_usd_micros
    return found


def _of_source(entry: Entry) -> dict[str, Scalar]:
    price: dict[str, Scalar] = {} if entry.token_prices else {"price_usd_micros": entry.price_usd_micros}
    # An interval in the file would take the place of the window.
    pace: dict[str, Scalar] = {} if entry.window else {"min_interval_ms": entry.min_interval_ms}
    breaker: dict[str, Scalar] = {
        "breaker_failures": entry.breaker_failures,
        "breaker_reset_ms": entry.breaker_reset_ms,
        "breaker_successes": entry.breaker_successes,
    }
    return {
        "enabled": entry.is_enabled,
        "base_url": entry.base_url,
        "api_key": entry.api_key,
        **price,
        "max_concurrent": entry.max_concurrent,
        **pace,
        **(breaker if entry.hosts is Hosts.ONE else {}),
        "timeout_ms": entry.timeout_ms,
        "lifetime_days": entry.lifetime_seconds / 86_400,
    }
