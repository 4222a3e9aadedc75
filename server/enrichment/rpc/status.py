"""Every error of ours as a google.rpc.Status, and the end of a call with one."""

from collections.abc import Mapping, Sequence
from typing import Never

from google.protobuf.message import Message
from google.rpc import code_pb2  # pyright: ignore[reportMissingTypeStubs]
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo  # pyright: ignore[reportMissingTypeStubs]
from google.rpc.status_pb2 import Status  # pyright: ignore[reportMissingTypeStubs]
from grpc.aio import ServicerContext
from grpc_status import rpc_status

from enrichment.domain.errors import (
    InvalidRequest,
    QuotaExhausted,
    Rejected,
    SourceError,
    Throttled,
    Unauthorized,
    Unreadable,
)
from enrichment.rpc.times import duration
from imensiah.enrichment.v1.error_reason_pb2 import ErrorReason

DOMAIN = "enrichment.imensiah.com"
REQUEST_ID = "x-request-id"
# gRFC A6: a channel that retries waits this long instead of its own back-off.
PUSHBACK = "grpc-retry-pushback-ms"

# The codes are part of what error_reason.proto promises for each reason.
_CODES: Mapping[ErrorReason.ValueType, code_pb2.Code] = {
    ErrorReason.ERROR_REASON_INVALID_REQUEST: code_pb2.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_OVERLOADED: code_pb2.UNAVAILABLE,
    ErrorReason.ERROR_REASON_SHUTTING_DOWN: code_pb2.UNAVAILABLE,
    ErrorReason.ERROR_REASON_INTERNAL: code_pb2.INTERNAL,
    ErrorReason.ERROR_REASON_METHOD_NOT_OFFERED: code_pb2.UNIMPLEMENTED,
    ErrorReason.ERROR_REASON_DEADLINE_TOO_SHORT: code_pb2.DEADLINE_EXCEEDED,
    ErrorReason.ERROR_REASON_STREAM_TOO_LONG: code_pb2.DEADLINE_EXCEEDED,
    ErrorReason.ERROR_REASON_REQUEST_ID_REUSED: code_pb2.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_UNAUTHENTICATED: code_pb2.UNAUTHENTICATED,
    ErrorReason.ERROR_REASON_PERMISSION_DENIED: code_pb2.PERMISSION_DENIED,
    ErrorReason.ERROR_REASON_NOTHING_HELD: code_pb2.NOT_FOUND,
    ErrorReason.ERROR_REASON_UNKNOWN_SOURCE: code_pb2.NOT_FOUND,
    ErrorReason.ERROR_REASON_STORE_UNAVAILABLE: code_pb2.UNAVAILABLE,
    ErrorReason.ERROR_REASON_SOURCE_FAULT: code_pb2.UNAVAILABLE,
    ErrorReason.ERROR_REASON_SOURCE_THROTTLED: code_pb2.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_SOURCE_QUOTA_EXHAUSTED: code_pb2.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_SOURCE_UNAUTHORIZED: code_pb2.FAILED_PRECONDITION,
    ErrorReason.ERROR_REASON_SOURCE_REJECTED: code_pb2.FAILED_PRECONDITION,
    ErrorReason.ERROR_REASON_SOURCE_UNREADABLE: code_pb2.UNAVAILABLE,
}
_SOURCE_REASONS: Mapping[type[SourceError], ErrorReason.ValueType] = {
    Throttled: ErrorReason.ERROR_REASON_SOURCE_THROTTLED,
    QuotaExhausted: ErrorReason.ERROR_REASON_SOURCE_QUOTA_EXHAUSTED,
    Unauthorized: ErrorReason.ERROR_REASON_SOURCE_UNAUTHORIZED,
    Rejected: ErrorReason.ERROR_REASON_SOURCE_REJECTED,
    Unreadable: ErrorReason.ERROR_REASON_SOURCE_UNREADABLE,
}


class Refused(Exception):
    """The call as a whole ends with `status`."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.message)
        self.status = status


def invalid_request(violations: Sequence[InvalidRequest]) -> Status:
    """The request breaks these rules, at least one; the field of a rule about the whole request is ""."""
    fields = ", ".join(violation.field for violation in violations)
    message = (
        str(violations[0]).removeprefix(": ")
        if len(violations) == 1
        else f"{len(violations)} rules are broken: {fields}"
    )
    details = BadRequest(
        field_violations=[
            BadRequest.FieldViolation(field=violation.field, description=violation.description)
            for violation in violations
        ]
    )
    return _status(ErrorReason.ERROR_REASON_INVALID_REQUEST, message, {"fields": fields}, details)


def overloaded(limit: int, retry_after: float) -> Status:
    """All `limit` streams are in use; to be tried again after so many seconds."""
    message = f"all {limit} streams of this server are in use; try again in {retry_after:g} s"
    return _status(ErrorReason.ERROR_REASON_OVERLOADED, message, {"limit": str(limit)}, _retry(retry_after))


def busy(limit: int, retry_after: float) -> Status:
    """No more than `limit` enrichments are worked on at the moment; to be tried again after so many seconds."""
    message = f"all {limit} enrichments that this server keeps up with are at work; try again in {retry_after:g} s"
    return _status(ErrorReason.ERROR_REASON_OVERLOADED, message, {"limit": str(limit)}, _retry(retry_after))


def shutting_down(retry_after: float) -> Status:
    """The server is stopping; to be tried again, elsewhere, after so many seconds."""
    message = f"this server is stopping; try again in {retry_after:g} s: another will answer"
    return _status(ErrorReason.ERROR_REASON_SHUTTING_DOWN, message, {}, _retry(retry_after))


def internal(request_id: str) -> Status:
    """A bug of ours: the caller gets the id under which the log tells more, and nothing else."""
    return _status(
        ErrorReason.ERROR_REASON_INTERNAL, f"internal error; request id {request_id}", {"request_id": request_id}
    )


def method_not_offered(method: str) -> Status:
    """This server has no such method."""
    return _status(
        ErrorReason.ERROR_REASON_METHOD_NOT_OFFERED, f"this server does not offer {method}", {"method": method}
    )


def deadline_too_short(least_seconds: float) -> Status:
    """Less than `least_seconds` of the caller's deadline is left."""
    least_ms = f"{least_seconds * 1_000:g}"
    return _status(
        ErrorReason.ERROR_REASON_DEADLINE_TOO_SHORT,
        f"less than {least_ms} ms of the deadline are left: nothing was begun",
        {"least_ms": least_ms},
    )


def stream_too_long(seconds: float) -> Status:
    """The stream took longer than the `seconds` that a stream may take."""
    return _status(
        ErrorReason.ERROR_REASON_STREAM_TOO_LONG,
        f"the stream was not read to its end within {seconds:g} s",
        {"seconds": f"{seconds:g}"},
    )


def unauthenticated(what: str) -> Status:
    """Nobody knows who calls; `what` says why, and what to send."""
    return _status(ErrorReason.ERROR_REASON_UNAUTHENTICATED, what, {})


def permission_denied(caller: str) -> Status:
    """The caller is not an operator; "" for one whom nobody asked for a token."""
    if caller:
        message = f"{caller!r} is not an operator of this server, and what was asked for is for operators"
    else:
        message = (
            "what was asked for is for operators, and this server knows none: ask from its own machine where it listens"
            " to that alone, or give it a caller with the role operator (docs/configuration.md)"
        )
    return _status(ErrorReason.ERROR_REASON_PERMISSION_DENIED, message, {"caller": caller})


def request_id_reused(request_id: str) -> Status:
    """The id belongs to another request of the last ten minutes."""
    return _status(
        ErrorReason.ERROR_REASON_REQUEST_ID_REUSED,
        f"the request_id {request_id} was used within the last ten minutes for another request; each needs its own",
        {"request_id": request_id},
    )


def nothing_held(domain: str) -> Status:
    """Nothing is held of the company."""
    message = f"nothing is held of {domain}; Enrich learns of it"
    return _status(ErrorReason.ERROR_REASON_NOTHING_HELD, message, {"domain": domain})


def unknown_source(source: str) -> Status:
    """There is no source of this name."""
    message = f"there is no source named {source[:100]!r}; ListSources has the names"
    return _status(ErrorReason.ERROR_REASON_UNKNOWN_SOURCE, message, {"source": source[:100]})


def store_unavailable(unsure: str, retry_after: float) -> Status:
    """The database is out of reach; to be tried again after so many seconds."""
    message = f"the database did not answer that it is done: {unsure}; try again in {retry_after:g} s"
    return _status(ErrorReason.ERROR_REASON_STORE_UNAVAILABLE, message, {}, _retry(retry_after))


def of_source(source: str, error: SourceError) -> Status:
    """Why a source failed, in the words that a caller may see: never the error's own."""
    reason = _SOURCE_REASONS.get(type(error), ErrorReason.ERROR_REASON_SOURCE_FAULT)
    pause = error.retry_after if isinstance(error, Throttled) else None
    details = () if pause is None else (_retry(pause),)
    return _status(reason, error.summary, {"source": source}, *details)


async def abort(context: ServicerContext[bytes, bytes], status: Status, request_id: str) -> Never:
    """Ends the call with `status`; the id and a retrying channel's pause go with it."""
    rich = rpc_status.to_status(status)  # pyright: ignore[reportUnknownMemberType]
    trailers = (*(rich.trailing_metadata or ()), (REQUEST_ID, request_id), *_pushback(status))
    await context.abort(rich.code, rich.details, trailers)


def _status(reason: ErrorReason.ValueType, message: str, metadata: Mapping[str, str], *details: Message) -> Status:
    status = Status(code=_CODES[reason], message=message)
    name = ErrorReason.Name(reason).removeprefix("ERROR_REASON_")
    for detail in (ErrorInfo(reason=name, domain=DOMAIN, metadata=metadata), *details):
        status.details.add().Pack(detail)
    return status


def _retry(seconds: float) -> RetryInfo:
    return RetryInfo(retry_delay=duration(seconds))


def _pushback(status: Status) -> Sequence[tuple[str, str]]:
    retry = RetryInfo()
    return [(PUSHBACK, str(retry.retry_delay.ToMilliseconds())) for detail in status.details if detail.Unpack(retry)]
