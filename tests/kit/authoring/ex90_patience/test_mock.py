"""Way three: mocks. `ask` and `patience` are AsyncMocks, and nobody stands behind them.

`return_value` is what awaiting one gives; an exception as `side_effect` is raised; a coroutine
function as `side_effect` is awaited, and that can take for ever.
"""

from __future__ import annotations

import asyncio
from unittest.mock import AsyncMock

import pytest
from ex90_patience import answer_or_none

from workshop.proof import tasks_left


async def for_ever():
    """What a mock does that is never done."""
    await asyncio.Event().wait()


def silent_oracle(silence=for_ever):
    """An `ask` that is never answered, and patience that ends once it was awaited."""
    asked = asyncio.Event()

    async def never_answer():
        asked.set()
        await silence()

    async def patience():
        await asked.wait()

    return AsyncMock(side_effect=never_answer), AsyncMock(side_effect=patience)


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-shape")
async def test_returns_the_answer():
    """What `ask` answers is returned."""
    ask, patience = AsyncMock(return_value="yes"), AsyncMock(side_effect=for_ever)

    answer = await answer_or_none(ask, patience)

    assert ask.await_count == 1, "[wrong-request] one call of `ask`"
    assert answer == "yes", "what `ask` answered"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_patience_ends_first():
    """Patience that ends before the answer gives None."""
    ask, patience = silent_oracle()

    answer = await answer_or_none(ask, patience)

    assert ask.await_count == 1, "[wrong-request] one call of `ask`"
    assert answer is None, "[wrong-shape] None: patience ended before there was an answer"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("fire-and-forget")
async def test_leaves_nothing_running():
    """Whichever is still under way is cancelled, and has ended when the call returns."""
    cancelled = []

    async def until_cancelled():
        try:
            await for_ever()
        finally:
            cancelled.append(True)

    ask = AsyncMock(return_value="yes")
    silent, patience = silent_oracle(silence=until_cancelled)

    await answer_or_none(ask, AsyncMock(side_effect=for_ever))
    await answer_or_none(silent, patience)

    assert (ask.await_count, silent.await_count) == (1, 1), "[wrong-request] one call of `ask`"
    assert cancelled == [True], "`ask` to be cancelled when patience has ended"
    assert await tasks_left() == [], "no task left running after the call"


@pytest.mark.asyncio
@pytest.mark.misconception("swallowed-green")
async def test_lets_an_error_through():
    """What `ask` raises reaches the caller."""
    ask = AsyncMock(side_effect=LookupError("no such oracle"))

    with pytest.raises((LookupError, ExceptionGroup)) as caught:
        await answer_or_none(ask, AsyncMock(side_effect=for_ever))

    assert "no such oracle" in repr(caught.value), "the very error that `ask` raised"
    assert ask.await_count == 1, "[wrong-request] one call of `ask`"
