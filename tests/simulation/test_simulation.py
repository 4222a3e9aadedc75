"""Simulated worlds keep every promise, and the same seed is the same world."""

import pytest

from simulation.world import simulate


@pytest.mark.parametrize("seed", range(40))
def test_a_world_keeps_every_promise(seed: int) -> None:
    assert simulate(seed).calls > 0


def test_the_same_seed_is_the_same_world() -> None:
    assert simulate(7) == simulate(7)
    assert simulate(7).digest != simulate(8).digest
