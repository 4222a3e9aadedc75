"""Answers with one thing wrong: from one document all the documents in which one part is gone or something else."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast

GONE = object()
# What cannot be seen, turns the text around, ends a line or a string, in between what can be seen.
HOSTILE = "Lar\u202ech\u0d80\U0001d173\x00\r\n\u200b\ud800 <b>\u2066Glass\ue000</b>\x1b[31m\t\U000e0041"
# Numbers that JSON allows and Python's json reads as infinity, or not at all; json.dumps writes neither.
WRITTEN = {"infinity": "1e999", "minus infinity": "-1e999", "too many digits": "9" * 5_000}
_NESTED = ("[]", "{}", '["x"]', "[null]", '{"a": [1]}', '{"": {}}', "[[[[]]]]", "[" * 200 + "]" * 200)
JUNK: tuple[object, ...] = (
    GONE, None, HOSTILE, True, False, 0, -1, 1.5, 1e308, 10**400, *WRITTEN, "", " ", "0", "2026-02-30", "\ud800\x00",
    "x" * 10_000, "[" * 50, *map(json.loads, _NESTED),
)  # fmt: skip
# One of each kind, for recorded answers, which are many.
KINDS: tuple[object, ...] = (GONE, HOSTILE, -1, ["x"], {})
# A part of a long document stands for its neighbours: so much is read again for each kind of junk, and no more.
MOST_JSON_BYTES, MOST_HTML_BYTES = 6_000_000, 400_000

Container = dict[str, Any] | list[Any]
T = TypeVar("T")


def json_mutants(content: bytes, junk: Sequence[object] = JUNK, most: int = 0) -> Iterator[bytes]:
    """The JSON document once for each part and each junk: the part gone, or the junk in its place.

    Of a document with more than `most` parts (0: as many as its length allows) every second, third, ... one.
    """
    document: Container = json.loads(content, strict=False)
    for inner, step in _sample(list(_parts(document)), most or MOST_JSON_BYTES // len(content)):
        for value in (*junk, *_changed_within(inner[step], junk)):
            yield _with(document, inner, step, value)


def _sample(parts: Sequence[T], most: int) -> Sequence[T]:
    return parts[:: max(1, -(-len(parts) // max(1, most)))]


def _parts(data: Any) -> Iterator[tuple[Any, Any]]:
    """Each part of a document but its root, as the container that it stands in and its place there."""
    if isinstance(data, dict | list):
        inner = cast("Container", data)
        for step in list(inner) if isinstance(inner, dict) else range(len(inner)):
            yield inner, step
            yield from _parts(cast("Any", inner)[step])


def _changed_within(value: object, junk: Sequence[object]) -> Iterator[str]:
    """A text that is a JSON object itself (what a model wrote) has parts too."""
    if isinstance(value, str) and value.startswith("{"):
        with suppress(ValueError):
            yield from (mutant.decode() for mutant in json_mutants(value.encode(), junk))


def _with(document: Container, inner: Any, step: Any, value: object) -> bytes:
    kept = inner[step]
    if value is not GONE:
        inner[step] = value
        written = _written(document)
        inner[step] = kept
    elif isinstance(inner, list):
        del inner[step]
        written = _written(document)
        cast("list[object]", inner).insert(step, kept)
    else:
        del inner[step]
        written = _written(document)
        inner[step] = kept
    return written


def _written(document: Container) -> bytes:
    text = json.dumps(document)
    for name, digits in WRITTEN.items():
        text = text.replace(f'"{name}"', digits)
    return text.encode()


_TAG = re.compile(rb"<[^<>]+>")
_ATTRIBUTE = re.compile(rb"""[\w:-]+=("[^"]*"|'[^']*'|[^\s>]+)""")
_SCRIPT = re.compile(rb'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
_VALUES = ("", "javascript:alert(1)", "//", "http://[", "9" * 400, HOSTILE, '"><script>')
HTML_JUNK = tuple(value.encode("utf-8", "surrogatepass") for value in _VALUES)


def html_mutants(page: bytes) -> Iterator[bytes]:
    """The page with one tag cut out or replaced, or one attribute's value, or one part of its JSON-LD changed.

    Of a long page with many tags every second, third, ... one.
    """
    most = MOST_HTML_BYTES // len(page)
    for tag in _sample(list(_TAG.finditer(page)), most):
        for other in (b"", b"<", b"<!--", b"</div>", b"<title>", b"<script>", b"<p lang=>"):
            yield page[: tag.start()] + other + page[tag.end() :]
        for attribute in _ATTRIBUTE.finditer(tag[0]):
            start, end = (tag.start() + at for at in attribute.span(1))
            for value in HTML_JUNK:
                yield page[:start] + b'"' + value + b'"' + page[end:]
    for script in _SCRIPT.finditer(page):
        # Some pages' JSON is broken as it is.
        with suppress(ValueError):
            for mutant in json_mutants(script[1], most=most):
                yield page[: script.start(1)] + mutant + page[script.end(1) :]


def cuts(content: bytes) -> Iterator[bytes]:
    """The beginnings of an answer that has no parts."""
    yield from (content[:length] for length in range(len(content)))
