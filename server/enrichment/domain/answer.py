"""From a reading to an answer: priors, dates, terms and price applied. Pure."""

import hashlib

from enrichment.domain.catalogue import Entry
from enrichment.domain.fact import Answer, Claim, Fact, Reading
from enrichment.domain.money import cost_of_success
from enrichment.domain.ports import Call

# Lifetimes end up to a tenth early, by key, so that what was learnt together is not asked again all at once.
JITTER = 0.10


def lifetime(entry: Entry, question: bytes, *, is_found: bool) -> int:
    """How long an answer counts as fresh, in whole seconds (at least 1): jittered by 0 to -10 % by key."""
    seconds = entry.lifetime_seconds if is_found else entry.not_found_seconds
    digest = hashlib.blake2b(entry.name.encode() + b"\0" + question, digest_size=4).digest()
    share = int.from_bytes(digest, "big") / 2**32
    return max(1, int(seconds * (1 - JITTER * share)))


def answer(call: Call, reading: Reading, observed_at: float) -> Answer:
    """The dated, weighed and priced form of what a source answered; claims it has no prior for are dropped."""
    entry = call.entry
    expires_at = observed_at + lifetime(entry, call.question, is_found=reading.is_found)
    attribution = reading.attribution or entry.terms.attribution

    def fact(claim: Claim) -> Fact:
        return Fact(
            field=claim.field,
            value=claim.value,
            source=entry.name,
            confidence=round(entry.brings[claim.field] * claim.weight, 4),
            observed_at=observed_at if claim.observed_at is None else claim.observed_at,
            expires_at=expires_at if claim.expires_at is None else claim.expires_at,
            attribution=attribution,
            is_transient=not entry.terms.may_keep(claim.field),
            lineage=claim.lineage,
        )

    cost = cost_of_success(entry, call.price_usd_micros, is_found=reading.is_found or reading.is_billed)
    if reading.cost_usd_micros is not None:
        # What a provider reports above the most that it can cost is a mistake of the report.
        cost = min(reading.cost_usd_micros, call.price_usd_micros)
    return Answer(
        source=entry.name,
        is_found=reading.is_found,
        facts=tuple(fact(claim) for claim in reading.claims if claim.field in entry.brings),
        documents=reading.documents,
        observed_at=observed_at,
        expires_at=expires_at,
        cost_usd_micros=cost,
    )
