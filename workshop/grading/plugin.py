"""The pytest plugin behind the graded tests: `--submission`, stand-ins, points, diagnoses.

Pytest loads it in every run in this environment, so it imports little until a run has
graded tests in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from workshop.grading.session import GradedSession


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("workshop")
    group.addoption(
        "--submission", metavar="DIR", help="mark the exercise files in DIR (default: exercises/)"
    )
    group.addoption("--marks", metavar="FILE", help="append each graded test's result to FILE")
    group.addoption(
        "--isolated", metavar="SCRATCH", help="run the submission in processes of its own"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "points(n): what a graded test is worth (default: 1)")
    config.addinivalue_line(
        "markers", "misconception(id): the idea behind a failure without harder evidence"
    )
    if _concerns_graded_tests(config):
        config.pluginmanager.register(_Hooks(_session(config)), "workshop-graded")


def _concerns_graded_tests(config: pytest.Config) -> bool:
    graded = config.rootpath / "tests" / "graded"
    if not (config.rootpath / "course.toml").is_file():
        return False
    asked = [
        (config.invocation_params.dir / arg.partition("::")[0]).resolve() for arg in config.args
    ]
    return any(path.is_relative_to(graded) or graded.is_relative_to(path) for path in asked)


def _session(config: pytest.Config) -> GradedSession:
    from workshop.grading.session import GradedSession

    wanted = config.getoption("--submission")
    folder = Path(wanted).resolve() if wanted else config.rootpath / "exercises"
    if not folder.is_dir():
        raise pytest.UsageError(f"--submission: there is no folder {folder}.")
    marks, scratch = config.getoption("--marks"), config.getoption("--isolated")
    return GradedSession(
        config.rootpath, folder, Path(marks) if marks else None, Path(scratch) if scratch else None
    )


class _Hooks:
    """What pytest calls when a run has graded tests; the work is the session's."""

    def __init__(self, session: GradedSession) -> None:
        self._session = session

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Iterator[None]:
        with self._session.stand_ins():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if not self._session.owns(item):
            return (yield)
        with self._session.test(item):
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if self._session.owns(item):
            self._session.load()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
        report = yield
        if self._session.owns(item):
            self._session.report(call, report)
        return report
