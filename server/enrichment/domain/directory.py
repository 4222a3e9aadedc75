"""The company directory: what it holds of a company, what points to it, and which of that is believed. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import blake2b
from typing import Protocol

from enrichment.domain.cnpj import COMPANY
from enrichment.domain.company import Field, Value
from enrichment.domain.event import Evidence
from enrichment.domain.names import is_name_of_domain, is_same_name
from enrichment.domain.subject import Subject

# How sure it is that what points to a company means it. A site that a list or the company's register entry names is
# rarely another's. A mailbox in the register may be an accountant's or a parent's. Of Brazil's listed companies 189
# have such a domain that leads to one company; 174 of those have all the words of the list's name, and most others a
# shorter form of it (tests/test_directory_lists.py prints the count). Smaller companies have accountants.
WEBSITE, NUMBER, NAME = 0.95, 0.95, 0.60
MAILBOX_AND_NAME, MAILBOX, MAILBOX_AGAINST_NAME = 0.93, 0.70, 0.50
# A domain in the register entries of more companies than this is an accountant's or a provider's, not a group's; an
# estimate.
MOST_SHARING = 5


class Tie(StrEnum):
    """What points to a company; of a mailbox's domain it is not known whose it is."""

    WEBSITE = "website"
    MAILBOX = "mailbox"
    NUMBER = "number"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Listing:
    """What one source says of one company, as of a date; times in seconds since the epoch.

    `confidence`: how sure it is that the company is the one that was looked for.
    """

    company_id: int
    source: str
    as_of: float
    expires_at: float
    values: Mapping[Field, Value] = field(default_factory=dict[Field, Value])
    tie: Tie = Tie.WEBSITE
    confidence: float = 1.0

    @property
    def names(self) -> list[str]:
        """The names of the company, as this source has them."""
        return [str(self.values[name]) for name in (Field.NAME, Field.LEGAL_NAME) if name in self.values]


class DirectoryUnavailable(Exception):
    """The directory is out of reach."""


class Directory(Protocol):
    """The companies that are held already."""

    async def find(self, subject: Subject) -> Sequence[Listing]:
        """What is held of the company: by its domain, else by the number or the name and country that were hinted.

        Raises DirectoryUnavailable.
        """
        ...

    def learn(self, domain: str, evidence: Sequence[Evidence]) -> None:
        """Keeps what an enrichment has found out and terms allow to keep. Never waits and never fails."""
        ...

    async def forget(self, domain: str) -> int:
        """Erases the company of the domain, keeps it out for good, and says how many rows that were.

        Raises DirectoryUnavailable.
        """
        ...


def id_of_number(number: str, country_code: str) -> int:
    """The id of the company that a register's number names; of a CNPJ's eight characters it is their own order.

    Rows that arrive in the order of their numbers are then written in the order of their ids.
    """
    if country_code == "BR" and len(number) == COMPANY:
        return int(number, 36)
    return _digest(f"number:{country_code}:{number}")


def id_of_domain(domain: str) -> int:
    """The id of a company of which the domain is what is known best."""
    return _digest(f"domain:{domain}")


def id_of_name(name: str, country_code: str) -> int:
    """The id of a company of which nothing but the name is known, in its normalised form."""
    return _digest(f"name:{country_code}:{name}")


def _digest(text: str) -> int:
    # Below zero, where no CNPJ is: of a million such ids two are alike with a chance of one in ten million.
    return -1 - (int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1)


def believed(domain: str, listings: Iterable[Listing]) -> list[Listing]:
    """Of what points from a domain, what is about its company; a mailbox's domain is believed where names agree.

    Where one company alone has mailboxes there it is believed less, and still less where no name agrees.
    """
    listings = list(listings)
    sure = [each for each in listings if each.tie is not Tie.MAILBOX]
    names = [name for each in sure for name in each.names]
    by_company: dict[int, list[Listing]] = {}
    for each in listings:
        if each.tie is Tie.MAILBOX:
            by_company.setdefault(each.company_id, []).append(each)
    if len(by_company) > MOST_SHARING:
        return sure
    tied = [rows for rows in by_company.values() if _is_tied(rows, names, domain)]
    if len(tied) == 1:
        return [*sure, *(replace(row, confidence=MAILBOX_AND_NAME) for row in tied[0])]
    if len(by_company) > 1 or is_of_accountant(domain):
        return sure
    confidence = MAILBOX_AGAINST_NAME if names else MAILBOX
    return [*sure, *(replace(row, confidence=confidence) for rows in by_company.values() for row in rows)]


def _is_tied(rows: Sequence[Listing], names: Sequence[str], domain: str) -> bool:
    own = [name for row in rows for name in row.names]
    if any(is_same_name(one, other) for one in own for other in names):
        return True
    return not names and any(is_name_of_domain(name, domain) for name in own)


# Words in the domains of those who keep the books of others.
_ACCOUNTANTS = ("contab", "contador", "conta.b", "fiscal", "escritorio", "assessoria", "despachante")


def is_of_accountant(domain: str) -> bool:
    """Whether the domain's own name says that its mailboxes are an accountant's or an agent's."""
    return any(word in domain for word in _ACCOUNTANTS)
