"""What the learner's processes of one pytest run share: zygote, walls, scratch folders."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from workshop.isolation import scratch, walls
from workshop.isolation.patience import Patience
from workshop.isolation.process import LearnersProcess, Process
from workshop.isolation.remote import LAST_WORDS, Isolated
from workshop.isolation.spawn import Spawner
from workshop.isolation.submission import REFUSED, problem_of
from workshop.isolation.testimony import Sources
from workshop.isolation.zygote import Zygote

OPEN = "open"
"""The folder below a run's scratch folder that the learner's processes may write in. The files
that tests hand to them have to lie there too."""

LEAST = 0.01
"""Seconds that a process is listened to, at the least, when its test has failed."""


class Cell:
    """Makes the stages of a run, in processes that come from `source`.

    `scratch` is a folder that the run may fill and lose.
    """

    def __init__(self, folder: Path, scratch: Path, source: Zygote | Spawner) -> None:
        self._scratch = scratch
        self._copy = _copy_of(folder, scratch)
        self._sources = Sources(self._copy)
        self._open = scratch / OPEN
        self._open.mkdir()
        self._walls = walls.standing()
        self._source = source
        self._last_words = Patience(LAST_WORDS, LEAST)

    def stage(self, *modules: str) -> Isolated:
        """A process for one test, which imports `modules` and finds nothing of an earlier test."""
        scratch.empty(self._open)
        home = self._open / "home"
        home.mkdir(exist_ok=True)
        setup = {
            "part": "workshop.isolation.learner",
            "folder": str(self._copy),
            "modules": list(modules),
            "home": str(home),
            "scratch": [str(self._open)],
            "readable": [str(self._copy)],
            "walls": self._walls,
        }
        return Isolated(
            lambda: _begun(self._source, setup, self._scratch),
            self._open,
            self._sources,
            self._last_words,
            kernel_tells="notify" in self._walls,
        )


def _begun(source: Zygote | Spawner, setup: dict[str, Any], scratch: Path) -> Process:
    if isinstance(source, Spawner):
        return source.start(setup, scratch)
    return LearnersProcess(source, setup, scratch)


def _copy_of(folder: Path, scratch: Path) -> Path:
    """Copy the Python files of a submission into `scratch`, where its process may read them."""
    copy = scratch / "submission"
    copy.mkdir()
    for path in sorted(folder.glob("*.py")):
        if problem := problem_of(path):
            (copy / (path.name + REFUSED)).write_text(problem, encoding="utf-8")
        else:
            shutil.copyfile(path, copy / path.name)
    return copy
