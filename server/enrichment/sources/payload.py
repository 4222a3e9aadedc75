"""From JSON that nobody vouches for to claims: every value is looked at before it is used."""

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

import httpx

from enrichment.domain.company import Field, Value, is_value_of
from enrichment.domain.errors import Unreadable
from enrichment.domain.fact import Claim
from enrichment.sources import personal_numbers
from enrichment.sources.failures import described, media_type
from enrichment.sources.named_people import without_named_people

# Longer than any name or address, short enough that no answer fills a company with noise.
LONGEST_TEXT = 300

# C: control, format, surrogate (which no UTF-8 can hold), private and unassigned characters.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T.*)?")


def json_object(response: httpx.Response) -> Mapping[str, object]:
    """The JSON object that a response holds; raises Unreadable for every other content.

    A successful answer that cannot be read was answered all the same, so its cost is not known.
    """
    if "json" not in media_type(response):
        raise _unreadable(response, "is not JSON")
    try:
        return parsed_object(response.content)
    except ValueError:
        raise _unreadable(response, "holds no JSON object") from None


def parsed_object(raw: bytes | str) -> Mapping[str, object]:
    """The JSON object that a text is; raises ValueError for every other text."""
    try:
        data: object = json.loads(raw, parse_constant=_no_number)
    except RecursionError:
        # Ten thousand brackets are valid JSON.
        raise ValueError("nested too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("not an object")
    return cast("Mapping[str, object]", data)


def _no_number(name: str) -> object:
    raise ValueError(name)


def _unreadable(response: httpx.Response, complaint: str) -> Unreadable:
    return Unreadable(described(response, f"the body {complaint}"), is_cost_unknown=response.is_success)


def at(data: object, *path: str | int) -> object:
    """What stands under a path of keys and list indexes; None where the path ends early."""
    for step in path:
        if isinstance(step, str) and isinstance(data, dict):
            data = cast("dict[str, object]", data).get(step)
        elif isinstance(step, int) and isinstance(data, list):
            data = cast("list[object]", data)[step] if step < len(cast("list[object]", data)) else None
        else:
            return None
    return data


def items(data: object, *path: str | int) -> Sequence[object]:
    """The items of the list under a path; none where there is no list."""
    found = at(data, *path)
    return cast("list[object]", found) if isinstance(found, list) else ()


def required_items(data: object, *path: str | int) -> Sequence[object]:
    """The items of a list that every answer of the provider holds; raises Unreadable where there is no list."""
    found = at(data, *path)
    if not isinstance(found, list):
        raise Unreadable(f"there is no list {'.'.join(map(str, path))} in the answer", is_cost_unknown=True)
    return cast("list[object]", found)


def text(data: object, *path: str | int) -> str:
    """The text under a path: on one line, of visible characters, bounded; "" where there is none."""
    found = at(data, *path)
    return one_line(found) if isinstance(found, str) else ""


def one_line(value: str, longest: int = LONGEST_TEXT) -> str:
    """A text as it may be shown and stored: visible characters with single spaces, at most `longest` of them."""
    # Cut before it is looked at: white space can be endless.
    words = "".join(" " if char.isspace() else char for char in value[: 10 * longest])
    seen = words if words.isprintable() else "".join(c for c in words if unicodedata.category(c) not in _UNSEEN)
    return " ".join(seen.split())[:longest].rstrip()


def number(data: object, *path: str | int) -> float | None:
    """The finite number under a path; None where there is none."""
    found = at(data, *path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        value = float(found)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def iso_date(data: object, *path: str | int) -> date | None:
    """The ISO 8601 day under a path, its time of day left out; None where there is none."""
    match = _ISO_DATE.fullmatch(text(data, *path))
    return day(match[1], match[2], match[3]) if match else None


def day(year: str, month: str, of_month: str) -> date | None:
    """A date from its digits, None where the calendar has no such day."""
    try:
        return date(int(year), int(month), int(of_month))
    except ValueError:
        return None


def claims(values: Mapping[Field, object], weight: float = 1.0) -> tuple[Claim, ...]:
    """A claim for each value that is there: of the field's type, not empty, and without a person's number in it.

    A description goes without the people whom it names.
    """
    told = {field: _without_people(field, value) for field, value in values.items()}
    return tuple(
        Claim(field, cast("Value", value), weight)
        for field, value in told.items()
        if is_value_of(field, value) and personal_numbers.is_claimable(field, value)
    )


def _without_people(field: Field, value: object) -> object:
    if field is Field.DESCRIPTION and isinstance(value, str):
        return without_named_people(value)
    return value
