"""What the names in an exercise's stub are, and so how a graded test uses each of them.

A function that yields, or is said to return an `AsyncIterator`, is a stream; an
`@asynccontextmanager`, or what is said to return an `AbstractAsyncContextManager`, a context.
"""

from __future__ import annotations

import ast
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from workshop.isolation.steps import ASYNC, CLASS, CONTEXT, PLAIN, STREAM

_CONSTANT = "="

_STREAMS = {"AsyncIterator", "AsyncGenerator", "AsyncIterable"}
_CONTEXTS = {"AbstractAsyncContextManager", "AsyncContextManager"}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def shapes(stub: Path) -> dict[str, str]:
    """The shape of each name at the top of a stub, and of each `Class.method` in it.

    That of a constant holds its value, which is part of the contract.
    """
    found = {}
    for node in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(node, _Function):
            found[node.name] = _shape(node)
        elif isinstance(node, ast.ClassDef):
            found[node.name] = CLASS
            methods = [method for method in node.body if isinstance(method, _Function)]
            found |= {f"{node.name}.{method.name}": _shape(method) for method in methods}
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with suppress(ValueError):  # such as a logger
                found[node.targets[0].id] = _CONSTANT + json.dumps(_constant(node.value))
    return found


def is_constant(shape: str) -> bool:
    """Is it the shape of a constant?"""
    return shape.startswith(_CONSTANT)


def value_of(shape: str) -> Any:
    """The value of a constant, which its shape holds."""
    return json.loads(shape.removeprefix(_CONSTANT))


def _constant(node: ast.expr) -> Any:
    """What a constant of the contract is. Raises ValueError when `node` is none."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "json.dumps" and not node.keywords:
        return json.dumps(*map(ast.literal_eval, node.args))
    return ast.literal_eval(node)


def _shape(function: _Function) -> str:
    returns = _last_name(function.returns)
    if returns in _CONTEXTS or "asynccontextmanager" in map(_last_name, function.decorator_list):
        return CONTEXT
    is_async = isinstance(function, ast.AsyncFunctionDef)
    if returns in _STREAMS or (is_async and _yields(function)):
        return STREAM
    return ASYNC if is_async else PLAIN


def _last_name(node: ast.expr | None) -> str:
    """`AsyncIterator` of `abc.AsyncIterator[int]`."""
    return ast.unparse(node).partition("[")[0].rpartition(".")[2] if node else ""


def _yields(node: ast.AST) -> bool:
    """Is there a `yield` in it, and not in a function within it?"""
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    return any(
        isinstance(child, ast.Yield) or (not isinstance(child, inner) and _yields(child))
        for child in ast.iter_child_nodes(node)
    )
