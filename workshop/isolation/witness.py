"""What is seen of a learner's process from outside, for it could say anything of itself."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from workshop.isolation.evidence import Spot
from workshop.isolation.gates import Gates
from workshop.isolation.notify import Listener
from workshop.isolation.observers import WROTE

BEAT = "/beat/"
"""Where the event loop's own thread tries to open a file, to show that it takes its turn."""


class Witness:
    """Sees the process `pid`, whose event loop runs in its first thread, through the kernel.

    `listener` is the descriptor at which the kernel tells of it.
    """

    def __init__(self, pid: int, listener: int, gates: Gates) -> None:
        self._pid = pid
        self._gates = gates
        self._beats: set[str] = set()
        self._blocked: set[str] = set()
        self.counts = False
        """Whether what it does on the loop's thread counts: the module has been imported."""
        self._listener = Listener(listener, self)

    def close(self) -> None:
        """See no more, once the process has ended."""
        self._listener.close()

    def blocked(self, told: list[Spot]) -> list[Spot]:
        """What held the loop's thread: what the process has `told`, and what it has not."""
        known = {spot.what for spot in told}
        return told + [Spot(what) for what in sorted(self._blocked - known)]

    def files_open(self, told: list[Spot], below: Path) -> list[Spot]:
        """The files that are open: those that the process has `told`, or one below a folder."""
        if told:
            return told
        folder = f"/proc/{self._pid}/fd"
        try:
            files = [os.readlink(f"{folder}/{number}") for number in os.listdir(folder)]
        except OSError:  # one was closed just now, or the process has ended
            return told
        return [Spot("opened a file") for file in files if file.startswith(f"{below}{os.sep}")]

    @staticmethod
    def new_beat() -> str:
        """A path that nobody can know before it is asked for."""
        return BEAT + secrets.token_hex(8)

    def has_beaten(self, beat: str) -> bool:
        """Whether the loop's thread itself has tried to open `beat`."""
        return beat in self._beats

    def sleeping(self, thread: int) -> None:
        """As `notify.Watcher` has it."""
        if thread == self._pid and self.counts:
            self._blocked.add("slept")

    def opening(self, path: str, thread: int, go_on: Callable[[], None]) -> None:
        """As `notify.Watcher` has it."""
        on_the_loop = thread == self._pid
        if path.startswith(BEAT):
            if on_the_loop:
                self._beats.add(path)
            go_on()
        elif self._gates.opening(path, on_the_loop, go_on) and on_the_loop:
            self._blocked.add(WROTE)
