"""The company asked about: its registrable domain and what is known of it so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from enrichment.domain.company import Field, Value
from enrichment.domain.fact import Document


@dataclass(frozen=True, slots=True)
class Hints:
    """What the caller knows of the company: used to find it, never returned as found. Empty means not known."""

    company_name: str = ""
    country_code: str = ""
    city: str = ""
    registration_number: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """The company asked about; `known` holds the best value of each field so far."""

    domain: str
    hints: Hints = Hints()
    known: Mapping[Field, Value] = field(default_factory=dict[Field, Value])
    documents: tuple[Document, ...] = ()

    def text(self, name: Field) -> str:
        """The known value of a text field, "" where it is not known."""
        value = self.known.get(name)
        return value if isinstance(value, str) else ""

    @property
    def country_code(self) -> str:
        """ISO 3166-1 alpha-2, upper case: as known, as hinted, or as the domain's ending says; "" where none does."""
        ending = self.domain.rsplit(".", 1)[-1]
        of_ending = (
            {"uk": "GB"}.get(ending, ending.upper()) if len(ending) == 2 and ending not in GENERIC_ENDINGS else ""
        )
        return (self.text(Field.COUNTRY_CODE) or self.hints.country_code or of_ending).upper()


# Country endings that are sold to the whole world and say nothing about the country.
GENERIC_ENDINGS = frozenset({"ai", "cc", "co", "eu", "fm", "gg", "io", "ly", "me", "sh", "so", "su", "to", "tv", "ws"})
