"""The server as its operators meet it: a process that is started, asked by foreign tools, stopped and killed."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from enrichment.sandbox import SandboxSettings, sandbox
from enrichment_client import EnrichmentClient, EnrichOptions
from live.service import served

pytestmark = pytest.mark.live

SERVICE = "imensiah.enrichment.v1.EnrichmentService"


async def output_of(*command: str) -> str:
    child = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out, _ = await asyncio.wait_for(child.communicate(), 60)
    return out.decode()


def installed_grpcurl(folder: Path) -> str:
    """grpcurl's path; Go builds it where there is a Go toolchain."""
    found = shutil.which("grpcurl")
    if found:
        return found
    if not shutil.which("go"):
        pytest.skip("neither grpcurl nor a Go toolchain is here to build it; `buf curl` is tested in its place")
    environ = {**os.environ, "GOBIN": str(folder)}
    subprocess.run(
        ["go", "install", "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4"], env=environ, check=True, timeout=600
    )
    return str(folder / "grpcurl")


def own_folder(folder: Path) -> dict[str, str]:
    return {"IMENSIAH_LISTEN": "127.0.0.1:0", "IMENSIAH_DATA_DIR": str(folder)}


async def test_grpcurl_finds_the_service_and_reads_its_stream(tmp_path: Path) -> None:
    grpcurl = installed_grpcurl(tmp_path / "go")
    async with sandbox(SandboxSettings(latency_scale=0)) as box:
        async with served({**box.environment, **own_folder(tmp_path)}) as (_, address):
            assert SERVICE in await output_of(grpcurl, "-plaintext", address, "list")
            question = json.dumps({"website_url": box.world.showcase[0]})
            answer = await output_of(grpcurl, "-plaintext", "-d", question, address, f"{SERVICE}/Enrich")
            refusal = await output_of(grpcurl, "-plaintext", "-d", "{}", address, f"{SERVICE}/Enrich")
    assert '"completed"' in answer
    assert "INVALID_REQUEST" in refusal


async def test_buf_curl_finds_the_service_and_reads_its_stream(tmp_path: Path) -> None:
    buf = str(Path(sys.executable).parent / "buf")
    options = ("curl", "--http2-prior-knowledge", "--protocol", "grpc")
    async with sandbox(SandboxSettings(latency_scale=0)) as box:
        async with served({**box.environment, **own_folder(tmp_path)}) as (_, address):
            question = json.dumps({"website_url": box.world.showcase[0]})
            answer = await output_of(buf, *options, "-d", question, f"http://{address}/{SERVICE}/Enrich")
    assert '"completed"' in answer


async def test_sigterm_lets_an_open_stream_end_and_exits_with_0(tmp_path: Path) -> None:
    async with sandbox(SandboxSettings(latency_scale=0, fixed_latency_ms=300)) as box:
        async with served({**box.environment, **own_folder(tmp_path)}) as (child, address):
            async with (
                EnrichmentClient(address) as client,
                client.enrich(box.world.showcase[0]) as events,
            ):
                await anext(events)
                child.send_signal(signal.SIGTERM)
                rest = [event async for event in events]
            assert rest[-1].HasField("completed")
            assert await asyncio.wait_for(child.wait(), 20) == 0


async def test_what_was_learnt_survives_a_kill(tmp_path: Path) -> None:
    async def costs(address: str, domain: str) -> int:
        # Mapbox's answers, in the registry's layer, may not be kept.
        options = EnrichOptions(layers=("foundation", "inference"))
        async with EnrichmentClient(address) as client, client.enrich(domain, options) as events:
            return [event async for event in events][-1].completed.cost_usd_micros

    async with sandbox(SandboxSettings(latency_scale=0)) as box:
        domain, environ = box.world.showcase[0], {**box.environment, **own_folder(tmp_path)}
        async with served(environ) as (child, address):
            assert await costs(address, domain) > 0
            child.kill()
            assert await child.wait() == -signal.SIGKILL
        async with served(environ) as (_, address):
            assert await costs(address, domain) == 0


async def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    async with served(own_folder(tmp_path)) as (_, address):
        environ = {**os.environ, **own_folder(tmp_path / "other"), "IMENSIAH_LISTEN": address}
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "enrichment", "serve", stderr=subprocess.PIPE, env=environ
        )
        _, said = await asyncio.wait_for(second.communicate(), 30)
    assert second.returncode == 1
    assert address in said.decode()
    assert "Traceback" not in said.decode()
