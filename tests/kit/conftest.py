"""The kit's own tests run with the network off, except for loopback: here and in every
Python process that a test starts."""

import json
import logging
import os
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from workshop.course import Exercise, load_course
from workshop.grading import mark
from workshop.grading import warm as grading_warm
from workshop.grading.verdict import Verdict
from workshop.grading.warm import Warm

KIT = Path(__file__).parents[2]
NEEDS_BROWSER = bool(os.environ.get("WORKSHOP_NEEDS_BROWSER"))
JOBS = 3
"""How many submissions are marked beside each other, once tests wait for their verdicts: some of
them wait. Until then it is one, for the other tests shall not wait for the processor."""

# Whatever an attack is called, it is none of our tests; nor are a small course's graded ones, and
# those of the lesson that the authors' guide adds.
collect_ignore_glob = ["attacks/*", "small_kit/*", "authoring/*"]

runpy.run_path(str(KIT / "tests" / "kit" / "offline" / "sitecustomize.py"))["pass_on"]()
# With it, whatever a process prints is out at once, also of one that is killed or cannot write. Who
# types the commands of the README has it not.
os.environ.pop("PYTHONUNBUFFERED", None)
# A shell that starts pytest in the background has it ignore Ctrl-C, and all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def scratch_kit(tmp_path: Path) -> Path:
    """The kit's own files in a folder that a test may spoil, without a single notebook."""
    kit = tmp_path / "scratch"
    offline = Path("tests", "kit", "offline")
    for folder in (Path("workshop"), Path("exercises"), offline):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(KIT / folder, kit / folder, ignore=ignored)
    (kit / "notebooks").mkdir()
    for name in ("course.toml", "pyproject.toml", "constraints.txt", "notebooks/conftest.py"):
        shutil.copyfile(KIT / name, kit / name)
    return kit


@pytest.fixture
def small_kit(tmp_path: Path) -> Path:
    """A kit of one exercise, ex01_double, whose graded tests take no time."""
    kit = tmp_path / "small"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(KIT / "tests" / "kit" / "small_kit", kit, ignore=ignored)
    shutil.copyfile(KIT / "pyproject.toml", kit / "pyproject.toml")
    return kit


@pytest.fixture
def first_notebook(scratch_kit: Path) -> Callable[..., Path]:
    """Call it with cells' sources to have them as the scratch kit's first lesson.

    A source may come with the text that is stored as its result.
    """

    def write(*sources: str | tuple[str, str], metadata: dict[str, object] | None = None) -> Path:
        cells = [("# A title", None), *(s if isinstance(s, tuple) else (s, None) for s in sources)]
        notebook = {
            "cells": [_cell(number, *cell) for number, cell in enumerate(cells)],
            "metadata": metadata or {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        path = scratch_kit / "notebooks" / "01_event_loop.ipynb"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return path

    return write


def _cell(number: int, source: str, result: str | None) -> dict[str, object]:
    cell = {"id": f"cell-{number}", "metadata": {}, "source": source}
    if number == 0:
        return cell | {"cell_type": "markdown"}
    outputs = [
        {
            "output_type": "execute_result",
            "data": {"text/plain": result},
            "metadata": {},
            "execution_count": number,
        }
    ]
    count = number if result else None
    return cell | {
        "cell_type": "code",
        "execution_count": count,
        "outputs": outputs if result else [],
    }


@pytest.fixture
def kernel(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Call it for the environment of a process whose kernels die the first few times, or do
    something `first`. Not this process's own: lessons that run beside would have it too.
    """

    def environment(first: str = "", dies: int = 0) -> dict[str, str]:
        folder = tmp_path / "jupyter" / "kernels" / "python3"
        folder.mkdir(parents=True)
        launcher = folder / "launcher.py"
        launcher.write_text(f"DIES = {dies}\n{_LAUNCHER.format(first=first)}", encoding="utf-8")
        argv = [sys.executable, str(launcher), "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": "Ours", "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
        return {"JUPYTER_PATH": str(tmp_path / "jupyter")}

    return environment


_LAUNCHER = """
import os, sys, tempfile
folder = os.path.dirname(__file__)
tempfile.mkstemp(prefix="begun", dir=folder)
if len([name for name in os.listdir(folder) if "begun" in name]) <= DIES:
    sys.exit(1)
{first}
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()
"""


class Marking:
    """Marks modules ahead of the tests that ask for the verdicts, beside whatever else runs."""

    def __init__(self) -> None:
        self._exercises = [e for e in load_course(KIT).exercises if e.kind == "code"]
        self._folder = Path(tempfile.mkdtemp(prefix="workshop-marking-"))
        self._threads = ThreadPoolExecutor(JOBS)
        self._turns = threading.Semaphore(1)
        self._hurries = False
        self._runner = Warm(KIT, self._exercises)
        self._verdicts: dict[tuple[Exercise, bytes, bool], Future[Verdict]] = {}
        self.told: list[str] = []
        """What marking found strange, though it came to its verdicts all the same."""
        handler = logging.Handler(logging.WARNING)
        handler.addFilter(lambda record: record.threadName != "MainThread")  # tests' own
        handler.emit = lambda record: self.told.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger(grading_warm.__name__).addHandler(handler)

    def stop(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._runner.__exit__()
        shutil.rmtree(self._folder)

    def plan(self, exercise: Exercise, source: bytes, isolated: bool) -> Future[Verdict]:
        key = (exercise, source, isolated)
        if key not in self._verdicts:
            submission = self._folder / f"{exercise.name}-{len(self._verdicts)}"
            self._verdicts[key] = self._threads.submit(
                self._mark, exercise, source, submission, isolated
            )
        return self._verdicts[key]

    def verdict(self, exercise: Exercise, source: bytes, isolated: bool = True) -> Verdict:
        if not self._hurries:
            self._hurries = True
            self._turns.release(JOBS - 1)
        return self.plan(exercise, source, isolated).result()

    def _mark(self, exercise: Exercise, source: bytes, submission: Path, isolated: bool) -> Verdict:
        """`source` in the place of the exercise's file, among our answers to the others."""
        submission.mkdir()
        for other in self._exercises:
            shutil.copy(other.reference, submission)
        (submission / exercise.file_name).write_bytes(source)
        with self._turns:
            return mark(exercise, submission, self._runner, isolated)


class Lessons:
    """Runs lessons ahead of the tests that ask about them, one after the other: they mostly wait.

    Each has a pytest of its own, for nbval runs its kernel in pytest's only thread.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._lock = threading.Lock()
        self._under_way: subprocess.Popen[str] | None = None
        self._over = False
        self._runs: dict[Path, Future[subprocess.CompletedProcess[str]]] = {}

    def plan(self, notebook: Path) -> None:
        self._runs[notebook] = self._thread.submit(self._run, notebook)

    def run(self, notebook: Path) -> subprocess.CompletedProcess[str]:
        return self._runs[notebook].result()

    def stop(self) -> None:
        with self._lock:
            self._over = True
            if self._under_way is not None:
                self._under_way.send_signal(signal.SIGINT)  # it ends its kernel, too
        self._thread.shutdown(cancel_futures=True)

    def _run(self, notebook: Path) -> subprocess.CompletedProcess[str]:
        # Not this process's PYTHONPATH, which keeps what it starts offline already: the notebooks'
        # own conftest has to see to that.
        names = os.environ.keys() - {"PYTHONPATH", "PYTEST_ADDOPTS"}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no"]
        with self._lock:
            if self._over:
                raise CancelledError
            self._under_way = subprocess.Popen(
                [*command, str(notebook)],
                cwd=KIT,
                env={name: os.environ[name] for name in names},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        printed, _ = self._under_way.communicate()
        return subprocess.CompletedProcess(command, self._under_way.returncode, printed)


_marking = pytest.StashKey[Marking]()
_lessons = pytest.StashKey[Lessons]()


def _asks_for(fixture: str, item: pytest.Item) -> bool:
    return fixture in getattr(item, "fixturenames", ())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that ask for lessons or verdicts come late: these are run, and made, beside all the
    others. Attacks come last of all, when nothing else is marked.
    """
    fixtures = ("lessons", "marking")
    items.sort(
        key=lambda item: (
            item.path.stem == "test_attacks",
            any(_asks_for(one, item) for one in fixtures),
        )
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin at once with whatever the session's tests are going to ask for."""
    if session.config.option.collectonly:
        return
    if asking := [item for item in session.items if _asks_for("lessons", item)]:
        lessons = session.config.stash[_lessons] = Lessons()
        for item in asking:
            lessons.plan(item.callspec.params["notebook"])  # type: ignore[attr-defined]
    if asking := [item for item in session.items if _asks_for("marking", item)]:
        marking = session.config.stash[_marking] = Marking()
        for item in asking:
            with suppress(FileNotFoundError):  # the test that asks for it says so itself
                marking.plan(*_wanted(item))


def pytest_unconfigure(config: pytest.Config) -> None:
    for key in (_marking, _lessons):
        if key in config.stash:
            config.stash[key].stop()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if _marking in config.stash and (told := config.stash[_marking].told):
        terminalreporter.section("marking told of")
        terminalreporter.write_line("\n".join(told))


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """Marks what a test has itself made ready."""
    with Warm(KIT, load_course(KIT).exercises) as warm:
        yield warm


@pytest.fixture(scope="session")
def marking(pytestconfig: pytest.Config) -> Marking:
    """Marks each module once, whoever asks."""
    return pytestconfig.stash[_marking]


@pytest.fixture(scope="session")
def lessons(pytestconfig: pytest.Config) -> Lessons:
    """Runs each lesson once."""
    return pytestconfig.stash[_lessons]


def _wanted(item: pytest.Item) -> tuple[Exercise, bytes, bool]:
    """What a test of `marking` is about, from its parameters: exercise, source, and whether it is
    marked isolated.
    """
    params = getattr(getattr(item, "callspec", None), "params", {})
    exercise = params["exercise"]
    if "source" in params:
        return exercise, params["source"], params.get("isolated", True)
    own = exercise.stub if "stub" in item.name else exercise.reference
    return exercise, params.get("path", own).read_bytes(), params.get("isolated", True)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: looks at a page in Chromium; skipped without it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where WORKSHOP_NEEDS_BROWSER is set, a browser test that is skipped has failed."""
    report = yield
    if report.skipped and item.get_closest_marker("browser") and NEEDS_BROWSER:
        report.outcome = "failed"
        report.longrepr = "It was skipped, and WORKSHOP_NEEDS_BROWSER asks for it to run."
    return report
