"""EnrichmentService: decode, run, encode. Knows no gRPC: bytes in, bytes out."""

from collections.abc import AsyncGenerator

from enrichment.domain.ports import Clock
from enrichment.rpc.boundary import Visit
from enrichment.rpc.streams import Streams
from enrichment.rpc.validation import decoded
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
        message = decoded(pb.EnrichRequest, request)
        return self._streams.open(message, visit.caller.purse(self._clock()), visit.seconds)
