"""An event loop whose clock jumps to the next timer: hours pass in microseconds, and always the same way."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")

# Time must move a little at every jump: a timer that is due "now" but for rounding would spin for ever.
LEAST_STEP = 1e-6


class _Jumping(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("deadlock: nothing can run and no timer is set")
        if timeout > 0:
            self.now += max(timeout, LEAST_STEP)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """No threads and no sockets: everything that waits must wait on this loop's timers."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def block(self, seconds: float) -> None:
        """What a callback that computes for so long does to the clock."""
        self._jumping.now += seconds

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        # As with a real clock, no timer fires in the instant in which it is set: aiolimiter sets one again and again
        # while a rounding error of its level has not leaked away.
        return super().call_at(max(when, self.time() + LEAST_STEP), callback, *args, context=context)


def in_virtual_time(coroutine: Coroutine[Any, Any, T]) -> T:
    """Like asyncio.run, without waiting."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)
