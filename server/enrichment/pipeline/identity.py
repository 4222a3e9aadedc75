"""Whether a source answered about the company that was asked about. Pure.

A number found on a page may be somebody else's: a payment partner's, a marketplace's, the agency's that made the site.
What a register says of such a number counts only where something else ties it to the company: its names, its e-mail
domain, or the number itself, given by the caller or by the domain's own registry.

The holder of the domain may be somebody else too: the agency again, which registered it in its own name. Where the site
shows numbers and none of them is the holder's, the holder ties nothing together. A number that turns out to be a
stranger's no longer speaks against the holder.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import Field
from enrichment.domain.fact import Answer, Fact
from enrichment.domain.names import is_name_of_domain, is_same_name
from enrichment.domain.subject import Hints
from enrichment.pipeline.agreement import agree

NAMES = (Field.NAME, Field.LEGAL_NAME)


@dataclass(frozen=True, slots=True)
class _Ties:
    """What ties an answer to the company: its domain, its names, the numbers that are its own."""

    domain: str
    names: Sequence[str]
    numbers: Sequence[str]

    def hold(self, answer: Sequence[Fact]) -> bool:
        names = _texts(answer, *NAMES)
        if not names or not self.names:
            return True
        return (
            any(_is_mailbox_of(fact, self.domain) for fact in answer)
            or _have_one_number(answer, self.numbers)
            or any(is_same_name(one, other) for one in names for other in self.names)
            or any(is_name_of_domain(name, self.domain) for name in names)
        )


def fallen(domain: str, hints: Hints, facts: Sequence[Fact], entries: Mapping[str, Entry]) -> frozenset[Fact]:
    """The facts that are about another company: all of a source that answered about it, and the number it was asked by.

    Only sources whose entry says `is_asked_by_number` are doubted; where no name is known to compare with, none is.
    With the number of the domain's holder falls all that the source which `names_owner` said.
    """
    first_hand = [fact for fact in facts if _is_first_hand(fact, entries)]
    site = [fact for fact in first_hand if not entries[fact.source].names_owner]
    holder = [fact for fact in first_hand if entries[fact.source].names_owner]
    shown = _texts(site, Field.REGISTRATION_NUMBER)
    answers = [[fact for fact in facts if fact.source == name] for name in entries if entries[name].is_asked_by_number]
    strange: set[Fact] = set()
    # The answers about what the site shows come first: those numbers may turn out to be a stranger's.
    for answer in sorted(answers, key=lambda answer: not _have_one_number(answer, shown)):
        if not _ties(domain, hints, site, [] if _contradicts(holder, shown) else holder).hold(answer):
            strange.update(answer)
            shown = [number for number in shown if not _have_one_number(answer, [number])]
    numbers = _texts(strange, Field.REGISTRATION_NUMBER)
    sources = {fact.source for fact in holder if _have_one_number([fact], numbers)}
    return frozenset(strange) | {fact for fact in facts if fact.source in sources or _have_one_number([fact], numbers)}


def without_others_mailboxes(answer: Answer, domain: str, entry: Entry) -> Answer:
    """What a source answered, without mailboxes that are not the company's own, such as its accountant's.

    A question that is a number is answered once, and kept, for every domain that leads to it.
    """
    if not entry.is_asked_by_number:
        return answer
    own = (fact for fact in answer.facts if fact.field is not Field.EMAIL or _is_mailbox_of(fact, domain))
    return replace(answer, facts=tuple(own))


def _is_mailbox_of(fact: Fact, domain: str) -> bool:
    return fact.field is Field.EMAIL and str(fact.value).endswith((f"@{domain}", f".{domain}"))


def _is_first_hand(fact: Fact, entries: Mapping[str, Entry]) -> bool:
    # What is only passed on ties nothing: it would vouch for the register that it comes from.
    return fact.source in entries and entries[fact.source].layer is Layer.FOUNDATION and not fact.lineage


def _contradicts(holder: Sequence[Fact], shown: Sequence[str]) -> bool:
    """Whether a site shows numbers and the domain's holder has another."""
    has_number = bool(_texts(holder, Field.REGISTRATION_NUMBER))
    return has_number and bool(shown) and not _have_one_number(holder, shown)


def _ties(domain: str, hints: Hints, site: Sequence[Fact], holder: Sequence[Fact]) -> _Ties:
    names = [hints.company_name, *_texts([*site, *holder], *NAMES)]
    # A site shows many numbers; the domain's registry names its holder's.
    numbers = [hints.registration_number, *_texts(holder, Field.REGISTRATION_NUMBER)]
    return _Ties(domain, [name for name in names if name], [number for number in numbers if number])


def _texts(facts: Iterable[Fact], *fields: Field) -> list[str]:
    return [str(fact.value) for fact in facts if fact.field in fields]


def _have_one_number(facts: Sequence[Fact], numbers: Sequence[str]) -> bool:
    """Whether one of the facts is the number of a company that one of the numbers is of."""
    name = Field.REGISTRATION_NUMBER
    return any(agree(name, own, number) for own in _texts(facts, name) for number in numbers)
