"""What is held of a company, merged as an enrichment would merge it. Pure."""

from collections.abc import Mapping, Sequence

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import Field
from enrichment.domain.event import EnrichmentRequest, Profile
from enrichment.domain.fact import Answer
from enrichment.domain.subject import Hints
from enrichment.pipeline.progress import Progress


def profile_of(domain: str, answers: Sequence[Answer], entries: Mapping[str, Entry], now: float) -> Profile | None:
    """The company by the answers that are fresh `now` (seconds since the epoch); None where they say nothing.

    Of a source that has answered several questions the newest answer counts, of one that is switched off none.
    """
    progress = Progress(EnrichmentRequest(domain, Hints(), frozenset(Field), frozenset(Layer), 0), entries)
    for answer in sorted(answers, key=lambda answer: answer.observed_at):
        is_in_force = answer.source in entries and entries[answer.source].is_enabled
        if is_in_force and answer.is_found and answer.expires_at > now:
            progress.take(answer)
    end = progress.completed(0.0, now, is_cache_sound=False)
    return Profile(end.company, end.evidence) if end.evidence else None
