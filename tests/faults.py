"""The fault matrix: `make faults`. Every source x every fault x the cache up, down and hung, over real sockets."""

import asyncio
import logging
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from enrichment.domain.money import dollars
from matrix.cell import CACHES, DEADLINE_SECONDS, FAULTS, Cell, Verdict, cells, sources, verdict

# Most of a cell is waiting.
PROCESSES_A_CORE = 2
HELD, BROKEN, NONE = "✓", "✗", "-"


def main() -> int:
    """Exit code 1 where something does not hold in a cell."""
    began = time.monotonic()
    healthy = played(Cell(sources()[0], "", "up"), {})
    if healthy.broken:
        print(f"Where nobody fails: {healthy.broken}")
        return 1
    verdicts = _all(cells(), healthy.facts)
    print(f"\n\n{table(verdicts)}\n\n{summary(verdicts)} {time.monotonic() - began:.0f} s.")
    failed = [each for each in verdicts if each.broken]
    for each in failed:
        print(f"{BROKEN} {each.cell}: {each.broken}")
    return 1 if failed else 0


def played(cell: Cell, healthy: Mapping[str, frozenset[int]]) -> Verdict:
    """Plays a cell in an event loop and a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="imensiah-faults-") as folder:
        return asyncio.run(verdict(cell, Path(folder), healthy))


def _all(every: Sequence[Cell], healthy: Mapping[str, frozenset[int]]) -> list[Verdict]:
    verdicts: list[Verdict] = []
    processes = PROCESSES_A_CORE * (os.cpu_count() or 1)
    with multiprocessing.get_context("spawn").Pool(processes, initializer=_quiet) as pool:
        for each in pool.imap_unordered(partial(played, healthy=healthy), every):
            verdicts.append(each)
            if len(verdicts) % 8 == 0 or len(verdicts) == len(every):
                print(f"\r{len(verdicts)} of {len(every)} cells", end="", flush=True)
    return verdicts


def table(verdicts: Sequence[Verdict]) -> str:
    """A row for each source, a column for each fault, in it a mark for each state of the cache."""
    marks = {(v.cell.source, v.cell.fault, v.cell.cache): BROKEN if v.broken else HELD for v in verdicts}
    width, widths = max(map(len, sources())), [max(len(fault), len(CACHES)) for fault in FAULTS]
    lines = ["  ".join(["source".ljust(width), *map(str.ljust, FAULTS, widths)])]
    for source in sources():
        shown = ["".join(marks.get((source, fault, cache), NONE) for cache in CACHES) for fault in FAULTS]
        lines.append("  ".join([source.ljust(width), *map(str.ljust, shown, widths)]).rstrip())
    return "\n".join([*lines, f"\nCache {', '.join(CACHES)}; {NONE * len(CACHES)} where a provider cannot fail so."])


def summary(verdicts: Sequence[Verdict]) -> str:
    """The figures: cells, the slowest, money."""
    held, slowest = sum(not each.broken for each in verdicts), max(verdicts, key=lambda each: each.seconds)
    again = sum(each.round > 1 for each in verdicts)
    billed, unbilled = (sum(getattr(each, name) for each in verdicts) for name in ("billed", "unbilled"))
    return (
        f"{held} of {len(verdicts)} cells hold: answered within {DEADLINE_SECONDS:g} s "
        f"(slowest {slowest.seconds:.2f} s: {slowest.cell}), one outcome for each source, "
        "the others' facts all there.\n"
        f"The providers billed {dollars(billed)}; nothing twice, no hold left open, and {dollars(unbilled)} more "
        f"was put down, marked as estimated, for calls that were sent and not answered.\n"
        f"{again} were played more than once, because the machine stood still."
    )


def _quiet() -> None:
    logging.disable(logging.CRITICAL)


if __name__ == "__main__":
    sys.exit(main())
