"""The commands that ask a server one question: what they print, and their exit codes."""

import json

import grpc
import pytest

from client.answering import AnsweringServer
from client.example import FOUNDATION
from client.scripted import ScriptedServer, answering
from enrichment.cli import main
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb

PLAN = pb.PlanEnrichmentResponse(
    domain="a.com",
    max_cost_usd_micros=3_000,
    sources=[
        pb.PlannedSource(source="website", layer=pb.LAYER_FOUNDATION, cached=True, explanation="held"),
        pb.PlannedSource(
            source="opencorporates",
            layer=pb.LAYER_REGISTRY,
            would_call=True,
            price_usd_micros=3_000,
            explanation="waits for gleif",
        ),
        pb.PlannedSource(
            source="clearbit",
            layer=pb.LAYER_REGISTRY,
            skip_reason=pb.SKIP_REASON_NO_CREDENTIALS,
            price_usd_micros=50_000,
        ),
    ],
)
HELD = pb.GetCompanyResponse(company=FOUNDATION.layer.company, evidence=FOUNDATION.layer.evidence)


def run(command: str, server: AnsweringServer, *arguments: str) -> int:
    return main([command, *arguments, "--server", server.target])


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_a_plan_is_a_table_with_the_most_it_can_cost(capsys: pytest.CaptureFixture[str]) -> None:
    with AnsweringServer(PlanEnrichment=PLAN) as server:
        assert run("plan", server, "a.com", "--max-cost", "0.01", "--fields", "name", "--layers", "registry") == 0
    shown = lines(capsys)
    assert shown[0] == "a.com"
    assert "website foundation held held" in shown
    assert "opencorporates registry call $0.003 waits for gleif" in shown
    assert "clearbit registry no call no key is set for it" in shown
    assert shown[-1] == "At most $0.003. Nothing was asked and nothing paid."
    [request] = server.requests
    assert isinstance(request, pb.PlanEnrichmentRequest)
    assert (request.request.website_url, request.request.max_cost_usd_micros) == ("a.com", 10_000)
    assert list(request.request.layers) == [pb.LAYER_REGISTRY]


def test_a_plan_for_programs_is_the_contracts_json(capsys: pytest.CaptureFixture[str]) -> None:
    with AnsweringServer(PlanEnrichment=PLAN) as server:
        assert run("plan", server, "a.com", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [source["source"] for source in said["sources"]] == ["website", "opencorporates", "clearbit"]
    assert said["max_cost_usd_micros"] == "3000"


def test_a_plan_of_a_field_that_does_not_exist_is_two(capsys: pytest.CaptureFixture[str]) -> None:
    with AnsweringServer(PlanEnrichment=PLAN) as server:
        assert run("plan", server, "a.com", "--fields", "nmae") == 2
    assert "did you mean 'name'?" in capsys.readouterr().err


def test_what_is_held_is_shown_value_by_value(capsys: pytest.CaptureFixture[str]) -> None:
    with AnsweringServer(GetCompany=HELD) as server:
        assert run("get", server, "a.com") == 0
    out = capsys.readouterr().out
    assert HELD.company.name in out
    assert HELD.company.domain in out
    assert server.requests == [pb.GetCompanyRequest(website_url="a.com")]


def test_where_nothing_is_held_the_way_to_learn_of_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    refusal = (grpc.StatusCode.NOT_FOUND, "NOTHING_HELD", "nothing is held of a.com; Enrich learns of it")
    with AnsweringServer(GetCompany=refusal) as server:
        assert run("get", server, "a.com") == 1
    assert capsys.readouterr().err.splitlines() == [
        "imensiah: nothing is held of a.com; Enrich learns of it",
        "`imensiah enrich` asks the sources",
    ]


@pytest.mark.parametrize("command", ["plan", "get"])
def test_where_no_server_answers_a_question_is_four(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedServer(answering()) as server:
        target = server.target
    assert main([command, "a.com", "--server", target, "--timeout", "5"]) == 4
    assert "no server answers at" in capsys.readouterr().err


LISTED = pb.ListSourcesResponse(
    sources=[
        pb.Source(name="website", layer=pb.LAYER_FOUNDATION, enabled=True, calls=1_200, failures=3, cache_hits=40),
        pb.Source(
            name="opencorporates",
            layer=pb.LAYER_REGISTRY,
            enabled=True,
            calls=2,
            spent_usd_micros=6_000,
            breaker_state=pb.BREAKER_STATE_HALF_OPEN,
        ),
        pb.Source(name="mapbox", layer=pb.LAYER_REGISTRY, unavailable_reason="switched off"),
    ]
)


def test_the_sources_of_a_server_are_shown_as_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    with AnsweringServer(ListSources=LISTED) as server:
        assert run("sources", server) == 0
    shown = lines(capsys)
    assert "website foundation 1,200 3 40 on" in shown
    assert "opencorporates registry 2 $0.006 on trial" in shown
    assert "mapbox registry off: switched off" in shown
    assert shown[-1].startswith("Counted by this server alone, since ")


def test_a_server_without_sources_is_an_empty_table(capsys: pytest.CaptureFixture[str]) -> None:
    with AnsweringServer(ListSources=pb.ListSourcesResponse()) as server:
        assert run("sources", server) == 0
    assert lines(capsys) == ["source layer calls failed cached spent state"]


def test_the_sources_of_a_server_for_programs_are_the_contracts_json(capsys: pytest.CaptureFixture[str]) -> None:
    with AnsweringServer(ListSources=LISTED) as server:
        assert run("sources", server, "--json") == 0
    assert json.loads(capsys.readouterr().out)["sources"][0]["calls"] == "1200"


@pytest.mark.parametrize(
    ("position", "reason", "words"),
    [
        ("off", "switched off", "groq is off"),
        ("on", "", "groq is on"),
        ("on", "no key", "groq is on, and still cannot be called: no key"),
    ],
)
def test_a_source_is_switched(position: str, reason: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = pb.SetSourceEnabledResponse(source=pb.Source(name="groq", unavailable_reason=reason))
    with AnsweringServer(SetSourceEnabled=answer) as server:
        assert run("switch", server, "groq", position) == 0
    assert lines(capsys) == [words]
    assert server.requests == [pb.SetSourceEnabledRequest(source="groq", enabled=position == "on")]


def test_a_source_that_is_none_is_one_and_the_list_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    refusal = (grpc.StatusCode.NOT_FOUND, "UNKNOWN_SOURCE", "there is no source named 'grok'")
    with AnsweringServer(SetSourceEnabled=refusal) as server:
        assert run("switch", server, "grok", "on") == 1
    assert "`imensiah sources` lists them" in capsys.readouterr().err


def test_a_position_that_is_none_is_two() -> None:
    with pytest.raises(SystemExit) as left:
        main(["switch", "groq", "maybe"])
    assert left.value.code == 2


@pytest.mark.parametrize(
    ("erased", "words"), [(0, "nothing was held of it"), (1, "1 entry erased"), (9, "9 entries erased")]
)
def test_a_company_is_forgotten(erased: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with AnsweringServer(ForgetCompany=pb.ForgetCompanyResponse(erased=erased)) as server:
        assert run("forget", server, "a.com") == 0
    assert lines(capsys) == [words]
