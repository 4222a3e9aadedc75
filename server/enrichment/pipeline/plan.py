"""Which sources to call now, which to skip and why. Pure: the same situation, the same plan."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import DEFAULT_FIELDS, Field
from enrichment.domain.errors import SkipReason
from enrichment.domain.event import Disposition
from enrichment.domain.fact import Answer
from enrichment.domain.money import dollars
from enrichment.pipeline.situation import Action, Candidate, Decision, Ended, Situation

# A field held at this confidence needs no further source.
ENOUGH = 0.80
# What a company is known by: held by our own directory, these end an enrichment for which no fields are named.
PROFILE = frozenset(
    {
        Field.NAME,
        Field.LEGAL_NAME,
        Field.INDUSTRY,
        Field.STATUS,
        Field.COUNTRY_CODE,
        Field.ADDRESS,
        Field.REGISTRATION_NUMBER,
    }
)
# A call that has less time than this cannot be answered.
LEAST_USEFUL_SECONDS = 0.1


def waits_for(entry: Entry, situation: Situation) -> bool:
    """Whether the source must wait for the end of others before it can even be questioned."""
    is_early = entry.layer is Layer.INFERENCE and not situation.is_foundation_closed
    return is_early or not entry.after <= situation.ended.keys()


def plan(candidates: Sequence[Candidate], situation: Situation) -> tuple[Decision, ...]:
    """One decision for each candidate, the cheapest first: what one takes of the money, the next has not."""
    decisions: list[Decision] = []
    for candidate in sorted(candidates, key=lambda each: each.price_usd_micros):
        decision = _decide(candidate, situation)
        if decision.action is Action.START:
            situation = _after_start(situation, decision)
        decisions.append(decision)
    return tuple(decisions)


def _after_start(situation: Situation, decision: Decision) -> Situation:
    price = decision.candidate.price_usd_micros if decision.may_pay else 0
    return replace(
        situation,
        running=situation.running | {decision.candidate.entry.name},
        money_left=situation.money_left - price,
        money_held=situation.money_held + price,
    )


def _decide(candidate: Candidate, situation: Situation) -> Decision:
    for rule in _RULES:
        if decision := rule(candidate, situation):
            return decision if _saves(decision, situation) else replace(decision, saved_usd_micros=0)
    return Decision(candidate, Action.START)


def _saves(decision: Decision, situation: Situation) -> bool:
    """Whether there would be a call but for the decision: not where it could not be paid, or another is asked first."""
    candidate = decision.candidate
    is_unpayable = decision.action is Action.SKIP and candidate.price_usd_micros > situation.money_left
    return not is_unpayable and _has_its_turn(candidate, situation)


def _has_its_turn(candidate: Candidate, situation: Situation) -> bool:
    """Whether nobody stands in a source's place: always, but for one that backs up another."""
    entry = candidate.entry
    if not entry.backs_up or not situation.rules.fallback_only or _is_needed_alone(entry, situation):
        return True
    return entry.backs_up in situation.ended and not _filled_by(entry, candidate, situation)


def _skip(candidate: Candidate, reason: SkipReason, explanation: str) -> Decision:
    saved = candidate.price_usd_micros if reason in _SAVING else 0
    return Decision(candidate, Action.SKIP, reason, explanation, saved)


_SAVING = frozenset(
    {
        SkipReason.ALREADY_KNOWN,
        SkipReason.NOT_WANTED,
        SkipReason.REGISTRY_ANSWERED,
    }
)


def _disabled(candidate: Candidate, _: Situation) -> Decision | None:
    if candidate.entry.is_enabled:
        return None
    return _skip(candidate, SkipReason.DISABLED, "switched off by the operator")


def _layer_not_requested(candidate: Candidate, situation: Situation) -> Decision | None:
    layer = candidate.entry.layer
    if layer in situation.request.layers:
        return None
    return _skip(candidate, SkipReason.LAYER_NOT_REQUESTED, f"the request does not ask for the layer {layer.value}")


def _no_credentials(candidate: Candidate, _: Situation) -> Decision | None:
    entry = candidate.entry
    if entry.api_key or not entry.needs_key:
        return None
    return _skip(candidate, SkipReason.NO_CREDENTIALS, f"no key: set IMENSIAH_SOURCES__{entry.name.upper()}__API_KEY")


def _not_wanted(candidate: Candidate, situation: Situation) -> Decision | None:
    if not situation.rules.wanted_fields or _wanted_of(candidate.entry, situation):
        return None
    return _skip(candidate, SkipReason.NOT_WANTED, "it brings none of the wanted fields")


def _wanted_of(entry: Entry, situation: Situation) -> list[Field]:
    # FOUNDATION is what every other source is asked with, so it is free and wanted whatever the fields are.
    if entry.layer is Layer.FOUNDATION:
        return sorted(entry.brings)
    return sorted(situation.request.wanted & entry.brings.keys())


def _waiting(candidate: Candidate, situation: Situation) -> Decision | None:
    return Decision(candidate, Action.WAIT) if waits_for(candidate.entry, situation) else None


def not_applicable(candidate: Candidate, situation: Situation) -> Decision | None:
    """Skips a source of other countries than the company's."""
    entry, country = candidate.entry, situation.country_code
    is_sure = entry.is_always_asked and candidate.question is not None
    if is_sure or not country or not entry.countries or country in entry.countries:
        return None
    covered = ", ".join(sorted(entry.countries))
    return _skip(candidate, SkipReason.NOT_APPLICABLE, f"covers {covered}; the company is in {country}")


def _missing_input(candidate: Candidate, situation: Situation) -> Decision | None:
    if candidate.question is not None:
        return None
    if candidate.entry.layer is Layer.INFERENCE and not situation.has_foundation_ended:
        return Decision(candidate, Action.WAIT)
    return _skip(candidate, SkipReason.MISSING_INPUT, f"needs {candidate.entry.needs}; none is known")


def _held(candidate: Candidate, situation: Situation) -> Decision | None:
    if candidate.hit is None or _lacks_what_is_wanted(candidate.entry, candidate.hit, situation):
        return None
    return Decision(candidate, Action.SERVE, saved_usd_micros=candidate.price_usd_micros)


def _lacks_what_is_wanted(entry: Entry, hit: Answer, situation: Situation) -> bool:
    """Whether terms kept out of the held answer what is wanted and nobody has told well enough: a call may bring it."""
    known = situation.held if situation.rules.already_known else {}
    left_out = [name for name in _wanted_of(entry, situation) if not entry.terms.may_keep(name)]
    return hit.is_found and any(known.get(name, 0.0) < ENOUGH for name in left_out)


def _or_what_is_held(rule: "_Rule") -> "_Rule":
    """A rule against a call, for an answer that is held in part: where it forbids the call, that part is served."""

    def decide(candidate: Candidate, situation: Situation) -> Decision | None:
        decision = rule(candidate, situation)
        if decision and decision.action is Action.SKIP and candidate.hit:
            return replace(decision, action=Action.SERVE)
        return decision

    return decide


def _directory_answered(candidate: Candidate, situation: Situation) -> Decision | None:
    if not situation.rules.directory_answered or candidate.entry.is_local or not situation.on_file:
        return None
    wanted = situation.request.wanted
    fields = sorted((PROFILE if wanted == DEFAULT_FIELDS else wanted) & situation.applicable)
    least = min((situation.on_file.get(name, 0.0) for name in fields), default=0.0)
    if least < ENOUGH:
        return None
    explanation = f"the directory holds {_listed(fields)} at {least:.2f} confidence"
    return _skip(candidate, SkipReason.ALREADY_KNOWN, explanation)


def _already_known(candidate: Candidate, situation: Situation) -> Decision | None:
    entry = candidate.entry
    if not situation.rules.already_known or entry.is_always_asked or entry.layer is Layer.FOUNDATION:
        return None
    fields = _wanted_of(entry, situation)
    least = min((situation.held.get(name, 0.0) for name in fields), default=0.0)
    if least < ENOUGH:
        return None
    return _skip(candidate, SkipReason.ALREADY_KNOWN, f"{_listed(fields)} already held at {least:.2f} confidence")


def _listed(fields: Sequence[Field]) -> str:
    names = [name.value for name in fields]
    if len(names) > 3:
        names = [*names[:2], f"{len(names) - 2} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _registry_answered(candidate: Candidate, situation: Situation) -> Decision | None:
    if not situation.rules.registry_answered or not candidate.entry.is_spared_by_registry:
        return None
    registers = [name for name, ended in situation.ended.items() if ended.is_register and ended.fields]
    if not registers:
        return None
    explanation = f"{registers[0]}, a government register, has answered"
    return _skip(candidate, SkipReason.REGISTRY_ANSWERED, explanation)


# Skipped like this, a source leaves its place to the one that backs it up.
_VACANT = frozenset(
    {
        SkipReason.CIRCUIT_OPEN,
        SkipReason.RATE_LIMITED,
        SkipReason.NO_CREDENTIALS,
        SkipReason.DISABLED,
        SkipReason.MISSING_INPUT,
        SkipReason.DEADLINE,
    }
)


def fallback_not_needed(candidate: Candidate, situation: Situation) -> Decision | None:
    """Skips a source that backs up another where that one, or what took its place, has ended well enough."""
    own = candidate.entry.backs_up
    if not situation.rules.fallback_only or not (name := _filled_by(candidate.entry, candidate, situation)):
        return None
    primary = situation.ended[name]
    place = f"{name}, which it backs up" if name == own else f"{name}, which it backs up in the place of {own}"
    if primary.reason is not None:
        explanation = f"{place}, was not called: {primary.reason.value.replace('_', ' ')}"
        return _skip(candidate, SkipReason.FALLBACK_NOT_NEEDED, explanation)
    return _skip(candidate, SkipReason.FALLBACK_NOT_NEEDED, f"{place}, has answered with {primary.fields} fields")


def _filled_by(entry: Entry, candidate: Candidate, situation: Situation) -> str:
    """The source that has filled the place in which `entry` would stand; "" where it is needed there.

    A backup that was not called leaves no place but the one that it would have filled itself.
    """
    primary = situation.ended.get(entry.backs_up)
    if primary is None or _is_needed_alone(entry, situation):
        return ""
    if not _is_vacant(primary, entry, candidate):
        return entry.backs_up
    backup = situation.entries.get(entry.backs_up)
    return _filled_by(backup, candidate, situation) if backup and primary.reason is not None else ""


def _is_needed_alone(entry: Entry, situation: Situation) -> bool:
    return any(situation.held.get(name, 0.0) < ENOUGH for name in entry.alone & situation.request.wanted)


def _is_vacant(primary: Ended, entry: Entry, candidate: Candidate) -> bool:
    if primary.disposition in (Disposition.FAILED, Disposition.NOT_FOUND):
        return True
    if primary.disposition is Disposition.STALE and primary.reason is None:
        # It failed; what it said before stands in until somebody says something newer.
        return True
    if primary.reason is SkipReason.OVER_BUDGET:
        return candidate.price_usd_micros < primary.price_usd_micros
    if primary.reason is not None:
        return primary.reason in _VACANT
    return primary.fields < entry.enough_fields


def _too_late(candidate: Candidate, situation: Situation) -> Decision | None:
    if situation.seconds_left >= LEAST_USEFUL_SECONDS:
        return None
    left = max(0, round(situation.seconds_left * 1000))
    return _skip(candidate, SkipReason.DEADLINE, f"{left} ms of the deadline are left")


def _over_budget(candidate: Candidate, situation: Situation) -> Decision | None:
    price, left = candidate.price_usd_micros, situation.money_left
    if price <= left:
        return None
    if candidate.is_in_flight:
        return Decision(candidate, Action.START, may_pay=False)
    if price <= left + situation.money_held and situation.running:
        # A call in flight may settle below what is held for it.
        return Decision(candidate, Action.WAIT)
    limit = situation.request.max_cost_usd_micros
    explanation = f"costs {dollars(price)}; {dollars(left)} is left of {dollars(limit)}"
    return _skip(candidate, SkipReason.OVER_BUDGET, explanation)


_Rule = Callable[[Candidate, Situation], Decision | None]

# The order of the questions that every source is put through; the first that has something to say decides.
_RULES: tuple[_Rule, ...] = (
    _disabled,
    _layer_not_requested,
    _no_credentials,
    _not_wanted,
    _waiting,
    not_applicable,
    _missing_input,
    _held,
    *map(
        _or_what_is_held,
        (_directory_answered, _registry_answered, _already_known, fallback_not_needed, _too_late, _over_budget),
    ),
)
