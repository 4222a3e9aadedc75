"""A provider that fails for everybody is told of once a minute, with a count."""

import logging

import pytest

from enrichment.domain.errors import Fault, Rejected, SourceError
from enrichment.domain.ports import Call
from enrichment.domain.subject import Subject
from enrichment.pipeline.failure_log import FailureLog
from fakes import alone, entry


class Failing:
    """Failures one after the other, at the seconds that are named."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.log = FailureLog(lambda: self.now)

    def fail(
        self, error: SourceError, source: str = "groq", domain: str = "larch.example", *, after: float = 0
    ) -> None:
        self.now += after
        self.log.note(Call(entry(source), Subject(domain), b"q", 0, alone()), error)


def test_the_first_failure_of_a_kind_is_a_warning_and_the_next_ones_are_not(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    failing = Failing()
    failing.fail(Rejected("HTTP 404: model_not_found"))
    failing.fail(Rejected("HTTP 404: model_not_found"), domain="other.example", after=59.9)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "groq failed for larch.example: Rejected: HTTP 404: model_not_found"),
        (logging.DEBUG, "groq failed for other.example: Rejected: HTTP 404: model_not_found"),
    ]


def test_after_a_minute_there_is_another_warning_with_a_count(caplog: pytest.LogCaptureFixture) -> None:
    failing = Failing()
    for _ in range(1_000):
        failing.fail(Fault("503"), after=0.01)
    failing.fail(Fault("503"), after=60)
    failing.fail(Fault("503"), after=60)
    assert caplog.messages == [
        "groq failed for larch.example: Fault: 503",
        "groq failed for larch.example: Fault: 503 (and 999 more like it since the last warning)",
        "groq failed for larch.example: Fault: 503",
    ]


def test_each_source_and_kind_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    failing = Failing()
    for source in ("groq", "gleif"):
        for error in (Fault("503"), Rejected("404"), Fault("reset")):
            failing.fail(error, source)
    assert len(caplog.messages) == 4
