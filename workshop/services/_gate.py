"""The gate of a room: requests wait at it until a test lets them through."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Gate:
    """Holds requests while `holding`. `changed` is called whenever their number changes."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.holding = False
        self._changed = changed
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def held(self) -> int:
        """How many requests wait here now."""
        return sum(not turn.done() for turn in self._waiting)

    async def pass_through(self) -> None:
        """Return at once, or, while the gate holds, when it is this request's turn."""
        if not self.holding:
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._changed()
        try:
            await turn
        finally:
            if turn in self._waiting:  # the client went away before its turn came
                self._waiting.remove(turn)
            self._changed()

    def hold(self) -> None:
        """From now on requests wait."""
        self.holding = True

    def release(self, count: int | None = None) -> None:
        """Let the `count` longest waiting through, or all that wait; go on holding."""
        left = len(self._waiting) if count is None else count
        while self._waiting and left > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                left -= 1

    def open(self) -> None:
        """Let all through, now and from now on."""
        self.holding = False
        self.release()
