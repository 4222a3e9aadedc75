"""Whether a source answered about the company that was asked about. Pure.

A number found on a page may be somebody else's: a payment partner's, a marketplace's, the agency's that made the site.
What a register says of such a number counts only where something else ties it to the company: its names, its e-mail
domain, or the number itself, given by the caller or by the domain's own registry. That registry may name the agency
that made the site: where the site shows numbers, and the registry's is none of them, its word alone ties nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import Field
from enrichment.domain.fact import Answer, Fact
from enrichment.domain.names import normalised_name
from enrichment.domain.subject import Hints
from enrichment.pipeline.agreement import agree, folded

NAMES = (Field.NAME, Field.LEGAL_NAME)
DOMAIN_REGISTRY = "rdap"
# A word that is shorter says too little to tie two names together.
LEAST_LETTERS = 4


def fallen(domain: str, hints: Hints, facts: Sequence[Fact], entries: Mapping[str, Entry]) -> frozenset[Fact]:
    """The facts that are about another company: all of a source that answered about it, and the number it was asked by.

    Only sources whose entry says `is_asked_by_number` are doubted; where no name is known to compare with, none is.
    """
    first_hand = _undisputed([fact for fact in facts if _is_first_hand(fact, entries)])
    strange: set[Fact] = set()
    for name in [name for name, entry in entries.items() if entry.is_asked_by_number]:
        answer = [fact for fact in facts if fact.source == name]
        if not _is_about(domain, hints, answer, first_hand):
            strange.update(answer)
    numbers = [fact for fact in strange if fact.field is Field.REGISTRATION_NUMBER]
    return frozenset(strange) | {fact for fact in facts if _is_number_of(fact, numbers)}


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
    return fact.source in entries and entries[fact.source].layer is Layer.FOUNDATION


def _is_about(domain: str, hints: Hints, answer: Sequence[Fact], first_hand: Sequence[Fact]) -> bool:
    theirs = [str(fact.value) for fact in answer if fact.field in NAMES]
    ours = [str(fact.value) for fact in first_hand if fact.field in NAMES]
    ours += [hints.company_name] if hints.company_name else []
    if not theirs or not ours:
        return True
    return (
        any(_is_mailbox_of(fact, domain) for fact in answer)
        or _has_given_number(hints, answer, first_hand)
        or any(is_same_name(one, other) for one in theirs for other in ours)
        or any(is_name_of_domain(name, domain) for name in theirs)
    )


def _undisputed(first_hand: Sequence[Fact]) -> list[Fact]:
    """What FOUNDATION says, without the domain registry's word where its number is none of those on the site."""
    numbers = [fact for fact in first_hand if fact.field is Field.REGISTRATION_NUMBER]
    registered = [fact for fact in numbers if fact.source == DOMAIN_REGISTRY]
    shown = [fact for fact in numbers if fact.source != DOMAIN_REGISTRY]
    is_disputed = bool(registered and shown) and not any(_is_number_of(fact, registered) for fact in shown)
    return [fact for fact in first_hand if not (is_disputed and fact.source == DOMAIN_REGISTRY)]


def _has_given_number(hints: Hints, answer: Sequence[Fact], first_hand: Sequence[Fact]) -> bool:
    # A site shows many numbers; the domain's registry names its owner's.
    registered = [fact for fact in first_hand if fact.source == DOMAIN_REGISTRY]
    given = [fact.value for fact in registered if fact.field is Field.REGISTRATION_NUMBER]
    given += [hints.registration_number] if hints.registration_number else []
    own = [fact.value for fact in answer if fact.field is Field.REGISTRATION_NUMBER]
    return any(agree(Field.REGISTRATION_NUMBER, one, other) for one in own for other in given)


def _is_number_of(fact: Fact, numbers: Sequence[Fact]) -> bool:
    return fact.field is Field.REGISTRATION_NUMBER and any(
        agree(fact.field, fact.value, each.value) for each in numbers
    )


def is_same_name(one: str, other: str) -> bool:
    """Whether two names may be one company's: equal without legal forms, or all words of one are in the other."""
    a, b = (set(normalised_name(name).split()) for name in (one, other))
    shorter = min(a, b, key=len)
    return a == b or (shorter <= a & b and any(len(word) >= LEAST_LETTERS for word in shorter))


def is_name_of_domain(name: str, domain: str) -> bool:
    """Whether the domain's first label is the name, or its first words, written together: "vidrariaaurora.com.br"."""
    label = folded(domain.split(".", 1)[0]).replace(" ", "")
    words, written = normalised_name(name).split(), ""
    for word in words:
        written += folded(word).replace(" ", "")
        if written == label and len(written) >= LEAST_LETTERS:
            return True
    return False
