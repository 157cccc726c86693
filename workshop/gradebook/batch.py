"""Marks a class: each unit once, several beside each other, every verdict kept when it is made.

Whatever runs the units is a `concurrent.futures.Executor`. Submissions are opened one after the
other, no faster than they are marked, so that a class of any size takes the same room.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from workshop.course import Course, CourseError, Exercise
from workshop.gradebook.book import Gradebook, Learner, Marked
from workshop.gradebook.late import Lateness
from workshop.gradebook.store import Store
from workshop.gradebook.units import Unit, mark_unit, unit_of
from workshop.grading.verdict import TestResult, Verdict
from workshop.grading.warm import GradingError
from workshop.stranger import one_line

if TYPE_CHECKING:
    from workshop.gradebook.intake import Source

NOT_ASKED_FOR = "It was not marked: only somebody else was to be."


class Stopped(Exception):
    """Somebody asked for an end, by the signal `number`. What was under way is marked and kept."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Lost(Exception):
    """What ran the units has gone for good. The text says why; what was marked is kept."""


@dataclass(frozen=True)
class Wanted:
    """What is to be marked."""

    exercises: tuple[Exercise, ...]
    learners: frozenset[str] = frozenset()
    """Those to be marked, anew, by name. Empty: all, and only what has not been marked. The others
    keep the verdicts that they have, even where they have changed their files since."""
    anew: bool = False
    """Whether all are marked anew."""
    seconds: float | None = None
    """What marking an exercise may take, if that is limited."""

    def marks(self, learner: Learner) -> bool:
        return not self.learners or learner.name in self.learners

    @property
    def is_anew(self) -> str:
        """What is to be marked anew, in words that are the same for the same command; or empty."""
        if not self.anew and not self.learners:
            return ""
        names = [one.name for one in self.exercises]
        return repr((sorted(self.learners), names))


class Watcher(Protocol):
    """Is told how it goes."""

    def unit(self) -> None:
        """One exercise of one submission more has its verdict, or cannot have one."""

    def learner(self, marked: Marked) -> None:
        """All exercises of a submission have."""

    def stopping(self) -> None:
        """Somebody asked for an end: what is under way is still marked."""


@dataclass
class Counts:
    """How many verdicts came about in which way."""

    made: int = 0
    kept: int = 0
    """They were there, or equal ones."""
    old: int = 0
    """They are of files that have changed since, of learners who were not to be marked."""
    missing: int = 0
    """There is none, for the learner was not to be marked."""
    failed: int = 0
    """Marking failed."""


@dataclass
class _Row:
    """A submission on its way."""

    learner: Learner
    left: int
    """How many exercises have neither verdict nor sentence."""
    keys: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    unmarked: dict[str, str] = field(default_factory=dict)


class Batch:
    """One go at a class. It belongs to the thread that makes it; `stop` may be called anywhere."""

    def __init__(
        self,
        course: Course,
        wanted: Wanted,
        store: Store,
        executor: Executor,
        watcher: Watcher,
        *,
        most: int,
        late: Lateness | None = None,
    ) -> None:
        """At `most` so many units are with the executor at a time."""
        self.counts = Counts()
        self._course = course
        self._wanted = wanted
        self._store = store
        self._executor = executor
        self._watcher = watcher
        self._most = most
        self._late = late
        self._run = 0
        self._events: SimpleQueue[Future[dict[str, Any]] | int] = SimpleQueue()
        self._running: dict[Future[dict[str, Any]], str] = {}
        self._waiting: dict[str, list[tuple[_Row, str]]] = {}
        self._marked: dict[str, Marked] = {}
        self._handed_in: list[tuple[str, str, str]] = []
        self._seen: dict[TestResult, TestResult] = {}
        self._stopped: int | None = None

    def stop(self, number: int) -> None:
        """Begin nothing more, for the signal `number`. May be called by a signal's handler."""
        self._events.put(number)

    def run(self, sources: Iterable[Source]) -> Gradebook:
        """Mark `sources`, and give the gradebook of them all, in their order.

        Raises Stopped, Lost, StoreError, and CourseError when the course does not say what is to
        be marked.
        """
        if what := self._wanted.is_anew:
            self._run = self._store.begin_anew(what)
        order = []
        for source in sources:
            order.append(source.learner.name)
            self._open(source)
            if self._stopped is not None:
                break
        while self._running:
            self._take()
        self._store.note(self._handed_in)
        if self._stopped is not None:
            raise Stopped(self._stopped)
        if what and not self.counts.failed:
            self._store.end_anew(what)
        exercises = tuple(one.name for one in self._wanted.exercises)
        return Gradebook(self._course.title, exercises, tuple(self._marked[one] for one in order))

    def _open(self, source: Source) -> None:
        row = _Row(source.learner, len(self._wanted.exercises))
        try:
            handed = source.open(self._course)
        except OSError as error:
            for exercise in self._wanted.exercises:
                self._failed(row, exercise.name, f"It cannot be read: {error.strerror}.")
            return
        for exercise in self._wanted.exercises:
            unit = unit_of(
                self._course,
                exercise,
                handed.files,
                handed.problems.get(exercise.name, ""),
                seconds=self._wanted.seconds,
            )
            self._want(row, unit)
            while len(self._running) >= self._most:
                self._take()
            if self._stopped is not None:
                return

    def _want(self, row: _Row, unit: Unit) -> None:
        key = row.keys[unit.exercise] = unit.key
        marks = self._wanted.marks(row.learner)
        if key in self._waiting:
            self._waiting[key].append((row, unit.exercise))
        elif verdict := self._store.verdict(key, self._run if marks else 0):
            self.counts.kept += 1
            self._got(row, verdict)
        elif marks:
            self._waiting[key] = [(row, unit.exercise)]
            future = self._executor.submit(mark_unit, unit)
            self._running[future] = key
            future.add_done_callback(self._events.put)
        else:
            self._make_do(row, unit.exercise)

    def _make_do(self, row: _Row, exercise: str) -> None:
        """With the verdict that somebody had who is not to be marked now."""
        last = self._store.last(row.learner.name, exercise)
        verdict = self._store.verdict(last) if last else None
        if last is not None and verdict is not None:
            self.counts.old += 1
            row.keys[exercise] = last
            self._got(row, verdict)
        else:
            self.counts.missing += 1
            del row.keys[exercise]
            self._cannot(row, exercise, NOT_ASKED_FOR)

    def _take(self) -> None:
        """Wait until something happens, and see to all that has."""
        events = [self._events.get()]
        while not self._events.empty():
            events.append(self._events.get())
        made: dict[str, dict[str, Any]] = {}
        for event in events:
            if isinstance(event, int):
                self._stop(event)
            elif verdict := self._result(event):
                made[self._running.pop(event)] = verdict
        self._store.keep(made)
        for key, verdict in made.items():
            waiting = self._waiting.pop(key)
            self.counts.made += 1
            self.counts.kept += len(waiting) - 1
            for row, _ in waiting:
                self._got(row, Verdict.from_dict(verdict))

    def _stop(self, number: int) -> None:
        if self._stopped is None:
            self._watcher.stopping()
        self._stopped = number
        for future in list(self._running):
            future.cancel()

    def _result(self, future: Future[dict[str, Any]]) -> dict[str, Any] | None:
        """The verdict, if the unit has one; else those who wait for it are told."""
        why = ""
        try:
            verdict = future.result()
            # Who sends SIGTERM may send it to all processes, those that mark included: what they
            # say then is not the learner's doing, and is found out another time.
            if self._stopped != signal.SIGTERM or verdict["status"] == "pass":
                return verdict
        except CancelledError:
            pass
        except (CourseError, Lost):
            raise
        except Exception as error:  # whatever it was, it was not the learner
            why = _sentence(error)
        waiting = self._waiting.pop(self._running.pop(future))
        for row, exercise in waiting if why else ():
            self._failed(row, exercise, why)
        return None

    def _got(self, row: _Row, verdict: Verdict) -> None:
        # Most results of a class are alike: each is kept in memory once.
        tests = [self._seen.setdefault(test, test) for test in verdict.tests]
        verdict.tests[:] = tests
        row.verdicts[verdict.exercise] = verdict
        self._settled(row)

    def _failed(self, row: _Row, exercise: str, why: str) -> None:
        self.counts.failed += 1
        row.keys.pop(exercise, None)
        self._cannot(row, exercise, why)

    def _cannot(self, row: _Row, exercise: str, why: str) -> None:
        row.unmarked[exercise] = why
        self._settled(row)

    def _settled(self, row: _Row) -> None:
        row.left -= 1
        self._watcher.unit()
        if row.left:
            return
        name = row.learner.name
        self._handed_in += [(name, exercise, key) for exercise, key in row.keys.items()]
        marked = self._marked[row.learner.name] = self._of(row)
        self._watcher.learner(marked)

    def _of(self, row: _Row) -> Marked:
        names = [one.name for one in self._wanted.exercises]
        verdicts = tuple(row.verdicts[name] for name in names if name in row.verdicts)
        late = self._late
        costs = [late.cost(row.learner.name, one) for one in verdicts] if late else []
        unmarked = {name: row.unmarked[name] for name in names if name in row.unmarked}
        return Marked(row.learner, verdicts, tuple(one for one in costs if one), unmarked)


def _sentence(error: Exception) -> str:
    words = one_line(str(error))
    return words if isinstance(error, GradingError) else f"{type(error).__name__}: {words}"
