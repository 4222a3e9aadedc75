"""What the language models are shown by the whole service, read where it arrives."""

import gzip
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from enrichment.catalogue import load
from enrichment.domain.catalogue import Layer
from enrichment.sandbox import SandboxSettings, sandbox
from enrichment.sandbox.exchange import Desk, Turn
from enrichment.sandbox.wire import Provider, Reply, Request
from enrichment_client import EnrichOptions
from test_service import completed, enrich, service

REGISTRY = {entry.name for entry in load() if entry.layer is Layer.REGISTRY}
FOUNDATION = {"website", "rdap", "wikidata"}
# Shorter texts (codes, words like "active") stand on many pages by chance.
SHORTEST = 8
ASKED: Mapping[str, Mapping[str, str]] = {"groq": {}, "anthropic": {"SOURCES__GROQ__ENABLED": "false"}}


@dataclass(frozen=True)
class Exchange:
    """What a provider was sent and what it said."""

    provider: str
    sent: bytes
    said: bytes


@pytest.fixture
def exchanges(monkeypatch: pytest.MonkeyPatch) -> list[Exchange]:
    """All that the sandbox is sent and says, as it happens."""
    noted: list[Exchange] = []
    answer = Desk.answer

    def noting(self: Desk, turn: Turn, provider: Provider, request: Request) -> Reply:
        reply = answer(self, turn, provider, request)
        noted.append(Exchange(turn.provider, request.body, reply.body))
        return reply

    monkeypatch.setattr(Desk, "answer", noting)
    return noted


def texts(data: object) -> Iterator[str]:
    """Every text in a JSON document that is long enough to tell."""
    if isinstance(data, str) and len(data) >= SHORTEST:
        yield " ".join(data.split()).casefold()
    elif isinstance(data, dict):
        for value in cast("dict[str, object]", data).values():
            yield from texts(value)
    elif isinstance(data, list):
        for value in cast("list[object]", data):
            yield from texts(value)


def readable(body: bytes) -> str:
    """A reply as a reader sees it, and as it stands."""
    raw = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    try:
        source = raw.decode()
    except UnicodeDecodeError:
        source = raw.decode("windows-1252", "replace")
    without_tags = re.sub(r"<[^>]*>", " ", source)
    return " ".join(html.unescape(f"{source} {without_tags}").split()).casefold()


def parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


@pytest.mark.parametrize("model", ASKED)
async def test_nothing_that_only_a_registry_says_reaches_a_prompt(
    tmp_path: Path, exchanges: list[Exchange], model: str
) -> None:
    secrets = 0
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box, **ASKED[model]) as client:
        everything = EnrichOptions(max_cost_usd_micros=200_000)
        for number in range(8):
            exchanges.clear()
            await enrich(client, box.world.domain(number), everything)
            known = " ".join(map(readable, (each.said for each in exchanges if each.provider in FOUNDATION)))
            told = {text for each in exchanges if each.provider in REGISTRY for text in texts(parsed(each.said))}
            [prompt] = [each.sent.decode() for each in exchanges if each.provider == model]
            shown = " ".join(json.dumps(json.loads(prompt), ensure_ascii=False).split()).casefold()
            theirs = {text for text in told if text not in known}
            secrets += len(theirs)
            assert not {text for text in theirs if text in shown}
    assert secrets > 50


@pytest.mark.parametrize("model", ASKED)
async def test_equal_evidence_is_paid_for_once(tmp_path: Path, exchanges: list[Exchange], model: str) -> None:
    async with sandbox(SandboxSettings(latency_scale=0)) as box:
        domain = box.world.showcase[1]
        for options in (EnrichOptions(), EnrichOptions(layers=("foundation", "inference"))):
            async with service(tmp_path, box, **ASKED[model]) as client:
                last = completed(await enrich(client, domain, options))
        assert box.calls(model) == 1
    assert last.company.business_model
    assert len([each for each in exchanges if each.provider == model]) == 1
