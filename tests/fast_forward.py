"""An event loop whose clock leaps to the next timer when nothing else is to do: a minute of idling takes no time."""

from __future__ import annotations

import asyncio
import selectors


class _Leap(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.leapt = 0.0

    def select(self, timeout: float | None = None):  # type: ignore[no-untyped-def]
        ready = super().select(0)
        if not ready and timeout:
            self.leapt += timeout
        return ready if ready or timeout is not None else super().select(None)


class FastForwardLoop(asyncio.SelectorEventLoop):
    """Only for coroutines that wait for each other and for timers; real input and output would see no time pass."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return super().time() + self._leap.leapt


class FastForwardPolicy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = FastForwardLoop
