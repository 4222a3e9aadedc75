"""EnrichmentService: decode, run, encode. Knows no gRPC: bytes in, bytes out."""

from collections.abc import AsyncGenerator
from uuid import uuid4

from google.protobuf.message import DecodeError

from enrichment.domain.errors import InvalidRequest
from enrichment.domain.event import Completed, Event, Started
from enrichment.domain.ports import Clock, Enrichments
from enrichment.rpc import codec
from enrichment.rpc.boundary import Visit
from enrichment.rpc.held import HeldAnswers, Prepared, key_of
from enrichment.rpc.validation import checked_domain
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb


class EnrichmentService:
    """The handlers of EnrichmentService; each is a plain generator that owns nothing but a Run."""

    def __init__(self, enrichments: Enrichments, clock: Clock, default_max_cost_usd_micros: int) -> None:
        self._enrichments = enrichments
        self._clock = clock
        self._default_max_cost_usd_micros = default_max_cost_usd_micros
        self._held = HeldAnswers(clock, enrichments.generation)

    async def enrich(self, request: bytes, visit: Visit) -> AsyncGenerator[bytes, None]:
        """The EnrichResponses of one EnrichRequest, all serialized, within its seconds if they are read at once.

        Raises Refused or InvalidRequest for a request that cannot be served.
        """
        message = _read(request)
        key = key_of(message)
        answer = self._held.find(key)
        if answer is not None:
            yield _encoded(1, Started(str(uuid4()), answer.request))
            for prepared in answer.messages:
                yield prepared
            return
        domain = checked_domain(message)
        purse = visit.caller.purse(self._clock())
        understood = codec.request(message, domain, self._default_max_cost_usd_micros, purse)
        # Asked before the run reads anything: what is learnt while it runs makes its answer out of date.
        generation = self._enrichments.generation(domain)
        sent: list[bytes] = []
        # Neither a TaskGroup nor a timeout is open across a yield (PEP 789): the run has its own task.
        with self._enrichments.start(understood, visit.seconds) as run:
            while (event := await run.event()) is not None:
                sent.append(_encoded(len(sent) + 1, event))
                if isinstance(event, Completed) and event.is_from_cache and event.repeatable_until is not None:
                    self._held.keep(key, Prepared(understood, tuple(sent[1:]), event.repeatable_until, generation))
                yield sent[-1]


def _read(request: bytes) -> pb.EnrichRequest:
    try:
        return pb.EnrichRequest.FromString(request)
    except DecodeError:
        raise InvalidRequest("", "the bytes sent are not an EnrichRequest") from None


def _encoded(sequence: int, event: Event) -> bytes:
    return codec.response(sequence, event).SerializeToString()
