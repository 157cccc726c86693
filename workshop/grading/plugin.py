"""The pytest plugin behind the graded tests: `--submission`, stand-ins, points, diagnoses.

The tests that learners write for exercises run on it as well. Pytest loads it in every run in this
environment, so it imports little until a run has such tests in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from workshop.grading.session import GradedSession

_HOOKS = "workshop-graded"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("workshop")
    group.addoption(
        "--submission",
        metavar="DIR",
        help="test the exercise files in DIR (default: exercises/ for graded tests; for the tests "
        "of an exercise, the modules beside them)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "points(n): what a graded test is worth (default: 1)")
    config.addinivalue_line(
        "markers", "misconception(id): the idea behind a failure without harder evidence"
    )
    if _concerns_exercises(config):
        config.pluginmanager.register(_Hooks(_session(config)), _HOOKS)


def _concerns_exercises(config: pytest.Config) -> bool:
    kit = config.rootpath
    if not (kit / "course.toml").is_file():
        return False
    asked = [
        (config.invocation_params.dir / arg.partition("::")[0]).resolve() for arg in config.args
    ]
    folders = [kit / "tests" / "graded", kit / "exercises", kit / "solutions"]
    return any(
        path.name.startswith("test_ex")
        or any(path.is_relative_to(one) or one.is_relative_to(path) for one in folders)
        for path in asked
    )


def _session(config: pytest.Config) -> GradedSession:
    from workshop.grading.session import GradedSession

    wanted = config.getoption("--submission")
    folder = Path(wanted).resolve() if wanted else None
    if folder is not None and not folder.is_dir():
        raise pytest.UsageError(f"--submission: there is no folder {folder}.")
    return GradedSession(config.rootpath, folder)


def graded_session(config: pytest.Config) -> GradedSession:
    """The session of a run that has tests of exercises, or for them, in it."""
    hooks = config.pluginmanager.get_plugin(_HOOKS)
    assert isinstance(hooks, _Hooks)
    return hooks.session


class _Hooks:
    """What pytest calls when a run has such tests; the work is the session's."""

    def __init__(self, session: GradedSession) -> None:
        self.session = session

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Iterator[None]:
        with self.session.stand_ins():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if not self.session.owns(item):
            return (yield)
        with self.session.test(item):
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if self.session.owns(item):
            self.session.load()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
        if not self.session.owns(item):
            return (yield)
        from workshop.isolation.stage import TimeLimit

        try:
            report = yield
        except (Exception, TimeLimit) as error:
            # A failure that cannot be described, or not in time, is one all the same.
            assert call.when != "collect"
            words = f"The failure could not be shown: {type(error).__name__}."
            report = pytest.TestReport(
                item.nodeid, item.location, {}, "failed", words, call.when, duration=call.duration
            )
        self.session.report(call, report)
        return report
