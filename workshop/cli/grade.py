"""`workshop grade`: mark a class, and write its gradebook."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.cli.terminal import (
    Refused,
    WrongUsage,
    command,
    complain,
    console,
    say,
    shown,
)
from workshop.course import Course, Exercise, load_course
from workshop.plural import plural

if TYPE_CHECKING:
    from workshop.gradebook.batch import Batch, Counts, Wanted
    from workshop.gradebook.book import Gradebook
    from workshop.gradebook.intake import Source
    from workshop.gradebook.late import Lateness
    from workshop.gradebook.store import Store

AHEAD = 4
"""Units that are ready for each job: enough that none waits, few enough to be in memory."""


@dataclass(frozen=True)
class Options:
    """What was typed."""

    submissions: Path
    out: Path = Path("gradebook")
    exercises: Sequence[str] = ()
    learners: Sequence[str] = ()
    jobs: int | None = None
    cluster: str | None = None
    walls: str | None = None
    late: Path | None = None
    seconds: float | None = None
    formats: Sequence[str] = ()
    force: bool = False


def run(options: Options) -> int:
    """Mark the class and write the gradebook; 0 when everything is marked, whatever the marks,
    else 1. Ended by a signal: 128 and its number.

    Raises CourseError, WrongUsage for what cannot be done as typed, Refused when the disk fails or
    the cluster goes away.
    """
    try:
        return _run(options)
    except KeyboardInterrupt:  # before marking has begun, or after it
        complain(f"{_ENDED} {_again()}")
        return 130


_ENDED = "Ended; what is marked is kept. To go on:"


def _run(options: Options) -> int:
    from workshop.gradebook.batch import Lost, Stopped, Wanted
    from workshop.gradebook.units import close_runner

    if options.walls is not None:
        from workshop.cli.check import require

        require(options.walls)
    course = load_course()
    if course.handout:
        raise WrongUsage(
            f"{course.kit} is a handout, which lacks what a class is marked by: mark it in the kit "
            "that the handout was made from."
        )
    if options.out.resolve() == options.submissions.resolve():
        raise WrongUsage(
            f"The gradebook cannot go to {options.out}, where the submissions are: what is written "
            "there would be handed in next time. Name another folder with --out."
        )
    named = dict.fromkeys(course.exercise(name) for name in options.exercises)
    exercises = tuple(one for one in course.exercises if one in named or not named)
    sources = _sources(options.submissions, course)
    names = [source.learner.name for source in sources]
    wanted = Wanted(exercises, _known(options.learners, names), options.force, options.seconds)
    late = _late(options.late, course, names)
    more = _formats(options.formats)
    executor, jobs = _executor(options, course, exercises)
    try:
        with _store(options.out) as store:
            book, counts = _mark(course, wanted, store, sources, executor, late, AHEAD * jobs)
            written = _write(book, course, options, more)
    except Stopped as stopped:
        complain(f"Stopped; what is marked is kept. To go on: {_again()}")
        return 128 + stopped.number
    except Lost as lost:
        raise Refused(f"{lost} What is marked is kept. To go on: {_again()}") from lost
    except KeyboardInterrupt:  # the second one: what is under way is given up
        complain(f"{_ENDED} {_again()}")
        os._exit(130)
    finally:
        executor.shutdown(cancel_futures=True)
        close_runner()
    try:
        _tell(book, counts, written, options)
        if sys.stdout is not None:  # closed by who called
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # Python tries once more at its end, and would end with a status of its own.
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 1)
        raise Refused(
            f"The gradebook is in {options.out}; what is to be said of it cannot be printed "
            f"({error.strerror})."
        ) from error
    return 1 if counts.failed else 0


# --- what was typed ------------------------------------------------------------------------------


def _sources(folder: Path, course: Course) -> list[Source]:
    from workshop.gradebook.intake import IntakeError, submissions

    try:
        return list(submissions(folder, course))
    except IntakeError as error:
        raise WrongUsage(str(error)) from error


def _known(asked: Sequence[str], names: Sequence[str]) -> frozenset[str]:
    from workshop.gradebook.intake import nobody_called

    for name in asked:
        if name not in names:
            raise WrongUsage(nobody_called(name, names))
    return frozenset(asked)


def _late(path: Path | None, course: Course, names: Sequence[str]) -> Lateness | None:
    from workshop.gradebook.late import LateError, load

    if path is None:
        return None
    try:
        return load(path, course, set(names))
    except LateError as error:
        raise WrongUsage(str(error)) from error


@contextmanager
def _store(folder: Path) -> Iterator[Store]:
    from workshop.gradebook.store import Store, StoreError

    try:
        store = Store(folder)
    except StoreError as error:
        raise WrongUsage(str(error)) from error
    if store.told:
        complain(store.told)
    try:
        with store:
            yield store
    except StoreError as error:
        raise Refused(str(error)) from error


# --- marking -------------------------------------------------------------------------------------


def _executor(
    options: Options, course: Course, exercises: Sequence[Exercise]
) -> tuple[Executor, int]:
    """What runs the units, and how many at a time."""
    if options.cluster is None:
        jobs = options.jobs or os.cpu_count() or 1
        return ThreadPoolExecutor(jobs), jobs
    if options.jobs is not None:
        raise WrongUsage(
            "--jobs is about this computer; on a cluster as many are marked beside each other as "
            "its workers have threads. Leave one of the two out."
        )
    from workshop.gradebook.cluster import Cluster, ClusterError
    from workshop.gradebook.digest import digest
    from workshop.isolation import walls

    kits = {one.name: digest(course.kit, one.name) for one in exercises}
    try:
        cluster = Cluster(options.cluster, kits, tuple(walls.standing()), complain)
    except ClusterError as error:
        raise WrongUsage(str(error)) from error
    return cluster, cluster.threads


def _mark(
    course: Course,
    wanted: Wanted,
    store: Store,
    sources: list[Source],
    executor: Executor,
    late: Lateness | None,
    most: int,
) -> tuple[Gradebook, Counts]:
    from workshop.cli.grade_progress import progress
    from workshop.gradebook.batch import Batch

    with progress(len(sources), len(wanted.exercises)) as watcher:
        batch = Batch(course, wanted, store, executor, watcher, most=most, late=late)
        with _stopped_by_signals(batch):
            return batch.run(sources), batch.counts


@contextmanager
def _stopped_by_signals(batch: Batch) -> Iterator[None]:
    """The first SIGINT or SIGTERM has the batch come to an end, the second raises
    KeyboardInterrupt.
    """
    asked = False

    def stop(number: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        batch.stop(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _again() -> str:
    return command(*map(shlex.quote, sys.argv[1:]))


# --- the gradebook -------------------------------------------------------------------------------


Writer = Callable[["Gradebook", Path], list[Path]]


def _formats(names: Sequence[str]) -> list[Writer]:
    from workshop.gradebook.formats import FORMATS

    for name in names:
        if name not in FORMATS:
            raise WrongUsage(f"There is no format {name!r}; the formats are {', '.join(FORMATS)}.")
    return [FORMATS[name] for name in dict.fromkeys(names)]


def _write(book: Gradebook, course: Course, options: Options, more: list[Writer]) -> list[Path]:
    from workshop.gradebook import as_json, pages
    from workshop.gradebook.formats import plain

    def write_pages(book: Gradebook, folder: Path) -> list[Path]:
        return pages.write(book, course, folder)

    writers = as_json.write, plain.write, write_pages

    try:
        return [path for write in [*writers, *more] for path in write(book, options.out)]
    except OSError as error:
        raise Refused(
            f"The gradebook could not be written to {options.out} ({error.strerror}); every "
            "verdict is kept there. Mend that, and type the same command again."
        ) from error


def _tell(book: Gradebook, counts: Counts, written: list[Path], options: Options) -> None:
    screen = console()
    marked = [one for one in book.submissions if not one.unmarked]
    passed = sum(all(v.status == "pass" for v in one.verdicts) for one in marked)
    unmarked = len(book.submissions) - len(marked)
    say(
        screen,
        f"{plural(len(book.submissions), 'learner')}: {passed} passed everything, "
        f"{len(marked) - passed} did not, {unmarked} not wholly marked.",
        style="bold",
    )
    say(screen, f"Verdicts: {counts.made} made now, {counts.kept} known from equal files.")
    if counts.old:
        say(
            screen,
            f"Learners whom you did not name have {plural(counts.old, 'verdict')} from before "
            "their files or the kit changed; without --learner they are marked again.",
        )
    if counts.missing:
        say(
            screen,
            f"Learners whom you did not name have {plural(counts.missing, 'empty cell')}: what was "
            "never marked. Without --learner it is.",
        )
    # Of what is in a folder of its own, the folder.
    tops = (options.out / path.relative_to(options.out).parts[0] for path in written)
    for path in dict.fromkeys(tops):
        say(screen, shown(path), indent=2)
    if (index := options.out / "index.html") in written:
        say(screen, f"Open {shown(index)} in a browser to see the class at a glance.")
    if counts.failed:
        say(
            screen,
            f"{plural(counts.failed, 'exercise')} could not be marked, which is not the learners' "
            f"fault, and costs them nothing; {shown(options.out / 'gradebook.json')} says why. "
            f"`workshop doctor` looks for the fault; then {_again()} marks what is left.",
        )
