"""How each source ended, in words. Pure."""

from collections.abc import Mapping

from enrichment.domain.money import dollars
from enrichment.terminal.text import clean
from imensiah.enrichment.v1.enrichment_service_pb2 import Disposition, Layer, Shortfall, SkipReason, SourceOutcome

# Disposition: what is said of it, and how it is set off.
ENDINGS: Mapping[Disposition.ValueType, tuple[str, str]] = {
    Disposition.DISPOSITION_FOUND: ("found", "green"),
    Disposition.DISPOSITION_NOT_FOUND: ("not found", ""),
    Disposition.DISPOSITION_CACHED: ("from cache", "green"),
    Disposition.DISPOSITION_STALE: ("old copy", ""),
    Disposition.DISPOSITION_SHARED: ("shared", "green"),
    Disposition.DISPOSITION_SKIPPED: ("not called", "dim"),
    Disposition.DISPOSITION_FAILED: ("failed", "red"),
    Disposition.DISPOSITION_PENDING: ("still at work", ""),
}

# They say it all.
PLAIN = (
    Disposition.DISPOSITION_FOUND,
    Disposition.DISPOSITION_NOT_FOUND,
    Disposition.DISPOSITION_CACHED,
    Disposition.DISPOSITION_SHARED,
)

REASONS: Mapping[SkipReason.ValueType, str] = {
    SkipReason.SKIP_REASON_ALREADY_KNOWN: "what it would bring is known well enough",
    SkipReason.SKIP_REASON_REGISTRY_ANSWERED: "a government registry has already answered",
    SkipReason.SKIP_REASON_FALLBACK_NOT_NEEDED: "the cheaper source it backs up has answered",
    SkipReason.SKIP_REASON_NOT_WANTED: "it brings none of the wanted fields",
    SkipReason.SKIP_REASON_OVER_BUDGET: "it would cost more than is left to spend",
    SkipReason.SKIP_REASON_LOW_EXPECTED_VALUE: "what it would add is not worth its price",
    SkipReason.SKIP_REASON_CIRCUIT_OPEN: "it has failed too often and is left alone for now",
    SkipReason.SKIP_REASON_RATE_LIMITED: "it asked for a pause, or its quota is used up",
    SkipReason.SKIP_REASON_MISSING_INPUT: "what it needs to be asked with is not known",
    SkipReason.SKIP_REASON_NOT_APPLICABLE: "it does not cover this company",
    SkipReason.SKIP_REASON_NO_CREDENTIALS: "no key is set for it",
    SkipReason.SKIP_REASON_DISABLED: "it is switched off",
    SkipReason.SKIP_REASON_DEADLINE: "too little time is left",
    SkipReason.SKIP_REASON_BUDGET_UNAVAILABLE: "the record of spending is out of reach",
    SkipReason.SKIP_REASON_LAYER_NOT_REQUESTED: "its layer was not asked for",
    SkipReason.SKIP_REASON_DISALLOWED: "the site or the provider's terms forbid it",
}


def layer_name(layer: Layer.ValueType) -> str:
    """ "foundation"; a layer that is newer than this program by its number."""
    known = Layer.DESCRIPTOR.values_by_number.get(layer)
    return known.name.removeprefix("LAYER_").lower() if known else f"layer {int(layer)}"


def ending(outcome: SourceOutcome) -> tuple[str, str]:
    """How a source ended, and the style that sets it off."""
    return ENDINGS.get(outcome.disposition, ("ended", ""))


def why(outcome: SourceOutcome) -> str:
    """What is left to say of a source: why it was not called or failed, and what that cost or saved."""
    said = outcome.explanation or outcome.error.message or REASONS.get(outcome.skip_reason, "")
    parts = [] if outcome.disposition in PLAIN else [clean(said)]
    if outcome.cost_usd_micros:
        parts.append(dollars(outcome.cost_usd_micros))
    if outcome.saved_usd_micros:
        parts.append(f"saves {dollars(outcome.saved_usd_micros)}")
    return " · ".join(part for part in parts if part)


def shortfall(missing: Shortfall) -> str:
    """Why a wanted field stayed empty: "mapbox failed: the provider asked for a pause"."""
    source = clean(missing.source)
    if missing.HasField("error"):
        return f"{source} failed: {clean(missing.error.message)}"
    return f"{source} was not called: {REASONS.get(missing.reason, 'no reason given')}"
