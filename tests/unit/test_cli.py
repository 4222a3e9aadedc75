"""What the command line answers with: exit codes for scripts, sentences for people."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from itertools import takewhile
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo

from certificates import authority
from client.example import COMPLETED, FOUNDATION, PARTIAL, STARTED, WHOLE
from client.scripted import Script, ScriptedServer, answering, failing, hanging
from enrichment.cli import main
from enrichment.settings import Settings, load
from imensiah.enrichment.v1.company_pb2 import COMPANY_FIELD_ADDRESS, COMPANY_FIELD_NAME
from imensiah.enrichment.v1.enrichment_service_pb2 import LAYER_FOUNDATION, EnrichResponse


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("IMENSIAH_")]:
        monkeypatch.delenv(name)


def enrich(script: Script, *arguments: str) -> tuple[int, ScriptedServer]:
    with ScriptedServer(script) as server:
        return main(["enrich", "a.com", "--server", server.target, *arguments]), server


def test_a_complete_answer_is_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert enrich(answering(*WHOLE))[0] == 0
    out, err = capsys.readouterr()
    assert "Complete  92% of what was asked" in out
    assert err == ""


def test_a_partial_answer_is_three(capsys: pytest.CaptureFixture[str]) -> None:
    assert enrich(answering(STARTED, FOUNDATION, PARTIAL))[0] == 3
    assert "Missing" in capsys.readouterr().out


def test_json_is_one_event_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert enrich(answering(*WHOLE), "--json")[0] == 0
    out, err = capsys.readouterr()
    assert [json.loads(line)["sequence"] for line in out.splitlines()] == [1, 2, 3, 4, 5, 6]
    assert err == ""


def test_options_reach_the_server() -> None:
    arguments = ["--max-cost", "0.0125", "--fields", "name,address", "--layers", "foundation", "--timeout", "60"]
    _, server = enrich(answering(COMPLETED), *arguments)
    [request] = server.requests
    assert request.max_cost_usd_micros == 12_500
    assert list(request.wanted_fields) == [COMPANY_FIELD_NAME, COMPANY_FIELD_ADDRESS]
    assert list(request.layers) == [LAYER_FOUNDATION]
    assert round(server.seconds_left[0], -1) == 60


def test_without_options_the_server_decides() -> None:
    _, server = enrich(answering(COMPLETED))
    [request] = server.requests
    assert not request.HasField("max_cost_usd_micros")
    assert not request.wanted_fields


@pytest.mark.parametrize("amount", ["a", "-1", "nan", "inf", "1000.01", "", "1e9", "0,01"])
def test_an_amount_that_is_none_is_two(amount: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["enrich", "a.com", "--max-cost", amount])
    assert left.value.code == 2
    assert "is not an amount of dollars from 0 to 1,000" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_a_timeout_that_is_none_is_two(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["enrich", "a.com", "--timeout", seconds])
    assert left.value.code == 2
    assert "is not a number of seconds" in capsys.readouterr().err


@pytest.mark.parametrize(
    "target", ["", "localhost", "http://127.0.0.1:50051", "a b:1", "a:0", "a:65536", ":1", "[::1:5", "user@a:1"]
)
def test_a_server_that_is_no_address_is_two(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["enrich", "a.com", "--server", target])
    assert left.value.code == 2
    assert "is not HOST:PORT, such as 127.0.0.1:50051" in capsys.readouterr().err


def test_a_website_in_another_encoding_is_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enrich", "m\udcfcnchen.de"]) == 2
    assert capsys.readouterr().err == "imensiah: 'm\\udcfcnchen.de' is not text in UTF-8\n"


def test_a_field_that_does_not_exist_is_two_and_the_close_one_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enrich", "a.com", "--fields", "name,adress"]) == 2
    assert capsys.readouterr().err == "imensiah: no field is named 'adress'; did you mean 'address'?\n"


def test_an_invalid_request_is_two_and_told_field_by_field(capsys: pytest.CaptureFixture[str]) -> None:
    details = BadRequest(field_violations=[BadRequest.FieldViolation(field="website_url", description="has no dot")])
    refuse = failing(grpc.StatusCode.INVALID_ARGUMENT, "no", [ErrorInfo(reason="INVALID_REQUEST"), details])
    assert enrich(refuse)[0] == 2
    assert capsys.readouterr().err == "imensiah: website_url: has no dot\n"


def test_where_no_server_answers_is_four(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedServer(answering()) as server:
        target = server.target
    assert main(["enrich", "a.com", "--server", target]) == 4
    out, err = capsys.readouterr()
    assert err.startswith(f"imensiah: no server answers at {target}: ")
    assert "start one with `imensiah serve`" in err
    assert out == ""


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (failing(grpc.StatusCode.UNAVAILABLE, "full", [ErrorInfo(reason="OVERLOADED")], "-1"), "full (OVERLOADED)"),
        (failing(grpc.StatusCode.INTERNAL, "broken", [ErrorInfo(reason="INTERNAL")]), "broken (INTERNAL)"),
        (answering(STARTED), "the stream ended before the enrichment was completed"),
    ],
)
def test_a_server_that_fails_is_five(script: Script, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert enrich(script)[0] == 5
    assert words in capsys.readouterr().err


def test_a_server_that_is_silent_is_five(capsys: pytest.CaptureFixture[str]) -> None:
    assert enrich(hanging(), "--timeout", "0.2")[0] == 5
    assert "give it longer with --timeout" in capsys.readouterr().err


def test_no_command_shows_them_all_and_is_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, _ = capsys.readouterr()
    assert all(command in out for command in ("demo", "serve", "enrich", "sandbox", "sources", "config"))
    assert "exit codes:" in out


def test_help_of_enrich_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["enrich", "--help"])
    assert left.value.code == 0
    assert "4    no server answers" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("imensiah ")


def test_sources_stand_with_the_settings_applied(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMENSIAH_SOURCES__MAPBOX__API_KEY", "s3cret")
    monkeypatch.setenv("IMENSIAH_SOURCES__DNS__ENABLED", "false")
    assert main(["sources"]) == 0
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in capsys.readouterr().out.splitlines() if line}
    assert rows["mapbox"] == "registry $0.00075 a call set on"
    assert rows["dns"] == "foundation free not needed off: switched off"
    assert rows["opencorporates"] == "registry $0.003 a call missing off: no key"


def without_keys(settings: Settings) -> Settings:
    return replace(settings, sources=tuple(replace(entry, api_key="") for entry in settings.sources))


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {
            "IMENSIAH_LISTEN": "127.0.0.1:0",
            "IMENSIAH_DEADLINE_MS": "1",
            "IMENSIAH_REFLECTION": "no",
            "IMENSIAH_RULES__ALREADY_KNOWN": "false",
            "IMENSIAH_LAYERS__FOUNDATION__SOFT_DEADLINE_MS": "7",
            "IMENSIAH_SOURCES__GROQ__API_KEY": "s3cret",
            "IMENSIAH_SOURCES__GROQ__PRICE_USD_MICROS": "5",
            "IMENSIAH_SOURCES__GROQ__MODEL": "another",
            "IMENSIAH_SOURCES__MAPBOX__LIFETIME_DAYS": "0.5",
            "IMENSIAH_SOURCES__WEBSITE__CONNECT_TO": "127.0.0.1:1",
            "IMENSIAH_CALLERS__ACME__TOKEN_SHA256": "ab" * 32,
            "IMENSIAH_CALLERS__OPS__TOKEN_SHA256": "cd" * 32,
            "IMENSIAH_CALLERS__OPS__ROLE": "operator",
            "IMENSIAH_CALLERS__OPS__DAY_LIMIT_USD_MICROS": "7",
            "IMENSIAH_TLS__CERTIFICATE": "server.pem",
            "IMENSIAH_TLS__KEY": "server.key",
            "IMENSIAH_TOKEN": "s3cret",
        },
    ],
    ids=["defaults", "all kinds"],
)
def test_config_prints_a_file_that_means_the_same_but_for_the_keys(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["config"]) == 0
    out, _ = capsys.readouterr()
    assert "s3cret" not in out
    (tmp_path / "imensiah.toml").write_text(out, "utf-8")
    assert load({"IMENSIAH_CONFIG": str(tmp_path / "imensiah.toml")}) == without_keys(load(environment))


def test_a_setting_that_cannot_be_read_is_two(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMENSIAH_DEADLINE_MS", "soon")
    assert main(["config"]) == 2
    assert capsys.readouterr().err.startswith("imensiah: IMENSIAH_DEADLINE_MS='soon' cannot be read")


# What the extra `server` brings, by the names under which it is imported.
EXTRA = (
    "aiocache",
    "aiohttp",
    "aiosqlite",
    "dns",
    "grpc_health",
    "groq",
    "httpx",
    "httpx2",
    "platformdirs",
    "protovalidate",
)
WITHOUT_EXTRA = """\
import sys
for name in {names}: sys.modules[name] = None
from enrichment.cli import main
for command in ("serve", "sandbox", "demo", "sources", "config"): print(main([command]))
print(main(["enrich", "a.com", "--fields", "nam"]))
"""


def test_without_the_servers_parts_a_command_says_how_to_install_them() -> None:
    code = WITHOUT_EXTRA.format(names=EXTRA)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["1", "1", "1", "1", "1", "2"]
    *hints, last = done.stderr.splitlines()
    assert len(hints) == 5
    assert all(hint.endswith("pip install 'imensiah[server]'") for hint in hints)
    assert last == "imensiah: no field is named 'nam'; did you mean 'name'?"


@contextmanager
def program(*arguments: str, **environment: str) -> Generator["subprocess.Popen[str]"]:
    """`imensiah` as a process of its own, which is over with the block, however that ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "enrichment", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def test_ctrl_c_is_130_without_a_traceback_and_ends_the_call() -> None:
    with ScriptedServer(hanging(STARTED)) as server, program("enrich", "a.com", "--server", server.target) as running:
        assert server.has_begun.wait(30)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
        assert (running.returncode, err) == (130, "")
        assert server.has_ended.wait(30)


@pytest.mark.parametrize("arguments", [(), ("--json",)], ids=["text", "json"])
def test_a_reader_that_leaves_early_gets_no_traceback(arguments: tuple[str, ...]) -> None:
    many: list[EnrichResponse] = [STARTED, *[FOUNDATION] * 200, COMPLETED]
    with (
        ScriptedServer(answering(*many)) as server,
        program("enrich", "a.com", "--server", server.target, *arguments) as running,
    ):
        assert running.stdout
        assert running.stderr
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait(30) == 1


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=lambda ending: ending.name)
def test_a_server_tells_where_it_listens_is_healthy_and_ends_when_asked_to(
    ending: signal.Signals, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with program("serve", IMENSIAH_LISTEN="127.0.0.1:0", IMENSIAH_DATA_DIR=str(tmp_path)) as running:
        assert running.stdout
        address = running.stdout.readline().removeprefix("serving on ").removesuffix(", Ctrl-C stops\n")
        assert main(["health", "--server", address]) == 0
        running.send_signal(ending)
        _, err = running.communicate(timeout=30)
    assert running.returncode == 0
    assert "Traceback" not in err
    assert main(["health", "--server", address]) == 4
    out, err = capsys.readouterr()
    assert out == f"{address} is serving\n"
    assert err == f"imensiah: {address} is not serving\n"


def test_a_server_on_a_port_in_use_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with program("serve", IMENSIAH_LISTEN=listen, IMENSIAH_DATA_DIR=str(tmp_path)) as running:
            _, err = running.communicate(timeout=30)
    assert running.returncode == 1
    assert err.startswith(f"imensiah: cannot listen on {listen}: ")
    assert err.count("\n") == 1


def test_the_sandbox_prints_what_points_a_server_at_it_ready_to_paste() -> None:
    with program("sandbox", "--latency-scale", "0") as running:
        assert running.stdout
        lines = list(takewhile(lambda line: line != "imensiah serve\n", running.stdout))
        exports = [shlex.split(line)[1] for line in lines if line.startswith("export ")]
        environment = dict(export.split("=", 1) for export in exports)
        address = load({**environment}).sources[1].options["connect_to"]
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert address.startswith("127.0.0.1:")
    assert (running.returncode, err) == (0, "")


def test_a_sandbox_on_a_port_in_use_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with program("sandbox", "--port", str(taken.getsockname()[1])) as running:
            _, err = running.communicate(timeout=30)
    assert running.returncode == 1
    assert err.startswith("imensiah: the sandbox cannot start: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["--port", "65536"], ["--dns-port", "-1"], ["--seed", "a"], ["--latency-scale", "nan"]]
)
def test_a_sandbox_that_cannot_be_is_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["sandbox", *arguments])
    assert left.value.code == 2


def test_a_token_is_long_new_every_time_and_comes_with_what_the_server_is_to_know(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tokens: set[str] = set()
    for _ in range(2):
        assert main(["token", "acme"]) == 0
        told = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
        token, line = told
        name, _, digest = line.partition("=")
        assert name == "IMENSIAH_CALLERS__ACME__TOKEN_SHA256"
        assert load({name: digest}).callers[sha256(token.encode()).hexdigest()].name == "acme"
        assert len(token) >= 43
        tokens.add(token)
    assert len(tokens) == 2


@pytest.mark.parametrize("name", ["a b", "A__B", "_", "é", "a" * 64])
def test_a_name_that_no_variable_can_hold_is_two(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["token", name])
    assert left.value.code == 2
    assert "is not a caller's name" in capsys.readouterr().err


def test_a_server_that_would_serve_strangers_does_not_start(tmp_path: Path) -> None:
    with program("serve", IMENSIAH_LISTEN="0.0.0.0:0", IMENSIAH_DATA_DIR=str(tmp_path)) as running:
        _, err = running.communicate(timeout=30)
    assert running.returncode == 1
    assert "anybody there could spend your money: set a caller (`imensiah token NAME`" in err
    assert err.count("\n") == 1


def test_health_asks_where_the_settings_listen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(answering()) as server:
        port = server.target.rpartition(":")[2]
    monkeypatch.setenv("IMENSIAH_LISTEN", f"0.0.0.0:{port}")
    assert main(["health"]) == 4
    assert capsys.readouterr().err == f"imensiah: 127.0.0.1:{port} is not serving\n"
    monkeypatch.setenv("IMENSIAH_LISTEN", "127.0.0.1:0")
    assert main(["health"]) == 2
    assert "name the server with --server" in capsys.readouterr().err


def test_the_token_of_the_environment_goes_with_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMENSIAH_TOKEN", "s3cret")
    _, server = enrich(answering(COMPLETED))
    assert server.metadata[0]["authorization"] == "Bearer s3cret"


def test_without_a_token_none_is_sent_and_one_that_cannot_be_is_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, server = enrich(answering(COMPLETED))
    assert "authorization" not in server.metadata[0]
    capsys.readouterr()
    monkeypatch.setenv("IMENSIAH_TOKEN", "s3cret\n")
    assert main(["enrich", "a.com"]) == 2
    assert "s3cret" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--plaintext", "--ca", "ca.pem"], "--plaintext speaks no TLS"),
        (["--certificate", "c.pem"], "a certificate needs its key"),
        (["--ca", "nowhere.pem"], "'nowhere.pem' cannot be read: No such file"),
    ],
)
def test_options_of_tls_that_do_not_fit_are_two(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["enrich", "a.com", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_tls_server_is_served_asked_and_healthy_by_its_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = authority(tmp_path)
    pair = signer.signed("localhost")
    files = {"IMENSIAH_TLS__CERTIFICATE": str(pair.certificate), "IMENSIAH_TLS__KEY": str(pair.key)}
    with program("serve", IMENSIAH_LISTEN="localhost:0", IMENSIAH_DATA_DIR=str(tmp_path), **files) as running:
        assert running.stdout
        target = running.stdout.readline().removeprefix("serving on ").removesuffix(", Ctrl-C stops\n")
        for name, value in {**files, "IMENSIAH_LISTEN": target}.items():
            monkeypatch.setenv(name, value)
        assert main(["health"]) == 0
        assert main(["health", "--server", target, "--ca", str(signer.certificate)]) == 0
        assert main(["health", "--server", target]) == 4
        # Refused by the server itself: so it was reached.
        asked = ["enrich", "localhost", "--server", target]
        assert main([*asked, "--ca", str(signer.certificate)]) == 2
        assert "this computer's own name" in capsys.readouterr().err
        assert main([*asked, "--tls"]) == 4
        assert "--ca FILE" in capsys.readouterr().err
