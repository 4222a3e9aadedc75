"""What docs/client.md shows is what works."""

import json
import re
from pathlib import Path

import pytest

from client.example import WHOLE
from client.scripted import ScriptedServer, answering
from enrichment.cli import EXIT_CODES
from enrichment_client import DEFAULT_TARGET
from enrichment_client.client import SERVICE_CONFIG

GUIDE = Path(__file__).parents[2] / "docs" / "client.md"


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert found
    return found[1]


def test_the_python_of_the_guide_runs_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedServer(answering(*WHOLE)) as server:
        exec(block("python").replace(DEFAULT_TARGET, server.target), {})
    assert capsys.readouterr().out == "Lumiar Trilha Serena 1162\n"
    assert server.requests[0].max_cost_usd_micros == 10_000


def test_the_service_configuration_of_the_guide_is_the_clients() -> None:
    assert json.loads(block("json")) == json.loads(SERVICE_CONFIG)


def test_the_guide_and_the_help_know_the_same_exit_codes() -> None:
    in_guide = re.findall(r"^\| (\d+) \|", GUIDE.read_text("utf-8"), re.MULTILINE)
    assert in_guide == re.findall(r"^  (\d+) ", EXIT_CODES, re.MULTILINE)
