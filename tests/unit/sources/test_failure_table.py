"""What statuses mean and how long a pause is."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.errors import (
    Fault,
    QuotaExhausted,
    Rejected,
    SourceError,
    Throttled,
    Unauthorized,
    Unreadable,
)
from enrichment.sources.failures import LONGEST_PAUSE_SECONDS, Failures, retry_after

NOW = "Wed, 25 Nov 2026 10:00:00 GMT"


def response(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (202, Unreadable),
        (301, Unreadable),
        (400, Rejected),
        (401, Unauthorized),
        (402, QuotaExhausted),
        (403, Unauthorized),
        (404, Rejected),
        (408, Fault),
        (418, Rejected),
        (429, Throttled),
        (500, Fault),
        (503, Fault),
        (599, Fault),
    ],
)
def test_a_status_has_one_meaning_unless_a_provider_says_otherwise(status: int, kind: type[SourceError]) -> None:
    assert type(Failures().of(response(status))) is kind


def test_200_is_no_failure() -> None:
    assert Failures().of(response(200)) is None


def test_a_provider_overrides_single_statuses() -> None:
    failures = Failures(statuses={403: Throttled}, pause_seconds=60.0)
    error = failures.of(response(403))
    assert isinstance(error, Throttled)
    assert error.retry_after == 60.0
    assert type(failures.of(response(401))) is Unauthorized


def test_unavailable_with_a_time_to_come_back_is_a_wish_for_a_pause() -> None:
    error = Failures().of(response(503, retry_after="30"))
    assert isinstance(error, Throttled)
    assert error.retry_after == 30.0


def test_a_message_names_status_and_kind_of_content_only() -> None:
    error = Failures().of(response(500, content_type="text/html; charset=utf-8"), "a_code")
    assert str(error) == "HTTP 500, text/html: a_code"


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("120", "", 120.0),
        (" 7 ", "", 7.0),
        ("1.5", "", 1.5),
        ("0", "", 0.0),
        ("Wed, 25 Nov 2026 10:01:30 GMT", NOW, 90.0),
        ("Wednesday, 25-Nov-26 10:01:30 GMT", NOW, 90.0),
        ("Wed, 25 Nov 2026 09:00:00 GMT", NOW, 0.0),
        ("Wed, 25 Nov 2026 11:00:00 +0100", NOW, 0.0),
        ("Wed, 25 Nov 2026 10:01:30 GMT", "", None),
        ("Wed, 25 Nov 2026 10:01:30 GMT", "soon", None),
        ("Fri, 25 Nov 2099 10:00:00 GMT", NOW, LONGEST_PAUSE_SECONDS),
        ("Wed, 25 Nov 99999 10:00:00 GMT", NOW, None),
        ("999999999", "", LONGEST_PAUSE_SECONDS),
        ("9" * 5_000, "", None),
        ("-5", "", None),
        ("soon", NOW, None),
        ("", NOW, None),
    ],
)
def test_a_pause_is_read_as_seconds_or_as_a_date_by_the_responses_own_clock(
    value: str, date: str, seconds: float | None
) -> None:
    assert retry_after(response(429, retry_after=value, date=date)) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x_ratelimit_reset": " 1795601420 ", "date": NOW}, 620.0),
        ({"x_ratelimit_reset": "1", "date": NOW}, 0.0),
        ({"x_ratelimit_reset": "1e300", "date": NOW}, LONGEST_PAUSE_SECONDS),
        ({"x_ratelimit_reset": "1795601420"}, 5.0),
        ({"date": NOW}, 5.0),
        ({"x_ratelimit_reset": "1795601420", "date": NOW, "retry_after": "7"}, 7.0),
    ],
)
def test_the_end_of_a_pause_may_stand_in_the_limits_own_header(headers: dict[str, str], seconds: float) -> None:
    failures = Failures(pause_seconds=5.0, reset=lambda value: float(value) if value else None)
    error = failures.of(response(429, **headers))
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds


@given(st.text(alphabet=st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=40))
def test_any_pause_is_seconds_or_nothing(value: str) -> None:
    headers = [(b"retry-after", value.encode("latin-1")), (b"date", NOW.encode())]
    seconds = retry_after(httpx.Response(429, headers=headers))
    assert seconds is None or 0 <= seconds <= LONGEST_PAUSE_SECONDS


@given(
    st.from_regex(
        r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,7} [0-9]{1,2}:[0-9]{2}:[0-9]{2} [A-Z+\-0-9]{1,6}",
        fullmatch=True,
    )
)
def test_any_date_is_seconds_or_nothing(value: str) -> None:
    seconds = retry_after(response(429, retry_after=value, date=NOW))
    assert seconds is None or 0 <= seconds <= LONGEST_PAUSE_SECONDS
