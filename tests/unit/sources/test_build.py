"""From a catalogue entry to its source."""

import pytest

from contract.http_sources import entry_of
from enrichment.sources import build
from enrichment.sources.http import HttpSource, authorities
from fakes import entry


@pytest.mark.parametrize("name", ["receitaws", "opencorporates", "mapbox", "rdap"])
async def test_three_pure_functions_are_a_source(name: str) -> None:
    source = build(entry_of(name))
    assert isinstance(source, HttpSource)
    await source.close()


@pytest.mark.parametrize("name", ["dns", "groq"])
async def test_a_source_of_its_own_kind_is_made_by_its_module(name: str) -> None:
    source = build(entry_of(name))
    assert not isinstance(source, HttpSource)
    await source.close()


def test_an_entry_without_a_module_is_an_error_at_the_start() -> None:
    with pytest.raises(ModuleNotFoundError):
        build(entry("nobody"))


def test_whom_sources_trust_is_read_before_the_first_call() -> None:
    authorities.cache_clear()
    build(entry_of("rdap"))
    assert authorities.cache_info().currsize == 1
