"""A sample of the fault matrix, which `make faults` plays whole: every fault once, and each state of the cache."""

from pathlib import Path

from matrix.cell import CACHES, FAULTS, Cell, cells, depending_on, sources, verdict


def sample() -> list[Cell]:
    """For each fault one source, the next for the next, and the cache in turn."""
    every, chosen = cells(), list[Cell]()
    for number, fault in enumerate(FAULTS):
        able = [source for source in sources() if Cell(source, fault, "up") in every]
        chosen.append(Cell(able[(5 * number + 2) % len(able)], fault, CACHES[number % len(CACHES)]))
    return chosen


def test_every_source_can_fail_in_most_ways_and_the_cache_in_all() -> None:
    every = cells()
    assert {cell.source for cell in every} == set(sources())
    assert {cell.fault for cell in every} == set(FAULTS)
    assert all(len([cell for cell in every if cell.source == source]) >= 5 * len(CACHES) for source in sources())


def test_who_waits_for_a_source_depends_on_it_and_who_does_not_is_free_of_it() -> None:
    assert {"groq", "anthropic", "receitaws", "opencnpj"} <= depending_on("website")
    assert depending_on("dns") == frozenset()
    assert depending_on("groq") == {"anthropic"}


async def test_whoever_fails_is_an_outcome_and_costs_the_others_nothing(tmp_path: Path) -> None:
    healthy = await verdict(Cell("website", "", "up"), tmp_path / "well", {})
    assert healthy.broken == ""
    assert healthy.facts.keys() == set(sources())
    for number, cell in enumerate(sample()):
        found = await verdict(cell, tmp_path / str(number), healthy.facts)
        assert found.broken == "", str(cell)
