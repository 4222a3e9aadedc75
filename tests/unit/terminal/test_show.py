"""What a person sees of a stream, and what a program reads of it."""

import io
import json
from collections.abc import AsyncIterator

import pytest
from google.protobuf.json_format import Parse
from rich.console import Console

from client.example import COMPLETED, DOMAIN, FAILED_GROQ, NOW, PARTIAL, SITE, STARTED, WHOLE, claims, layer
from enrichment.terminal.show import console_for, show, show_json
from imensiah.enrichment.v1.company_pb2 import Company, CompanyField
from imensiah.enrichment.v1.enrichment_service_pb2 import (
    Disposition,
    EnrichmentCompleted,
    EnrichResponse,
    Layer,
    SkipReason,
    SourceOutcome,
)


async def stream(*events: EnrichResponse) -> AsyncIterator[EnrichResponse]:
    for event in events:
        yield event


async def lines_of(*events: EnrichResponse) -> list[str]:
    out = io.StringIO()
    await show(stream(*events), console_for(out), lambda: NOW)
    return out.getvalue().splitlines()


def line_with(text: str, lines: list[str]) -> str:
    return next(line for line in lines if text in line)


async def test_the_first_line_is_the_company() -> None:
    first, second, *_ = await lines_of(STARTED)
    assert first == DOMAIN
    assert second == "foundation, registry and inference, for at most $0.05"


async def test_a_value_stands_with_its_source_confidence_and_age() -> None:
    lines = await lines_of(*WHOLE)
    assert line_with("founded year", lines).split() == ["founded", "year", "2009", "website", "0.90", "now"]
    assert line_with("2009-04-17", lines).split()[2:] == ["2009-04-17", "receitaws", "0.95", "3", "d"]


async def test_layers_come_in_their_order_with_time_and_cost() -> None:
    lines = await lines_of(*WHOLE)
    assert [line.split() for line in lines if line.startswith(("Foundation", "Registry", "Inference"))] == [
        ["Foundation", "420", "ms", "·", "$0"],
        ["Registry", "420", "ms", "·", "$0.00075"],
        ["Inference", "420", "ms", "·", "$0.000412"],
    ]


async def test_a_source_that_was_not_called_says_why_and_what_that_saves() -> None:
    text = " ".join(" ".join(await lines_of(*WHOLE)).split())
    assert (
        "opencorporates not called all it could add is already held: legal_name at 0.97, address at 0.90 confidence"
        " · saves $0.003" in text
    )


async def test_a_source_that_failed_says_why() -> None:
    lines = await lines_of(EnrichResponse(layer=layer(Layer.LAYER_INFERENCE, [], [FAILED_GROQ])))
    assert lines[-1] == "  groq  failed  the provider could not be reached, failed or took too long"


async def test_a_skip_without_an_explanation_is_explained_by_its_reason() -> None:
    skipped = SourceOutcome(
        source="mapbox", disposition=Disposition.DISPOSITION_SKIPPED, skip_reason=SkipReason.SKIP_REASON_NO_CREDENTIALS
    )
    lines = await lines_of(EnrichResponse(layer=layer(Layer.LAYER_REGISTRY, [], [skipped])))
    assert lines[-1] == "  mapbox  not called  no key is set for it"


async def test_what_a_provider_asks_to_be_shown_is_shown() -> None:
    lines = await lines_of(*WHOLE)
    assert "  mapbox: © Mapbox" in lines
    assert "  not to be stored: coordinates" in lines


async def test_sources_that_agree_are_counted() -> None:
    both = claims(Company(name="Acme"), "website", 0.7) + claims(Company(name="Acme"), "receitaws", 0.8)
    lines = await lines_of(EnrichResponse(layer=layer(Layer.LAYER_REGISTRY, both, [])))
    assert lines[-1].split()[-4:] == ["receitaws", "+1", "0.80", "now"]


async def test_a_value_that_is_past_its_lifetime_is_called_old() -> None:
    evidence = claims(Company(name="Acme"), "website", 0.7, seconds_old=100 * 86_400)
    lines = await lines_of(EnrichResponse(layer=layer(Layer.LAYER_FOUNDATION, evidence, [])))
    assert lines[-1].endswith("0.70  100 d old")


async def test_the_end_tells_completeness_cost_and_savings() -> None:
    lines = await lines_of(COMPLETED)
    assert lines[-2:] == [
        "Complete  92% of what was asked, on average 0.88 sure, in 1.9 s",
        "Cost      $0.001162, $0.003 saved",
    ]


async def test_a_company_that_nobody_knows_is_called_unknown() -> None:
    assert (await lines_of(EnrichResponse(completed=EnrichmentCompleted())))[-2:] == [
        "Unknown  no source knows this company, in 0 ms",
        "Cost     $0",
    ]


async def test_a_source_that_answered_needs_no_explanation() -> None:
    held = SourceOutcome(source="dns", disposition=Disposition.DISPOSITION_CACHED, explanation="held")
    assert (await lines_of(EnrichResponse(layer=layer(Layer.LAYER_FOUNDATION, [], [held]))))[-1] == "  dns  from cache"


async def test_an_answer_from_the_cache_says_so() -> None:
    completed = EnrichmentCompleted(from_cache=True, saved_usd_micros=3_750, completeness=1, confidence=1)
    assert (await lines_of(EnrichResponse(completed=completed)))[-1] == (
        "Cost      $0, all from the cache, $0.00375 saved"
    )


async def test_a_partial_answer_tells_what_is_missing_and_why() -> None:
    text = " ".join(" ".join(await lines_of(PARTIAL)).split())
    assert text.startswith("Partial 80% of what was asked")
    assert "Missing industry and target market: groq failed: the provider could not be reached" in text
    assert "rating: google_places was not called: it would cost more than is left to spend" in text


async def test_every_line_fits_into_eighty_columns_and_ends_where_its_text_ends() -> None:
    lines = await lines_of(*WHOLE, PARTIAL)
    assert max(len(line) for line in lines) == 80
    assert [line for line in lines if line != line.rstrip()] == []


async def test_a_pipe_gets_no_control_codes_and_no_spinner() -> None:
    text = "".join(await lines_of(*WHOLE))
    assert text.isprintable()
    assert "waiting" not in text


async def test_a_terminal_gets_colours_and_a_line_that_says_what_is_awaited() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, color_system="standard", legacy_windows=False)
    await show(stream(*WHOLE), console, lambda: NOW)
    assert "waiting for foundation · $0 so far" in out.getvalue()
    assert "\x1b[32m" in out.getvalue()


async def test_no_colour_is_used_that_one_of_dark_and_light_terminals_cannot_show() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, color_system="truecolor", legacy_windows=False)
    await show(stream(*WHOLE, PARTIAL), console, lambda: NOW)
    codes = {code for piece in out.getvalue().split("\x1b[")[1:] for code in piece.partition("m")[0].split(";")}
    colours = {code for code in codes if code.isdigit() and int(code) >= 30}
    assert colours <= {"31", "32"}


async def test_what_the_world_sends_cannot_steer_the_terminal() -> None:
    evil = "\x1b[2J\x1b]0;owned\x07"
    outcome = SourceOutcome(source="x" + evil, disposition=Disposition.DISPOSITION_FAILED, explanation=evil)
    evidence = claims(Company(name="Acme" + evil), "x" + evil, 0.5)
    evidence[0].attribution = evil + "©"
    result = layer(Layer.LAYER_REGISTRY, evidence, [outcome])
    result.company.name = "Acme" + evil
    assert "".join(await lines_of(EnrichResponse(layer=result))).isprintable()


async def test_kinds_newer_than_this_program_are_passed_over() -> None:
    evidence = claims(SITE, "website", 0.9)[:1]
    evidence[0].field = CompanyField.ValueType(99)
    outcome = SourceOutcome(source="new", disposition=Disposition.ValueType(99))
    result = layer(Layer.ValueType(9), evidence, [outcome])
    lines = await lines_of(EnrichResponse(), EnrichResponse(layer=result), COMPLETED)
    assert line_with("layer 9", [line.lower() for line in lines])
    assert line_with("field 99", lines)
    assert line_with("new  ended", lines)


async def test_a_value_without_a_claim_is_shown_all_the_same() -> None:
    result = layer(Layer.LAYER_FOUNDATION, [], [])
    result.updated_fields.append(CompanyField.COMPANY_FIELD_FOUNDED_YEAR)
    assert (await lines_of(EnrichResponse(layer=result)))[-1].split() == ["founded", "year", "2009"]


async def test_a_claim_without_a_date_shows_no_age() -> None:
    evidence = claims(Company(name="Acme"), "website", 0.7)
    evidence[0].ClearField("observed_time")
    lines = await lines_of(EnrichResponse(layer=layer(Layer.LAYER_FOUNDATION, evidence, [])))
    assert lines[-1].split()[-2:] == ["website", "0.70"]


async def test_json_is_one_event_per_line_with_the_contracts_names() -> None:
    out = io.StringIO()
    completed = await show_json(stream(*WHOLE), out)
    lines = out.getvalue().splitlines()
    assert [Parse(line, EnrichResponse()) for line in lines] == list(WHOLE)
    assert json.loads(lines[-1])["completed"]["cost_usd_micros"] == "1162"
    assert completed == COMPLETED.completed


@pytest.mark.parametrize("event", WHOLE, ids=lambda event: event.WhichOneof("event"))
async def test_json_is_the_same_each_time_and_plain_ascii(event: EnrichResponse) -> None:
    first, second = io.StringIO(), io.StringIO()
    await show_json(stream(event), first)
    await show_json(stream(event), second)
    assert first.getvalue() == second.getvalue()
    assert first.getvalue().isascii()


async def test_the_stable_line_of_an_event() -> None:
    out = io.StringIO()
    await show_json(stream(STARTED), out)
    assert out.getvalue() == (
        '{"sequence": 1, "started": {"enrichment_id": "b2b9", "domain": "lumiar-trilha-serena.com.br", '
        '"layers": ["LAYER_FOUNDATION", "LAYER_REGISTRY", "LAYER_INFERENCE"], "max_cost_usd_micros": "50000"}}\n'
    )
