"""Loads the learner's module and calls into it: in the test's own process or in another."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from workshop.isolation.evidence import shown, steady
from workshop.isolation.submission import Submission, SubmissionError
from workshop.plural import plural


class WrongArguments(SubmissionError):
    """Something was called with other arguments than it takes. The text has its signature."""


class Host:
    """Modules of a submission, for the length of one test: most often a single one."""

    def __init__(self, submission: Submission, *modules: str) -> None:
        self.submission = submission
        self._names = modules
        self._loaded: dict[str, ModuleType | SubmissionError] = {}

    def load(self) -> None:
        """Import the modules anew. A failure is kept, and raised when its module is called."""
        self.submission.forget()
        self._loaded = {name: self._import(name) for name in self._names}

    def _import(self, name: str) -> ModuleType | SubmissionError:
        try:
            return self.submission.load(name)
        except SubmissionError as error:
            return error

    def start(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call what `name` stands for: `module:name`, or `name` in the first module.

        Raises SubmissionError when that cannot be.
        """
        __tracebackhide__ = True
        assert self._loaded, "load() comes before the first call"
        of, _, name = name.rpartition(":")
        module = self._loaded.get(of or self._names[0])
        if module is None:
            tested = " and ".join(self._names)
            raise SubmissionError(f"{name} of {of} was called, and what is tested is {tested}.")
        if isinstance(module, SubmissionError):
            raise module
        return run(name, self.submission.get(module, name), args, kwargs)

    def start_method(
        self, of: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Call the method `name` of an object. Raises SubmissionError when there is none."""
        __tracebackhide__ = True
        kind = type(of).__name__
        try:
            target = getattr(of, name)
        except AttributeError:
            raise SubmissionError(f"The class {kind} does not define {name}.") from None
        return run(f"{kind}.{name}", target, args, kwargs)


def run(name: str, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call `target`, known as `name`. Raises SubmissionError when it takes other arguments."""
    __tracebackhide__ = True
    if not callable(target):
        raise SubmissionError(f"{name} is {shown(target, 60)}, not a function.")
    _fits(name, target, args, kwargs)
    return target(*args, **kwargs)


def not_awaitable(name: str, value: Any) -> SubmissionError:
    """What to say of a call that gave `value` where something to await was expected."""
    name, one = without_module(name), a_kind(value)
    hint = "Is it an `async def`?"
    if inspect.isasyncgen(value):
        hint = "Is there a `yield` in it?"
    return SubmissionError(f"{name} gave {one} at once, and {one} cannot be awaited. {hint}")


def a_kind(value: Any) -> str:
    """What `value` is, in words: `a list`, `an int`."""
    kind = type(value).__name__
    return f"an {kind}" if kind[:1] in ("a", "e", "i", "o") else f"a {kind}"


def without_module(name: str) -> str:
    """What people call `module:name`."""
    return name.rpartition(":")[2]


def _fits(name: str, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        number = len(args) + len(kwargs)
        raise WrongArguments(
            f"{name} is called with {plural(number, 'argument')}, which yours, "
            f"{name}{steady(str(signature))}, does not accept: {error}."
        ) from None
