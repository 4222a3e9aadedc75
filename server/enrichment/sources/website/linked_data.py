"""What a page declares for machines: the things described in its JSON-LD and its microdata, in one shape."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from selectolax.lexbor import LexborNode

from enrichment.sources.website.markup import Markup, Script
from enrichment.sources.website.page import plain

MOST_BLOCKS, LONGEST_BLOCK = 40, 300_000
MOST_THINGS = 500
MOST_ITEMS, MOST_NODES, DEEPEST_ITEM = 50, 3_000, 3
LONGEST_TEXT = 1_000

JSON_LD, MICRODATA = 1.0, 0.95

_IS_JSON_LD = re.compile(r"application/ld\+json", re.IGNORECASE)
_BRACKET = re.compile(r"[{\[]")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
# Where a description leads to another that is about the page's owner too. Everything else, from authors to members,
# sellers and reviewers, is about others.
_LEADS_TO_OWNER = ("@graph", "mainEntity", "mainEntityOfPage", "isPartOf", "publisher", "copyrightHolder")


@dataclass(frozen=True, slots=True)
class Thing:
    """One described thing: its types without the address of the vocabulary, its properties, the key that led to it."""

    types: frozenset[str]
    properties: Mapping[str, object]
    role: str
    weight: float


def things(markup: Markup) -> tuple[Thing, ...]:
    """Every thing that a page describes and that may be its owner or its site, JSON-LD first."""
    return (*_json_ld(markup.scripts), *_microdata(markup))


def texts(value: object, *keys: str) -> list[str]:
    """The texts that a property holds: one or a list of them, or objects with a text under one of the keys."""
    found: list[str] = []
    for item in _flat(value):
        held = _first_text(cast("Mapping[str, object]", item), keys) if isinstance(item, Mapping) else item
        if isinstance(held, int | float) and not isinstance(held, bool):
            held = str(held)
        if isinstance(held, str) and (seen := plain(held, LONGEST_TEXT)):
            found.append(seen)
    return found


def _first_text(item: Mapping[str, object], keys: Sequence[str]) -> object:
    return next((item[key] for key in keys or ("@value", "name") if isinstance(item.get(key), str | int | float)), None)


def text(value: object, *keys: str) -> str:
    """The first text that a property holds, "" where it holds none."""
    return next(iter(texts(value, *keys)), "")


def objects(value: object) -> list[Mapping[str, object]]:
    """The objects that a property holds, one or a list of lists of them."""
    return [cast("Mapping[str, object]", item) for item in _flat(value) if isinstance(item, Mapping)]


def _flat(value: object) -> list[object]:
    """The items of nested lists in their order; bounded, and without recursion."""
    flat: list[object] = []
    waiting: list[object] = [value]
    steps = 0
    while waiting and steps < MOST_THINGS:
        steps += 1
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(cast("list[object]", item)[:MOST_THINGS]))
        elif item is not None:
            flat.append(item)
    return flat


def _json_ld(scripts: Sequence[Script]) -> Iterator[Thing]:
    blocks = [script.content for script in scripts if _IS_JSON_LD.search(script.attributes)]
    found = [thing for block in blocks[:MOST_BLOCKS] for thing in _walked(_json(block))][:MOST_THINGS]
    by_id: dict[str, Mapping[str, object]] = {}
    for thing in found:
        key = thing.properties.get("@id")
        if isinstance(key, str) and len(thing.properties) > len(by_id.get(key, ())):
            by_id[key] = thing.properties
    for thing in found:
        whole = {key: _resolved(value, by_id) for key, value in thing.properties.items()}
        yield Thing(thing.types, whole, thing.role, thing.weight)


def _json(block: str) -> object:
    # Comment and CDATA marks stand around it from the days when browsers had to be kept from showing it.
    marked = block[:LONGEST_BLOCK].replace("<![CDATA[", "").replace("]]>", "")
    start, end = _BRACKET.search(marked), max(marked.rfind("}"), marked.rfind("]"))
    bare = marked[start.start() : end + 1] if start else ""
    for candidate in (bare, _TRAILING_COMMA.sub(r"\1", bare)):
        try:
            # Line breaks within texts are common; ten thousand brackets raise RecursionError.
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _walked(root: object) -> Iterator[Thing]:
    waiting: list[tuple[object, str]] = [(root, "")]
    steps = 0
    while waiting and steps < MOST_THINGS:
        steps += 1
        value, role = waiting.pop()
        if isinstance(value, list):
            waiting.extend((item, role) for item in reversed(cast("list[object]", value)[:MOST_THINGS]))
        elif isinstance(value, dict):
            properties = cast("dict[str, object]", value)
            yield Thing(_types(properties.get("@type")), properties, role, JSON_LD)
            further = [(properties[key], key) for key in reversed(_LEADS_TO_OWNER) if key in properties]
            waiting.extend((item, "" if key == "@graph" else key) for item, key in further)


def _resolved(value: object, by_id: Mapping[str, Mapping[str, object]]) -> object:
    """A reference to a thing described elsewhere, replaced by what is said there."""
    if isinstance(value, dict):
        reference = cast("dict[str, object]", value)
        key = reference.get("@id")
        return by_id.get(key, reference) if len(reference) == 1 and isinstance(key, str) else reference
    return value


def _types(value: object) -> frozenset[str]:
    return frozenset(re.split(r"[/#:]", name)[-1] for name in texts(value))


def _microdata(markup: Markup) -> Iterator[Thing]:
    for node in markup.tree.css("[itemscope][itemtype]")[:MOST_ITEMS]:
        role = node.attributes.get("itemprop") or ""
        if not role or role in _LEADS_TO_OWNER:
            properties = _properties(node, 0)
            yield Thing(_types(properties["@type"]), properties, role, MICRODATA)


def _properties(item: LexborNode, depth: int) -> dict[str, object]:
    """The properties of an item that are its own and not those of an item within it."""
    properties: dict[str, object] = {"@type": (item.attributes.get("itemtype") or "").split()}
    waiting = [item.first_child]
    for _ in range(MOST_NODES):
        if not waiting:
            break
        node = waiting.pop()
        if node is None:
            continue
        waiting.append(node.next)
        attributes = node.attributes
        names = (attributes.get("itemprop") or "").split()[:5]
        value = _value(node, depth) if names else None
        for name in names:
            cast("list[object]", properties.setdefault(name, [])).append(value)
        # What is inside an item or a text is not looked through again, or what is nested would be read over and over.
        if "itemscope" not in attributes and (not names or _given(node)):
            waiting.append(node.first_child)
    return properties


def _value(node: LexborNode, depth: int) -> object:
    if "itemscope" in node.attributes:
        return _properties(node, depth + 1) if depth < DEEPEST_ITEM else None
    return _given(node) or node.text(separator=" ")[:LONGEST_TEXT]


def _given(node: LexborNode) -> str:
    """The value that an element carries in an attribute, "" where its text is the value."""
    attributes = node.attributes
    return next((value for key in ("content", "href", "src", "datetime") if (value := attributes.get(key))), "")
