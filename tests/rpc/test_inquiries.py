"""PlanEnrichment and GetCompany over a real socket."""

import grpc
import pytest

from enrichment.domain.company import Field
from enrichment.domain.event import Profile
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb
from imensiah.enrichment.v1.company_pb2 import COMPANY_FIELD_NAME
from imensiah.enrichment.v1.enrichment_service_pb2_grpc import EnrichmentServiceStub
from rpc.scripted import ScriptedEnrichments, claim, company, usual
from rpc.serving import calling, failure_of, within_seconds

SITE = "https://www.vidraria.com.br/sobre"


async def test_a_plan_is_made_of_the_request_within_it() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments) as caller:
        request = pb.EnrichRequest(website_url=SITE, max_cost_usd_micros=0)
        plan = await within_seconds(
            EnrichmentServiceStub(caller.channel).PlanEnrichment(pb.PlanEnrichmentRequest(request=request))
        )
    assert plan == pb.PlanEnrichmentResponse(
        domain="vidraria.com.br",
        sources=[
            pb.PlannedSource(
                source="opencorporates",
                layer=pb.LAYER_REGISTRY,
                skip_reason=pb.SKIP_REASON_OVER_BUDGET,
                explanation="costs $0.003; $0 is left of $0",
                price_usd_micros=3_000,
            )
        ],
    )
    [understood] = enrichments.requests
    assert (understood.domain, understood.max_cost_usd_micros) == ("vidraria.com.br", 0)
    assert not enrichments.runs


async def test_a_plan_has_the_servers_default_budget() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments, default_max_cost_usd_micros=12_345) as caller:
        request = pb.PlanEnrichmentRequest(request=pb.EnrichRequest(website_url=SITE))
        await within_seconds(EnrichmentServiceStub(caller.channel).PlanEnrichment(request))
    assert enrichments.requests[0].max_cost_usd_micros == 12_345


async def test_what_is_wrong_with_a_planned_request_is_named_by_its_path() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        request = pb.EnrichRequest(website_url=SITE, max_cost_usd_micros=-1)
        stub = EnrichmentServiceStub(caller.channel)
        failed = await failure_of(stub.PlanEnrichment(pb.PlanEnrichmentRequest(request=request)))
        nothing = await failure_of(stub.PlanEnrichment(pb.PlanEnrichmentRequest()))
    assert (failed.code, failed.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert list(failed.violations) == ["request.max_cost_usd_micros"]
    assert "is empty" in nothing.violations["request.website_url"]


async def test_what_is_held_of_a_company_is_told_with_its_evidence() -> None:
    held = Profile(company(), (claim(Field.NAME, "Vidraria Aurora"),))
    enrichments = ScriptedEnrichments(usual, profiles={"vidraria.com.br": held})
    async with calling(enrichments) as caller:
        response = await within_seconds(
            EnrichmentServiceStub(caller.channel).GetCompany(pb.GetCompanyRequest(website_url=SITE))
        )
    assert (response.company.domain, response.company.name) == ("vidraria.com.br", "Vidraria Aurora")
    assert [(item.field, item.selected) for item in response.evidence] == [(COMPANY_FIELD_NAME, True)]
    assert not enrichments.runs


async def test_a_company_of_which_nothing_is_held_is_not_found() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        failed = await failure_of(
            EnrichmentServiceStub(caller.channel).GetCompany(pb.GetCompanyRequest(website_url=SITE))
        )
    assert (failed.code, failed.reason) == (grpc.StatusCode.NOT_FOUND, "NOTHING_HELD")
    assert failed.metadata == {"domain": "vidraria.com.br"}


@pytest.mark.parametrize("website", ["", "localhost", "x" * 2_049])
async def test_a_website_that_is_none_is_refused(website: str) -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        failed = await failure_of(
            EnrichmentServiceStub(caller.channel).GetCompany(pb.GetCompanyRequest(website_url=website))
        )
    assert failed.code is grpc.StatusCode.INVALID_ARGUMENT
    assert list(failed.violations) == ["website_url"]
