"""Many simulated worlds: `make simulate SEEDS=2000`. Prints what came of them, or the seed that broke a promise."""

import argparse
import logging
import multiprocessing
import sys
import time
from collections import Counter
from pathlib import Path

from simulation.provider import BrokenPromise
from simulation.world import Result, simulate


def main() -> int:
    """Exit code 1 where a promise did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2_000, help="worlds of some 500 requests each (default 2000)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    arguments = parser.parse_args()
    began = time.monotonic()
    try:
        requests, calls, billed, ended = _all(range(arguments.first, arguments.first + arguments.seeds))
    except BrokenPromise as broken:
        print(f"\nA promise does not hold in {broken}\nAgain: python {Path(__file__).name} --seeds 1 --first SEED")
        return 1
    seconds = time.monotonic() - began
    print(f"\n{requests:,} requests in {arguments.seeds:,} worlds, {seconds:.0f} s: every promise held.")
    print(f"{calls:,} calls reached a provider, which billed ${billed / 1_000_000:,.2f}.")
    for word, number in ended.most_common():
        print(f"  {number:>10,}  {word}")
    return 0


def _all(seeds: range) -> tuple[int, int, int, Counter[str]]:
    calls, billed, ended = 0, 0, Counter[str]()
    with multiprocessing.get_context("spawn").Pool(initializer=_quiet) as pool:
        for number, result in enumerate(pool.imap_unordered(_simulated, seeds, chunksize=10), start=1):
            calls += result.calls
            billed += result.billed_usd_micros
            ended.update(result.ended)
            if number % 50 == 0 or number == len(seeds):
                print(f"\r{number:,} of {len(seeds):,} worlds", end="", flush=True)
    return ended.total(), calls, billed, ended


def _simulated(seed: int) -> Result:
    return simulate(seed)


def _quiet() -> None:
    logging.disable(logging.CRITICAL)


if __name__ == "__main__":
    sys.exit(main())
