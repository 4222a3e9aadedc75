"""All configuration, and the only reader of the environment."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from enrichment.access import LAST_PORT, MAKE_ONE, Certificates, address, callers, is_loopback
from enrichment.catalogue import load as load_catalogue
from enrichment.catalogue import provider_address, provider_key, truth
from enrichment.domain.caller import Caller
from enrichment.domain.catalogue import Entry
from enrichment.pipeline.situation import Rules
from enrichment.preferences import PAIRS, Preferences, one_of, preferring

PREFIX = "IMENSIAH_"
# The most that a request may ask to spend, too.
MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Guards:
    """The guards around each call, each of which can be switched off alone."""

    cache: bool = True
    single_flight: bool = True
    breaker: bool = True
    limiter: bool = True
    budget: bool = True


@dataclass(frozen=True, slots=True)
class Harvesting:
    """Searches for companies that are not held yet: where, with which token, at which price, for how much a month.

    The price is Apify's list price for a page on its smallest plan ($4.50 for 1,000, November 2026).
    """

    base_url: str = "https://api.apify.com"
    api_key: str = ""
    page_price_usd_micros: int = 4_500
    max_cost_usd_micros: int = 5_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, with its default; durations and money carry their unit in the name.

    `callers`: by the SHA-256 of their tokens.
    """

    sources: tuple[Entry, ...]
    data_dir: Path
    listen: str = "127.0.0.1:50051"
    cache_url: str = ""
    database_url: str = ""
    cache_memory_mb: int = 64
    max_cost_usd_micros: int = 50_000
    deadline_ms: int = 8_000
    foundation_soft_deadline_ms: int = 2_500
    max_streams: int = 200
    max_lag_ms: int = 25
    drain_ms: int = 5_000
    reflection: bool = True
    serve_anybody: bool = False
    callers: Mapping[str, Caller] = field(default_factory=dict[str, Caller])
    tls: Certificates = Certificates()
    rules: Rules = Rules()
    prefer: Preferences = Preferences()
    guards: Guards = Guards()
    harvest: Harvesting = Harvesting()


def load(environ: Mapping[str, str]) -> Settings:
    """Settings from IMENSIAH_ variables, over those of the TOML file that IMENSIAH_CONFIG names.

    Raises ValueError with the variable, its value and what would be right.
    """
    read = _Reader({**_from_file(environ.get("IMENSIAH_CONFIG", "")), **_from_environment(environ)})
    given = {name: read(variable, parse) for name, (variable, parse) in _SETTINGS.items() if variable in read}
    rules, guards = (
        {
            each.name: read(variable, truth)
            for each in fields(kind)
            if (variable := f"{table}__{each.name.upper()}") in read
        }
        for table, kind in (("RULES", Rules), ("GUARDS", Guards))
    )
    prefer = Preferences(
        **{name: read(variable, parse) for name, (variable, parse) in _PREFER.items() if variable in read}
    )
    harvest = {name: read(variable, parse) for name, (variable, parse) in _HARVEST.items() if variable in read}
    settings = Settings(
        sources=preferring(load_catalogue(read.named("SOURCES")), prefer),
        prefer=prefer,
        callers=callers(read.named("CALLERS")),
        tls=_certificates(read),
        data_dir=given.pop("data_dir", Path(platformdirs.user_data_dir("imensiah"))),
        rules=Rules(**rules),
        guards=Guards(**guards),
        harvest=Harvesting(**harvest),
        **given,
    )
    read.refuse_unknown()
    return settings


def check_listen(settings: Settings) -> None:
    """Raises PermissionError where a server would listen beyond this machine to callers that it cannot tell apart."""
    if settings.callers or settings.tls.client_ca or settings.serve_anybody or is_loopback(settings.listen):
        return
    raise PermissionError(
        f"{PREFIX}LISTEN={settings.listen!r} is reached from other machines, and anybody there could spend your money: "
        f"set a caller ({MAKE_ONE}), or {PREFIX}TLS__CLIENT_CA for callers with certificates. "
        f"{PREFIX}SERVE_ANYBODY=true serves whoever comes"
    )


def check_budget(settings: Settings) -> None:
    """Raises PermissionError where calls that cost real money would be made without the ledger's limits."""
    real = {entry.name: urlsplit(entry.base_url).hostname for entry in load_catalogue()}
    # One that is switched off counts as well: a switch turns it on while the server runs.
    paid = [each for each in settings.sources if each.api_key and (each.price_usd_micros or each.token_prices)]
    for each in paid:
        if not settings.guards.budget and urlsplit(each.base_url).hostname == real[each.name]:
            raise PermissionError(
                f"{PREFIX}GUARDS__BUDGET=false leaves no limit a month, a day or a batch, and {each.name} has a key "
                f"and is asked at {each.base_url}, for money: leave out {PREFIX}GUARDS__BUDGET, or remove "
                f"{PREFIX}SOURCES__{each.name.upper()}__API_KEY, or set its BASE_URL to a sandbox's"
            )


def _certificates(read: "_Reader") -> Certificates:
    given = {each.name: f"TLS__{each.name.upper()}" for each in fields(Certificates)}
    found = Certificates(**{name: read(variable, Path) for name, variable in given.items() if variable in read})
    if (found.certificate is None) != (found.key is None) or (found.client_ca and not found.key):
        raise ValueError(f"TLS needs both {PREFIX}TLS__CERTIFICATE and {PREFIX}TLS__KEY, files in PEM form")
    return found


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= MOST:
        raise ValueError(text)
    return number


def _positive(text: str) -> int:
    number = _count(text)
    if number == 0:
        raise ValueError(text)
    return number


def _cache_url(text: str) -> str:
    if text in ("", "sqlite://", "memory://"):
        return text
    url = urlsplit(text)
    # Reading the port raises ValueError for one that is none.
    is_server = url.scheme in ("redis", "rediss") and url.hostname and url.port != 0
    if not is_server or not re.fullmatch(r"/?\d*", url.path):
        raise ValueError(text)
    return text


def _database_url(text: str) -> str:
    if text in ("", "sqlite://", "memory://"):
        return text
    url = urlsplit(text)
    # Reading the port refuses one that is no number.
    if url.scheme not in ("postgresql", "postgres") or not url.hostname or url.port == 0:
        raise ValueError(text)
    return text


_SETTINGS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "data_dir": ("DATA_DIR", Path),
    "listen": ("LISTEN", address),
    "cache_url": ("CACHE_URL", _cache_url),
    "database_url": ("DATABASE_URL", _database_url),
    "cache_memory_mb": ("CACHE_MEMORY_MB", _positive),
    "max_cost_usd_micros": ("MAX_COST_USD_MICROS", _count),
    "deadline_ms": ("DEADLINE_MS", _positive),
    "foundation_soft_deadline_ms": ("LAYERS__FOUNDATION__SOFT_DEADLINE_MS", _count),
    "max_streams": ("MAX_STREAMS", _positive),
    "max_lag_ms": ("MAX_LAG_MS", _positive),
    "drain_ms": ("DRAIN_MS", _count),
    "reflection": ("REFLECTION", truth),
    "serve_anybody": ("SERVE_ANYBODY", truth),
}

_PREFER: Mapping[str, tuple[str, Callable[[str], str]]] = {
    thing: (f"PREFER__{thing.upper()}", one_of(pair)) for thing, pair in PAIRS.items()
}

_HARVEST: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "base_url": ("HARVEST__BASE_URL", provider_address),
    "api_key": ("HARVEST__API_KEY", provider_key),
    "page_price_usd_micros": ("HARVEST__PAGE_PRICE_USD_MICROS", _positive),
    "max_cost_usd_micros": ("HARVEST__MAX_COST_USD_MICROS", _count),
}

# For a person whose value could not be read.
_WHAT_IS_RIGHT: Mapping[object, str] = {
    _count: f"a whole number from 0 to {MOST}",
    _positive: f"a whole number from 1 to {MOST}",
    truth: "true or false",
    provider_address: "an address such as https://api.apify.com",
    provider_key: "a token of printable ASCII characters",
    **{parse: " or ".join(PAIRS[thing]) for thing, (_, parse) in _PREFER.items()},
    address: f"host:port with a port up to {LAST_PORT}, such as 127.0.0.1:50051 or [::1]:50051",
    _cache_url: "sqlite:// (a file in the data folder), memory:// or redis://host:port/number (rediss:// with TLS)",
    _database_url: "sqlite:// (a file in the data folder), postgresql://user:password@host:port/database or memory://",
}


class _Reader:
    """Hands out what was given, and remembers what nobody asked for."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = dict(given)

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def __call__(self, name: str, parse: Callable[[str], Any]) -> Any:
        text = self._given.pop(name)
        try:
            return parse(text)
        except (KeyError, ValueError):
            # A password or a key is not for a log.
            shown = "***" if parse is provider_key else re.sub("://.*@", "://***@", text)
            raise ValueError(f"{PREFIX}{name}={shown!r} cannot be read: it takes {_WHAT_IS_RIGHT[parse]}") from None

    def named(self, table: str) -> dict[str, dict[str, str]]:
        """A table's entries by name, each with its settings by key, all in lower case."""
        found: dict[str, dict[str, str]] = {}
        for variable in [variable for variable in self._given if variable.startswith(f"{table}__")]:
            _, name, key = (*variable.split("__", 2), "", "")[:3]
            found.setdefault(name.lower(), {})[key.lower()] = self._given.pop(variable)
        return found

    def refuse_unknown(self) -> None:
        self._given.pop("CONFIG", None)
        # What the terminal calls with: a shell may have both.
        self._given.pop("TOKEN", None)
        if self._given:
            raise ValueError(f"{PREFIX}{min(self._given)} is not a setting; docs/configuration.md lists them")


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX)}


def _from_file(path: str) -> dict[str, str]:
    if not path:
        return {}
    try:
        data = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"{PREFIX}CONFIG={path!r} cannot be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{PREFIX}CONFIG={path!r} is not TOML: {error}") from None
    return dict(_flat(data))


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        name = f"{prefix}{key}".upper()
        rows += _flat(value, f"{name}__") if isinstance(value, dict) else [(name, str(value))]  # type: ignore[arg-type]
    return rows
