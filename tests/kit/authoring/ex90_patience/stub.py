"""Exercise 90: an answer, or the end of patience.

Mark your work with `workshop check ex90_patience`; `workshop hint ex90_patience` gives a hint.
"""

from collections.abc import Awaitable, Callable


async def answer_or_none(
    ask: Callable[[], Awaitable[str]], patience: Callable[[], Awaitable[None]]
) -> str | None:
    """Return what `ask` answers, or None when `patience` ends first.

    Both are called once and run together. When this returns both have ended: the one that is still
    under way is cancelled. An exception that `ask` raises reaches the caller, as it is or in an
    ExceptionGroup.
    """
    raise NotImplementedError(
        "Start answer_or_none by making a task of ask() and one of patience()."
    )
