"""How right merged values are, and how well `confidence` says so, against the three usual ways of merging.

Lists of real companies play the sources, each in turn the judge; then the sandbox's world, where conflicts are planted.
A source's prior is learnt on one half of the companies and scored on the other. Nothing of the lists is in here: they
are read from ../shared/datasets, and the part is left out where that is not there.

Run: python bench/quality.py [--smoke] [--seed N]; another seed invents another sample and shows what was luck.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from calibration import planted, sets
from calibration.result import FEWEST, MOST_ABOVE_IDEAL, Figures, Result, result
from calibration.rivals import BASELINES
from calibration.trial import Trial

SEED = 20_261_125
# Fewer contradictions are counted and not averaged.
FEWEST_SPLIT = 10
HEAD = f"{'field':<23}{'judge':<8}{'n':>4} {'split':<14}"


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    companies: int
    splits: int


FULL, SMOKE = Size(600, 4), Size(60, 1)


def figures(each: Figures) -> str:
    return f"{each.accuracy:.3f} {each.calibration_error:.3f} {each.brier:.3f} "


def split(found: Result) -> str:
    if found.disputed < FEWEST_SPLIT:
        return str(found.disputed or "")
    return f"{found.disputed:<4}{found.stated_when_disputed:.2f} {found.right_when_disputed:.2f}"


def row(trial: Trial, found: Result) -> str:
    low, high = found.difference
    right = trial.rule or ("met" if found.is_as_right else "MISSED")
    sure = "met" if found.is_calibrated else "MISSED"
    told = "".join(f"|{figures(each)}" for each in (found.ours, *found.baselines.values()))
    return (
        f"{trial.name:<23}{trial.judge:<8}{found.companies:>4} {split(found):<14}{told}"
        f"|{found.best:<10} {low:+.3f} to {high:+.3f} {right:<13} |{found.ideal:.3f} {sure}"
    )


def table(title: str, trials: Sequence[Trial], splits: int, seed: int) -> bool:
    """Prints a line for each trial; False where one misses a target."""
    columns = "".join(f"|{name:<18}" for name in ("ours", *BASELINES))
    print(f"\n{title}\n\n{HEAD}{columns}|{'best, and ours less best':<42}|ideal")
    is_met = True
    for trial in trials:
        if len(trial.cases) < FEWEST:
            print(f"{trial.name:<23}{trial.judge:<8}{len(trial.cases):>4} too few to say anything")
            continue
        found = result(trial, splits, Random(seed))
        is_met &= (found.is_as_right or bool(trial.rule)) and found.is_calibrated
        print(row(trial, found))
    return is_met


def explained() -> str:
    return f"""\
Three figures for each way of merging: accuracy, expected calibration error (ECE), Brier score. n: companies.
split: those whose sources contradict each other, with the confidence that we state there and how often we are right.
Targets: the 95 % interval of our accuracy less the best baseline's does not lie below 0; our ECE is at most
{MOST_ABOVE_IDEAL} above what perfect calibration would show with so many rows (ideal)."""


def main(is_smoke: bool, seed: int) -> int:
    size = SMOKE if is_smoke else FULL
    print(explained())
    is_met = True
    if sets.FOLDER.is_dir():
        trials = sets.trials()
        is_met &= table("Real companies: each list in turn is the judge of the others", trials, size.splits, seed)
        alone = sorted(sets.QUESTIONS.keys() - {trial.name for trial in trials})
        print(f"\nno two lists answer, for any company: {', '.join(alone)}")
    else:
        print("\nReal companies: left out, ../shared/datasets is not here")
    world = asyncio.run(planted.trials(size.companies, seed))
    title = f"The sandbox's world: {size.companies} invented companies, every source asked"
    is_met &= table(title, world, size.splits, seed)
    print("\nregisters win: a renamed company's registers hold its former name, and a legal name is what they hold")
    return 0 if is_met or is_smoke else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="few companies, one split, no verdict")
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args()
    sys.exit(main(chosen.smoke, chosen.seed))
