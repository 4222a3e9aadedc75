"""What the world is made of: the lists in `data/`, read once and typed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Trade:
    """What companies of one industry are called, offer and whom they serve, in one language."""

    noun: str
    what: str
    whom: str


@dataclass(frozen=True, slots=True)
class Industry:
    """One industry; each of the three codes is (code, label)."""

    key: str
    label: str
    model: str
    cnae: tuple[str, str]
    naics: tuple[str, str]
    nace: tuple[str, str]
    trades: Mapping[str, Trade]


@dataclass(frozen=True, slots=True)
class Language:
    """Words for names, streets and sentences; `models` has one sentence for each business model."""

    key: str
    noun_comes_first: bool
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    districts: tuple[str, ...]
    about: tuple[str, str]
    models: Mapping[str, str]
    words: Mapping[str, str]
    pages: Mapping[str, str]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class City:
    """A real city; `postal_start` begins its postal codes, `phone` is a pattern in E.164."""

    name: str
    region_code: str
    region: str
    latitude: float
    longitude: float
    postal_start: str
    phone: str


@dataclass(frozen=True, slots=True)
class Country:
    """How addresses, numbers and legal forms look in one country; `forms` pairs the registry's wording and a suffix."""

    code: str
    alpha3: str
    name: str
    language: str
    suffixes: tuple[str, ...]
    currency: str
    postal: str
    street: str
    formatted: str
    cities: tuple[City, ...]
    forms: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Lore:
    """All of it, by key."""

    industries: tuple[Industry, ...]
    languages: Mapping[str, Language]
    countries: Mapping[str, Country]


@lru_cache(maxsize=1)
def lore() -> Lore:
    """The lists as they come with the package."""
    languages = table("languages")
    return Lore(
        industries=tuple(_industry(key, row, tuple(languages)) for key, row in table("industries").items()),
        languages={key: _language(key, row) for key, row in languages.items()},
        countries={code: _country(code, row) for code, row in table("countries").items()},
    )


def table(name: str) -> dict[str, Any]:
    """One of the files in `data/`."""
    return tomllib.loads(files("enrichment.sandbox.world").joinpath("data", f"{name}.toml").read_text("utf-8"))


def _industry(key: str, row: Mapping[str, Any], languages: tuple[str, ...]) -> Industry:
    codes = {system: (row[system][0], row[system][1]) for system in ("cnae", "naics", "nace")}
    trades = {language: Trade(*row[language]) for language in languages}
    return Industry(key=key, label=row["label"], model=row["model"], trades=trades, **codes)


_MODELS = ("b2b", "b2c", "saas", "marketplace")


def _language(key: str, row: Mapping[str, Any]) -> Language:
    lists = {name: tuple(row[name]) for name in ("heads", "tails", "last", "streets", "districts", "about", "roles")}
    rest = {name: row[name] for name in ("noun_comes_first", "words", "pages")}
    return Language(key=key, models={model: row[model] for model in _MODELS}, **lists, **rest)


def _country(code: str, row: Mapping[str, Any]) -> Country:
    return Country(
        code=code,
        cities=tuple(City(*city[:6], phone=city[6].replace(" ", "")) for city in row["cities"]),
        suffixes=tuple(row["suffixes"]),
        forms=tuple((wording, suffix) for wording, suffix in row["forms"]),
        **{key: row[key] for key in ("alpha3", "name", "language", "currency", "postal", "street", "formatted")},
    )
