"""OperationsService: what operators may see and do. Bytes in, bytes out."""

from collections.abc import Mapping
from dataclasses import dataclass

from enrichment.domain.company import Field
from enrichment.domain.directory import DirectoryUnavailable
from enrichment.domain.operation import SourceStatus
from enrichment.domain.ports import CacheUnavailable, LedgerUnavailable, Operations
from enrichment.rpc import status
from enrichment.rpc.boundary import Visit
from enrichment.rpc.codec import LAYERS
from enrichment.rpc.company_codec import FIELDS
from enrichment.rpc.held import HeldAnswers
from enrichment.rpc.repeats import Repeats
from enrichment.rpc.status import Refused
from enrichment.rpc.times import timestamp
from enrichment.rpc.validation import checked_domain, decoded
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb

# When a database that is out of reach may be asked again.
RETRY_SECONDS = 5.0

_BREAKERS: Mapping[str, pb.BreakerState.ValueType] = {
    "": pb.BREAKER_STATE_UNSPECIFIED,
    **{name.removeprefix("BREAKER_STATE_").lower(): number for name, number in pb.BreakerState.items()},
}


@dataclass(frozen=True, slots=True)
class OperationsService:
    """The handlers of OperationsService; `repeats` and `held` are what the edge itself remembers of companies."""

    operations: Operations
    repeats: Repeats
    held: HeldAnswers

    async def list_sources(self, request: bytes, _: Visit) -> bytes:
        """The ListSourcesResponse."""
        decoded(pb.ListSourcesRequest, request)
        sources = [_source(each) for each in self.operations.sources()]
        return pb.ListSourcesResponse(sources=sources).SerializeToString()

    async def set_source_enabled(self, request: bytes, _: Visit) -> bytes:
        """The SetSourceEnabledResponse; raises Refused for a source that is none, and where it may not be written."""
        message = decoded(pb.SetSourceEnabledRequest, request)
        try:
            switched = await self.operations.switch(message.source, is_enabled=message.enabled)
        except LedgerUnavailable:
            # A thread that was waited for in vain may commit later.
            unsure = "the source may or may not have been switched, ListSources tells"
            raise Refused(status.store_unavailable(unsure, RETRY_SECONDS)) from None
        if switched is None:
            raise Refused(status.unknown_source(message.source))
        return pb.SetSourceEnabledResponse(source=_source(switched)).SerializeToString()

    async def forget_company(self, request: bytes, _: Visit) -> bytes:
        """The ForgetCompanyResponse; raises Refused where something may be left."""
        message = decoded(pb.ForgetCompanyRequest, request)
        domain = checked_domain(pb.EnrichRequest(website_url=message.website_url))
        erased = 0
        try:
            erased += await self.operations.forget(domain)
        except (CacheUnavailable, DirectoryUnavailable):
            unsure = "some of what was held may be left"
            raise Refused(status.store_unavailable(unsure, RETRY_SECONDS)) from None
        finally:
            # The edge's own copies go whether or not the cache can be reached, and go last: a run that began before
            # the cache had forgotten may have told what it read there.
            erased += self.held.forget(domain) + self.repeats.forget(domain)
        return pb.ForgetCompanyResponse(erased=erased).SerializeToString()


def _source(source: SourceStatus) -> pb.Source:
    entry, counts = source.entry, source.counts
    return pb.Source(
        name=entry.name,
        layer=LAYERS[entry.layer],
        enabled=entry.is_enabled,
        unavailable_reason=source.unavailable_reason,
        price_usd_micros=entry.price_usd_micros,
        breaker_state=_BREAKERS[source.condition.breaker],
        calls=counts.calls,
        failures=counts.failures,
        cache_hits=counts.cache_hits,
        spent_usd_micros=counts.spent_usd_micros,
        provides=[FIELDS[name] for name in Field if name in entry.brings],
        counted_since=timestamp(source.counted_since),
    )
