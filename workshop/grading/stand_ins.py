"""The stand-ins that a graded test imports in place of the learner's module.

`from ex02_upload import upload_file` in a graded test gives a stand-in, which calls the learner's
function on the current stage: in this process or in another. The learner's module is imported
anew for each test, and a broken one fails the tests that call it, each with a sentence, instead
of ending the collection.

Whether a name is an async function, a plain one, a class, a stream or a context manager is what
the exercise's stub says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any
from unittest.mock import NonCallableMock

import httpx

from workshop.grading.shapes import is_constant, value_of
from workshop.grading.streams import PLAIN_DATA, Items, entered, left, note_error, thrown
from workshop.isolation import evidence, stage
from workshop.isolation.evidence import Call, shown
from workshop.isolation.host import without_module
from workshop.isolation.steps import ASYNC, PLAIN, STREAM
from workshop.isolation.submission import SubmissionError


class NotForTests(SubmissionError):
    """A test reached for something of the code under test that it may not have."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not there for tests: what they can do with the code under test is to call "
            "what its contract promises."
        )


class StandIn:
    """What `from ex02_upload import upload_file` gives a graded test."""

    def __init__(self, module: str, name: str, shapes: dict[str, str]) -> None:
        self._name = name
        self._full_name = f"{module}:{name}"
        self._shapes = shapes

    def __repr__(self) -> str:
        return f"<{self._name}>"

    def __getattr__(self, name: str) -> Any:
        if f"{self._name}.{name}" in self._shapes:
            raise NotForTests(f"{self._name}.{name}")
        raise AttributeError(f"{self!r} has no attribute {name!r}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return _using(self._full_name, self._shapes, None, args, kwargs)


class Instance:
    """An object of the learner's own: of a class, a stream, or a context manager.

    Its async methods are called as functions are; what a step with it gives is plain data, or one
    more such object. Those of `of` are of the class of that name, as the stub has it.
    """

    def __init__(self, of: str, real: Any, call: Call, shapes: dict[str, str]) -> None:
        self._of = of
        self._real = real
        self._call = call
        self._shapes = shapes
        self._items = Items(call)

    def __repr__(self) -> str:
        return shown(self._real)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: _using(name, self._shapes, self, args, kwargs)

    def __aiter__(self) -> Instance:
        __tracebackhide__ = True
        real = stage.current().construct("__aiter__", (), {}, self._real, STREAM)
        return self if real is self._real else Instance(self._of, real, self._call, self._shapes)

    async def __anext__(self) -> Any:
        __tracebackhide__ = True
        return self._given(await self._items.step(self._real, "__anext__"))

    async def asend(self, value: Any) -> Any:
        __tracebackhide__ = True
        return self._given(await self._items.step(self._real, "asend", value))

    async def athrow(self, kind: Any, value: Any = None, traceback: Any = None) -> Any:
        __tracebackhide__ = True
        return self._given(await self._items.step(self._real, "athrow", thrown(kind, value)))

    async def aclose(self) -> None:
        __tracebackhide__ = True
        await self._items.step(self._real, "aclose")

    async def __aenter__(self) -> Any:
        __tracebackhide__ = True
        return self._given(await entered(self._real, self._call))

    async def __aexit__(self, kind: Any, error: BaseException | None, traceback: Any) -> bool:
        __tracebackhide__ = True
        return await left(self._real, self._call, error)

    def _given(self, value: Any) -> Any:
        if value is self._real:
            return self
        if isinstance(value, PLAIN_DATA):
            return value
        return Instance(stage.current().kind_of(value), value, self._call, self._shapes)


def _using(
    name: str,
    shapes: dict[str, str],
    of: Instance | None,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Call what a stub calls `name`, behind `module:`, or the method of that name, each as its
    shape wants it.
    """
    __tracebackhide__ = True
    known = without_module(name)
    # What no stub speaks of is a function that is not there, or a method of the learner's own.
    shape = shapes.get(f"{of._of}.{name}", ASYNC) if of else shapes.get(known, PLAIN)
    if shape == ASYNC:
        return _known_as(known, _awaiting(name, of, args, kwargs))
    call, result = _constructing(name, of, args, kwargs, "" if shape == PLAIN else shape)
    return result if shape == PLAIN else Instance(known, result, call, shapes)


def _known_as(name: str, call: Any) -> Any:
    # When nobody awaits it, Python's warning should tell people a name that they know.
    call.__name__ = call.__qualname__ = name
    return call


async def _awaiting(
    name: str, of: Instance | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    __tracebackhide__ = True
    call = _noted(name, of, args, kwargs)
    try:
        value = await stage.current().call(name, of._real if of else None, args, kwargs)
    except BaseException as error:
        note_error(call, error)
        raise
    call.ended = shown(value)
    return value


def _constructing(
    name: str, of: Instance | None, args: tuple[Any, ...], kwargs: dict[str, Any], wanted: str
) -> tuple[Call, Any]:
    __tracebackhide__ = True
    call = _noted(name, of, args, kwargs)
    real = of._real if of else None
    try:
        result = stage.current().construct(name, args, kwargs, real, wanted)
    except BaseException as error:
        note_error(call, error)
        raise
    call.ended = shown(result)
    return call, result


def _noted(name: str, of: Instance | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    words = [_argument(value) for value in args]
    words += [f"{key}={_argument(value)}" for key, value in kwargs.items()]
    call = Call(f"{of._of + '.' if of else ''}{without_module(name)}({', '.join(words)})")
    evidence.current().calls.append(call)
    return call


def _argument(value: object) -> str:
    if isinstance(value, NonCallableMock):  # which may pass for a client
        return "mock"
    if isinstance(value, httpx.AsyncClient):
        return "client"
    if callable(value):
        return str(getattr(value, "__name__", "function"))
    return shown(value, 80)


class StandInFinder(MetaPathFinder, Loader):
    """While tests are collected, gives stand-ins for each of `modules`.

    `kinds_of` tells the kind of each name in a module; `strict` ones have no other names.
    """

    def __init__(
        self,
        modules: Iterable[str],
        kinds_of: Callable[[str], dict[str, str]],
        *,
        strict: bool = False,
    ) -> None:
        self._modules = set(modules)
        self._kinds_of = kinds_of
        self._strict = strict

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in self._modules else None

    def exec_module(self, module: ModuleType) -> None:
        known = self._kinds_of(module.__name__)

        def stand_in(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            if self._strict and name not in known:
                raise NotForTests(f"{module.__name__}.{name}")
            if is_constant(known.get(name, "")):
                return value_of(known[name])
            return StandIn(module.__name__, name, known)

        module.__getattr__ = stand_in  # type: ignore[method-assign]

    def withdraw(self) -> None:
        """Take the stand-ins away: from here on the names mean the learner's own modules."""
        sys.meta_path.remove(self)
        for name in self._modules:
            sys.modules.pop(name, None)
