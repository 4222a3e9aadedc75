"""What a trial shows: each picker's figures, and whether ours meet the targets."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from random import Random
from statistics import fmean

from .rivals import BASELINES, Pick, ours
from .score import Outcome, brier, calibration_error, ideal_calibration_error, interval
from .trial import Case, Trial, halves, priors, weighed

# Fewer companies say nothing about either target.
FEWEST = 30
MOST_ABOVE_IDEAL = 0.05


@dataclass(frozen=True)
class Figures:
    """One picker's share of right values, expected calibration error and Brier score."""

    accuracy: float
    calibration_error: float
    brier: float


@dataclass(frozen=True)
class Result:
    """All pickers' figures; `difference` is the 95 % interval of our accuracy less that of the best baseline.

    `disputed`: companies whose sources contradict each other; what we state there, and how often that is right.
    """

    companies: int
    disputed: int
    stated_when_disputed: float
    right_when_disputed: float
    ours: Figures
    baselines: Mapping[str, Figures]
    ideal: float
    best: str
    difference: tuple[float, float]

    @property
    def is_as_right(self) -> bool:
        """Not worse than the best of the baselines."""
        return self.difference[1] >= 0

    @property
    def is_calibrated(self) -> bool:
        """As sure as it is right, but for what chance makes of so many rows and 0.05."""
        return self.ours.calibration_error <= self.ideal + MOST_ABOVE_IDEAL


Scored = list[list[Outcome]]


def result(trial: Trial, splits: int, chance: Random) -> Result:
    """The trial over so many splits: every company is scored as often, never with what was learnt from it."""
    rounds = [_weighed(learnt, scored) for learnt, scored in halves(trial.cases, splits) if scored]
    own = _scored(ours, rounds, trial)
    others = {name: _scored(pick, rounds, trial) for name, pick in BASELINES.items()}
    figures = {name: _figures(scored) for name, scored in others.items()}
    best = max(figures, key=lambda name: figures[name].accuracy)
    disputed = [
        outcome
        for cases, outcomes in zip(rounds, own, strict=True)
        for case, outcome in zip(cases, outcomes, strict=True)
        if case.is_disputed
    ]
    return Result(
        companies=len(trial.cases),
        disputed=sum(case.is_disputed for case in trial.cases),
        stated_when_disputed=fmean(outcome.confidence for outcome in disputed) if disputed else 0.0,
        right_when_disputed=fmean(outcome.is_right for outcome in disputed) if disputed else 0.0,
        ours=_figures(own),
        baselines=figures,
        ideal=fmean(ideal_calibration_error([each.confidence for each in one], chance) for one in own),
        best=best,
        difference=interval(_differences(rounds, own, others[best]), chance),
    )


def _weighed(learnt: Sequence[Case], scored: Sequence[Case]) -> list[Case]:
    known = priors(learnt)
    return [weighed(case, known) for case in scored]


def _scored(pick: Pick, rounds: Sequence[Sequence[Case]], trial: Trial) -> Scored:
    return [
        [
            Outcome(confidence, case.is_right(value))
            for case in cases
            for value, confidence in [pick(case.facts, trial.entries)]
        ]
        for cases in rounds
    ]


def _figures(scored: Scored) -> Figures:
    everything = list(chain(*scored))
    return Figures(
        accuracy=fmean(outcome.is_right for outcome in everything),
        calibration_error=fmean(map(calibration_error, scored)),
        brier=brier(everything),
    )


def _differences(rounds: Sequence[Sequence[Case]], one: Scored, other: Scored) -> list[float]:
    """By company, each once: the mean over the splits."""
    found: dict[str, list[int]] = defaultdict(list)
    for case, mine, theirs in zip(chain(*rounds), chain(*one), chain(*other), strict=True):
        found[case.domain].append(int(mine.is_right) - int(theirs.is_right))
    return [fmean(each) for each in found.values()]
