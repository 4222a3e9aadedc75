"""The company directory over real sockets: what is held is not asked for again, and what is forgotten is not held."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from enrichment.domain.directory import Tie, id_of_domain, id_of_number
from enrichment.sandbox import SandboxSettings, sandbox
from enrichment.stores.directory.database import database
from enrichment.stores.directory.rows import Row
from enrichment_client import EnrichOptions
from imensiah.enrichment.v1.enrichment_service_pb2 import Disposition, SkipReason
from test_service import completed, enrich, outcomes, service

DOMAIN = "laricio-vidros.com.br"
LISTED = {
    "name": "Laricio",
    "legal_name": "Vidros Laricio Ltda",
    "industry": "Glazing",
    "status": "active",
    "country_code": "BR",
    "city": "Lages",
    "registration_number": "11222333000181",
}
DAY = 86_400


def held(folder: Path, age_days: float = 1, **columns: str) -> None:
    """A list of customers was imported, with this company in it."""
    opened = database("", folder)
    opened.open()
    batch = opened.batch()
    as_of = time.time() - age_days * DAY
    values: dict[str, Any] = {**LISTED, **columns}
    company = id_of_number("11222333", "BR")
    batch.add(Row(company, "customers", as_of, as_of + 180 * DAY, **values))
    batch.link_domain(DOMAIN, Tie.WEBSITE, company, 0.95)
    opened.write(batch.write)
    opened.close()


async def test_a_company_that_the_directory_knows_well_is_asked_of_nobody_else(tmp_path: Path) -> None:
    held(tmp_path)
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        events = await enrich(client, DOMAIN)
        assert box.calls() == 0
    done, found = completed(events), outcomes(events)
    assert (done.company.name, done.company.legal_name, done.cost_usd_micros) == ("Laricio", "Vidros Laricio Ltda", 0)
    assert found.pop("directory").disposition == Disposition.DISPOSITION_FOUND
    assert {outcome.disposition for outcome in found.values()} == {Disposition.DISPOSITION_SKIPPED}
    reason = found["website"]
    assert reason.skip_reason == SkipReason.SKIP_REASON_ALREADY_KNOWN
    assert reason.explanation == "the directory holds address, country_code and 5 more at 0.83 confidence"


async def test_each_value_has_the_date_of_the_list_it_comes_from(tmp_path: Path) -> None:
    held(tmp_path, age_days=100)
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        done = completed(await enrich(client, DOMAIN))
        assert {round((time.time() - each.observed_time.seconds) / DAY) for each in done.evidence} == {100}
        # Who wants what is younger is not served from it.
        events = await enrich(client, DOMAIN, EnrichOptions(max_age=timedelta(days=50)))
    assert outcomes(events)["directory"].disposition == Disposition.DISPOSITION_NOT_FOUND
    assert outcomes(events)["website"].disposition != Disposition.DISPOSITION_SKIPPED


async def test_an_old_or_thin_entry_ends_nothing(tmp_path: Path) -> None:
    for age, columns in ((600, {}), (1, {"status": ""})):
        held(tmp_path / str(age), age, **columns)
        async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path / str(age), box) as client:
            events = await enrich(client, DOMAIN)
            assert box.calls() > 0
        # It is asked for by the number that the list has.
        assert outcomes(events)["receitaws"].disposition == Disposition.DISPOSITION_NOT_FOUND


async def test_the_rule_can_be_switched_off(tmp_path: Path) -> None:
    held(tmp_path)
    async with (
        sandbox(SandboxSettings(latency_scale=0)) as box,
        service(tmp_path, box, RULES__DIRECTORY_ANSWERED="false") as client,
    ):
        await enrich(client, DOMAIN)
        assert box.calls() > 0


async def test_what_one_enrichment_has_learnt_answers_the_next_without_the_cache(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box:
        domain = box.world.showcase[0]
        async with service(tmp_path, box) as client:
            first = completed(await enrich(client, domain))
        (tmp_path / "cache.sqlite").unlink()
        calls = box.calls()
        async with service(tmp_path, box) as client:
            events = await enrich(client, domain)
        assert outcomes(events)["directory"].disposition == Disposition.DISPOSITION_FOUND
        assert completed(events).company.legal_name == first.company.legal_name
        assert completed(events).company.registration_number == first.company.registration_number
        assert box.calls() == calls


async def test_nothing_is_held_of_a_company_that_was_forgotten(tmp_path: Path) -> None:
    held(tmp_path)
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        await enrich(client, DOMAIN)
        assert (await client.forget(DOMAIN)).erased >= 1
        held(tmp_path)
        assert outcomes(await enrich(client, DOMAIN))["directory"].disposition == Disposition.DISPOSITION_NOT_FOUND
    opened = database("", tmp_path)
    batch = opened.batch()
    assert batch.is_forgotten(id_of_domain(DOMAIN))
    opened.close()


async def test_a_plan_knows_what_the_directory_holds_and_asks_nobody(tmp_path: Path) -> None:
    held(tmp_path)
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        plan = await client.plan(DOMAIN)
        assert box.calls() == 0
    assert not [each.source for each in plan.sources if each.would_call]
    assert plan.max_cost_usd_micros == 0
