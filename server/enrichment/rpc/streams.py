"""The stream of one EnrichRequest, whichever call it came with: repeated, held, or run."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import uuid4

from enrichment.domain.event import Completed, Event, Started
from enrichment.domain.ports import Enrichments
from enrichment.domain.purse import Purse
from enrichment.rpc import codec
from enrichment.rpc.held import HeldAnswers, Prepared, key_of
from enrichment.rpc.repeats import Asked, Repeats
from enrichment.rpc.validation import checked_domain
from enrichment.rpc.workload import Workload
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb


@dataclass(frozen=True, slots=True)
class Streams:
    """Opens streams of serialized EnrichResponses."""

    enrichments: Enrichments
    repeats: Repeats
    held: HeldAnswers
    workload: Workload
    default_max_cost_usd_micros: int

    def open(self, message: pb.EnrichRequest, purse: Purse, seconds: float) -> AsyncGenerator[bytes, None]:
        """The whole stream, within its seconds if it is read at once; nothing begins before it is read.

        Raises Refused or InvalidRequest for a request that cannot be served.
        """
        if not message.request_id:
            return self._run(message, purse, seconds)
        return self.repeats.read(_asked(message, purse, seconds), lambda: self._run(message, purse, seconds))

    def is_repeat(self, message: pb.EnrichRequest, purse: Purse) -> bool:
        """Whether the stream would be an earlier one's, which has paid; raises Refused as `open` does."""
        return bool(message.request_id) and self.repeats.knows(_asked(message, purse, 0.0))

    async def _run(self, message: pb.EnrichRequest, purse: Purse, seconds: float) -> AsyncGenerator[bytes, None]:
        key = key_of(message)
        answer = self.held.find(key)
        if answer is not None:
            yield _encoded(1, Started(str(uuid4()), answer.request))
            for prepared in answer.messages:
                yield prepared
            return
        domain = checked_domain(message)
        understood = codec.request(message, domain, self.default_max_cost_usd_micros, purse)
        # Asked before the run reads anything: what is learnt while it runs makes its answer out of date.
        generation = self.enrichments.generation(domain)
        sent: list[bytes] = []
        # Neither a TaskGroup nor a timeout is open across a yield (PEP 789): the run has its own task.
        with self.workload, self.enrichments.start(understood, seconds) as run:
            while (event := await run.event()) is not None:
                sent.append(_encoded(len(sent) + 1, event))
                if isinstance(event, Completed) and event.is_from_cache and event.repeatable_until is not None:
                    self.held.keep(key, Prepared(understood, tuple(sent[1:]), event.repeatable_until, generation))
                yield sent[-1]


def _asked(message: pb.EnrichRequest, purse: Purse, seconds: float) -> Asked:
    return Asked(purse.caller, message.request_id, key_of(message), checked_domain(message), seconds)


def _encoded(sequence: int, event: Event) -> bytes:
    return codec.response(sequence, event).SerializeToString()
