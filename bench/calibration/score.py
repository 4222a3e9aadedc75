"""Accuracy, calibration, and what chance alone would make of either. Pure: randomness comes in as an argument."""

from collections.abc import Sequence
from random import Random
from statistics import fmean
from typing import NamedTuple

BINS = 10
BOOTSTRAPS = 1_000
IDEAL_WORLDS = 25


class Outcome(NamedTuple):
    """One scored value: how sure the picker was, and whether it was right."""

    confidence: float
    is_right: bool


def brier(outcomes: Sequence[Outcome]) -> float:
    """The mean squared distance between confidence and outcome; 0 is best."""
    return fmean((confidence - is_right) ** 2 for confidence, is_right in outcomes)


def calibration_error(outcomes: Sequence[Outcome]) -> float:
    """The expected calibration error over ten bins of equal mass; equal confidences are never put asunder."""
    ordered = sorted(outcomes)
    total, gap, held = 0.0, 0.0, 0
    for at, (confidence, is_right) in enumerate(ordered, 1):
        gap, held = gap + confidence - is_right, held + 1
        is_last = at == len(ordered)
        if is_last or (held * BINS >= len(ordered) and ordered[at].confidence != confidence):
            total, gap, held = total + abs(gap), 0.0, 0
    return total / len(ordered)


def ideal_calibration_error(confidences: Sequence[float], chance: Random) -> float:
    """What a perfectly calibrated picker would show with these confidences: outcomes drawn from them, many times."""
    worlds = ([Outcome(sure, chance.random() < sure) for sure in confidences] for _ in range(IDEAL_WORLDS))
    return fmean(map(calibration_error, worlds))


def interval(differences: Sequence[float], chance: Random) -> tuple[float, float]:
    """The 95 % interval of the mean of paired differences, by the bootstrap over companies."""
    if not any(differences):
        return 0.0, 0.0
    means = sorted(fmean(chance.choices(differences, k=len(differences))) for _ in range(BOOTSTRAPS))
    return means[int(BOOTSTRAPS * 0.025)], means[int(BOOTSTRAPS * 0.975) - 1]
