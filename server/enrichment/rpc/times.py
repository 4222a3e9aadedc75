"""Seconds, as the domain counts them, and the contract's durations and timestamps."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

MICROS = 1_000_000


def duration(seconds: float) -> Duration:
    """A span in seconds, to the microsecond."""
    whole, micros = divmod(round(seconds * MICROS), MICROS)
    return Duration(seconds=whole, nanos=micros * 1_000)


def timestamp(seconds: float) -> Timestamp:
    """A moment in seconds since the epoch, to the microsecond."""
    whole, micros = divmod(round(seconds * MICROS), MICROS)
    return Timestamp(seconds=whole, nanos=micros * 1_000)


def seconds_of(span: Duration) -> float:
    """A span in seconds; any two numbers that a caller may send are one."""
    return span.seconds + span.nanos / 1_000_000_000
