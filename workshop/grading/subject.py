"""The stand-ins that a graded test imports in place of the learner's module.

`from ex02_upload import upload_file` in a graded test gives a stand-in, which calls the learner's
function on the current stage: in this process or in another. The learner's module is imported
anew for each test, and a broken one fails the tests that call it, each with a sentence, instead
of ending the collection.

Whether a name is an async function, a plain one or a class is what the exercise's stub says.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Coroutine
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import NonCallableMock

import httpx

from workshop.isolation import evidence, stage
from workshop.isolation.evidence import Call, shown
from workshop.isolation.host import without_module
from workshop.isolation.stage import TimeLimit

_ASYNC, _PLAIN, _CLASS = "async", "plain", "class"


class StandIn:
    """What `from ex02_upload import upload_file` gives a graded test."""

    def __init__(self, module: str, name: str, kinds: dict[str, str]) -> None:
        self._name = name
        self._full_name = f"{module}:{name}"
        self._kinds = kinds

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if self._kinds.get(self._name) == _ASYNC:
            return _awaiting(self._full_name, None, args, kwargs)
        result = _constructing(self._full_name, args, kwargs)
        if self._kinds.get(self._name) == _CLASS:
            return Instance(self._name, result)
        return result


class Instance:
    """An object of the learner's own class, whose async methods are called as functions are."""

    def __init__(self, kind: str, real: Any) -> None:
        self._kind = kind
        self._real = real

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        return lambda *args, **kwargs: _awaiting(name, self, args, kwargs)


async def _awaiting(
    name: str, of: Instance | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    __tracebackhide__ = True
    call = _noted(f"{of._kind}.{name}" if of else name, args, kwargs)
    try:
        value = await stage.current().call(name, of._real if of else None, args, kwargs)
    except BaseException as error:
        _note_error(call, error)
        raise
    call.ended = shown(value)
    return value


def _constructing(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    __tracebackhide__ = True
    call = _noted(name, args, kwargs)
    try:
        result = stage.current().construct(name, args, kwargs)
    except BaseException as error:
        _note_error(call, error)
        raise
    call.ended = shown(result)
    return result


def _noted(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    words = [_argument(value) for value in args]
    words += [f"{key}={_argument(value)}" for key, value in kwargs.items()]
    call = Call(f"{without_module(name)}({', '.join(words)})")
    evidence.current().calls.append(call)
    return call


def _note_error(call: Call, error: BaseException) -> None:
    spot = evidence.current().of_error(error)
    if not isinstance(error, TimeLimit) and spot is not None:
        call.ended = f"raised {spot.what}"


def _argument(value: object) -> str:
    if isinstance(value, httpx.AsyncClient):
        return "client"
    if isinstance(value, NonCallableMock):
        return "mock"
    if callable(value):
        return str(getattr(value, "__name__", "function"))
    return shown(value, 80)


class StandInFinder(MetaPathFinder, Loader):
    """While tests are collected, gives stand-ins for each module in `kinds`.

    `strict` ones have the names that `kinds` gives them, and no others.
    """

    def __init__(self, kinds: dict[str, dict[str, str]], *, strict: bool = False) -> None:
        self._kinds = kinds
        self._strict = strict

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in self._kinds else None

    def exec_module(self, module: ModuleType) -> None:
        kinds = self._kinds[module.__name__]

        def stand_in(name: str) -> StandIn:
            if name.startswith("__") or (self._strict and name not in kinds):
                raise AttributeError(name)
            return StandIn(module.__name__, name, kinds)

        module.__getattr__ = stand_in  # type: ignore[method-assign]

    def withdraw(self) -> None:
        """Take the stand-ins away: from here on the names mean the learner's own modules."""
        sys.meta_path.remove(self)
        for name in self._kinds:
            sys.modules.pop(name, None)


def kinds_of(stub: Path) -> dict[str, str]:
    """What each name at the top of a stub is."""
    of = {ast.AsyncFunctionDef: _ASYNC, ast.FunctionDef: _PLAIN, ast.ClassDef: _CLASS}
    tree = ast.parse(stub.read_text(encoding="utf-8"))
    return {
        node.name: of[type(node)]
        for node in tree.body
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef | ast.ClassDef)
    }
