"""One thing at a time: what `async for` and `async with` do with an object of the learner's.

A step is the name of one of `NAMES`, and its argument if it has one. The argument of `__aexit__`
is the exception that left the block, or None.
"""

from __future__ import annotations

import inspect
from typing import Any

from workshop.isolation.host import Host, a_kind, not_awaitable, without_module
from workshop.isolation.submission import SubmissionError

ASYNC, PLAIN, CLASS, STREAM, CONTEXT = "async", "plain", "class", "stream", "context"
"""What a name of the learner's module is: the first is awaited when it is called, and the last
three are what may be wanted of a call that is not."""
NAMES = ("__anext__", "asend", "athrow", "aclose", "__aenter__", "__aexit__")
LAST = ("aclose", "__aexit__")
"""Those after which there is nothing more to come."""

_HAVING = {STREAM: (("__anext__",), ("__aiter__",)), CONTEXT: (("__aenter__", "__aexit__"),)}
"""The methods that make something what is wanted: all of one of these."""


def checked(name: str, of: Any, value: Any, wanted: str) -> Any:
    """`value`, which a call of `name` gave, a method of `of` if that is not None. Raises
    SubmissionError when it is not what is `wanted`.
    """
    ways = _HAVING.get(wanted, ((),))
    if wanted == CLASS and inspect.iscoroutine(value):
        value.close()
        raise SubmissionError(f"{without_module(name)} gave a coroutine. Is it a class?")
    if any(all(hasattr(type(value), method) for method in way) for way in ways):
        return value
    if inspect.iscoroutine(value):
        value.close()  # else it would be taken for one that was forgotten
    one = a_kind(value)
    name = without_module(name) if of is None else f"{type(of).__name__}.{name}"
    if wanted == STREAM:
        said = f"`async for` cannot go through {one}. Does it `yield`?"
    else:
        said = f"`async with` cannot enter {one}. Is it an `@asynccontextmanager`?"
    raise SubmissionError(f"{name} gave {one} at once, and {said}")


async def take(host: Host, of: Any, name: str, args: tuple[Any, ...]) -> Any:
    """Take the step `name` with the object `of`. Raises whatever the learner's code does."""
    __tracebackhide__ = True
    if name == "__aexit__":
        (error,) = args
        args = (type(error), error, error.__traceback__) if error else (None, None, None)
    result = host.start_method(of, name, args, {})
    if not inspect.isawaitable(result):
        raise not_awaitable(f"{type(of).__name__}.{name}", result)
    value = await result
    # Any object may say whether it is true, and here nobody asks for more.
    return bool(value) if name == "__aexit__" else value
