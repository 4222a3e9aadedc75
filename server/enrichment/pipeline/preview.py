"""What an enrichment would call, skip and at most spend, by what is known and held before it begins.

The rounds are those of a run, but nothing is asked: what would be started stays at work for ever, and what waits for it
is judged by what is known already. What is ruled out by something that an answer may still change counts in the most
that can be spent all the same.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.errors import SkipReason
from enrichment.domain.event import Disposition, EnrichmentRequest, Plan, PlannedSource, SourceOutcome
from enrichment.domain.fact import Document
from enrichment.domain.money import dollars
from enrichment.pipeline import outcome
from enrichment.pipeline.lookup import Lookup
from enrichment.pipeline.plan import fallback_not_needed, not_applicable, plan
from enrichment.pipeline.progress import Progress
from enrichment.pipeline.situation import Action, Candidate, Decision, Situation
from enrichment.pipeline.tools import Tools

# What a model would read is not known before FOUNDATION has ended: more pages than it is shown, each longer than all of
# them may be, in letters of the most bytes.
LONGEST = tuple(Document("", "", chr(0x20000 + number) * 10_000) for number in range(10))
NAMES_SHOWN = 3


async def foreseen(request: EnrichmentRequest, tools: Tools, deadline: float) -> Plan:
    """The plan of a request; reads the cache until `deadline` (event loop time), and calls no source."""
    progress = Progress(request, tools.entries())
    lookup, preview = Lookup(tools, progress, deadline), Preview(progress, tools.clock())
    await lookup.consult()
    is_settled = False
    decisions: Sequence[Decision] = ()
    while not is_settled:
        progress.is_foundation_closed = progress.has_ended(Layer.FOUNDATION)
        situation = progress.situation(math.inf, tools.rules)
        decisions = plan(await lookup.candidates(situation), situation)
        is_settled = preview.take(decisions)
    waiting = [decision.candidate for decision in decisions if decision.action is Action.WAIT]
    most = {
        each.entry.name: tools.sources[each.entry.name].source.price(replace(each.subject, documents=LONGEST))
        for each in waiting
    }
    return preview.plan(waiting, progress.situation(math.inf, tools.rules), most)


class Preview:
    """The plan of one enrichment in the making; nothing in here waits. `now` in seconds since the epoch."""

    def __init__(self, progress: Progress, now: float) -> None:
        self._progress = progress
        self._now = now
        self._planned: dict[str, PlannedSource] = {}
        self._may_cost: dict[str, int] = {}

    def take(self, decisions: Sequence[Decision]) -> bool:
        """Notes what a round would do; False where that ended a source, so that others may now be decided."""
        is_news = any(decision.action is Action.SERVE for decision in decisions)
        is_settled = True
        for decision in decisions:
            if decision.action in (Action.SERVE, Action.SKIP):
                self._end(decision)
                is_settled = False
            elif decision.action is Action.START and not is_news:
                self._start(decision)
        return is_settled

    def plan(self, waiting: Sequence[Candidate], situation: Situation, most: Mapping[str, int]) -> Plan:
        """The whole plan; `waiting` are the sources that wait for others, `most` what each of them may cost."""
        candidates = {candidate.entry.name: candidate for candidate in waiting}
        # Whose place a source takes is decided before it is.
        for candidate in sorted(waiting, key=lambda each: len(_places(each.entry, self._progress.entries))):
            planned = _foreseen(candidate, situation, self._taken(candidate.entry, candidates))
            name = candidate.entry.name
            self._planned[name] = replace(planned, price_usd_micros=most[name])
            if not _is_final(candidate, planned, situation):
                self._may_cost[name] = most[name]
        request = self._progress.request
        return Plan(
            domain=request.domain,
            sources=tuple(self._planned[name] for name in self._progress.entries),
            max_cost_usd_micros=min(request.max_cost_usd_micros, sum(self._may_cost.values())),
        )

    def _end(self, decision: Decision) -> None:
        candidate, hit = decision.candidate, decision.candidate.hit
        is_served = decision.action is Action.SERVE and hit is not None
        ended = outcome.served(decision, hit) if is_served and hit else outcome.spared(decision)
        stale = self._progress.stale.get(candidate.entry.name)
        ended, answer = outcome.with_stand_in(ended, hit if is_served else None, stale, self._now)
        self._progress.end(ended, answer, 0.0)
        self._planned[candidate.entry.name] = PlannedSource(
            source=ended.source,
            layer=ended.layer,
            would_call=False,
            reason=ended.skip_reason,
            explanation=ended.explanation,
            price_usd_micros=candidate.price_usd_micros or candidate.entry.price_usd_micros,
            is_held=ended.disposition in (Disposition.CACHED, Disposition.STALE),
        )

    def _start(self, decision: Decision) -> None:
        candidate = decision.candidate
        entry, price = candidate.entry, candidate.price_usd_micros if decision.may_pay else 0
        self._progress.start(entry.name, price, 0.0)
        if candidate.hit:
            self._progress.take(candidate.hit)
        self._may_cost[entry.name] = price
        place = self._progress.outcomes.get(entry.backs_up)
        self._planned[entry.name] = PlannedSource(
            source=entry.name,
            layer=entry.layer,
            would_call=True,
            explanation=_why_now(decision, place),
            price_usd_micros=candidate.price_usd_micros,
            is_held=candidate.hit is not None,
        )

    def _taken(self, entry: Entry, waiting: Mapping[str, Candidate]) -> dict[str, int]:
        """What is spent before the source's turn: by the calls that begin at once, and those whose place it takes."""
        before = {
            name: waiting[name].price_usd_micros
            for name in _places(entry, self._progress.entries)
            if name in waiting and self._planned[name].would_call
        }
        taken = {**self._progress.running, **before}
        return {name: taken[name] for name in self._progress.entries if taken.get(name)}


def _places(entry: Entry, entries: Mapping[str, Entry]) -> list[str]:
    """The sources whose place this one would take, the nearest first."""
    places: list[str] = []
    while entry.backs_up in entries and entry.backs_up not in places:
        places.append(entry.backs_up)
        entry = entries[entry.backs_up]
    return places


def _foreseen(candidate: Candidate, situation: Situation, taken: Mapping[str, int]) -> PlannedSource:
    """The part of a source that waits; `taken`: what others cost by then."""
    entry = candidate.entry
    if ruled_out := _ruled_out(candidate, situation) or _over_budget(candidate, situation, taken):
        reason, explanation = ruled_out
        return PlannedSource(entry.name, entry.layer, would_call=False, reason=reason, explanation=explanation)
    return PlannedSource(entry.name, entry.layer, would_call=True, explanation=_what_for(entry, situation))


_Why = tuple[SkipReason, str]


def _ruled_out(candidate: Candidate, situation: Situation) -> _Why | None:
    entry = candidate.entry
    # One that is always asked is so in every country, once its question is known.
    decision = None if entry.is_always_asked else not_applicable(candidate, situation)
    if _is_place_filled(entry, situation):
        decision = decision or fallback_not_needed(candidate, situation)
    return (decision.reason, decision.explanation) if decision and decision.reason else None


def _is_place_filled(entry: Entry, situation: Situation) -> bool:
    """Whether the source that it backs up was left out, so that no answer will change that."""
    primary = situation.ended.get(entry.backs_up)
    return primary is not None and primary.reason is not None and not entry.alone & situation.request.wanted


def _over_budget(candidate: Candidate, situation: Situation, taken: Mapping[str, int]) -> _Why | None:
    price, limit = candidate.price_usd_micros, situation.request.max_cost_usd_micros
    left = limit - sum(taken.values())
    if price <= left:
        return None
    after = f"after {_listed([f'{name} ({dollars(cost)})' for name, cost in taken.items()])} " if taken else ""
    return SkipReason.OVER_BUDGET, f"costs {dollars(price)}; {after}{dollars(max(0, left))} is left of {dollars(limit)}"


def _is_final(candidate: Candidate, planned: PlannedSource, situation: Situation) -> bool:
    """Whether nothing that is learnt on the way can have the source called."""
    if planned.reason is SkipReason.OVER_BUDGET:
        return candidate.price_usd_micros > situation.request.max_cost_usd_micros
    return planned.reason is SkipReason.FALLBACK_NOT_NEEDED


def _why_now(decision: Decision, place: SourceOutcome | None) -> str:
    if not decision.may_pay:
        return "shares a call that is under way; there is no money for one of its own"
    if decision.candidate.hit:
        return "held in part: the rest may not be kept"
    if place is not None:
        return f"takes the place of {place.source}, {_left_because(place.skip_reason)}"
    return "nothing held answers its question"


def _left_because(reason: SkipReason | None) -> str:
    return f"which is not called: {reason.value.replace('_', ' ')}" if reason else "which knows too little"


def _what_for(entry: Entry, situation: Situation) -> str:
    waits = f"waits for {_awaited(entry, situation)}"
    if not entry.backs_up:
        return waits
    if primary := situation.ended.get(entry.backs_up):
        return f"takes the place of {entry.backs_up}, {_left_because(primary.reason)}; {waits}"
    alone = sorted(name.value for name in entry.alone & situation.request.wanted)
    besides = f", or {_listed(alone)} unknown" if alone else ""
    return f"only where {entry.backs_up} leaves its place{besides}; {waits}"


def _awaited(entry: Entry, situation: Situation) -> str:
    names = [name for name in situation.entries if name in entry.after and name not in situation.ended]
    if entry.layer is Layer.INFERENCE and not situation.is_foundation_closed:
        names = [name for name in names if situation.entries[name].layer is not Layer.FOUNDATION]
        names.insert(0, f"the layer {Layer.FOUNDATION.value}")
    if len(names) > NAMES_SHOWN:
        names = [*names[: NAMES_SHOWN - 1], f"{len(names) - NAMES_SHOWN + 1} more"]
    return _listed(names)


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
