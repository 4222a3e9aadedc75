"""EnrichmentService: decode, run, encode. Knows no gRPC: bytes in, bytes out."""

from collections.abc import AsyncGenerator

from google.protobuf.message import DecodeError

from enrichment.domain.errors import InvalidRequest
from enrichment.domain.ports import Clock
from enrichment.rpc.boundary import Visit
from enrichment.rpc.streams import Streams
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb


class EnrichmentService:
    """The handlers of EnrichmentService; each owns nothing but what it streams."""

    def __init__(self, streams: Streams, clock: Clock) -> None:
        self._streams = streams
        self._clock = clock

    def enrich(self, request: bytes, visit: Visit) -> AsyncGenerator[bytes, None]:
        """The EnrichResponses of one EnrichRequest, all serialized, within its seconds if they are read at once.

        Raises Refused or InvalidRequest for a request that cannot be served.
        """
        return self._streams.open(_read(request), visit.caller.purse(self._clock()), visit.seconds)


def _read(request: bytes) -> pb.EnrichRequest:
    try:
        return pb.EnrichRequest.FromString(request)
    except DecodeError:
        raise InvalidRequest("", "the bytes sent are not an EnrichRequest") from None
