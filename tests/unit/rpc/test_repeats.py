"""What is remembered of a request with an id: for how long, how much, and until when."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

import pytest

from enrichment.rpc.admission import Admission
from enrichment.rpc.repeats import REMEMBERED_SECONDS, Asked, Repeats
from enrichment.rpc.status import Refused
from virtual_time import in_virtual_time

ASKED = Asked("acme", "id-1", b"question", "vidraria.com.br", 8.0)


@dataclass
class Runs:
    """Counts the runs begun; each says its number in so many bytes, and takes `seconds`."""

    seconds: float = 0.0
    size: int = 10
    begun: int = 0
    ended: int = 0

    async def start(self) -> AsyncGenerator[bytes, None]:
        self.begun += 1
        number = self.begun
        try:
            yield bytes([number]) * self.size
            await asyncio.sleep(self.seconds)
            yield b"end"
        finally:
            self.ended += 1


def repeats(max_entries: int = 100, max_bytes: int = 10_000) -> Repeats:
    return Repeats(Admission(10), max_entries=max_entries, max_bytes=max_bytes)


async def told(repeats: Repeats, runs: Runs, asked: Asked = ASKED) -> int:
    """The number of the run that answered."""
    said = [response async for response in repeats.read(asked, runs.start)]
    assert said[-1] == b"end"
    return said[0][0]


def test_an_answer_is_remembered_for_ten_minutes_from_its_beginning() -> None:
    async def main() -> list[int]:
        registry, runs = repeats(), Runs(seconds=5.0)
        first = await told(registry, runs)
        await asyncio.sleep(REMEMBERED_SECONDS - 5.1)
        second = await told(registry, runs)
        assert registry.knows(ASKED)
        await asyncio.sleep(0.2)
        assert not registry.knows(ASKED)
        return [first, second, await told(registry, runs)]

    assert in_virtual_time(main()) == [1, 1, 2]


def test_after_ten_minutes_the_id_is_free_for_another_request() -> None:
    async def main() -> None:
        registry, runs = repeats(), Runs()
        await told(registry, runs)
        other = replace(ASKED, question=b"another question")
        with pytest.raises(Refused, match="used within the last ten minutes"):
            registry.knows(other)
        with pytest.raises(Refused, match="used within the last ten minutes"):
            await told(registry, runs, other)
        await asyncio.sleep(REMEMBERED_SECONDS)
        assert await told(registry, runs, other) == 2

    in_virtual_time(main())


def test_the_oldest_answers_go_first_for_want_of_room() -> None:
    async def main() -> None:
        registry, runs = repeats(max_bytes=100), Runs(size=40)
        asked = [replace(ASKED, request_id=f"id-{number}") for number in range(3)]
        for each in asked:
            await told(registry, runs, each)
        assert [registry.knows(each) for each in asked] == [False, False, True]
        await asyncio.sleep(0.1)
        assert repr(registry) == "<Repeats 1 requests, 51 bytes, 0 at work>"

    in_virtual_time(main())


def test_so_many_answers_and_no_more_are_remembered() -> None:
    async def main() -> None:
        registry, runs = repeats(max_entries=2), Runs()
        asked = [replace(ASKED, request_id=f"id-{number}") for number in range(3)]
        for each in asked:
            await told(registry, runs, each)
        assert [registry.knows(each) for each in asked] == [False, True, True]

    in_virtual_time(main())


def test_what_is_at_work_is_not_dropped_for_want_of_room() -> None:
    async def main() -> None:
        registry, runs = repeats(max_entries=1), Runs(seconds=1.0)
        other = replace(ASKED, request_id="id-2")
        first = asyncio.create_task(told(registry, runs))
        await asyncio.sleep(0.5)
        second = asyncio.create_task(told(registry, runs, other))
        await asyncio.sleep(0.1)
        assert registry.knows(ASKED)
        assert await asyncio.gather(first, second, told(registry, runs)) == [1, 2, 1]

    in_virtual_time(main())


def test_a_company_that_is_forgotten_is_repeated_no_more_and_who_reads_reads_on() -> None:
    async def main() -> None:
        registry, runs = repeats(), Runs(seconds=1.0)
        other = replace(ASKED, request_id="id-2", domain="padaria.com.br")
        reading = [asyncio.create_task(told(registry, runs, each)) for each in (ASKED, other)]
        await asyncio.sleep(0.5)
        registry.forget("vidraria.com.br")
        assert (registry.knows(ASKED), registry.knows(other)) == (False, True)
        assert await asyncio.gather(*reading) == [1, 2]
        assert await told(registry, runs) == 3
        assert "2 requests" in repr(registry)

    in_virtual_time(main())


def test_closing_ends_the_runs_that_nobody_reads() -> None:
    async def main() -> None:
        admission, runs = Admission(10), Runs(seconds=5.0)
        registry = Repeats(admission)
        stream = registry.read(ASKED, runs.start)
        await anext(stream)
        await stream.aclose()
        assert (admission.streams, runs.ended) == (1, 0)
        await registry.close()
        assert (admission.streams, runs.ended) == (0, 1)
        assert not registry.knows(ASKED)

    in_virtual_time(main())


def test_a_run_that_was_left_counts_once_however_often_it_is_left() -> None:
    async def main() -> None:
        admission, runs = Admission(10), Runs(seconds=5.0)
        registry = Repeats(admission)
        for _ in range(3):
            stream = registry.read(ASKED, runs.start)
            await anext(stream)
            await stream.aclose()
        assert admission.streams == 1
        assert await told(registry, runs) == 1
        assert admission.streams == 0

    in_virtual_time(main())


def test_a_run_that_broke_when_nobody_was_left_to_be_told_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield b"first"
        await asyncio.sleep(1.0)
        raise ValueError("a bug")

    async def main() -> None:
        registry = repeats()
        stream = registry.read(ASKED, broken)
        await anext(stream)
        await stream.aclose()
        await asyncio.sleep(2.0)
        assert not registry.knows(ASKED)

    in_virtual_time(main())
    assert [record.message for record in caplog.records] == ["the run of id-1 broke when nobody was left to be told"]
