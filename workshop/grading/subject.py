"""The stand-ins that a graded test imports in place of the learner's module.

`from ex02_upload import upload_file` in a graded test gives a stand-in. The learner's module is
imported anew for each test, and a broken one fails the tests that call it, each with a sentence,
instead of ending the collection.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import httpx

from workshop.isolation import evidence
from workshop.isolation.evidence import Call, shown, steady
from workshop.isolation.stage import TimeLimit
from workshop.isolation.submission import Submission, SubmissionError


class Subject:
    """One exercise module of a submission, for the length of one test."""

    def __init__(self, submission: Submission, name: str) -> None:
        self.name = name
        self._submission = submission
        self._module: ModuleType | None = None
        self._problem: SubmissionError | None = None

    def load(self) -> None:
        """Import the module. A failure is kept, and raised when a test first calls it."""
        self._module, self._problem = None, None
        try:
            self._module = self._submission.load(self.name)
        except SubmissionError as error:
            self._problem = error

    def resolve(self, name: str) -> Any:
        """What the learner's module calls `name`. Raises SubmissionError."""
        if self._problem is not None:
            raise self._problem
        assert self._module is not None, "load() comes before the first call"
        return self._submission.get(self._module, name)

    def call(self, name: str, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call `target`, keeping what was called and what came back."""
        __tracebackhide__ = True
        call = Call(f"{name}({_arguments(args, kwargs)})")
        evidence.current().calls.append(call)
        _fits(name, target, args, kwargs)
        result = self._keeping(call, lambda: target(*args, **kwargs))
        if inspect.isawaitable(result):
            return self._awaiting(call, result)
        if inspect.isclass(target):
            return Instance(self, result)
        call.ended = f"{shown(result)}, at once and without an await"
        return result

    async def _awaiting(self, call: Call, result: Awaitable[Any]) -> Any:
        __tracebackhide__ = True
        try:
            value = await result
        except BaseException as error:
            self._keep_error(call, error)
            raise
        call.ended = shown(value)
        return value

    def _keeping(self, call: Call, run: Callable[[], Any]) -> Any:
        __tracebackhide__ = True
        try:
            return run()
        except BaseException as error:
            self._keep_error(call, error)
            raise

    def _keep_error(self, call: Call, error: BaseException) -> None:
        if isinstance(error, TimeLimit):
            return  # the test's own, and no doing of the learner's code
        spot = self._submission.spot_of_error(error)
        call.ended = f"raised {spot.what}"
        evidence.current().raised, evidence.current().error = spot, error


# Looked up at each call: a forked copy of a warm pytest has its test modules imported already,
# with the stand-ins that they got then, and marks another submission.
_subjects: dict[str, Subject] = {}


class StandIn:
    """What `from ex02_upload import upload_file` gives a graded test: finds it when called."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        subject = _subjects[self._module]
        target = subject.resolve(self._name)
        if not callable(target):
            raise SubmissionError(f"{self._name} is {shown(target, 60)}, not a function.")
        return subject.call(self._name, target, args, kwargs)


class Instance:
    """An object of the learner's own class; its methods are called as functions are."""

    def __init__(self, subject: Subject, real: Any) -> None:
        self._subject = subject
        self._real = real

    def __getattr__(self, name: str) -> Any:
        kind = type(self._real).__name__
        try:
            target = getattr(self._real, name)
        except AttributeError:
            raise SubmissionError(f"The class {kind} does not define {name}.") from None
        if not callable(target):
            return target
        return lambda *args, **kwargs: self._subject.call(f"{kind}.{name}", target, args, kwargs)


class StandInFinder(MetaPathFinder, Loader):
    """While graded tests are collected, gives a stand-in for each exercise's module."""

    def __init__(self, subjects: dict[str, Subject]) -> None:
        _subjects.clear()
        _subjects.update(subjects)

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in _subjects else None

    def exec_module(self, module: ModuleType) -> None:
        def stand_in(name: str) -> StandIn:
            if name.startswith("__"):
                raise AttributeError(name)
            return StandIn(module.__name__, name)

        module.__getattr__ = stand_in  # type: ignore[method-assign]

    def withdraw(self) -> None:
        """Take the stand-ins away: from here on the names mean the learner's own modules."""
        sys.meta_path.remove(self)
        for name in _subjects:
            sys.modules.pop(name, None)


def _fits(name: str, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise SubmissionError(
            f"{name} is called with {len(args) + len(kwargs)} arguments, which yours, "
            f"{name}{steady(str(signature))}, does not accept: {error}."
        ) from None


def _arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    words = [_argument(value) for value in args]
    return ", ".join(words + [f"{name}={_argument(value)}" for name, value in kwargs.items()])


def _argument(value: object) -> str:
    if isinstance(value, httpx.AsyncClient):
        return "client"
    if callable(value):
        return str(getattr(value, "__name__", "fetch"))
    return shown(value, 80)
