"""Who calls, and what they may do and spend."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from enrichment.domain.purse import Account, Purse


class Role(StrEnum):
    """What a caller may do: enrich, or run the service as well."""

    CALLER = "caller"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller: the name it is accounted under ("" for one that nobody asked), its role, its limit a day (UTC)."""

    name: str = ""
    role: Role = Role.CALLER
    day_limit_usd_micros: int | None = None

    def purse(self, now: float, *others: Account) -> Purse:
        """What pays for what it asks for now (seconds since the epoch), beside `others` that must allow it too."""
        if self.day_limit_usd_micros is None:
            return Purse(self.name, others)
        day = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")
        return Purse(self.name, (Account(f"caller:{self.name}:{day}", self.day_limit_usd_micros), *others))
