"""An operator's day over real sockets: switches, what is held and forgotten, what was planned and spent."""

from pathlib import Path

import pytest

from enrichment.sandbox import SandboxSettings, sandbox
from enrichment_client import EnrichmentError, EnrichOptions
from imensiah.enrichment.v1.enrichment_service_pb2 import Disposition, SkipReason
from test_service import completed, enrich, outcomes, service


async def test_a_switch_holds_at_once_survives_a_restart_and_is_undone(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box:
        domain = box.world.showcase[1]
        async with service(tmp_path, box) as client:
            await enrich(client, domain, EnrichOptions(wanted_fields=["name"]))
            await client.switch("opencorporates", is_enabled=False)
            first = outcomes(await enrich(client, domain))["opencorporates"]
            assert first.skip_reason == SkipReason.SKIP_REASON_DISABLED
        async with service(tmp_path, box) as client:
            listed = {source.name: source for source in (await client.sources()).sources}
            assert listed["opencorporates"].unavailable_reason == "switched off"
            again = outcomes(await enrich(client, domain))["opencorporates"]
            assert again.skip_reason == SkipReason.SKIP_REASON_DISABLED
            assert (await client.switch("opencorporates", is_enabled=True)).source.enabled
            back = outcomes(await enrich(client, domain))["opencorporates"]
            assert back.disposition == Disposition.DISPOSITION_FOUND


async def test_what_was_called_and_spent_is_what_the_providers_bill(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        cost = 0
        for domain in box.world.showcase * 2:
            cost += completed(await enrich(client, domain)).cost_usd_micros
        sources = (await client.sources()).sources
        assert sum(source.spent_usd_micros for source in sources) == cost == box.cost_usd_micros()
        by_name = {source.name: source for source in sources}
        assert by_name["mapbox"].calls == box.calls("mapbox")
        assert by_name["website"].cache_hits == 2
        assert not sum(source.failures for source in sources)


async def test_a_company_is_held_until_it_is_forgotten(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        domain = box.world.showcase[0]
        with pytest.raises(EnrichmentError) as nothing:
            await client.get(domain)
        assert nothing.value.reason == "NOTHING_HELD"
        done = completed(await enrich(client, domain))
        held = await client.get(f"https://www.{domain}/")
        assert (held.company.name, held.company.registration_number) == (
            done.company.name,
            done.company.registration_number,
        )
        # What terms forbid to keep is not held.
        assert not {item.source for item in held.evidence} & {"mapbox"}
        assert (await client.forget(domain)).erased > 5
        with pytest.raises(EnrichmentError):
            await client.get(domain)
        # The directory is ours: a plan asks it, and what it does not know is held to be so.
        assert [source.source for source in (await client.plan(domain)).sources if source.cached] == ["directory"]


async def test_an_enrichment_keeps_to_its_plan(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        for number in range(6):
            domain = box.world.domain(number)
            for layers in (["foundation"], []):
                options = EnrichOptions(layers=layers)
                before = box.cost_usd_micros()
                plan = await client.plan(domain, options)
                assert box.cost_usd_micros() == before
                done = completed(await enrich(client, domain, options))
                assert done.cost_usd_micros <= plan.max_cost_usd_micros <= 50_000


@pytest.mark.parametrize(
    ("thing", "first", "second"),
    [("COMPANY", "clearbit", "opencorporates"), ("PLACE", "google_places", "mapbox"), ("MODEL", "anthropic", "groq")],
)
async def test_the_preferred_source_is_called_and_the_other_only_in_its_place(
    tmp_path: Path, thing: str, first: str, second: str
) -> None:
    variables = {f"PREFER__{thing}": first, "MAX_COST_USD_MICROS": "200000"}
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box, **variables) as client:
        domain = box.world.showcase[1]
        plan = {source.source: source for source in (await client.plan(domain)).sources}
        assert plan[second].explanation.startswith(f"only where {first} leaves its place")
        ended = outcomes(await enrich(client, domain))
        assert ended[first].disposition == Disposition.DISPOSITION_FOUND
        assert box.calls(first) == 1
        assert ended[second].disposition == Disposition.DISPOSITION_SKIPPED
