"""What stands between gRPC and a handler: request id, caller, admission, deadline, errors into statuses.

These are no grpc.aio interceptors: those see a stream's handler, not its errors (grpc#27035), and health and reflection
need none of it.
"""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias
from uuid import uuid4

import grpc
from grpc.aio import ServicerContext

from enrichment.domain.caller import Caller, Role
from enrichment.domain.errors import InvalidRequest
from enrichment.rpc import status
from enrichment.rpc.admission import Admission
from enrichment.rpc.callers import Callers
from enrichment.rpc.limit import time_limit
from enrichment.rpc.status import REQUEST_ID, Refused

log = logging.getLogger(__name__)

# With less than this left, the caller would be gone before the first answer.
LEAST_SECONDS = 0.05
# How long after a failed write the cancellation of the call may still come.
CANCELLATION_SECONDS = 1.0

Context = ServicerContext[bytes, bytes]

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass(frozen=True, slots=True)
class Visit:
    """What a handler knows of a call beside its bytes: who calls, and how many seconds an enrichment may take.

    `deadline`: when the caller will be gone, in the event loop's time. `request_id`: what the log knows the call by.
    """

    caller: Caller
    seconds: float
    deadline: float = float("inf")
    request_id: str = ""


# What serves a call: a request's bytes to one answer, to a stream of them, or a stream of requests to one of answers.
Answering = Callable[[bytes, Visit], Awaitable[bytes]]
Streaming = Callable[[bytes, Visit], AsyncGenerator[bytes, None]]
Conversing = Callable[[AsyncIterator[bytes], Visit], AsyncGenerator[bytes, None]]
Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"


@dataclass(frozen=True, slots=True)
class Boundary:
    """Makes gRPC handlers: each always ends with a status, and never with a word that is not ours.

    `ceiling_seconds` bounds every run, `reading_seconds` the time beyond it in which the caller may still read.
    """

    admission: Admission
    callers: Callers
    ceiling_seconds: float
    reading_seconds: float

    def answering(self, answer: Answering, role: Role = Role.CALLER) -> Handler:
        """The handler of a call with one answer."""

        async def handle(request: bytes, context: Context) -> bytes:
            answers: list[bytes] = []

            async def work(visit: Visit) -> None:
                async with time_limit(visit.seconds):
                    answers.append(await answer(request, visit))

            await self._serve(context, role, work)
            return answers[0]

        return grpc.unary_unary_rpc_method_handler(handle)

    def streaming(self, stream: Streaming) -> Handler:
        """The handler of a stream of answers."""

        async def handle(request: bytes, context: Context) -> None:
            async def work(visit: Visit) -> None:
                async with time_limit(visit.seconds + self.reading_seconds):
                    await _send(stream(request, visit), context)

            await self._serve(context, Role.CALLER, work)

        return grpc.unary_stream_rpc_method_handler(handle)

    def conversing(self, converse: Conversing) -> Handler:
        """The handler of a stream of requests, which lasts for as long as the caller wants and reads."""

        async def handle(requests: AsyncIterator[bytes], context: Context) -> None:
            async def work(visit: Visit) -> None:
                await _send(converse(requests, visit), context, self.reading_seconds)

            await self._serve(context, Role.CALLER, work)

        return grpc.stream_stream_rpc_method_handler(handle)

    async def _serve(self, context: Context, role: Role, work: Callable[[Visit], Awaitable[None]]) -> None:
        request_id = request_id_of(context)
        context.set_trailing_metadata(((REQUEST_ID, request_id),))
        try:
            caller = self.callers.admitted(context.invocation_metadata() or (), role)
            # An operator must get in just when the callers are too many.
            with self.admission if role is Role.CALLER else self.admission.at_any_time():
                await work(self._visit(caller, context.time_remaining(), request_id))
            return
        except grpc.aio.BaseError:
            # A write failed because the caller has left. The cancellation that follows ends the call quietly here;
            # without it, which now and then is a moment late, gRPC would log an error of its own.
            await asyncio.sleep(CANCELLATION_SECONDS)
            raise
        except asyncio.CancelledError as error:
            if is_cancelled():
                # Swallowing it leaks memory in the core (grpc#43360).
                raise
            # Nobody cancelled this call, a bug did: without a status the caller would wait for ever (grpc#29248).
            answer = answer_to(error, request_id)
        except Exception as error:  # noqa: BLE001 - gRPC would send the text of whatever came through to the caller
            answer = answer_to(error, request_id)
        await status.abort(context, answer, request_id)

    def _visit(self, caller: Caller, remaining: float | None, request_id: str) -> Visit:
        seconds = seconds_left(remaining, self.ceiling_seconds)
        now = asyncio.get_running_loop().time()
        return Visit(caller, seconds, now + (float("inf") if remaining is None else remaining), request_id)


async def _send(responses: AsyncGenerator[bytes, None], context: Context, reading_seconds: float | None = None) -> None:
    # Closing a stream never waits, because its clean-up is synchronous; left to the garbage collector it would come
    # later, in a task of its own.
    async with aclosing(responses):
        async for response in responses:
            async with time_limit(reading_seconds):
                await context.write(response)


def seconds_left(remaining: float | None, ceiling_seconds: float) -> float:
    """The time for a run: the caller's, but not more than ours; raises Refused where it is too little to begin."""
    seconds = ceiling_seconds if remaining is None else min(remaining, ceiling_seconds)
    if seconds < LEAST_SECONDS:
        raise Refused(status.deadline_too_short(LEAST_SECONDS))
    return seconds


def request_id_of(context: Context) -> str:
    """The caller's id for this call, where it sent one that may stand in a log; else a new one."""
    for key, value in context.invocation_metadata() or ():
        if key == REQUEST_ID and isinstance(value, str) and _SANE_REQUEST_ID.fullmatch(value):
            return value
    return str(uuid4())


class NotOffered(grpc.GenericRpcHandler):
    """The last handler: answers every method that no other one does."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        method = handler_call_details.method.rpartition("/")[2][:100]

        async def refuse(_: object, context: Context) -> None:
            await status.abort(context, status.method_not_offered(method), request_id_of(context))

        # As a bidirectional stream, which answers before it reads anything, it fits calls of every kind.
        return grpc.stream_stream_rpc_method_handler(refuse)


def is_cancelled() -> bool:
    """Whether somebody asked the current task to end: a CancelledError without that is a bug."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def answer_to(error: BaseException, request_id: str) -> status.Status:
    """What the caller is told of an error; the log is told what the caller is not."""
    if isinstance(error, Refused):
        return error.status
    if isinstance(error, InvalidRequest):
        return status.invalid_request([error])
    log.error("call %s failed: a bug of ours", request_id, exc_info=error)
    return status.internal(request_id)
