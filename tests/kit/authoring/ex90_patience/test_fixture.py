"""Way two: async fixtures. Whom a test asks is made outside of it.

`@pytest_asyncio.fixture` runs before the test, on the test's own event loop, and what comes after
a `yield` in it when the test has ended.
"""

from __future__ import annotations

import pytest
import pytest_asyncio
from ex90_patience import answer_or_none

from workshop.proof import tasks_left


@pytest_asyncio.fixture
async def oracle(make_oracle):
    """One that answers at once."""
    return make_oracle()


@pytest_asyncio.fixture
async def silent_oracle(make_oracle):
    """One that never answers."""
    return make_oracle(silent=True)


@pytest_asyncio.fixture
async def broken_oracle(make_oracle):
    """One that raises LookupError."""
    return make_oracle(error=LookupError("no such oracle"))


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-shape")
async def test_returns_the_answer(oracle):
    """What `ask` answers is returned."""
    answer = await answer_or_none(oracle.ask, oracle.patience)

    assert oracle.asked == 1, "[wrong-request] one call of `ask`"
    assert answer == "yes", "what `ask` answered"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_patience_ends_first(silent_oracle):
    """Patience that ends before the answer gives None."""
    answer = await answer_or_none(silent_oracle.ask, silent_oracle.patience)

    assert silent_oracle.asked == 1, "[wrong-request] one call of `ask`"
    assert answer is None, "[wrong-shape] None: patience ended before there was an answer"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("fire-and-forget")
async def test_leaves_nothing_running(oracle, silent_oracle):
    """Whichever is still under way is cancelled, and has ended when the call returns."""
    await answer_or_none(oracle.ask, oracle.patience)
    await answer_or_none(silent_oracle.ask, silent_oracle.patience)

    assert (oracle.asked, silent_oracle.asked) == (1, 1), "[wrong-request] one call of `ask`"
    assert silent_oracle.cancelled == 1, "`ask` to be cancelled when patience has ended"
    assert await tasks_left() == [], "no task left running after the call"


@pytest.mark.asyncio
@pytest.mark.misconception("swallowed-green")
async def test_lets_an_error_through(broken_oracle):
    """What `ask` raises reaches the caller."""
    with pytest.raises((LookupError, ExceptionGroup)) as caught:
        await answer_or_none(broken_oracle.ask, broken_oracle.patience)

    assert "no such oracle" in repr(caught.value), "the very error that `ask` raised"
    assert broken_oracle.asked == 1, "[wrong-request] one call of `ask`"
