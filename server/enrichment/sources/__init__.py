"""One file (or folder) per provider: how to ask it, how to read its answer; nothing else."""

from importlib import import_module
from typing import cast

from enrichment.domain.catalogue import Entry
from enrichment.domain.ports import Source
from enrichment.sources.http import HttpSource, Provider, authorities


def build(entry: Entry) -> Source:
    """The source that a catalogue entry names: what its module's `source` makes, else a plain HTTP provider."""
    authorities()
    module = import_module(f"enrichment.sources.{entry.name}")
    if hasattr(module, "source"):
        return cast("Source", module.source(entry))
    return HttpSource(entry, cast("Provider", module))
