"""A sandbox without delays, and a client that shows it the Host it is asked for."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from enrichment.sandbox import Sandbox, SandboxSettings, World, sandbox


@pytest.fixture(scope="session")
def world() -> World:
    return World(SandboxSettings().seed)


@pytest.fixture
async def box() -> AsyncGenerator[Sandbox, None]:
    async with sandbox(SandboxSettings(latency_scale=0)) as running:
        yield running


@pytest.fixture
async def client(box: Sandbox) -> AsyncGenerator[httpx.AsyncClient, None]:
    async with httpx.AsyncClient(base_url=box.url, trust_env=False, timeout=5) as opened:
        yield opened
