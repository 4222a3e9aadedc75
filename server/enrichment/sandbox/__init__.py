"""A stand-in for every provider: one real HTTP server and a name server, so that everything runs without a key."""

from enrichment.sandbox.server import Sandbox, SandboxSettings, sandbox
from enrichment.sandbox.world import Company, World

__all__ = ["Company", "Sandbox", "SandboxSettings", "World", "sandbox"]
