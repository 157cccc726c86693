"""`workshop grade --cluster`: a Dask scheduler and its workers on this computer mark a class as
this computer alone does, whoever dies meanwhile.

They need the extra `cluster`. Where WORKSHOP_NEEDS_CLUSTER is set, its absence is a failure.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from workshop.course import load_course
from workshop.gradebook.digest import digest
from workshop.gradebook.units import mark_unit, unit_of
from workshop.isolation import walls
from workshop.isolation.forking import FORKS

KIT = Path(__file__).parents[2]
KILLED_WORKERS = Path(__file__).with_name("killed_workers.py")
NAME, FILE = "ex01_double", "ex01_double.py"
RIGHT = b"async def double(number):\n    return 2 * number\n"
WRONG = b"async def double(number):\n    return number\n"
LEARNERS = ("anna", "bob", "carl", "dora", "emil", "fay", "gus", "hana")
# What `killed_workers.py` looks for.
ALWAYS = b"# kills whoever is about to mark it"
ONCE = b"# kills the first that is about to mark it"
SETTINGS = {
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "3s",
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
}
"""Dask's own: less patience than an instructor wants."""

HERE = find_spec("distributed") is not None
needs_dask = pytest.mark.skipif(
    not FORKS or not (HERE or os.environ.get("WORKSHOP_NEEDS_CLUSTER")),
    reason="the extra `cluster` is not installed",
)


class Dask:
    """A scheduler of our own, and what asks it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "scheduler.json"
        self._started: list[subprocess.Popen[bytes]] = []
        scheduler = ["scheduler", "--scheduler-file", str(self._file), "--port", "0"]
        self.scheduler = self._start([*scheduler, "--dashboard-address", ":0"], folder)

    def _start(
        self, command: list[str], folder: Path, env: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        with (self.folder / f"log{len(self._started)}").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *command, "--host", "127.0.0.1"],
                cwd=folder,
                env=os.environ | SETTINGS | (env or {}),
                stdout=log,
                stderr=log,
            )
        self._started.append(process)
        return process

    @property
    def address(self) -> str:
        return json.loads(self._file.read_text(encoding="utf-8"))["address"]

    @contextmanager
    def workers(
        self, kit: Path, count: int, among: int, env: dict[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """So many workers in the folder `kit`, one thread each. There are `among` in all then."""
        import distributed

        process = self._start(
            [
                *("worker", "--scheduler-file", str(self._file), "--preload", str(KILLED_WORKERS)),
                *("--nworkers", str(count), "--nthreads", "1", "--dashboard-address", ":0"),
            ],
            kit,
            env,
        )
        try:
            with distributed.Client(scheduler_file=str(self._file), set_as_default=False) as ours:
                ours.wait_for_workers(among, timeout=120)
            yield process
        finally:
            below = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            process.wait()
            assert not psutil.wait_procs(below, timeout=60)[1], "they end with all they have begun"

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit of one exercise whose graded tests take no time."""
    return small_kit(tmp_path_factory.mktemp("small") / "kit")


def small_kit(kit: Path) -> Path:
    shutil.copytree(KIT / "tests" / "kit" / "small_kit", kit)
    shutil.copyfile(KIT / "pyproject.toml", kit / "pyproject.toml")
    return kit


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory, kit: Path) -> Iterator[Dask]:
    """A scheduler with three workers, as an instructor would start them."""
    dask = Dask(tmp_path_factory.mktemp("dask"))
    try:
        with dask.workers(kit, 3, among=3):
            yield dask
    finally:
        dask.end()


@pytest.fixture
def hand_in(kit: Path, tmp_path: Path) -> Callable[..., None]:
    """Call it with a learner's name and file."""

    def write(name: str, source: bytes) -> None:
        folder = tmp_path / "submissions" / name
        folder.mkdir(parents=True)
        (folder / FILE).write_bytes(source + f"# {name}\n".encode())

    return write


@pytest.fixture
def grade(kit: Path, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Call it with options to start marking what was handed in, with the gradebook in `out`."""

    def start(*args: str, out: str = "out") -> subprocess.Popen[str]:
        command = ["workshop", "grade", str(tmp_path / "submissions"), "--out", str(tmp_path / out)]
        return subprocess.Popen(
            [sys.executable, "-m", *command, *args],
            cwd=kit,
            env=os.environ | SETTINGS | {"COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def done(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Its exit status, and what it said."""
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in out + err
    return process.returncode, out, err


def until_the_first(process: subprocess.Popen[str]) -> str:
    """The line about the first learner who is marked, once it is there."""
    assert process.stderr
    return process.stderr.readline()


def known(printed: str) -> int:
    """Of how many learners a run said how many points they have."""
    return len(re.findall(r"^\w+  \d of 6 points$", printed, re.MULTILINE))


@needs_dask
def test_three_workers_of_whom_one_dies_half_way_mark_as_one_computer_does(
    dask: Dask,
    kit: Path,
    tmp_path: Path,
    hand_in: Callable[..., None],
    grade: Callable[..., subprocess.Popen[str]],
) -> None:
    for name in LEARNERS:
        hand_in(name, WRONG if name == "gus" else RIGHT + (ONCE + b"\n") * (name == "dora"))
    status, out, err = done(grade("--cluster", dask.address))
    assert (status, known(err)) == (0, 8), err
    assert "Verdicts: 8 made now, 0 known" in out
    assert (kit / "killed").exists(), "a worker has died"
    assert done(grade(out="alone"))[0] == 0
    book = (tmp_path / "out" / "gradebook.json").read_bytes()
    assert book == (tmp_path / "alone" / "gradebook.json").read_bytes()
    points = {one["learner"]: one["points"] for one in json.loads(book)["submissions"]}
    assert points == dict.fromkeys(LEARNERS, 6) | {"gus": 0}


@needs_dask
def test_a_submission_that_kills_workers_is_unmarked_and_all_others_are_marked(
    dask: Dask,
    tmp_path: Path,
    hand_in: Callable[..., None],
    grade: Callable[..., subprocess.Popen[str]],
) -> None:
    hand_in("anna", RIGHT)
    hand_in("bob", RIGHT + ALWAYS + b"\n")
    hand_in("carl", RIGHT)
    status, out, err = done(grade("--cluster", dask.address))
    assert status == 1, err
    assert "1 exercise could not be marked, which is not the learners' fault" in out
    anna, bob, carl = json.loads((tmp_path / "out" / "gradebook.json").read_bytes())["submissions"]
    assert (anna["points"], carl["points"]) == (6, 6)
    assert bob["exercises"] == []
    assert bob["unmarked"] == {
        NAME: "It could not be marked: 2 workers, one after the other, have died while they had it."
    }


@needs_dask
def test_ctrl_c_finishes_what_is_under_way(
    dask: Dask, hand_in: Callable[..., None], grade: Callable[..., subprocess.Popen[str]]
) -> None:
    for name in LEARNERS:
        hand_in(name, RIGHT)
    with grade("--cluster", dask.address) as process:
        first = until_the_first(process)
        process.send_signal(signal.SIGINT)
        status, out, err = done(process)
    assert (status, out) == (130, ""), err
    assert "Stopping: what is under way is still marked." in err
    assert "Stopped; what is marked is kept. To go on: `python -m workshop grade " in err
    kept = known(first + err)
    assert 1 <= kept < 8
    status, out, _ = done(grade())
    assert f"Verdicts: {8 - kept} made now, {kept} known" in out


@needs_dask
@pytest.mark.parametrize("unlike", ["kit", "walls"])
def test_a_worker_that_would_mark_otherwise_is_refused(
    unlike: str,
    dask: Dask,
    kit: Path,
    tmp_path: Path,
    hand_in: Callable[..., None],
    grade: Callable[..., subprocess.Popen[str]],
) -> None:
    hand_in("anna", RIGHT)
    where, env = kit, {}
    if unlike == "kit":
        where = small_kit(tmp_path / "another")
        with (where / "tests" / "graded" / NAME / "test_mock.py").open("a") as tests:
            tests.write("# another\n")
    else:
        env = {"WORKSHOP_SPAWN": "1"}  # without processes that are copied there is no `notify`
    with dask.workers(where, 1, among=4, env=env):
        status, out, err = done(grade("--cluster", dask.address))
    assert (status, out) == (2, ""), err
    assert re.match(r"The worker at tcp://127\.0\.0\.1:\d+ cannot be used\. ", err)
    if unlike == "kit":
        assert f"The kit in {where}, or its Python, is not the one that this class" in err
    else:
        assert "Other walls stand here (" in err
    assert not (tmp_path / "out").exists()


@needs_dask
def test_one_that_joins_later_and_would_mark_otherwise_marks_nothing(
    dask: Dask, kit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workshop.gradebook.cluster import Cluster, Lost

    monkeypatch.chdir(kit)
    course = load_course(kit)
    unit = unit_of(course, course.exercises[0], {FILE: RIGHT})
    kits = {NAME: digest(kit, NAME)}
    told: list[str] = []
    with Cluster(dask.address, kits, tuple(walls.standing()), told.append) as cluster:
        assert cluster.threads == 3
        assert cluster.submit(mark_unit, unit).result()["status"] == "pass"
        other = cluster.submit(mark_unit, replace(unit, kit="0" * 64))
        with pytest.raises(Lost, match=r"A worker has joined that cannot be used\. The kit in "):
            other.result()
        with pytest.raises(Lost):
            cluster.submit(mark_unit, unit).result()
    assert told == []


@needs_dask
def test_a_scheduler_that_goes_away_takes_nothing_along(
    kit: Path,
    tmp_path: Path,
    hand_in: Callable[..., None],
    grade: Callable[..., subprocess.Popen[str]],
) -> None:
    for name in LEARNERS:
        hand_in(name, RIGHT)
    dask = Dask(tmp_path)
    try:
        with dask.workers(kit, 1, among=1):
            address = dask.address
            with grade("--cluster", address) as process:
                first = until_the_first(process)
                dask.scheduler.kill()
                status, out, err = done(process)
    finally:
        dask.end()
    assert (status, out) == (1, ""), err
    assert f"The scheduler at {address} has gone away. What is marked is kept. To go on: `" in err
    kept = known(first + err)
    assert 1 <= kept < 8
    assert f"Verdicts: {8 - kept} made now, {kept} known" in done(grade())[1]
    status, out, err = done(grade("--cluster", address, out="another"))
    assert (status, out) == (2, "")
    assert err.startswith(f"No Dask scheduler answers at {address} (")
    assert err.endswith("`dask scheduler` starts one and tells its address.\n")
    assert not (tmp_path / "another").exists()


@needs_dask
def test_a_scheduler_without_workers_is_a_sentence(
    tmp_path: Path, hand_in: Callable[..., None], grade: Callable[..., subprocess.Popen[str]]
) -> None:
    from distributed import Client

    hand_in("anna", RIGHT)
    dask = Dask(tmp_path)
    try:
        with Client(scheduler_file=str(tmp_path / "scheduler.json"), set_as_default=False):
            status, out, err = done(grade("--cluster", dask.address))
    finally:
        dask.end()
    assert (status, out) == (2, "")
    assert err.startswith(f"The scheduler at {dask.address} has no workers: `dask worker ")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--cluster", "tcp://127.0.0.1:1", "--jobs", "2"), "--jobs is about this computer;"),
        (("--cluster", "tcp://127.0.0.1:1"), "Marking on a cluster needs Dask, which is not"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    args: tuple[str, ...], says: str, kit: Path, tmp_path: Path, hand_in: Callable[..., None]
) -> None:
    hand_in("anna", RIGHT)
    without = "import sys; sys.modules['distributed'] = None; from workshop.cli import main; main()"
    process = subprocess.run(
        [sys.executable, "-c", without, "grade", str(tmp_path / "submissions"), *args],
        cwd=kit,
        capture_output=True,
        text=True,
    )
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.startswith(says)
    assert not (kit / "gradebook").exists()
