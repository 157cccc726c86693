"""The process that runs a learner's tests, on modules that it cannot see.

It runs pytest on one file, with stand-ins for the modules under test, which live in a process of
their own. What it tells of each test goes over the wire: learners' code runs here, so all of it
may be forged. But whoever forges does not know whether the modules are right or wrong.
"""

from __future__ import annotations

import importlib
import inspect
import linecache
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import pytest
from _pytest.assertion.rewrite import AssertionRewritingHook as _Rewriting
from _pytest.config import _prepareconfig
from _pytest.fixtures import FixtureLookupError

from workshop.grading.stand_ins import NotForTests, StandInFinder
from workshop.grading.timer import interrupting
from workshop.grading.verdict import NAME_LIMIT, OUTPUT_LIMIT, WORDS_LIMIT
from workshop.isolation import evidence, walls
from workshop.isolation.evidence import plain, told
from workshop.isolation.patience import Patience
from workshop.isolation.process import TALK_MESSAGES, TALK_SIZE
from workshop.isolation.remote import Isolated
from workshop.isolation.stage import TimeLimit
from workshop.isolation.steps import CLASS
from workshop.isolation.submission import Submission, SubmissionError
from workshop.isolation.testimony import Sources
from workshop.isolation.under_test import Conversations
from workshop.isolation.wire import Wire
from workshop.pytest_settings import SETTINGS
from workshop.services import _pairs

Message = dict[str, Any]

_session: pytest.Session

LIMIT = 10.0
"""Seconds that one test may take. On a wrong module it may wait five until it gives up."""
IMPATIENT = 1.0
"""Seconds to which the limit shrinks, by half each time, while tests run out of it."""
ARGUMENTS = [
    *("-q", "--no-header", "--tb=no", "--capture=sys", "-p", "pytest_asyncio.plugin"),
    # What nobody asks for here, and each of hundreds of runs would set up.
    *("-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:debugging"),
    *("-p", "no:doctest", "-p", "no:faulthandler", "-p", "no:junitxml", "-p", "no:pastebin"),
    *("-p", "no:setuponly", "-p", "no:setupplan", "-p", "no:stepwise", "-p", "no:threadexception"),
]
_USED = (
    "workshop.proof",
    "workshop.services._app",
    "workshop.services._controller",
    "workshop.services._transport",
)
_REHEARSED = Path(__file__).with_name("rehearsed.py")
_MOCK = re.compile(r"[(=, ]mock\b")
_LOOPS = (
    *("bound to a different event loop", "attached to a different loop", "ScopeMismatch"),
    "Event loop is closed",
)


def main(wire: Wire, request: Message, control: int) -> None:
    """Run the tests of `request`'s `file`; `control` is the descriptor of a wire to the process of
    the modules that they test.
    """
    file, (scratch,) = Path(request["file"]), map(Path, request["scratch"])
    tempfile.tempdir = None  # the rehearsal has found another
    sys.dont_write_bytecode = True
    walls.put_up([scratch], [file.parent], request["walls"])
    shapes = request["shapes"]
    sys.meta_path.insert(0, StandInFinder(shapes, shapes.__getitem__, strict=True))
    tests = _Tests(wire, request, scratch, Conversations(Wire(control)))
    with tests.watching():
        if request["explain"] and (problem := _problem(file)):
            wire.send({"op": "broken", "text": problem})
            return
        _run(wire, file, tests, explain=request["explain"])
    wire.send({"op": "over"})


def rehearse() -> None:
    """Do what need not be done in each fork: import what tests import, run pytest once, and begin
    the session that each fork goes on with.
    """
    global _session
    for name in _USED:
        importlib.import_module(name)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    _pairs.use()
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()) as said:
        file = Path(shutil.copy(_REHEARSED, folder))
        settings = file.with_name("pytest.ini")
        settings.write_text(SETTINGS)
        arguments = [*ARGUMENTS, "-c", str(settings), "--rootdir", folder, str(file)]
        assert pytest.main(arguments) == 0, said.getvalue()
        _pairs.end()  # each fork has services of its own
        sys.modules.pop(file.stem, None)
        config = _prepareconfig(arguments)
        # Options of the plugin for debugging, for which those that run unittest's tests ask.
        config.option.trace = config.option.usepdb = False
        config._do_configure()
        _session = pytest.Session.from_config(config)
        config.hook.pytest_sessionstart(session=_session)


def _run(wire: Wire, file: Path, tests: _Tests, *, explain: bool) -> None:
    """Go on with the session: collect `file`, and run it."""
    if not explain:
        sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, _Rewriting)]
    config = _session.config
    config.pluginmanager.register(tests)
    # Not by its hook for collection, which takes the arguments that the session began with.
    try:
        _session.items = list(_session.genitems(pytest.Module.from_parent(_session, path=file)))
    except (Exception, SystemExit) as error:
        tests.uncollected = told(error)
    if tests.uncollected:
        wire.send({"op": "broken", "text": f"{file.name} cannot be run: {tests.uncollected}"})
        return
    config.hook.pytest_collection_modifyitems(session=_session, config=config, items=_session.items)
    config.hook.pytest_runtestloop(session=_session)


def _problem(file: Path) -> str | None:
    """Why the file cannot be imported, in a sentence; None when it can."""
    submission = Submission(file.parent)
    sys.meta_path.append(submission)
    try:
        submission.load(file.stem)
    except SubmissionError as error:
        return str(error)
    except pytest.skip.Exception:
        return f"{file.name} is skipped as a whole, so it tests nothing."
    finally:
        submission.forget()
        sys.meta_path.remove(submission)
    return None


class _Tests:
    """A pytest plugin: gives each test its modules, and tells what became of it."""

    def __init__(self, wire: Wire, request: Message, scratch: Path, modules: Conversations) -> None:
        self._wire = wire
        self._file = request["file"]
        names = [name for shapes in request["shapes"].values() for name in shapes.items()]
        self._classes = {name for name, kind in names if kind == CLASS}
        self._scratch = scratch
        self._modules = modules
        self._limit = Patience(LIMIT, IMPATIENT)
        self._late = False
        self.uncollected = ""
        """Why tests could not be collected, if they could not."""
        self._result: Message = {}
        self._signs: set[str] = set()
        self._async_fixtures: set[str] = set()
        """The learner's own that were set up so far; some serve several tests."""
        self._stage: Isolated | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Inside the block, notice what a test does besides calling the modules under test."""
        clocks = {name: getattr(time, name) for name in ("time", "monotonic", "perf_counter")}
        for name, clock in clocks.items():
            setattr(time, name, self._noticing(clock))
        awaited = mock.AsyncMock._execute_mock_call

        async def execute(this: Any, /, *args: Any, **kwargs: Any) -> Any:
            self._signs.add("mock")
            return await awaited(this, *args, **kwargs)

        mock.AsyncMock._execute_mock_call = execute  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            mock.AsyncMock._execute_mock_call = awaited  # type: ignore[method-assign]
            for name, clock in clocks.items():
                setattr(time, name, clock)

    def _noticing(self, clock: Callable[[], float]) -> Callable[[], float]:
        def read() -> float:
            if sys._getframe(1).f_code.co_filename == self._file:
                self._signs.add("clock")
            return clock()

        return read

    # --- what pytest calls -----------------------------------------------------------------------

    def pytest_exception_interact(self, node: Any, call: pytest.CallInfo[Any]) -> None:
        if isinstance(node, pytest.Collector) and call.excinfo is not None:
            self.uncollected = told(call.excinfo.value)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        names = list(dict.fromkeys(_name(item) for item in items))
        self._wire.send({"op": "collected", "names": names})

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        # Not pytest's own, which describes at length why it was stopped.
        for item, following in zip(session.items, [*session.items[1:], None], strict=False):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return True

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # around the one that collects warnings
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._begin(item)
        end = self._modules.next()
        try:
            self._stage = Isolated(
                lambda: _Fork(end),
                self._scratch,
                Sources(self._scratch),
                Patience(0.01, 0.01),
                kernel_tells=False,
            )
            with self._stage.open(), self._time_limit():
                result = yield
        finally:
            os.close(end)
        self._tell(item)
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        assert self._stage is not None
        self._stage.load()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[Any]:
        function = inspect.unwrap(fixturedef.func)
        code = getattr(function, "__code__", None)
        if _is_async(function) and code is not None and code.co_filename == self._file:
            self._async_fixtures.add(fixturedef.argname)
            self._signs.add("fixture")
        return (yield)

    def pytest_warning_recorded(self, warning_message: Any) -> None:
        if "was never awaited" in str(warning_message.message):
            self._signs.add("never awaited")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[Any]) -> Any:
        report = yield
        # Marked xfail: it failed, or passed, or passed where that is a failure.
        if hasattr(report, "wasxfail") or (report.failed and call.excinfo is None):
            self._result["outcome"] = "xfail"
        elif report.skipped:
            self._result["outcome"] = "skip"
            if isinstance(report.longrepr, tuple):
                reason = str(report.longrepr[-1]).removeprefix("Skipped: ")
                self._result["words"] = plain(reason, WORDS_LIMIT)
        elif call.excinfo is not None and self._result["outcome"] == "pass":
            self._result |= self._failure(call.excinfo)
            printed = report.capstdout + report.capstderr
            self._result["output"] = plain(printed, OUTPUT_LIMIT * 10)
        return report

    # --- what becomes of a test ------------------------------------------------------------------

    def _begin(self, item: pytest.Item) -> None:
        self._late = False
        self._signs = {"marker"} if self._is_marked(item) else set()
        self._result = {"outcome": "pass"}
        evidence.begin()
        self._wire.send({"op": "started", "name": _name(item)})

    def _is_marked(self, item: pytest.Item) -> bool:
        function = getattr(item, "function", None)
        marked = item.get_closest_marker("asyncio") is not None
        return marked and inspect.iscoroutinefunction(function)

    def _tell(self, item: pytest.Item) -> None:
        if self._async_fixtures & {*getattr(item, "fixturenames", ())}:
            self._signs.add("fixture")
        calls = [call.text for call in evidence.current().calls]
        if all(call.partition("(")[0] in self._classes for call in calls):
            self._signs.add("no call")  # to make an object is to test nothing of it
        if any(_MOCK.search(call) for call in calls):
            self._signs.add("mock passed in")
        told = {"name": _name(item), "signs": sorted(self._signs), **self._result}
        self._wire.send({"op": "ended", **told})

    def _failure(self, caught: pytest.ExceptionInfo[BaseException]) -> Message:
        error = TimeLimit() if self._late else caught.value
        own = [entry for entry in caught.traceback if str(entry.path) == self._file]
        line = own[-1].lineno + 1 if own else None
        words = _words(error)
        if isinstance(error, NotImplementedError) and own and own[-1] is caught.traceback[-1]:
            outcome = "unwritten"
        else:
            outcome = "timeout" if isinstance(error, TimeLimit) else "fail"
        if "requested an async fixture" in words:
            self._signs.add("plain fixture")
        if "async def functions are not natively supported" in words:
            self._signs.add("not run")
        if isinstance(error, NotForTests):
            self._signs.add("subject replaced")
        if any(sign in words for sign in _LOOPS):
            self._signs.add("other loop")
        return {
            "outcome": outcome,
            "line": line,
            "source": linecache.getline(self._file, line).strip()[:200] if line else None,
            "words": plain(re.sub(r"\nassert .*", "", words, flags=re.DOTALL), WORDS_LIMIT),
        }

    @contextmanager
    def _time_limit(self) -> Iterator[None]:
        try:
            with interrupting(self._limit.seconds, self._out_of_time, 1.0):
                yield
        finally:
            if self._late:
                self._limit.lose()

    def _out_of_time(self, number: int, frame: FrameType | None) -> None:
        self._late = True
        raise TimeLimit


class _Fork:
    """The process that the modules under test run in for one test. Somebody else ends it."""

    pid = 0

    def __init__(self, end: int) -> None:
        self.wire = Wire(end, TALK_SIZE, TALK_MESSAGES)
        self._end = end

    def ask_where(self) -> None:
        """Nothing: its lines are nobody's business."""

    def hang_up(self) -> None:
        self.wire.hang_up()

    def end(self) -> int:
        return 0

    def output(self) -> str:
        return ""

    def close(self) -> None:
        self.wire.close()


def _words(error: BaseException) -> str:
    """The exception as `TypeName: text`, without what pytest adds of itself."""
    if isinstance(error, FixtureLookupError):
        if error.msg is None:
            return f"there is no fixture called {error.argname!r}"
        return plain(error.msg.partition("\n")[0], WORDS_LIMIT)
    return told(error).partition(" Requesting fixture stack:")[0]


def _name(item: pytest.Item) -> str:
    """The name of its function, which several tests with different parameters share."""
    return str(getattr(item, "originalname", None) or item.name)[:NAME_LIMIT]


def _is_async(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
