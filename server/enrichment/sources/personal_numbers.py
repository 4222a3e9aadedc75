"""No CPF leaves a source: the number of a natural person in Brazil, in whatever a provider or a page has put it."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from urllib.parse import unquote

from stdnum.br import cpf

from enrichment.domain.company import Field
from enrichment.domain.names import without_personal_numbers

# Looked at before they are claimed, by check digits or by the world's plan of telephone numbers.
CHECKED_FIELDS = frozenset({Field.REGISTRATION_NUMBER, Field.IDENTIFIERS, Field.PHONE})

# Bare or with anything between its parts: "000.000.001-91", "000 000 001/91".
_SHAPE = re.compile(r"(?<!\d)\d{3}[\W_]{0,3}\d{3}[\W_]{0,3}\d{3}[\W_]{0,3}\d{2}(?!\d)")


def is_in(text: str) -> bool:
    """Whether a text holds eleven digits, written as a CPF is, whose check digits are right."""
    # In an address of a page "%C3%A9" is a letter and none of its characters a digit.
    return any(_is_valid(found) for written in (text, unquote(text)) for found in _SHAPE.finditer(written))


def is_claimable(field: Field, value: object) -> bool:
    """Whether no text of a value holds a CPF."""
    return field in CHECKED_FIELDS or not any(map(is_in, _texts(value)))


def taken_out_of(text: str) -> str:
    """A page's text on one line, without what is a CPF by its check digits or looks like one, masked ones included."""
    return without_personal_numbers(_SHAPE.sub(lambda found: " " if _is_valid(found) else found[0], text))


def _is_valid(found: re.Match[str]) -> bool:
    # int: digits of other scripts are digits too.
    return cpf.is_valid("".join(str(int(char)) for char in found[0] if char.isdecimal()))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _texts(item)  # pyright: ignore[reportUnknownArgumentType]
    elif is_dataclass(value):
        for part in fields(value):
            yield from _texts(getattr(value, part.name))
