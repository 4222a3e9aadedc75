"""What a status other than 200 means: the rule for most providers, and the form in which one says where it differs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz

import httpx

from enrichment.domain.errors import (
    Fault,
    QuotaExhausted,
    Rejected,
    SourceError,
    Throttled,
    Unauthorized,
    Unreadable,
)

# A provider may ask for a day; more is a mistake, or the work of somebody between us.
LONGEST_PAUSE_SECONDS = 86_400.0

DEFAULTS: Mapping[int, type[SourceError]] = {
    401: Unauthorized,
    402: QuotaExhausted,
    403: Unauthorized,
    408: Fault,
    429: Throttled,
}
# By hundreds. Redirects are not followed: they would lead to a host that nobody chose.
CLASSES: Mapping[int, type[SourceError]] = {2: Unreadable, 3: Unreadable, 4: Rejected, 5: Fault}

_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Failures:
    """Where one provider differs from the defaults; `pause_seconds` is for a throttling that names no time.

    `reset` reads its x-ratelimit-reset: the end of the pause in seconds since the epoch, None for what is no time.
    """

    statuses: Mapping[int, type[SourceError]] = field(default_factory=dict[int, type[SourceError]])
    pause_seconds: float | None = None
    reset: Callable[[str], float | None] | None = None

    def of(self, response: httpx.Response, detail: str = "") -> SourceError | None:
        """The typed error of a response, None where its status is 200; `detail` is added to the message."""
        status = response.status_code
        if status == 200:
            return None
        kind = self.statuses.get(status) or DEFAULTS.get(status) or CLASSES.get(status // 100, Fault)
        if status == 503 and retry_after(response) is not None:
            kind = Throttled
        return self.throttled(response, detail) if kind is Throttled else kind(described(response, detail))

    def throttled(self, response: httpx.Response, detail: str = "") -> Throttled:
        """A wish for a pause: as long as the response says, else as the provider's documentation does."""
        seconds = retry_after(response)
        if seconds is None and self.reset:
            seconds = _until(self.reset(response.headers.get("x-ratelimit-reset", "").strip()), response)
        return Throttled(described(response, detail), retry_after=self.pause_seconds if seconds is None else seconds)


def described(response: httpx.Response, detail: str = "") -> str:
    """A response in a few words for the log; nothing of its body or address, which may hold the key."""
    kind = media_type(response) or "no content type"
    return f"HTTP {response.status_code}, {kind[:60]}" + (f": {detail}" if detail else "")


def media_type(response: httpx.Response) -> str:
    """The content type without its parameters, in lower case; "" where there is none."""
    return response.headers.get("content-type", "").split(";")[0].strip().lower()


def retry_after(response: httpx.Response) -> float | None:
    """The pause in seconds that Retry-After asks for, by the response's own clock; None for none that can be read.

    RFC 9110, 10.2.3: seconds or a date, whose distance is taken from the Date header and not from this machine's clock.
    """
    value = response.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), LONGEST_PAUSE_SECONDS)
    return _until(_seconds_since_epoch(value), response)


def _until(then: float | None, response: httpx.Response) -> float | None:
    now = _seconds_since_epoch(response.headers.get("date", ""))
    if then is None or now is None:
        return None
    return min(max(0.0, then - now), LONGEST_PAUSE_SECONDS)


def _seconds_since_epoch(date: str) -> float | None:
    try:
        parts = parsedate_tz(date)
        return None if parts is None else float(mktime_tz(parts))
    except (ValueError, OverflowError):
        return None
