"""What the learner's processes of one pytest run share: zygote, walls, scratch folders."""

from __future__ import annotations

from pathlib import Path

from workshop.isolation import walls
from workshop.isolation.remote import Isolated, copy_of
from workshop.isolation.zygote import Zygote

OPEN = "open"
"""The folder below a run's scratch folder that the learner's processes may write in. The files
that tests hand to them have to lie there too."""


class Cell:
    """Makes the stages of a run. `scratch` is a folder that the run may fill and lose."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self._copy = copy_of(folder, scratch)
        self._open = scratch / OPEN
        self._home = self._open / "home"
        self._home.mkdir(parents=True)
        self._walls = walls.standing()
        assert inherited is not None, "whoever starts an isolated run provides a zygote"
        self._zygote = inherited

    def stage(self, module: str) -> Isolated:
        """A process for one test, which imports `module`."""
        return Isolated(
            self._zygote,
            {
                "folder": str(self._copy),
                "module": module,
                "home": str(self._home),
                "scratch": [str(self._open)],
                "readable": [str(self._copy)],
                "walls": self._walls,
            },
        )


inherited: Zygote | None = None
"""The zygote of this process, from before it was forked."""
