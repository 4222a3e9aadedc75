"""Every error of ours has a code, a reason, and nothing to hide."""

import pytest
from google.rpc import code_pb2  # pyright: ignore[reportMissingTypeStubs]
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo  # pyright: ignore[reportMissingTypeStubs]
from google.rpc.status_pb2 import Status  # pyright: ignore[reportMissingTypeStubs]
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.errors import (
    Fault,
    InvalidRequest,
    QuotaExhausted,
    Rejected,
    SourceError,
    Throttled,
    Unauthorized,
    Unreadable,
)
from enrichment.rpc import status
from enrichment.rpc.boundary import LEAST_SECONDS, seconds_left
from imensiah.enrichment.v1.error_reason_pb2 import ErrorReason


def info(of: Status) -> ErrorInfo:
    found = ErrorInfo()
    assert of.details[0].Unpack(found)
    assert found.domain == "enrichment.imensiah.com"
    assert ErrorReason.Value(f"ERROR_REASON_{found.reason}")
    return found


def delay(of: Status) -> float:
    found = RetryInfo()
    assert of.details[1].Unpack(found)
    return found.retry_delay.ToMilliseconds() / 1_000


CALLS = {
    "INVALID_REQUEST": (status.invalid_request([InvalidRequest("layers[0]", "is wrong")]), code_pb2.INVALID_ARGUMENT),
    "OVERLOADED": (status.overloaded(200, 0.625), code_pb2.UNAVAILABLE),
    "OVERLOADED by work": (status.busy(24, 0.625), code_pb2.UNAVAILABLE),
    "SHUTTING_DOWN": (status.shutting_down(0.625), code_pb2.UNAVAILABLE),
    "INTERNAL": (status.internal("call-7"), code_pb2.INTERNAL),
    "METHOD_NOT_OFFERED": (status.method_not_offered("GetCompany"), code_pb2.UNIMPLEMENTED),
    "DEADLINE_TOO_SHORT": (status.deadline_too_short(0.05), code_pb2.DEADLINE_EXCEEDED),
    "STREAM_TOO_LONG": (status.stream_too_long(18.0), code_pb2.DEADLINE_EXCEEDED),
}
METADATA = {
    "INVALID_REQUEST": {"fields": "layers[0]"},
    "OVERLOADED": {"limit": "200"},
    "OVERLOADED by work": {"limit": "24"},
    "SHUTTING_DOWN": {},
    "INTERNAL": {"request_id": "call-7"},
    "METHOD_NOT_OFFERED": {"method": "GetCompany"},
    "DEADLINE_TOO_SHORT": {"least_ms": "50"},
    "STREAM_TOO_LONG": {"seconds": "18"},
}


@pytest.mark.parametrize("reason", CALLS)
def test_an_error_has_its_code_and_its_reason(reason: str) -> None:
    answer, code = CALLS[reason]
    assert answer.code == code
    assert info(answer).reason == reason.removesuffix(" by work")
    assert dict(info(answer).metadata) == METADATA[reason]


def test_a_broken_rule_is_told_in_the_message_and_in_the_details() -> None:
    answer = status.invalid_request([InvalidRequest("layers[0]", "is wrong")])
    details = BadRequest()
    assert answer.details[1].Unpack(details)
    assert answer.message == "layers[0]: is wrong"
    assert [(one.field, one.description) for one in details.field_violations] == [("layers[0]", "is wrong")]


def test_several_broken_rules_are_counted_and_named() -> None:
    answer = status.invalid_request([InvalidRequest("a", "is wrong"), InvalidRequest("b", "is wrong too")])
    assert answer.message == "2 rules are broken: a, b"
    assert dict(info(answer).metadata) == {"fields": "a, b"}


def test_who_is_refused_for_now_is_told_when_to_come_back() -> None:
    assert delay(status.overloaded(200, 0.625)) == 0.625
    assert delay(status.busy(24, 0.75)) == 0.75
    assert delay(status.shutting_down(1.5)) == 1.5


SOURCE_ERRORS = {
    "SOURCE_FAULT": (Fault("secret"), code_pb2.UNAVAILABLE),
    "SOURCE_THROTTLED": (Throttled("secret"), code_pb2.RESOURCE_EXHAUSTED),
    "SOURCE_QUOTA_EXHAUSTED": (QuotaExhausted("secret"), code_pb2.RESOURCE_EXHAUSTED),
    "SOURCE_UNAUTHORIZED": (Unauthorized("secret"), code_pb2.FAILED_PRECONDITION),
    "SOURCE_REJECTED": (Rejected("secret"), code_pb2.FAILED_PRECONDITION),
    "SOURCE_UNREADABLE": (Unreadable("secret"), code_pb2.UNAVAILABLE),
}


@pytest.mark.parametrize("reason", SOURCE_ERRORS)
def test_a_source_error_keeps_its_message_to_itself(reason: str) -> None:
    error, code = SOURCE_ERRORS[reason]
    answer = status.of_source("mapbox", error)
    assert (answer.code, answer.message) == (code, error.summary)
    assert info(answer).reason == reason
    assert dict(info(answer).metadata) == {"source": "mapbox"}
    assert len(answer.details) == 1
    assert b"secret" not in answer.SerializeToString()


def test_an_unforeseen_source_error_counts_as_a_fault() -> None:
    assert info(status.of_source("mapbox", SourceError("secret"))).reason == "SOURCE_FAULT"


def test_a_pause_that_a_provider_asked_for_is_passed_on() -> None:
    assert delay(status.of_source("receitaws", Throttled("429", retry_after=20.5))) == 20.5


@given(st.none() | st.floats(LEAST_SECONDS, 1e9))
def test_a_run_gets_the_callers_time_but_not_more_than_ours(remaining: float | None) -> None:
    assert seconds_left(remaining, 8.0) == min(8.0 if remaining is None else remaining, 8.0)


@given(st.floats(0.0, LEAST_SECONDS, exclude_max=True))
def test_too_little_time_is_refused_before_anything_is_begun(remaining: float) -> None:
    with pytest.raises(status.Refused) as refusal:
        seconds_left(remaining, 8.0)
    assert info(refusal.value.status).reason == "DEADLINE_TOO_SHORT"
