"""Money over the whole service: a batch keeps to its sum, and what is asked again under its id is not paid again."""

from pathlib import Path
from uuid import uuid4

from enrichment.sandbox import SandboxSettings, sandbox
from enrichment_client import BatchOptions, EnrichOptions
from imensiah.enrichment.v1.enrichment_service_pb2 import SkipReason
from test_service import enrich, service


async def test_a_batch_spends_no_more_than_its_sum_and_goes_on_with_what_is_free(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        options = BatchOptions(max_total_cost_usd_micros=5_000, final_only=True)
        domains = [company.domain for company in box.world.companies[:5]]
        async with client.enrich_batch(((domain, domain) for domain in domains), options) as responses:
            answers = [response async for response in responses]
        done = answers[-1].completed
        assert (done.items, done.failed_items) == (5, 0)
        assert done.cost_usd_micros == box.cost_usd_micros() <= 5_000
    reasons = {each.reason for answer in answers[:-1] for each in answer.response.completed.shortfalls}
    assert SkipReason.SKIP_REASON_OVER_BUDGET in reasons


async def test_the_same_request_under_its_id_is_billed_once(tmp_path: Path) -> None:
    options = EnrichOptions(request_id=str(uuid4()))
    async with sandbox(SandboxSettings(latency_scale=0)) as box:
        async with service(tmp_path, box, GUARDS__CACHE="false") as client:
            first = await enrich(client, box.world.showcase[0], options)
            billed = box.cost_usd_micros()
            assert await enrich(client, box.world.showcase[0], options) == first
            assert box.cost_usd_micros() == billed > 0
