"""The few typed errors: how a source fails, why a call is not made, what is wrong with a request."""

from enum import StrEnum


class SkipReason(StrEnum):
    """Why a source was not called; the values are the contract's names."""

    ALREADY_KNOWN = "already_known"
    REGISTRY_ANSWERED = "registry_answered"
    FALLBACK_NOT_NEEDED = "fallback_not_needed"
    NOT_WANTED = "not_wanted"
    OVER_BUDGET = "over_budget"
    LOW_EXPECTED_VALUE = "low_expected_value"
    CIRCUIT_OPEN = "circuit_open"
    RATE_LIMITED = "rate_limited"
    MISSING_INPUT = "missing_input"
    NOT_APPLICABLE = "not_applicable"
    NO_CREDENTIALS = "no_credentials"
    DISABLED = "disabled"
    DEADLINE = "deadline"
    BUDGET_UNAVAILABLE = "budget_unavailable"
    LAYER_NOT_REQUESTED = "layer_not_requested"
    DISALLOWED = "disallowed"


class Skipped(Exception):
    """A call is not made: `reason` for programs, `explanation` for people. Nothing was sent, nothing is owed."""

    def __init__(self, reason: SkipReason, explanation: str) -> None:
        super().__init__(explanation)
        self.reason = reason
        self.explanation = explanation


class SourceError(Exception):
    """A source was asked and failed. The message is for the operator's log; a caller sees `summary`.

    `is_cost_unknown`: the request left and nothing says whether it was billed (timeout, reset).
    `cost_usd_micros`: what was billed all the same, where the answer says so.
    """

    summary = "the provider failed"

    def __init__(self, message: str, *, is_cost_unknown: bool = False, cost_usd_micros: int = 0) -> None:
        super().__init__(message)
        self.is_cost_unknown = is_cost_unknown
        self.cost_usd_micros = cost_usd_micros


class Fault(SourceError):
    """Its side broke: unreachable, 5xx, timeout. The circuit breaker counts it."""

    summary = "the provider could not be reached, failed or took too long"


class Throttled(SourceError):
    """It asks for a pause of `retry_after` seconds (None: it does not say). The circuit breaker does not count it.

    `is_of_question`: it needs the time for this question alone, others it answers.
    """

    summary = "the provider asked for a pause"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        is_cost_unknown: bool = False,
        is_of_question: bool = False,
    ) -> None:
        super().__init__(message, is_cost_unknown=is_cost_unknown)
        self.retry_after = retry_after
        self.is_of_question = is_of_question


class QuotaExhausted(SourceError):
    """The allowance is used up: off for long, an operator must know."""

    summary = "the provider's quota is used up"


class Unauthorized(SourceError):
    """It does not accept our key: off for long, an operator must know."""

    summary = "the provider does not accept this server's key"


class Rejected(SourceError):
    """Our request was wrong."""

    summary = "the provider refused the question"


class Unreadable(SourceError):
    """The answer is not what the provider promises. Counts as a fault, never as not-found."""

    summary = "the provider's answer could not be read"


class InvalidRequest(Exception):
    """A request breaks a rule: `field` is its path in the contract, `description` says what would be right."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}")
        self.field = field
        self.description = description
