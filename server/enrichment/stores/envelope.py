"""An answer as bytes: compact JSON with a version, and with all its dates."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any, cast, get_type_hints

from enrichment.domain.company import LIST_FIELDS, VALUE_TYPES, CompanyStatus, Field, Value, is_value_of
from enrichment.domain.fact import Answer, Document, Fact

# Goes up with every change of what is written here: an entry of another version is none.
VERSION = 2


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is kept: fresh until its own `expires_at`, served no more from `ends_at` on (epoch seconds).

    `domain` is the company for which it was asked.
    """

    answer: Answer
    ends_at: float
    domain: str


def encode(kept: Kept) -> bytes:
    """The answer as it may be kept: without its transient facts, and not marked as cached.

    Raises ValueError for a number that is not finite.
    """
    answer = kept.answer
    content = {
        "version": VERSION,
        "domain": kept.domain,
        "source": answer.source,
        "is_found": answer.is_found,
        "facts": [_from_fact(fact) for fact in answer.facts if not fact.is_transient],
        "documents": [[document.url, document.title, document.text] for document in answer.documents],
        "observed_at": answer.observed_at,
        "expires_at": answer.expires_at,
        "ends_at": kept.ends_at,
        "cost_usd_micros": answer.cost_usd_micros,
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Text from the web may hold halves of surrogate pairs, which strict UTF-8 refuses.
    return text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> Kept | None:
    """What `encode` wrote; None for any other bytes, whatever they are."""
    try:
        content = json.loads(data)
        answer = _to_answer(content)
        return Kept(answer, _checked(content["ends_at"], float), _checked(content["domain"], str))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def _from_fact(fact: Fact) -> list[Any]:
    dates = [fact.observed_at, fact.expires_at]
    return [fact.field, written(fact.value), fact.source, fact.confidence, *dates, fact.attribution]


def written(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, tuple):
        return [written(item) for item in cast("tuple[Value, ...]", value)]
    if is_dataclass(value):
        return [getattr(value, item.name) for item in fields(value)]
    return value.isoformat() if isinstance(value, date) else value


def _to_answer(content: Any) -> Answer:
    if content["version"] != VERSION:
        raise ValueError("another version")
    return Answer(
        source=_checked(content["source"], str),
        is_found=_checked(content["is_found"], bool),
        facts=tuple(_to_fact(*fact) for fact in _checked(content["facts"], list)),
        documents=tuple(_to_document(*document) for document in _checked(content["documents"], list)),
        observed_at=_checked(content["observed_at"], float),
        expires_at=_checked(content["expires_at"], float),
        cost_usd_micros=_checked(content["cost_usd_micros"], int),
    )


def _to_document(*texts: Any) -> Document:
    return Document(*(_checked(text, str) for text in texts))


def _to_fact(field: Any, value: Any, source: Any, *rest: Any) -> Fact:
    confidence, observed_at, expires_at, attribution = rest
    return Fact(
        field=(name := Field(field)),
        value=value_of(name, value),
        source=_checked(source, str),
        confidence=_checked(confidence, float),
        observed_at=_checked(observed_at, float),
        expires_at=_checked(expires_at, float),
        attribution=_checked(attribution, str),
    )


def value_of(name: Field, found: Any) -> Value:
    """What `written` made of a value of the field; raises ValueError, TypeError or KeyError for anything else."""
    kind = VALUE_TYPES.get(name, str)
    if name in LIST_FIELDS:
        value: Any = tuple(_to_item(kind, item) for item in _checked(found, list))
    else:
        value = _to_item(kind, found)
    if not is_value_of(name, value):
        raise ValueError(f"not a {name.value}")
    return value


def _to_item(kind: type, found: Any) -> Any:
    if kind is date:
        return date.fromisoformat(found)
    if kind is CompanyStatus:
        return CompanyStatus(found)
    if kind in _PARTS:
        parts = _PARTS[kind]
        return kind(*(_checked(part, wanted) for part, wanted in zip(found, parts.values(), strict=True)))
    return _checked(found, kind)


def _checked(value: Any, wanted: Any) -> Any:
    """The value if it is of the wanted type; a whole number is a float as well, a truth is no number."""
    if wanted is float:
        number = float(value) if type(value) is int else value
        if type(number) is not float or not math.isfinite(number):
            raise TypeError(f"{value!r} is not a finite number")
        return number
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise TypeError(f"{value!r} is not a {wanted}")
    return value


_PARTS: Mapping[type, Mapping[str, Any]] = {
    kind: get_type_hints(kind) for kind in VALUE_TYPES.values() if is_dataclass(kind)
}
