"""Streams are counted, refused at the limit, and waited for."""

import asyncio

import pytest
from google.rpc.error_details_pb2 import RetryInfo  # pyright: ignore[reportMissingTypeStubs]

from enrichment.rpc.admission import Admission
from enrichment.rpc.status import Refused


def pause_of(admission: Admission) -> int:
    """Milliseconds, as the refusal of one more stream tells them."""
    with pytest.raises(Refused) as refusal, admission:
        pass
    retry = RetryInfo()
    assert refusal.value.status.details[1].Unpack(retry)
    return retry.retry_delay.ToMilliseconds()


def test_a_stream_counts_from_its_beginning_to_its_end() -> None:
    admission = Admission(2)
    with admission:
        assert repr(admission) == "<Admission 1 of 2 streams>"
    assert repr(admission) == "<Admission 0 of 2 streams>"


def test_a_stream_that_fails_counts_no_longer() -> None:
    admission = Admission(2)
    with pytest.raises(ValueError, match="a bug"), admission:
        raise ValueError("a bug")
    assert admission.streams == 0


def test_a_refused_stream_does_not_count() -> None:
    admission = Admission(1)
    with admission:
        pause_of(admission)
        assert admission.streams == 1


def test_those_refused_together_come_back_one_after_another() -> None:
    admission = Admission(0)
    pauses = [pause_of(admission) for _ in range(8)]
    assert len(set(pauses)) == 8
    assert all(500 <= pause < 1_500 for pause in pauses)


async def test_closing_refuses_new_streams_and_leaves_those_in_work() -> None:
    admission = Admission(2)
    with admission:
        admission.close()
        with pytest.raises(Refused, match="stopping"), admission:
            pass
        assert repr(admission) == "<Admission 1 of 2 streams, closed>"
        assert not await admission.idle(0.0)
    assert await admission.idle(0.0)


async def test_waiting_ends_with_the_last_stream() -> None:
    admission = Admission(2)
    with admission:
        waiting = asyncio.create_task(admission.idle(5.0))
        with admission:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()
    assert await waiting


async def test_work_that_can_wait_waits_for_room() -> None:
    admission = Admission(1)
    assert admission.has_room
    with admission:
        assert not admission.has_room
        waiting = asyncio.create_task(admission.room())
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting
    admission.stay()
    assert not admission.has_room
    admission.leave()
    assert admission.has_room


def test_work_that_can_wait_leaves_a_quarter_of_many_places_to_those_who_cannot() -> None:
    admission = Admission(200)
    while admission.has_room:
        admission.stay()
    assert admission.streams == 150
    with admission:
        assert admission.streams == 151


async def test_a_call_that_must_come_through_is_refused_by_a_stop_alone() -> None:
    admission = Admission(1)
    with admission, admission.at_any_time():
        assert admission.streams == 2
        pause_of(admission)
    with pytest.raises(ValueError, match="a bug"), admission.at_any_time():
        raise ValueError("a bug")
    assert await admission.idle(0.0)
    admission.close()
    with pytest.raises(Refused, match="stopping"), admission.at_any_time():
        pass


async def test_without_any_place_there_is_no_room() -> None:
    assert not Admission(0).has_room


async def test_what_goes_on_and_on_learns_of_the_close() -> None:
    admission = Admission(2)
    waiting = asyncio.create_task(admission.closed())
    await asyncio.sleep(0)
    assert not waiting.done()
    admission.close()
    assert "stopping" in str(await waiting)
