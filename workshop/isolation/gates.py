"""Gates of the disk in a learner's process, seen from the test."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workshop.isolation.stage import Ask
from workshop.isolation.testimony import number_of
from workshop.isolation.wire import Flood, words

Message = dict[str, Any]

NAME_LIMIT = 255
"""Characters of a file's name."""
MOST_HELD = 1000
"""Threads that a gate may hold at the same time."""


class RemoteGate:
    """One gate, before the files below `folder`. Whoever comes to it waits until `ask` returns."""

    def __init__(self, number: int, folder: Path, ask: Ask | None) -> None:
        self.number = number
        self.folder = str(folder.resolve())
        self.reached = False
        self.on_the_loop = False
        self.ask: Ask = ask or self._until_released
        self._released = asyncio.Event()

    def release(self) -> None:
        """Let everybody through, now and later."""
        self._released.set()

    async def _until_released(self, name: str) -> None:
        await self._released.wait()


class Gates:
    """The gates of one test, held by the kernel if `outside`, else by the learner's process."""

    def __init__(self, tell: Callable[[Message], None], outside: bool) -> None:
        self._tell = tell
        self._outside = outside
        self._numbers = itertools.count(1)
        self._gates: dict[int, RemoteGate] = {}
        self._held: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop

    def add(self, folder: Path, ask: Ask | None) -> RemoteGate:
        """Put up a gate before the files below `folder`."""
        self._loop = asyncio.get_running_loop()
        gate = RemoteGate(next(self._numbers), folder, ask)
        self._gates[gate.number] = gate
        message = {"op": "gate", "id": gate.number, "folder": gate.folder}
        self._tell(message | {"outside": self._outside})
        return gate

    def remove(self, gate: RemoteGate) -> None:
        """Let everybody through and take the gate away."""
        gate.release()
        del self._gates[gate.number]
        self._tell({"op": "no gate", "id": gate.number})

    def opening(self, path: str, on_the_loop: bool, go_on: Callable[[], None]) -> bool:
        """A thread is about to open the file at `path`, and does when `go_on` is called. Returns
        whether there is a gate before it. Called in a thread of its own.
        """
        real = os.path.realpath(path)
        gates = list(self._gates.values())
        gate = next((one for one in gates if real.startswith(one.folder + os.sep)), None)
        if gate is None:
            go_on()
            return False
        gate.reached = True
        gate.on_the_loop |= on_the_loop
        if on_the_loop:  # which is never held: that it came here at all is the mistake
            go_on()
        else:
            name = os.path.basename(real)[:NAME_LIMIT]
            with contextlib.suppress(RuntimeError):  # the loop is closed: the test is over
                self._loop.call_soon_threadsafe(self._hold, gate, name, go_on)
        return True

    def opened(self, message: Message) -> None:
        """The learner's process says that one of its threads is at a gate. Raises WireError when
        none can be.
        """
        number, gate = number_of(message), self._gates.get(number_of(message, "gate"))
        if gate is None:
            return  # it was just taken away
        gate.reached = True
        if message.get("on_the_loop"):
            gate.on_the_loop = True
            return
        name = words(message.get("name"), NAME_LIMIT)
        if len(self._held) >= MOST_HELD:
            raise Flood("too many threads at a gate")
        self._hold(gate, name, lambda: self._tell({"op": "go", "id": number}))

    def _hold(self, gate: RemoteGate, name: str, go_on: Callable[[], None]) -> None:
        async def hold() -> None:
            await gate.ask(name)
            go_on()

        task = asyncio.get_running_loop().create_task(hold())
        self._held.add(task)
        task.add_done_callback(self._held.discard)
