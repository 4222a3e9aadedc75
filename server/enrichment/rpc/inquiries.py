"""What is answered without asking any source: what an enrichment would do, and what is held."""

from enrichment.domain.ports import Clock, Enrichments
from enrichment.rpc import codec, status
from enrichment.rpc.boundary import Visit
from enrichment.rpc.status import Refused
from enrichment.rpc.validation import checked_domain, decoded
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb


class Inquiries:
    """The handlers of PlanEnrichment and GetCompany: bytes in, bytes out."""

    def __init__(self, enrichments: Enrichments, clock: Clock, default_max_cost_usd_micros: int) -> None:
        self._enrichments = enrichments
        self._clock = clock
        self._default_max_cost_usd_micros = default_max_cost_usd_micros

    async def plan(self, request: bytes, visit: Visit) -> bytes:
        """The PlanEnrichmentResponse; raises Refused or InvalidRequest as an Enrich of the same request would."""
        message = decoded(pb.PlanEnrichmentRequest, request).request
        domain = checked_domain(message, within="request.")
        purse = visit.caller.purse(self._clock())
        understood = codec.request(message, domain, self._default_max_cost_usd_micros, purse)
        return codec.plan(await self._enrichments.plan(understood, visit.seconds)).SerializeToString()

    async def get(self, request: bytes, _: Visit) -> bytes:
        """The GetCompanyResponse; raises Refused where nothing is held."""
        message = decoded(pb.GetCompanyRequest, request)
        domain = checked_domain(pb.EnrichRequest(website_url=message.website_url))
        profile = await self._enrichments.profile(domain)
        if profile is None:
            raise Refused(status.nothing_held(domain))
        return codec.profile(profile).SerializeToString()
