"""Way one: the asyncio marker. Each test makes whom it asks, inside itself.

An oracle answers at once, raises, or never answers at all. No clock is looked at: patience with a
silent oracle ends when it has been asked, and with any other it never ends.
"""

from __future__ import annotations

import pytest
from ex90_patience import answer_or_none

from workshop.proof import tasks_left


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-shape")
async def test_returns_the_answer(make_oracle):
    """What `ask` answers is returned."""
    oracle = make_oracle()

    answer = await answer_or_none(oracle.ask, oracle.patience)

    assert oracle.asked == 1, "[wrong-request] one call of `ask`"
    assert answer == "yes", "what `ask` answered"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_patience_ends_first(make_oracle):
    """Patience that ends before the answer gives None."""
    oracle = make_oracle(silent=True)

    answer = await answer_or_none(oracle.ask, oracle.patience)

    assert oracle.asked == 1, "[wrong-request] one call of `ask`"
    assert answer is None, "[wrong-shape] None: patience ended before there was an answer"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("fire-and-forget")
async def test_leaves_nothing_running(make_oracle):
    """Whichever is still under way is cancelled, and has ended when the call returns."""
    oracle, silent = make_oracle(), make_oracle(silent=True)

    await answer_or_none(oracle.ask, oracle.patience)
    await answer_or_none(silent.ask, silent.patience)

    assert (oracle.asked, silent.asked) == (1, 1), "[wrong-request] one call of `ask`"
    assert silent.cancelled == 1, "`ask` to be cancelled when patience has ended"
    assert await tasks_left() == [], "no task left running after the call"


@pytest.mark.asyncio
@pytest.mark.misconception("swallowed-green")
async def test_lets_an_error_through(make_oracle):
    """What `ask` raises reaches the caller."""
    oracle = make_oracle(error=LookupError("no such oracle"))

    with pytest.raises((LookupError, ExceptionGroup)) as caught:
        await answer_or_none(oracle.ask, oracle.patience)

    assert "no such oracle" in repr(caught.value), "the very error that `ask` raised"
    assert oracle.asked == 1, "[wrong-request] one call of `ask`"
