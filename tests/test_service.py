"""The whole service over real sockets: client, server, sources and the sandbox in the providers' place."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from enrichment.app import serving
from enrichment.domain.company import DEFAULT_FIELDS, Field
from enrichment.domain.names import normalised_name
from enrichment.sandbox import Company as Invented
from enrichment.sandbox import Sandbox, SandboxSettings, World, sandbox
from enrichment.settings import load
from enrichment.sources import inference
from enrichment.terminal.health import Door, is_serving
from enrichment_client import EnrichmentClient, EnrichmentError, EnrichOptions
from hostile_inputs import HOSTILE
from imensiah.enrichment.v1.company_pb2 import Company, CompanyField, CompanyStatus
from imensiah.enrichment.v1.enrichment_service_pb2 import (
    Disposition,
    EnrichmentCompleted,
    EnrichResponse,
    Layer,
    SkipReason,
    SourceOutcome,
)

PAID = ("opencorporates", "clearbit", "people_data_labs", "mapbox", "google_places", "groq", "anthropic")
# Protobuf's strings cannot hold half a pair.
SURROGATE = re.compile("[\ud800-\udfff]")
KEEPABLE = {field.value for field in DEFAULT_FIELDS} - {"coordinates"}
PROVIDERS = (
    "website",
    "dns",
    "rdap",
    "wikidata",
    "receitaws",
    "gleif",
    "opencorporates",
    "mapbox",
    "google_places",
    "groq",
)
EVERYTHING = EnrichOptions(wanted_fields=[field.value for field in Field])


@asynccontextmanager
async def service(folder: Path, box: Sandbox, **variables: str) -> AsyncGenerator[EnrichmentClient, None]:
    """A client of a server that asks the sandbox; variables without their prefix."""
    own = {f"IMENSIAH_{name}": value for name, value in variables.items()}
    environ = {
        **box.environment,
        "IMENSIAH_LISTEN": "127.0.0.1:0",
        "IMENSIAH_DATA_DIR": str(folder),
        "IMENSIAH_DRAIN_MS": "200",
        # Company after company here; a registry of domains would be given a second for each.
        "IMENSIAH_SOURCES__RDAP__MIN_INTERVAL_MS": "0",
        **own,
    }
    async with serving(load(environ)) as address, EnrichmentClient(address) as client:
        yield client


async def enrich(client: EnrichmentClient, domain: str, options: EnrichOptions | None = None) -> list[EnrichResponse]:
    async with client.enrich(domain, options or EnrichOptions()) as events:
        return [event async for event in events]


def completed(events: list[EnrichResponse]) -> EnrichmentCompleted:
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [event.HasField("completed") for event in events].count(True) == 1
    return events[-1].completed


def outcomes(events: list[EnrichResponse]) -> dict[str, SourceOutcome]:
    return {each.source: each for event in events for each in event.layer.sources}


async def test_a_brazilian_company_is_known_from_its_site_its_register_and_a_model(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        domain, _ = box.world.showcase
        events = await enrich(client, f"https://www.{domain}/sobre?utm=1")
        done = completed(events)
        layers = [event.layer.layer for event in events if event.HasField("layer")]
    assert layers == [Layer.LAYER_FOUNDATION, Layer.LAYER_REGISTRY, Layer.LAYER_INFERENCE]
    truth = {"registration_number", "legal_name", "name", "logo_url", "description", "phone", "share_capital"}
    assert not {name for name in truth if not getattr(done.company, name)}
    assert done.company.domain == domain
    assert outcomes(events)["receitaws"].disposition == Disposition.DISPOSITION_FOUND
    assert outcomes(events)["groq"].disposition == Disposition.DISPOSITION_FOUND
    assert done.completeness > 0.8
    assert all(0 < evidence.confidence < 1 for evidence in done.evidence)


async def test_a_company_of_the_us_is_known_from_the_paid_registers(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        events = await enrich(client, box.world.showcase[1])
        done = completed(events)
    assert outcomes(events)["opencorporates"].disposition == Disposition.DISPOSITION_FOUND
    assert outcomes(events)["mapbox"].disposition == Disposition.DISPOSITION_FOUND
    assert done.company.coordinates.latitude
    opencorporates = [each for each in done.evidence if each.source == "opencorporates"]
    assert all("opencorporates.com" in each.attribution for each in opencorporates)
    mapbox = [each for each in done.evidence if each.source == "mapbox"]
    assert all(each.transient for each in mapbox)


async def test_what_is_reported_as_paid_is_what_the_providers_bill_and_stays_within_the_limit(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        for i in range(20):
            box.reset()
            done = completed(await enrich(client, box.world.domain(i)))
            assert done.cost_usd_micros == box.cost_usd_micros(), box.bill()
            assert done.cost_usd_micros <= 50_000


@pytest.mark.parametrize("variables", [{}, {"SOURCES__MAPBOX__PERMANENT": "true"}], ids=["usual", "permanent"])
async def test_whatever_is_asked_for_what_is_paid_is_what_is_billed(tmp_path: Path, variables: dict[str, str]) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box, **variables) as client:
        calls = 0
        for i in range(20):
            box.reset()
            done = completed(await enrich(client, box.world.domain(i), EVERYTHING))
            assert done.cost_usd_micros == box.cost_usd_micros(), box.bill()
            assert done.cost_usd_micros <= 50_000
            calls += box.calls("google_places")
        assert calls > 10


WITHOUT_INFERENCE = ("foundation", "registry")


def unknown_to_opencorporates(box: Sandbox) -> str:
    """A domain whose company Clearbit alone of the two knows, and which Mapbox has nothing to look up by."""
    return box.world.domain(67)


async def test_at_the_default_limit_a_charged_call_leaves_too_little_for_clearbit(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        # Without a telephone, which Google Places would be paid for out of the same limit.
        wanted = ("legal_name", "registration_number", "employee_count")
        options = EnrichOptions(layers=WITHOUT_INFERENCE, wanted_fields=wanted)
        events = await enrich(client, unknown_to_opencorporates(box), options)
        assert completed(events).cost_usd_micros == box.cost_usd_micros() == 3_000
        assert box.calls("clearbit") == 0
    outcome = outcomes(events)["clearbit"]
    assert outcome.skip_reason == SkipReason.SKIP_REASON_OVER_BUDGET
    assert outcome.explanation == "costs $0.05; $0.047 is left of $0.05"


async def test_three_thousand_more_are_enough_without_inference(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        options = EnrichOptions(layers=WITHOUT_INFERENCE, max_cost_usd_micros=53_000)
        events = await enrich(client, unknown_to_opencorporates(box), options)
        assert completed(events).cost_usd_micros == box.cost_usd_micros() == 53_000
    assert outcomes(events)["opencorporates"].disposition == Disposition.DISPOSITION_NOT_FOUND
    assert outcomes(events)["clearbit"].disposition == Disposition.DISPOSITION_FOUND
    assert completed(events).company.employee_count.min


async def test_a_place_in_clearbits_queue_is_no_answer_and_paid(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        options = EnrichOptions(layers=WITHOUT_INFERENCE, max_cost_usd_micros=53_000)
        events = await enrich(client, box.world.domain(9), options)
        assert completed(events).cost_usd_micros == box.cost_usd_micros() == 53_000
        assert outcomes(events)["clearbit"].disposition == Disposition.DISPOSITION_FAILED
        box.reset()
        # Not an answer, so nothing is served; not asked again either, before it had the time that it wanted.
        again = await enrich(client, box.world.domain(9), options)
        assert outcomes(again)["clearbit"].skip_reason == SkipReason.SKIP_REASON_RATE_LIMITED
        assert box.calls("clearbit") == 0


async def test_where_opencorporates_or_the_register_has_answered_clearbit_is_not_needed(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        brazilian, american = box.world.showcase
        told = {domain: outcomes(await enrich(client, domain))["clearbit"] for domain in (brazilian, american)}
        assert box.calls("clearbit") == 0
    assert told[brazilian].skip_reason == SkipReason.SKIP_REASON_REGISTRY_ANSWERED
    assert told[american].skip_reason == SkipReason.SKIP_REASON_FALLBACK_NOT_NEEDED
    assert "opencorporates" in told[american].explanation
    # After OpenCorporates was paid there was too little left to save it.
    assert told[american].saved_usd_micros == 0


async def test_without_clearbits_key_people_data_labs_stands_in_its_place_by_the_same_rule(tmp_path: Path) -> None:
    without = {"SOURCES__CLEARBIT__API_KEY": ""}
    options = EnrichOptions(layers=WITHOUT_INFERENCE, max_cost_usd_micros=150_000)
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box, **without) as client:
        told: dict[str, SourceOutcome] = {}
        # One that OpenCorporates knows, one that it does not, and one whose website leads to another's record.
        for name, domain in (
            ("known", box.world.showcase[1]),
            ("unknown", box.world.domain(9)),
            ("stranger", box.world.domain(67)),
        ):
            box.reset()
            events = await enrich(client, domain, options)
            told[name] = outcomes(events)["people_data_labs"]
            assert outcomes(events)["clearbit"].skip_reason == SkipReason.SKIP_REASON_NO_CREDENTIALS
            assert completed(events).cost_usd_micros == box.cost_usd_micros() <= 150_000
    assert told["known"].skip_reason == SkipReason.SKIP_REASON_FALLBACK_NOT_NEEDED
    assert "opencorporates, which it backs up in the place of clearbit" in told["known"].explanation
    assert told["unknown"].disposition == Disposition.DISPOSITION_FOUND
    assert told["stranger"].disposition == Disposition.DISPOSITION_NOT_FOUND
    assert [told[name].cost_usd_micros for name in told] == [0, 98_000, 98_000]


async def test_opening_hours_and_rating_are_paid_for_only_when_asked_for_and_never_kept(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        domain = box.world.showcase[1]
        await enrich(client, domain)
        assert box.calls("google_places") == 0
        for _ in range(2):
            done = completed(await enrich(client, domain, EVERYTHING))
            assert len(done.company.opening_hours) == 7
            assert 0 < done.company.rating.stars <= 5
            told = [each for each in done.evidence if each.source == "google_places"]
            assert {each.attribution for each in told} == {"Google Maps"}
            assert {each.transient for each in told if each.field != CompanyField.COMPANY_FIELD_COORDINATES} == {True}
        # The coordinates that could be kept do not stand for the rest.
        assert (box.calls("google_places"), box.cost_usd_micros("google_places")) == (2, 34_000)
        coordinates = EnrichOptions(wanted_fields=("coordinates",))
        again = await enrich(client, domain, coordinates)
        assert outcomes(again)["google_places"].disposition == Disposition.DISPOSITION_CACHED


async def test_permanent_coordinates_are_paid_for_once(tmp_path: Path) -> None:
    variables = {"SOURCES__MAPBOX__PERMANENT": "true"}
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box, **variables) as client:
        domain = box.world.showcase[1]
        coordinates = EnrichOptions(wanted_fields=("coordinates",))
        first = await enrich(client, domain, coordinates)
        assert box.cost_usd_micros("mapbox") == 5_000
        again = await enrich(client, domain, coordinates)
        assert box.calls("mapbox") == 1
    assert completed(again).company.coordinates == completed(first).company.coordinates
    assert not any(each.transient for each in completed(first).evidence if each.source == "mapbox")
    assert outcomes(again)["mapbox"].disposition == Disposition.DISPOSITION_CACHED


async def test_an_encyclopedia_confirms_what_the_site_says_for_nothing(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        events = await enrich(client, box.world.showcase[1], EnrichOptions(layers=("foundation",)))
        done = completed(events)
    assert outcomes(events)["wikidata"].disposition == Disposition.DISPOSITION_FOUND
    told = {each.field for each in done.evidence if each.source == "wikidata"}
    assert {
        CompanyField.COMPANY_FIELD_FOUNDED_YEAR,
        CompanyField.COMPANY_FIELD_EMPLOYEE_COUNT,
        CompanyField.COMPANY_FIELD_COUNTRY_CODE,
    } <= told
    assert done.cost_usd_micros == 0


MODEL_FAULTS: dict[str, dict[str, float]] = {
    "throttle": {"retry_after": 30},
    "fail 413": {"status": 413},
    "fail 400": {"status": 400},
    "fail 404": {"status": 404},
    "fail 503": {"status": 503},
    "reset": {},
    "hang": {},
    "rubbish": {},
}


@pytest.mark.parametrize("mode", MODEL_FAULTS)
async def test_where_one_model_cannot_answer_the_other_does(tmp_path: Path, mode: str) -> None:
    limits = {"SOURCES__GROQ__TIMEOUT_MS": "300"}
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box, **limits) as client:
        box.set_fault("groq", mode.split()[0], **MODEL_FAULTS[mode])
        events = await enrich(client, box.world.showcase[1])
        # What failed for nothing may have been tried a second time.
        assert 1 <= box.calls("groq") <= 2
        assert box.calls("anthropic") == 1
        done = completed(events)
    assert outcomes(events)["groq"].disposition == Disposition.DISPOSITION_FAILED
    assert outcomes(events)["anthropic"].disposition == Disposition.DISPOSITION_FOUND
    assert done.company.business_model
    assert "anthropic" in {each.source for each in done.evidence}


async def test_an_answer_that_was_cut_off_costs_what_its_tokens_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "MOST_OUTPUT_TOKENS", 50)
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        events = await enrich(client, box.world.showcase[1])
        for name in ("groq", "anthropic"):
            assert outcomes(events)[name].disposition == Disposition.DISPOSITION_FAILED
            assert outcomes(events)[name].cost_usd_micros == box.cost_usd_micros(name) > 0
        assert completed(events).cost_usd_micros == box.cost_usd_micros(), box.bill()


@pytest.mark.parametrize(
    "variables", [{"SOURCES__GROQ__API_KEY": ""}, {"SOURCES__GROQ__ENABLED": "false"}], ids=["no key", "switched off"]
)
async def test_where_one_model_is_not_there_the_other_is_asked(tmp_path: Path, variables: dict[str, str]) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box, **variables) as client:
        events = await enrich(client, box.world.showcase[1])
        assert completed(events).cost_usd_micros == box.cost_usd_micros()
        assert (box.calls("groq"), box.calls("anthropic")) == (0, 1)
    assert outcomes(events)["anthropic"].disposition == Disposition.DISPOSITION_FOUND


async def test_where_one_model_has_answered_the_other_is_not_asked(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        events = await enrich(client, box.world.showcase[1])
        assert box.calls("anthropic") == 0
    assert outcomes(events)["anthropic"].skip_reason == SkipReason.SKIP_REASON_FALLBACK_NOT_NEEDED


async def test_with_nothing_to_spend_nothing_that_costs_is_called(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        events = await enrich(client, box.world.showcase[1], EnrichOptions(max_cost_usd_micros=0))
        assert completed(events).cost_usd_micros == 0
        assert [box.calls(name) for name in PAID] == [0] * len(PAID)
    assert outcomes(events)["opencorporates"].skip_reason == SkipReason.SKIP_REASON_OVER_BUDGET
    assert completed(events).partial


async def test_what_was_learnt_survives_the_server_and_costs_nothing_again(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box:
        domain, _ = box.world.showcase
        # Mapbox's coordinates may not be kept: they would be asked for again.
        keepable = EnrichOptions(wanted_fields=sorted(KEEPABLE))
        async with service(tmp_path, box) as client:
            first = completed(await enrich(client, domain, keepable))
        box.reset()
        async with service(tmp_path, box) as client:
            again = completed(await enrich(client, domain, keepable))
            repeated = completed(await enrich(client, domain, keepable))
        assert box.calls() == 0
    assert first.cost_usd_micros > 0
    assert (again.cost_usd_micros, again.from_cache) == (0, True)
    assert again.company == first.company == repeated.company
    assert again.saved_usd_micros >= first.cost_usd_micros


async def test_only_what_is_asked_for_is_run_and_paid(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        options = EnrichOptions(layers=("foundation",))
        events = await enrich(client, box.world.showcase[1], options)
        assert [event.layer.layer for event in events if event.HasField("layer")] == [Layer.LAYER_FOUNDATION]
        wanted = EnrichOptions(wanted_fields=("logo_url",))
        assert completed(await enrich(client, box.world.showcase[0], wanted)).cost_usd_micros == 0
        assert [box.calls(name) for name in PAID] == [0] * len(PAID)


@pytest.mark.parametrize("mode", ["fail", "hang", "reset", "rubbish", "throttle"])
async def test_a_providers_bad_day_is_an_outcome_and_the_others_answers_are_there(tmp_path: Path, mode: str) -> None:
    limits = {f"SOURCES__{name.upper()}__TIMEOUT_MS": "400" for name in PROVIDERS}
    async with sandbox(SandboxSettings(latency_scale=0)) as box:
        for number, name in enumerate(PROVIDERS):
            if name == "dns" and mode not in ("fail", "hang"):
                continue
            box.reset()
            box.set_fault(name, mode)
            # A folder each: what is held would otherwise hide the fault.
            async with service(tmp_path / str(number), box, **limits) as client:
                domain = box.world.showcase[0] if name == "receitaws" else box.world.showcase[1]
                events = await enrich(client, domain, EVERYTHING)
            outcome, done = outcomes(events)[name], completed(events)
            if (name, mode) == ("website", "fail"):
                # Its robots.txt fails too, and where that cannot be read nothing may be (RFC 9309, 2.3.1.4).
                assert outcome.skip_reason == SkipReason.SKIP_REASON_DISALLOWED
            else:
                assert outcome.disposition == Disposition.DISPOSITION_FAILED, (name, outcome)
                assert outcome.error.details, name
            assert done.cost_usd_micros <= 50_000
            assert done.company.domain == domain
            others = [each for other, each in outcomes(events).items() if other != name]
            assert any(each.disposition == Disposition.DISPOSITION_FOUND for each in others), name


async def test_hostile_input_is_refused_and_nothing_is_fetched(tmp_path: Path) -> None:
    async def refused(client: EnrichmentClient, text: str) -> EnrichmentError:
        with pytest.raises(EnrichmentError) as refusal:
            await enrich(client, text)
        return refusal.value

    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        sendable = [text for text in HOSTILE if len(text) < 100_000 and not SURROGATE.search(text)]
        refusals: list[EnrichmentError] = []
        for start in range(0, len(sendable), 50):
            refusals += await asyncio.gather(*(refused(client, text) for text in sendable[start : start + 50]))
        assert box.calls() == 0
    assert len(refusals) >= 500
    assert {(refusal.code.name, refusal.reason) for refusal in refusals} == {("INVALID_ARGUMENT", "INVALID_REQUEST")}
    assert all([each.field for each in refusal.field_violations] == ["website_url"] for refusal in refusals)


async def test_a_server_says_whether_it_is_ready(tmp_path: Path) -> None:
    environ = {"IMENSIAH_LISTEN": "127.0.0.1:0", "IMENSIAH_DATA_DIR": str(tmp_path), "IMENSIAH_DRAIN_MS": "0"}
    async with serving(load(environ)) as address:
        assert await is_serving(Door(address), timeout=5.0)
    assert not await is_serving(Door(address), timeout=0.5)


async def test_a_data_folder_that_cannot_be_written_costs_the_cache_alone(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way", "utf-8")
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(file, box) as client:
        options = EnrichOptions(layers=("foundation",))
        done = completed(await enrich(client, box.world.showcase[0], options))
    assert done.company.name


def shown(company: Company, field: str) -> str:
    """A field's value as the world writes it."""
    if field == "address":
        return company.address.postal_code
    return CompanyStatus.Name(company.status) if field == "status" else str(getattr(company, field))


def expected(one: Invented, kind: str) -> str:
    """What an answer should show of a company with a conflict of this kind."""
    if kind == "renamed":
        # Its registers have not heard of the new name, and a legal name is what they hold.
        return one.told_by("opencorporates").legal_name
    return {"closed": "COMPANY_STATUS_CLOSED", "moved": one.facts.seat.postal_code}.get(kind, one.facts.number)


def planted_in(world: World, kind: str) -> tuple[Invented, str]:
    """The first company with a conflict of this kind and somebody who knows better, and the field that it is about."""
    return next(
        (one, planted.field)
        for one in map(world.at, range(2, 1_500))
        for planted in one.planted
        if planted.kind == kind and one.site.state == "up" and one.site.robots == "allow" and one.site.shows_number
        if planted.told and not one.unknown_to & {"receitaws", "opencorporates"}
    )


async def test_where_sources_contradict_each_other_the_truth_is_shown_and_the_rest_is_kept(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        box.set_rate_limits(is_on=False)
        for kind in ("agency", "payment", "branch", "closed", "moved", "renamed"):
            one, field = planted_in(box.world, kind)
            done = completed(await enrich(client, one.domain, EVERYTHING))
            assert normalised_name(shown(done.company, field)) == normalised_name(expected(one, kind)), kind
            name = CompanyField.Value(f"COMPANY_FIELD_{field.upper()}")
            heard = {item.selected for item in done.evidence if item.field == name}
            # A branch's number is the company's, and a register that tells of an end leaves nobody to be asked.
            assert heard == ({True} if kind in ("branch", "closed") else {True, False}), kind
