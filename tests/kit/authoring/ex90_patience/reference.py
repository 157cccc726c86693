"""Exercise 90: an answer, or the end of patience."""

import asyncio
from collections.abc import Awaitable, Callable


async def answer_or_none(
    ask: Callable[[], Awaitable[str]], patience: Callable[[], Awaitable[None]]
) -> str | None:
    """Return what `ask` answers, or None when `patience` ends first."""
    asking, waiting = asyncio.create_task(ask()), asyncio.create_task(patience())
    await asyncio.wait([asking, waiting], return_when=asyncio.FIRST_COMPLETED)
    answered = asking.done()
    asking.cancel()  # does nothing to a task that is done
    waiting.cancel()
    await asyncio.wait([asking, waiting])  # cancelling is a request: wait until it was granted
    return asking.result() if answered else None
