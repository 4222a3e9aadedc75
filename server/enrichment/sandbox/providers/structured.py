"""Gives an answer the form of a JSON schema, whatever its property names: what a model with structured output does."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, cast

from enrichment.sandbox.providers.understanding import Insight, Understanding

Schema = Mapping[str, Any]
# What a property is called that asks for the words behind an answer.
_QUOTE_WORDS = frozenset({"quote", "quotes", "evidence", "excerpt", "sentence", "support", "citation"})
_UNKNOWN = ("unknown", "other", "none", "unclear", "unspecified")
_DEEPEST = 12


class Problem(ValueError):
    """The schema asks for something that cannot be given."""


# What comes of reading JSON that has another shape than it should.
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


def check_strict(schema: Schema, path: str = "", *, may_be_optional: bool = False) -> None:
    """Raises Problem where a strict schema leaves something open: every property required, no others allowed.

    `may_be_optional`: a property need not be required.
    """
    if schema.get("type") == "object" or "properties" in schema:
        properties = cast(Mapping[str, Schema], schema.get("properties", {}))
        missing = sorted(set(properties) - set(schema.get("required", ())))
        if missing and not may_be_optional:
            raise Problem(f"{path}/required: `required` must include every key in properties. Missing '{missing[0]}'")
        if schema.get("additionalProperties") is not False:
            raise Problem(f"{path}: `additionalProperties:false` must be set on every object")
    for name, inner in _inside(schema):
        check_strict(inner, f"{path}/{name}", may_be_optional=may_be_optional)


def _inside(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """The schemas within a schema, by where they stand."""
    for group in ("properties", "$defs"):
        for name, inner in cast(Mapping[str, Schema], schema.get(group, {})).items():
            yield f"{group}/{name}", inner
    if isinstance(schema.get("items"), dict):
        yield "items", schema["items"]
    for position, inner in enumerate(cast(Sequence[Schema], schema.get("anyOf", ()))):
        yield f"anyOf/{position}", inner


def filled(schema: Schema, understanding: Understanding) -> object:
    """An answer that the schema allows, from what is understood.

    Raises Problem for a schema that leads nowhere, and one of UNREADABLE for what is no schema.
    """
    return _Form(schema, understanding).value(schema, ())


class _Form:
    def __init__(self, root: Schema, understanding: Understanding) -> None:
        self._root = root
        self._insights = understanding.insights

    def value(self, schema: Schema, path: tuple[str, ...]) -> object:
        if len(path) > _DEEPEST:
            raise Problem("nested too deeply")
        schema, is_nullable = self._resolved(schema)
        insight = self._insight(path)
        if schema.get("type") == "object" or "properties" in schema:
            # A thing that nothing is known of is null as a whole, where it may be.
            if insight is None and is_nullable and self._is_about(path):
                return None
            properties = cast(Mapping[str, Schema], schema.get("properties", {}))
            return {name: self.value(inner, (*path, name)) for name, inner in properties.items()}
        if insight is None and is_nullable:
            return None
        if "enum" in schema or "const" in schema:
            return _choice(schema.get("enum", [schema.get("const")]), insight)
        return self._plain(schema, path, insight)

    def _plain(self, schema: Schema, path: tuple[str, ...], insight: Insight | None) -> object:
        match schema.get("type"):
            case "array":
                items = cast(Schema, schema.get("items", {"type": "string"}))
                return [self.value(items, path)] if insight else []
            case "boolean":
                return insight is not None
            case "integer" | "number":
                low, high = schema.get("minimum", 0), schema.get("maximum", 1)
                return high if insight else low
            case _:
                if insight is None:
                    return ""
                return insight.quote if _QUOTE_WORDS & set(_words(path[-1])) else insight.value

    def _resolved(self, schema: Schema) -> tuple[Schema, bool]:
        """The schema that a reference, a choice or a list of types comes down to, and whether it may be null."""
        if "$ref" in schema:
            schema = _followed(self._root, str(schema["$ref"]))
        options = cast(Sequence[Schema], schema.get("anyOf") or schema.get("oneOf") or ())
        if options:
            real = [option for option in options if option.get("type") != "null"]
            inner, is_nullable = self._resolved(real[0]) if real else (schema, True)
            return inner, is_nullable or len(real) < len(options)
        kinds = schema.get("type")
        if isinstance(kinds, list):
            names = [kind for kind in cast(list[str], kinds) if kind != "null"]
            return {**schema, "type": names[0] if names else "null"}, "null" in kinds
        return schema, kinds == "null" or None in schema.get("enum", ())

    def _name(self, path: tuple[str, ...]) -> str:
        """The insight that a path of properties asks for: the innermost whose name is in it."""
        for part in reversed(path):
            for name in ("industry", "business_model", "target_market", "description"):
                if name in "_".join(_words(part)):
                    return name
        return ""

    def _insight(self, path: tuple[str, ...]) -> Insight | None:
        return self._insights.get(self._name(path))

    def _is_about(self, path: tuple[str, ...]) -> bool:
        return bool(self._name(path))


def _words(name: str) -> list[str]:
    """The words of a property: "businessModel" and "business_model" are the same."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+", name)]


def _followed(root: Schema, reference: str) -> Schema:
    found: object = root
    for part in reference.removeprefix("#/").split("/"):
        if not isinstance(found, Mapping) or part not in found:
            raise Problem(f"{reference} leads nowhere")
        found = cast(Mapping[str, object], found)[part]
    return cast(Schema, found)


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _choice(options: Sequence[object], insight: Insight | None) -> object:
    """The option that means what is known; one that means nothing where none does.

    "B2B", "BUSINESS_TO_BUSINESS" and "BUSINESS_MODEL_B2B" all mean business to business.
    """
    spelt = {_bare(str(option)): option for option in options if option is not None}
    if insight and (meant := _meant(spelt, insight)):
        return spelt[meant]
    for text, option in spelt.items():
        if text.endswith(_UNKNOWN):
            return option
    return None if None in options else next(iter(spelt.values()), None)


def _meant(spelt: Iterable[str], insight: Insight) -> str:
    """The spelling that is the insight, that ends with it, or that has a word of it, in this order; "" for none."""
    meanings = [_bare(meaning) for meaning in (insight.value, *insight.synonyms)]
    words = [word for word in insight.value.lower().split() if len(word) > 3]
    exact = (text for meaning in meanings for text in spelt if text == meaning)
    ending = (text for meaning in meanings for text in spelt if text.endswith(meaning))
    sharing = (text for word in words for text in spelt if word in text)
    return next(chain(exact, ending, sharing), "")
