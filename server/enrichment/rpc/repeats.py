"""The same request under the same id: run once, paid for once, told to all who ask.

A run with a request id belongs to this registry and not to the stream that began it. What it says is recorded; whoever
asks reads the recording from its beginning, each at a pace of its own, and the run goes on though all of them leave. An
answer is repeated as it was, one that came out partial included; a run that broke or was refused is no answer, and its
id is free again.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from enrichment.domain.errors import InvalidRequest
from enrichment.rpc import status
from enrichment.rpc.admission import Admission
from enrichment.rpc.limit import time_limit
from enrichment.rpc.status import Refused

log = logging.getLogger(__name__)

# What the contract promises, counted from the first request.
REMEMBERED_SECONDS = 600.0
# No enrichment says more: some twenty messages, the largest of a few hundred kB.
MOST_BYTES_OF_ONE = 8 * 1024 * 1024

Start = Callable[[], AsyncGenerator[bytes, None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has passed validation: whose, under which id, and all of it that can change its answer.

    `domain`: the company it is about. `seconds`: how long its run may take, if it is the first.
    """

    caller: str
    request_id: str
    question: bytes
    domain: str
    seconds: float


class _Recording:
    """What one run has said so far, and how it ended."""

    def __init__(self, asked: Asked, began: float) -> None:
        self.asked = asked
        self.began = began
        self.responses: list[bytes] = []
        self.size = len(asked.question)
        self.readers = 0
        self.is_over = False
        self.is_kept = False
        self._error: BaseException | None = None
        self._news = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        return self.is_over and not self.readers

    def add(self, response: bytes) -> None:
        self.responses.append(response)
        self.size += len(response)
        self._tell()

    def end(self, error: BaseException | None) -> None:
        self.is_over, self._error = True, error
        self._tell()

    async def read(self) -> AsyncGenerator[bytes, None]:
        """All of it, from the beginning; raises what ended the run."""
        told = 0
        while True:
            while told < len(self.responses):
                told += 1
                yield self.responses[told - 1]
            if self.is_over:
                break
            await self._news.wait()
        if self._error is not None:
            raise self._error

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class Repeats:
    """The runs of the last ten minutes that had a request id, the oldest answers dropped first for want of room.

    A run that goes on without a reader counts in `admission`, so that leaving makes room for nobody too early.
    """

    def __init__(self, admission: Admission, *, max_entries: int = 10_000, max_bytes: int = 64 * 1024 * 1024) -> None:
        self._admission = admission
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._recordings: dict[tuple[str, str], _Recording] = {}
        self._bytes = 0
        self._runs: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Repeats {len(self._recordings)} requests, {self._bytes} bytes, {len(self._runs)} at work>"

    def knows(self, asked: Asked) -> bool:
        """Whether reading would join or repeat an earlier run; raises Refused where the id is another request's."""
        return self._find(asked) is not None

    async def read(self, asked: Asked, start: Start) -> AsyncGenerator[bytes, None]:
        """What the run of this request says: an earlier one's, or that of one that `start` begins now.

        Raises Refused where the id is another request's.
        """
        recording = self._find(asked) or self._begin(asked, start)
        recording.readers += 1
        try:
            async with aclosing(recording.read()) as responses:
                async for response in responses:
                    yield response
        finally:
            recording.readers -= 1
            if not (recording.readers or recording.is_over or recording.is_kept):
                recording.is_kept = True
                self._admission.stay()

    def forget(self, domain: str) -> int:
        """Repeats nothing of this company any more, and says how many answers that were; who is reading reads on."""
        recordings = [each for each in self._recordings.values() if each.asked.domain == domain]
        for recording in recordings:
            self._drop(recording)
        return len(recordings)

    async def close(self) -> None:
        """Ends the runs that nobody reads any more; returns when they have ended."""
        for run in self._runs:
            run.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)

    def _find(self, asked: Asked) -> _Recording | None:
        now = asyncio.get_running_loop().time()
        while (oldest := next(iter(self._recordings.values()), None)) and oldest.began + REMEMBERED_SECONDS <= now:
            self._drop(oldest)
        found = self._recordings.get((asked.caller, asked.request_id))
        if found is not None and found.asked.question != asked.question:
            raise Refused(status.request_id_reused(asked.request_id))
        return found

    def _begin(self, asked: Asked, start: Start) -> _Recording:
        recording = _Recording(asked, asyncio.get_running_loop().time())
        self._recordings[asked.caller, asked.request_id] = recording
        self._bytes += recording.size
        self._make_room()
        run = asyncio.create_task(self._record(recording, start), name=f"request {asked.request_id}")
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)
        return recording

    async def _record(self, recording: _Recording, start: Start) -> None:
        try:
            async with time_limit(recording.asked.seconds), aclosing(start()) as responses:
                async for response in responses:
                    self._add(recording, response)
        except (Exception, asyncio.CancelledError) as error:
            self._drop(recording)
            recording.end(error)
            if not recording.readers and not isinstance(error, Refused | InvalidRequest | asyncio.CancelledError):
                log.exception("the run of %s broke when nobody was left to be told", recording.asked.request_id)
        else:
            recording.end(None)
        finally:
            if recording.is_kept:
                self._admission.leave()

    def _add(self, recording: _Recording, response: bytes) -> None:
        recording.add(response)
        if recording.size > MOST_BYTES_OF_ONE:
            raise RuntimeError(f"a run has said more than {MOST_BYTES_OF_ONE} bytes")
        if self._is_held(recording):
            self._bytes += len(response)
            self._make_room()

    def _make_room(self) -> None:
        """Drops answers; what is still at work or being read is bounded by how many streams there may be."""
        if self._bytes <= self._max_bytes and len(self._recordings) <= self._max_entries:
            return
        for recording in [each for each in self._recordings.values() if each.is_idle]:
            self._drop(recording)
            if self._bytes <= self._max_bytes and len(self._recordings) <= self._max_entries:
                return

    def _is_held(self, recording: _Recording) -> bool:
        return self._recordings.get((recording.asked.caller, recording.asked.request_id)) is recording

    def _drop(self, recording: _Recording) -> None:
        if self._is_held(recording):
            del self._recordings[recording.asked.caller, recording.asked.request_id]
            self._bytes -= recording.size
