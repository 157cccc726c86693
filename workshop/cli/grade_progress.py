"""How far marking a class is, on standard error: a bar on a terminal, else a line a learner."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workshop.cli.terminal import complain
from workshop.plural import plural
from workshop.stranger import one_line

if TYPE_CHECKING:
    from rich.progress import Progress

    from workshop.gradebook.batch import Watcher
    from workshop.gradebook.book import Marked

STOPPING = "Stopping: what is under way is still marked. Ctrl-C again ends at once."


@contextmanager
def progress(learners: int, exercises: int) -> Iterator[Watcher]:
    """A watcher that shows the marking of so many `learners` in so many `exercises` each."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    with _bar() as bar:
        yield _Bar(bar, learners, exercises)


class _Lines:
    """A line for each learner."""

    def unit(self) -> None:
        pass

    def learner(self, marked: Marked) -> None:
        complain(line(marked))

    def stopping(self) -> None:
        complain(STOPPING)


class _Bar:
    """A bar that tells how much is done, and how long the rest will take."""

    def __init__(self, bar: Progress, learners: int, exercises: int) -> None:
        self._bar = bar
        self._learners = learners
        self._done = 0
        self._task = bar.add_task(self._said(), total=learners * exercises)

    def _said(self) -> str:
        return f"{self._done} of {plural(self._learners, 'learner')}"

    def unit(self) -> None:
        self._bar.advance(self._task)

    def learner(self, marked: Marked) -> None:
        self._done += 1
        self._bar.update(self._task, description=self._said())

    def stopping(self) -> None:
        self._bar.console.print(STOPPING)


def line(marked: Marked) -> str:
    """`jane  41 of 57 points`"""
    left = f", {plural(len(marked.unmarked), 'exercise')} not marked" if marked.unmarked else ""
    points = f"{marked.points} of {plural(marked.max_points, 'point')}"
    return f"{one_line(marked.learner.name)}  {points}{left}"


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    screen = Console(stderr=True, markup=False, emoji=False, highlight=False)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeLeft(compact=True),
        TextColumn("left"),
        console=screen,
        transient=True,
    )
