"""A call, and a source behind one guard, as the tests of the limits need them."""

import asyncio
from collections.abc import Callable
from typing import Any

from enrichment.domain.catalogue import Entry
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Ask, Call
from enrichment.domain.subject import Subject
from fakes import alone
from fakes import entry as an_entry

ENTRY = an_entry("gleif")
ANSWER = Answer("gleif", True, (), (), 1.0, 2.0)


def call(entry: Entry = ENTRY, domain: str = "acme.com", seconds: float = 1e9) -> Call:
    """A call whose caller waits for so long from the loop's zero."""
    return Call(entry, Subject(domain), domain.encode(), 0, alone(seconds))


class Provider:
    """Answers after `seconds`, or fails with `error`; knows when each call began, and the most there were at once."""

    def __init__(self, seconds: float = 0.0, error: BaseException | None = None) -> None:
        self.seconds = seconds
        self.error = error
        self.starts: list[float] = []
        self.under_way = 0
        self.most_at_once = 0

    async def ask(self, _: Call) -> Answer:
        self.starts.append(asyncio.get_running_loop().time())
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            await asyncio.sleep(self.seconds)
            if self.error is not None:
                raise self.error
            return ANSWER
        finally:
            self.under_way -= 1


def begin(ask: Ask, a_call: Call) -> asyncio.Task[Answer]:
    """The call in a task of its own."""

    async def asked() -> Answer:
        return await ask(a_call)

    return asyncio.create_task(asked())


async def outcome(ask: Ask, a_call: Call) -> Answer | Exception:
    """What a call comes to, a failure as a value."""
    try:
        return await ask(a_call)
    except Exception as error:  # noqa: BLE001 - handed on to be looked at
        return error


Change = tuple[str, str, str]


def changes_to(changes: list[Change]) -> Callable[[str, Any, Any], None]:
    """A listener that writes down what a breaker tells it."""

    def listener(source: str, old: str, new: str) -> None:
        changes.append((source, str(old), str(new)))

    return listener
