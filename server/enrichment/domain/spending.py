"""What was spent, added up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spending:
    """What the calls of one day, source or caller cost, in micro-dollars.

    `estimated_usd_micros` is the part of what was spent for calls whose cost nobody knows, charged in full;
    `held_usd_micros` is set aside for calls that have not ended, and no part of it.
    """

    name: str
    calls: int
    spent_usd_micros: int
    estimated_usd_micros: int
    held_usd_micros: int


def total(rows: list[Spending]) -> Spending:
    """All of them together."""
    return Spending(
        name="total",
        calls=sum(row.calls for row in rows),
        spent_usd_micros=sum(row.spent_usd_micros for row in rows),
        estimated_usd_micros=sum(row.estimated_usd_micros for row in rows),
        held_usd_micros=sum(row.held_usd_micros for row in rows),
    )
