"""What databases of companies, asked by domain, tell in the same ways."""

import re
from collections.abc import Iterable

import httpx

from enrichment.domain.company import EmployeeCount, IndustryCode, SocialProfile
from enrichment.domain.names import is_name_of_person
from enrichment.sources.payload import number, parsed_object, text
from enrichment.sources.website.social import profile

MOST_EMPLOYEES = 10_000_000
EARLIEST_YEAR, LATEST_YEAR = 1_000, 2_099
# A place of which no street is known is a city: it says little about where in it.
WEIGHT_OF_A_CITY = 0.7

_BAND = re.compile(r"(\d{1,7})(K?)(?:-(\d{1,7})(K?)|\+)")
_CODE = re.compile(r"\d{2,8}")


def error_type(response: httpx.Response) -> str:
    """What a response says under `error.type`, "" where it says nothing there."""
    try:
        return text(parsed_object(response.content), "error", "type")
    except ValueError:
        return ""


def company_name(data: object, *path: str | int) -> str:
    """The name under a path, "" for one that is that of a person."""
    name = text(data, *path)
    return "" if is_name_of_person(name) else name


def year(data: object, *path: str | int) -> int | None:
    """The year under a path; None for what can be none."""
    value = number(data, *path)
    return int(value) if value is not None and EARLIEST_YEAR <= value <= LATEST_YEAR else None


def head_count(data: object, *path: str | int) -> EmployeeCount | None:
    """The number of employees under a path; None for what can be none."""
    value = number(data, *path)
    return EmployeeCount(int(value), int(value)) if value is not None and 1 <= value <= MOST_EMPLOYEES else None


def band(written: str) -> EmployeeCount | None:
    """A band of employees as "51-200", "251-1K" or "10001+"; None for every other text."""
    found = _BAND.fullmatch(written.upper().replace(",", ""))
    if not found:
        return None
    least = _thousands(found[1], found[2])
    most = _thousands(found[3], found[4]) if found[3] else None
    return EmployeeCount(least, most) if 1 <= least <= (most or MOST_EMPLOYEES) <= MOST_EMPLOYEES else None


def _thousands(digits: str, unit: str) -> int:
    return int(digits) * (1_000 if unit else 1)


def profiles(urls: Iterable[str]) -> tuple[SocialProfile, ...]:
    """The companies' profiles that URLs, with or without a scheme, lead to: the first of each network, no person's."""
    found: dict[str, SocialProfile] = {}
    for url in urls:
        if one := profile(url if "//" in url else f"https://{url}"):
            found.setdefault(one.network, one)
    return tuple(found.values())


def industry_code(system: str, code: str, label: str = "") -> tuple[IndustryCode, ...]:
    """The code in its classification, nothing for what can be no code."""
    return (IndustryCode(system, code, label),) if _CODE.fullmatch(code) else ()
