"""How fast a class is marked: `workshop grade` beside nbgrader and bare pytest, and as it grows.

Run it by hand: `python tests/bench/classes.py [peers] [growth] [costs] [cluster] [--small]`; with
no name, all four. Nothing else may be busy meanwhile; it says what else was.

peers   The same assignment for all: one async function, three async tests of it, submissions that
        differ from each other. `workshop grade` marks it isolated, with as many jobs as there are
        cores and with one. Bare pytest is a fresh `python -m pytest` for each submission, all of
        them in one environment, without isolation, as many at a time as there are cores and one.
        nbgrader has the function and each test in a cell of a notebook (the cells await, no pytest
        is needed), and marks one after the other, which is all that it does; it is installed in an
        environment of its own in a temporary folder. Whole commands are timed, with the start and
        what they write; of nbgrader `autograde` alone, without the export. In each round each marks
        a class that nobody has seen. Printed: medians, and their ratios to `workshop grade`.
growth  10, 100 and 1,000 submissions of that assignment: the time, the most memory that the process
        which marks has had, and how busy the cores were.
costs   What a unit (one exercise of one submission) costs for each exercise of the course, from two
        classes of different size, so that the start does not count. Their submissions are our own
        answers, alternatives, mutants and stubs, as many of each as it comes.
cluster What a unit costs those who hand it out: the command and a Dask scheduler, on this computer,
        with as many workers as cores. From two classes of different size, too. It needs the extra
        `cluster`.

Exits 1 when what is aimed at is missed: `MOST` and `BUSY`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from workshop.course import VARIANTS, Exercise, load_course

KIT = Path(__file__).parents[2]
CORES = os.cpu_count() or 1
AIMS = {"nbgrader": 10.0, "bare": 2.0}
"""How many times as many submissions a minute `workshop grade` is to mark, all cores each."""
BUSY = 0.85
"""The part of the cores' time that 1,000 submissions are to use."""
RIGHT = "async def double(number):\n    return 2 * number\n"
TESTS = {
    "doubles_a_number": "assert await double(21) == 42",
    "doubles_what_is_below_zero": "assert await double(-2) == -4",
    "doubles_text": 'assert await double("ab") == "abab"',
}
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Took:
    """What a command needed."""

    seconds: float
    cpu: float
    """Seconds of all that it started, too."""
    memory: float
    """The most that it had itself, in MB."""


def took(command: Sequence[str | Path], folder: Path, env: dict[str, str] | None = None) -> Took:
    """Run `command` in `folder`. Raises RuntimeError, with what it said, when it fails."""
    with tempfile.TemporaryFile() as said, _accounted() as (join, used):
        start = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=folder,
            env=os.environ | (env or {}),
            stdout=said,
            stderr=said,
            preexec_fn=join,
        )
        memory = 0.0
        while process.poll() is None:
            memory = max(memory, _high_water(process.pid))
            time.sleep(0.02)
        seconds = time.perf_counter() - start
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{command}: {said.read()[-3000:].decode('utf-8', 'replace')}")
        return Took(seconds, used(), memory)


@contextmanager
def _accounted() -> Iterator[tuple[Callable[[], None], Callable[[], float]]]:
    """What a new process calls to be counted, with all that it will start, and what tells the
    processor seconds so far. Without a control group it is those of the whole machine.
    """
    try:
        group = Path(tempfile.mkdtemp(prefix="workshop-", dir="/sys/fs/cgroup/cpuacct"))
    except OSError:
        before = sum(psutil.cpu_times()[:3])
        yield lambda: None, lambda: sum(psutil.cpu_times()[:3]) - before
        return
    try:
        yield (
            lambda: (group / "cgroup.procs").write_text(str(os.getpid())) and None,
            lambda: int((group / "cpuacct.usage").read_text()) / 1e9,
        )
    finally:
        while (group / "cgroup.procs").read_text():
            time.sleep(0.1)
        group.rmdir()


def _high_water(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = (line.split() for line in status.splitlines())
    return next((int(words[1]) / 1024 for words in lines if words[0] == "VmHWM:"), 0.0)


# --- the assignment, for each --------------------------------------------------------------------


def write_tests(folder: Path) -> None:
    """Each test in a file of its own: a kit has three files of tests for each exercise."""
    for variant, (name, check) in zip(VARIANTS, TESTS.items(), strict=True):
        head = f'@pytest.mark.asyncio\nasync def test_{name}():\n    """It {name}."""'
        whole = f"import pytest\nfrom ex01_double import double\n\n\n{head}\n    {check}\n"
        (folder / f"test_{variant}.py").write_text(whole)


class Ours:
    """A kit of that one exercise."""

    def __init__(self, room: Path) -> None:
        self.kit = room / "kit"
        shutil.copytree(KIT / "tests" / "kit" / "small_kit", self.kit)
        shutil.copyfile(KIT / "pyproject.toml", self.kit / "pyproject.toml")
        graded = self.kit / "tests" / "graded" / "ex01_double"
        write_tests(graded)

    def mark(self, count: int, jobs: int = CORES, cluster: str = "") -> Took:
        room = Path(tempfile.mkdtemp(dir=self.kit))
        for number in itertools.islice(NUMBERS, count):
            folder = room / "class" / f"learner{number:06}"
            folder.mkdir(parents=True)
            (folder / "ex01_double.py").write_text(f"{RIGHT}# {number}\n")
        command = ["-m", "workshop", "grade", room / "class", "--out", room / "book"]
        where = ["--cluster", cluster] if cluster else ["--jobs", str(jobs)]
        done = took([sys.executable, *command, *where], self.kit)
        book = json.loads((room / "book" / "gradebook.json").read_bytes())
        assert [one["points"] for one in book["submissions"]] == [len(TESTS)] * count
        shutil.rmtree(room)
        return done


class Bare:
    """A fresh pytest for each submission."""

    def __init__(self, room: Path) -> None:
        self.room = room / "bare"

    def mark(self, count: int, jobs: int = CORES) -> Took:
        for number in (numbers := list(itertools.islice(NUMBERS, count))):
            folder = self.room / f"learner{number:06}"
            folder.mkdir(parents=True)
            (folder / "ex01_double.py").write_text(f"{RIGHT}# {number}\n")
            write_tests(folder)
            (folder / "pytest.ini").write_text(
                "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
            )
        command = (sys.executable, "-m", "pytest", "-q")
        start = time.perf_counter()
        with ThreadPoolExecutor(jobs) as threads:
            every = [
                threads.submit(took, command, self.room / f"learner{number:06}")
                for number in numbers
            ]
            cpu = sum(one.result().cpu for one in every)
        seconds = time.perf_counter() - start
        shutil.rmtree(self.room)
        return Took(seconds, cpu, 0)


class Nbgrader:
    """nbgrader, in an environment of its own."""

    def __init__(self, room: Path) -> None:
        self.course = room / "nbgrader"
        self.bin = room / "env" / "bin"
        subprocess.run([sys.executable, "-m", "venv", room / "env"], check=True)
        subprocess.run([self.bin / "pip", "install", "-q", "nbgrader"], check=True)
        show = [self.bin / "pip", "show", "nbgrader"]
        shown = subprocess.run(show, capture_output=True, text=True, check=True).stdout
        self.version = next(
            line.split()[1] for line in shown.splitlines() if line.startswith("Version")
        )
        self.env = {"HOME": str(room), "PATH": f"{self.bin}:{os.environ['PATH']}"}
        self._assigned = 0

    def mark(self, count: int) -> Took:
        self._assigned += 1
        name = f"ps{self._assigned}"
        source = self.course / "source" / name / "double.ipynb"
        source.parent.mkdir(parents=True)
        (self.course / "nbgrader_config.py").write_text(
            f"c = get_config()\nc.CourseDirectory.root = {str(self.course)!r}\n"
        )
        source.write_text(json.dumps(notebook("async def double(number):\n    ...\n")))
        nbgrader = self.bin / "nbgrader"
        took([nbgrader, "generate_assignment", name], self.course, self.env)
        released = (self.course / "release" / name / "double.ipynb").read_text()
        for number in itertools.islice(NUMBERS, count):
            folder = self.course / "submitted" / f"learner{number:06}" / name
            folder.mkdir(parents=True)
            handed_in = json.loads(released)
            handed_in["cells"][0]["source"] = f"{RIGHT}# {number}\n"
            (folder / "double.ipynb").write_text(json.dumps(handed_in))
        done = took([nbgrader, "autograde", name], self.course, self.env)
        graded = list((self.course / "autograded").glob(f"*/{name}/double.ipynb"))
        assert len(graded) == count, f"nbgrader has marked {len(graded)} of {count}"
        for path in graded:
            assert '"output_type": "error"' not in path.read_text(), path
        return done


def notebook(solution: str) -> dict[str, object]:
    def cell(name: str, source: str, points: int = 0) -> dict[str, object]:
        marked = {"schema_version": 3, "grade_id": name, "task": False, "grade": points > 0}
        marked |= {"locked": points > 0, "solution": not points}
        if points:
            marked["points"] = points
        return {
            "cell_type": "code", "id": name, "metadata": {"nbgrader": marked}, "source": source,
            "execution_count": None, "outputs": [],
        }  # fmt: skip

    cells = [cell("double", solution), *(cell(name, check, 1) for name, check in TESTS.items())]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


# --- what is measured ----------------------------------------------------------------------------


def peers(room: Path, small: bool) -> bool:
    """Who marks how many submissions a minute."""
    ours, bare, nbgrader = Ours(room), Bare(room), Nbgrader(room)
    rounds, few, many = (2, 3, 6) if small else (5, 12, 120)
    ways: dict[str, tuple[int, Callable[[int], Took]]] = {
        f"workshop grade, {CORES} jobs": (many, ours.mark),
        "workshop grade, 1 job": (many, lambda count: ours.mark(count, jobs=1)),
        f"bare pytest, {CORES} at a time": (few, bare.mark),
        "bare pytest, 1 at a time": (few, lambda count: bare.mark(count, jobs=1)),
        f"nbgrader {nbgrader.version}": (few, nbgrader.mark),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (count, mark) in ways.items():
            rates[name].append(60 * count / mark(count).seconds)
    first, *_ = medians = {name: median(found) for name, found in rates.items()}
    print(f"{'':28} {'a minute':>9} {'of':>5} {'ours is':>8}    each round")
    for name, rate in medians.items():
        each = " ".join(f"{one:.0f}" for one in rates[name])
        times = medians[first] / rate
        print(f"{name:28} {rate:9.0f} {ways[name][0]:5} {times:7.1f}x    {each}")
    kept = True
    for start, aim in AIMS.items():
        name = next(one for one in medians if one.startswith(start))
        kept &= medians[first] >= aim * medians[name]
    return kept


def growth(room: Path, small: bool) -> bool:
    """Whether it takes ten times as long for ten times as many."""
    ours = Ours(room)
    used = 0.0
    print(f"{'submissions':>11} {'seconds':>8} {'each (ms)':>9} {'memory (MB)':>11} {'busy':>6}")
    for count in (10, 30) if small else (10, 100, 1000):
        done = ours.mark(count)
        used = done.cpu / (done.seconds * CORES)
        each = 1000 * done.seconds / count
        print(f"{count:11} {done.seconds:8.1f} {each:9.1f} {done.memory:11.0f} {used:6.0%}")
    return small or used >= BUSY


def costs(room: Path, small: bool) -> bool:
    """What a unit of each exercise costs."""
    course = load_course(KIT)
    print(f"{'exercise':20} {'kind':6} {'units':>6} {'CPU s':>7} {'core s':>7}  of a unit")
    by_kind: dict[str, list[Took]] = {}
    for exercise in course.exercises:
        few, many = (1, 3) if small else (4, 40) if exercise.kind == "code" else (4, 16)
        made = answers(exercise)
        one, two = (_graded(room, exercise, made, count) for count in (few, many))
        more = many - few
        each = Took((two.seconds - one.seconds) / more, (two.cpu - one.cpu) / more, 0)
        by_kind.setdefault(exercise.kind, []).append(each)
        row = f"{exercise.name:20} {exercise.kind:6} {more:6}"
        print(f"{row} {each.cpu:7.2f} {each.seconds * CORES:7.2f}")
    for kind, found in by_kind.items():
        cpu = sum(one.cpu for one in found)
        core = sum(one.seconds for one in found) * CORES
        print(f"all of kind {kind}: {cpu:.2f} CPU s and {core:.2f} core s a submission")
        print(f"  100,000 submissions: {core * 100_000 / 3600:,.0f} core hours")
    return True


def answers(exercise: Exercise) -> Iterator[bytes]:
    """Right ones, wrong ones and none, over and over, each with a number of its own."""
    graded = KIT / "tests" / "graded" / exercise.name
    others = sorted(
        path for name in ("alternatives", "mutants") for path in (graded / name).glob("**/*.py")
    )
    # As in a class that is about to finish, half of the answers are right.
    wrong = [exercise.stub, *others]
    for path in itertools.chain.from_iterable((exercise.reference, one) for one in _over(wrong)):
        yield path.read_bytes() + f"\n# {next(NUMBERS)}\n".encode()


def _over(paths: list[Path]) -> Iterator[Path]:
    return itertools.cycle(paths)


def _graded(room: Path, exercise: Exercise, made: Iterator[bytes], count: int) -> Took:
    with tempfile.TemporaryDirectory(dir=room) as name:
        folder = Path(name)
        for number, source in enumerate(itertools.islice(made, count)):
            learner = folder / "class" / f"learner{number}"
            learner.mkdir(parents=True)
            for other in load_course(KIT).exercises:
                shutil.copy(other.reference, learner)
            (learner / exercise.file_name).write_bytes(source)
        command = ["-m", "workshop", "grade", folder / "class", "--out", folder / "book"]
        return took([sys.executable, *command, "--exercise", exercise.name], KIT)


def cluster(room: Path, small: bool) -> bool:
    """What handing out a unit costs."""
    ours = Ours(room)
    with _dask(room, ours.kit) as (address, scheduler):

        def handed_out(count: int) -> tuple[float, float]:
            before = sum(scheduler.cpu_times()[:2])
            took = ours.mark(count, cluster=address)
            return took.cpu, sum(scheduler.cpu_times()[:2]) - before

        few, many = (2, 6) if small else (50, 300)
        handed_out(few)
        first, second = handed_out(few), handed_out(many)
    for name, one, two in zip(("command", "scheduler"), first, second, strict=True):
        print(f"{name:10} {1000 * (two - one) / (many - few):5.1f} ms of CPU a unit")
    return True


@contextmanager
def _dask(room: Path, kit: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A scheduler and its workers: its address, and its process."""
    file = room / "scheduler.json"

    def start(*command: str | Path) -> subprocess.Popen[bytes]:
        dask = [sys.executable, "-m", "dask", *map(str, command), "--host", "127.0.0.1"]
        return subprocess.Popen(dask, cwd=kit, stderr=subprocess.DEVNULL)

    scheduler = start("scheduler", "--port", "0", "--scheduler-file", file)
    workers = [
        start("worker", "--scheduler-file", file, "--nworkers", "1", "--nthreads", "1")
        for _ in range(CORES)
    ]
    try:
        while not file.exists() and scheduler.poll() is None:
            time.sleep(0.1)
        yield json.loads(file.read_bytes())["address"], psutil.Process(scheduler.pid)
    finally:
        for process in [*workers, scheduler]:
            process.terminate()
            process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    every = {"peers": peers, "growth": growth, "costs": costs, "cluster": cluster}
    parser.add_argument("what", nargs="*", choices=[[], *every], metavar="WHAT")
    parser.add_argument("--small", action="store_true", help="see whether it works, on a few")
    wanted = parser.parse_args()
    kept = True
    for name in wanted.what or every:
        load = os.getloadavg()[0]
        print(
            f"\n{name}: {CORES} cores, Python {platform.python_version()}, load before {load:.1f}"
        )
        with tempfile.TemporaryDirectory(prefix="workshop-classes-") as room:
            kept &= every[name](Path(room), wanted.small)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
