"""What every fact of every source keeps to, whatever its provider or page said."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import cast

from enrichment.domain.fact import Reading

LONGEST_TEXT, LONGEST_DOCUMENT = 1_500, 6_000


def check_well_typed(reading: Reading) -> None:
    """Every claim holds visible, bounded text and finite numbers; a Claim has checked its own type."""
    for claim in reading.claims:
        assert 0 < claim.weight <= 1
        for value in leaves(claim.value):
            check_leaf(value)
    check_text(reading.attribution)
    assert reading.cost_usd_micros is None or reading.cost_usd_micros >= 0
    for document in reading.documents:
        check_text(document.url)
        check_text(document.title)
        check_text(document.text, LONGEST_DOCUMENT)


def check_leaf(value: object) -> None:
    if isinstance(value, str):
        check_text(value)
    if isinstance(value, float):
        assert abs(value) <= 180
    if isinstance(value, int):
        assert abs(value) < 2**63


def check_text(text: str, longest: int = LONGEST_TEXT) -> None:
    """Nothing that cannot be seen, sent or stored."""
    assert text == text.strip()
    assert len(text) <= longest
    assert text.isprintable(), ascii(text)
    text.encode()


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        for item in cast("tuple[object, ...]", value):
            yield from leaves(item)
    elif is_dataclass(value):
        for part in fields(value):
            yield from leaves(getattr(value, part.name))
    else:
        yield value
