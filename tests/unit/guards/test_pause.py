"""A pause that is asked for is never undercut; a source that nobody may ask is left alone for long."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from limited import ANSWER, Provider, call, outcome

from enrichment.domain.catalogue import Hosts
from enrichment.domain.errors import (
    Fault,
    QuotaExhausted,
    Skipped,
    SkipReason,
    SourceError,
    Throttled,
    Unauthorized,
)
from enrichment.guards import pause
from enrichment.guards.passable import passable
from enrichment.guards.pause import Pauses
from fakes import entry
from virtual_time import in_virtual_time


async def refusal_after(error: SourceError, seconds: float) -> object:
    pauses, provider = Pauses(), Provider(error=error)
    ask = pauses.heeded(provider.ask)
    assert await outcome(ask, call()) is error
    await asyncio.sleep(seconds)
    provider.error = None
    answer = await outcome(ask, call())
    return (answer.reason, answer.explanation) if isinstance(answer, Skipped) else answer


@pytest.mark.parametrize(
    ("error", "seconds", "reason", "words"),
    [
        (
            Throttled("429", retry_after=30),
            29,
            SkipReason.RATE_LIMITED,
            "it asked for a pause of 30 s; next call in 1 s",
        ),
        (Throttled("429"), 10, SkipReason.RATE_LIMITED, "it asked for a pause of 60 s; next call in 50 s"),
        (QuotaExhausted("402"), 3_000, SkipReason.RATE_LIMITED, "its quota is used up; next call in 10 min"),
        (
            Unauthorized("401"),
            60,
            SkipReason.NO_CREDENTIALS,
            "it does not accept this server's key; next call in 59 min",
        ),
    ],
)
def test_nothing_is_sent_until_the_pause_is_over(
    error: SourceError, seconds: float, reason: SkipReason, words: str
) -> None:
    assert in_virtual_time(refusal_after(error, seconds)) == (reason, words)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (Throttled("429", retry_after=30), 30),
        (Throttled("429", retry_after=0), 0),
        (Throttled("429"), 60),
        (Unauthorized("401"), 3_600),
        (Fault("503"), 0),
    ],
)
def test_when_it_is_over_calls_go_on(error: SourceError, seconds: float) -> None:
    assert in_virtual_time(refusal_after(error, seconds)) is ANSWER


def test_the_longest_wish_wins() -> None:
    async def story() -> float:
        pauses, provider = Pauses(), Provider(seconds=1)
        errors = [Throttled("429", retry_after=seconds) for seconds in (5, 90, 20)]

        async def fail(error: SourceError) -> None:
            await outcome(pauses.heeded(Provider(1, error).ask), call())

        await asyncio.gather(*(fail(error) for error in errors))
        assert isinstance(await outcome(pauses.heeded(provider.ask), call()), Skipped)
        found = pauses.of("gleif")
        assert found
        assert pauses.refused["gleif"] == 1
        return found.until

    assert in_virtual_time(story()) == pytest.approx(91, abs=1e-3)


def test_one_who_only_looks_is_refused_too_and_changes_nothing() -> None:
    async def story() -> None:
        pauses, provider = Pauses(), Provider()
        await outcome(pauses.heeded(Provider(error=Throttled("429")).ask), call())
        ask = passable(pauses.check)(provider.ask)
        assert isinstance(await outcome(ask, call()), Skipped)
        assert provider.starts == []
        await asyncio.sleep(60)
        assert await outcome(ask, call()) is ANSWER

    in_virtual_time(story())


@pytest.mark.parametrize(
    ("hosts", "domain", "is_passed"),
    [
        (Hosts.ONE, "other.com", False),
        (Hosts.PER_COMPANY, "other.com", True),
        (Hosts.PER_COMPANY, "acme.com", False),
        (Hosts.PER_ENDING, "other.com", False),
        (Hosts.PER_ENDING, "other.com.br", True),
    ],
)
def test_of_many_servers_only_the_one_that_asked_is_left_alone(hosts: Hosts, domain: str, is_passed: bool) -> None:
    source = entry("website", hosts=hosts)

    async def story() -> object:
        pauses = Pauses()
        await outcome(pauses.heeded(Provider(error=Throttled("429")).ask), call(source, "acme.com"))
        return await outcome(pauses.heeded(Provider().ask), call(source, domain))

    assert (in_virtual_time(story()) is ANSWER) == is_passed


@pytest.mark.parametrize(("domain", "is_passed"), [("acme.com", False), ("other.com", True)])
def test_a_question_that_needs_time_holds_up_no_other(domain: str, is_passed: bool) -> None:
    async def story() -> object:
        pauses = Pauses()
        await outcome(pauses.heeded(Provider(error=Throttled("202", is_of_question=True)).ask), call(domain="acme.com"))
        return await outcome(pauses.heeded(Provider().ask), call(domain=domain))

    assert (in_virtual_time(story()) is ANSWER) == is_passed


def test_an_operator_is_told_once_of_a_key_that_is_not_accepted(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        pauses = Pauses()
        failing = pauses.heeded(Provider(1, Unauthorized("HTTP 401")).ask)
        await asyncio.gather(*(outcome(failing, call()) for _ in range(5)))

    in_virtual_time(story())
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["gleif is off for 60 min: Unauthorized: HTTP 401"]


@pytest.fixture
def few_pauses(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Pauses]:
    monkeypatch.setattr(pause, "MOST_PAUSES", 3)
    return Pauses


def test_pauses_do_not_pile_up(few_pauses: Callable[[], Pauses]) -> None:
    source = entry("website", hosts=Hosts.PER_COMPANY)

    async def story() -> None:
        pauses = few_pauses()
        for number, seconds in enumerate((10, 500, 5, 300)):
            await outcome(
                pauses.heeded(Provider(error=Throttled("429", retry_after=seconds)).ask), call(source, f"{number}.com")
            )
        # The one that would have ended first made room.
        assert len(pauses) == 3
        assert pauses.of("website", "2.com") is None
        assert pauses.of("website", "0.com")
        await asyncio.sleep(400)
        await outcome(pauses.heeded(Provider(error=Throttled("429")).ask), call(source, "5.com"))
        # Those that are over go first.
        assert len(pauses) == 2

    in_virtual_time(story())
