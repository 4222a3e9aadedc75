"""Why a call failed as a whole, decoded from what the server sent along."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import grpc
import grpc.aio
from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One field of the request that breaks a rule, and what would be right."""

    field: str
    description: str


@dataclass(eq=False)
class EnrichmentError(Exception):
    """The call failed as a whole; branch on `reason` (a name of the contract's ErrorReason), never on `message`.

    `reason` is "" where the failure did not come from the server itself. `retry_after`: seconds, None where the server
    did not say. `metadata` holds the figures of the message, such as the request id of an internal error.
    """

    code: grpc.StatusCode
    message: str
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    field_violations: tuple[FieldViolation, ...] = ()
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"{self.reason or self.code.name}: {self.message}"


class Unreachable(EnrichmentError):
    """No server answers at the target; nothing has been asked or paid for."""

    def __str__(self) -> str:
        return self.message


def failure(error: grpc.aio.AioRpcError) -> EnrichmentError:
    """The typed form of a failed call; details that cannot be read are left out, the code and message never are."""
    info, bad_request, retry = ErrorInfo(), BadRequest(), RetryInfo()
    for detail in _details(error):
        for message in (info, bad_request, retry):
            _unpack(detail, message)
    return EnrichmentError(
        code=error.code(),
        message=error.details() or error.code().name,
        reason=info.reason,
        metadata=dict(info.metadata),
        field_violations=tuple(FieldViolation(each.field, each.description) for each in bad_request.field_violations),
        retry_after=retry.retry_delay.ToTimedelta().total_seconds() if retry.HasField("retry_delay") else None,
    )


def unreachable(error: grpc.aio.AioRpcError, target: str) -> Unreachable:
    """The same for a call that never reached a server."""
    said = (error.details() or "").rpartition("last error: ")[2]
    # gRPC puts its own code and the address before the cause: "UNKNOWN: ipv4:127.0.0.1:50051: Failed to connect ..."
    cause = re.sub(r"^[A-Z_]+: ipv[46]:\S+: ", "", said)
    return Unreachable(error.code(), f"no server answers at {target}: {cause}")


def _details(error: grpc.aio.AioRpcError) -> list[Any]:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            status = Status()
            return list(status.details) if _parse(value, status) else []
    return []


def _unpack(detail: Any, message: ErrorInfo | BadRequest | RetryInfo) -> None:
    if detail.TypeName() == message.DESCRIPTOR.full_name:
        _parse(detail.value, message)


def _parse(data: bytes, message: Status | ErrorInfo | BadRequest | RetryInfo) -> bool:
    try:
        message.ParseFromString(data)
    except DecodeError:
        message.Clear()
        return False
    return True
