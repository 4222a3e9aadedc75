"""The invented companies that the sandbox knows: the same seed gives the same world, on every machine."""

from enrichment.sandbox.world.atlas import World
from enrichment.sandbox.world.company import Company, Facts, Planted, Seat

__all__ = ["Company", "Facts", "Planted", "Seat", "World"]
