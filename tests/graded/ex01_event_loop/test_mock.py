"""Way three: a mock. `fetch` is an AsyncMock, which needs no library behind it.

`return_value` is what awaiting it gives, `side_effect` a function that answers or an exception to
raise, `await_count` how often it was awaited and `await_args_list` with what. A call that nobody
awaits counts as a call, and not as an await: that is how a forgotten await shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from unittest.mock import AsyncMock

import pytest
from ex01_event_loop import facts_at_once, facts_in_a_row, one_fact

from workshop.proof import beat, blocking_calls, eventually, tasks_left


async def answer(name: str) -> dict[str, str]:
    """What the mock answers at once."""
    return {"name": name, "fact": f"a fact about {name}"}


def asked_for(fetch: AsyncMock) -> list[str]:
    """The names that the mock was awaited for, in order."""
    return [call.args[0] for call in fetch.await_args_list]


class WaitingAt:
    """Answers only when `door` is open, and counts who waits there together."""

    def __init__(self, door: asyncio.Event) -> None:
        self._door = door
        self._waiting = 0
        self.most_waiting = 0

    async def answer(self, name: str) -> dict[str, str]:
        self._waiting += 1
        self.most_waiting = max(self.most_waiting, self._waiting)
        await self._door.wait()
        self._waiting -= 1
        return await answer(name)


def last_first(names: list[str]) -> Callable[[str], Awaitable[dict[str, str]]]:
    """Answers that come in reverse: each name waits for the one after it, for a while."""
    ended = {name: asyncio.Event() for name in names}

    async def fetch(name: str) -> dict[str, str]:
        for later in names[names.index(name) + 1 :]:
            await eventually(ended[later].is_set)
        ended[name].set()
        return await answer(name)

    return fetch


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-shape")
async def test_one_fact_returns_the_fact():
    """The text under "fact" in what `fetch` gives is returned."""
    fetch = AsyncMock(return_value={"name": "otter", "fact": "a fact about otter"})

    fact = await one_fact(fetch, "otter")

    assert fetch.await_count, "[wrong-request] a call of `fetch`, from which the fact comes"
    assert fact == "a fact about otter", 'the text under "fact"'


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-request")
async def test_one_fact_asks_once_for_the_name():
    """`fetch` is called once, with the name that was given."""
    fetch = AsyncMock(return_value={"name": "otter", "fact": "a fact about otter"})

    await one_fact(fetch, "otter")

    asked = asked_for(fetch)
    assert asked == ["otter"], f"one fetch, of otter; it was {asked}"


@pytest.mark.asyncio
@pytest.mark.misconception("swallowed-green")
async def test_one_fact_lets_an_error_through(errors):
    """What `fetch` raises reaches the caller."""
    for error in errors:
        fetch = AsyncMock(side_effect=error)
        with pytest.raises(type(error)):
            await one_fact(fetch, "otter")

        assert asked_for(fetch) == ["otter"], (
            "[wrong-request] one fetch, from which the error comes"
        )


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-shape")
async def test_in_a_row_gives_the_facts_in_order():
    """The facts come in the order of the names; no names give an empty list."""
    fetch = AsyncMock(side_effect=answer)

    facts = await facts_in_a_row(fetch, ["otter", "ant", "yak"])
    none = await facts_in_a_row(fetch, [])

    expected = ["a fact about otter", "a fact about ant", "a fact about yak"]
    assert sorted(facts) == sorted(expected), "a list of the three facts"
    assert list(facts) == expected, "[order-lost] the facts in the order of the names"
    assert facts == expected, "a list of the three facts, and no other kind of collection"
    assert none == [], "an empty list for no names"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("unbounded")
async def test_in_a_row_waits_for_each_before_the_next():
    """The next fetch starts when the one before it has ended."""
    door = asyncio.Event()
    waiting = WaitingAt(door)
    fetch = AsyncMock(side_effect=waiting.answer)
    reading = asyncio.create_task(facts_in_a_row(fetch, ["otter", "ant", "yak"]))
    started = await eventually(lambda: fetch.await_count >= 1)
    too_early = await eventually(lambda: fetch.await_count > 1, beats=20)
    door.set()
    await reading

    assert started, "[wrong-request] the first fetch under way while the event loop runs"
    assert not too_early, "the second fetch to start only when the first has ended"
    assert waiting.most_waiting == 1, "one fetch at a time, to the end"
    assert asked_for(fetch) == ["otter", "ant", "yak"], (
        "[order-lost] each name fetched, in the order given"
    )


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-request")
async def test_in_a_row_asks_once_for_each_name():
    """A name that is given twice is fetched twice."""
    fetch = AsyncMock(side_effect=answer)

    facts = await facts_in_a_row(fetch, ["otter", "ant", "otter"])

    assert asked_for(fetch) == ["otter", "ant", "otter"], "three fetches: one for each entry"
    assert len(facts) == 3, "[wrong-shape] three facts: one for each entry"


@pytest.mark.asyncio
@pytest.mark.misconception("swallowed-green")
async def test_in_a_row_lets_an_error_through(errors):
    """What `fetch` raises reaches the caller, as it is or in an ExceptionGroup."""
    for error in errors:
        fetch = AsyncMock(side_effect=error)
        with pytest.raises((type(error), ExceptionGroup)) as caught:
            await facts_in_a_row(fetch, ["otter", "ant"])

        assert "no such animal" in repr(caught.value), "the very error that fetch raised"
        assert fetch.await_count, "[wrong-request] a call of `fetch`, from which the error comes"
        assert asked_for(fetch).count("otter") < 2, "[wrong-request] one fetch for each name"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("await-in-a-row")
async def test_at_once_has_all_fetches_under_way_together(many_names):
    """All fetches are under way before any of them ends."""
    door = asyncio.Event()
    fetch = AsyncMock(side_effect=WaitingAt(door).answer)
    reading = asyncio.create_task(facts_at_once(fetch, many_names))
    together = await eventually(lambda: fetch.await_count >= 40)
    most = fetch.await_count
    door.set()
    facts = await reading

    assert together or most < 2, f"[needless-limit] forty fetches at the same time, not {most}"
    assert together, "forty fetches under way at the same time"
    assert len(facts) == 40, "[wrong-shape] forty facts, once all fetches had ended"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("order-lost")
async def test_at_once_gives_the_facts_in_the_order_of_the_names():
    """The order is that of the names, whichever fetch ends first."""
    fetch = AsyncMock(side_effect=last_first(["otter", "ant", "yak"]))

    facts = await facts_at_once(fetch, ["otter", "ant", "yak"])

    assert fetch.await_count, "[wrong-request] calls of `fetch`, from which the facts come"
    expected = ["a fact about otter", "a fact about ant", "a fact about yak"]
    assert sorted(facts) == sorted(expected), "[wrong-shape] a list of the three facts"
    assert list(facts) == expected, "the facts in the order of the names; the last ended first"
    assert facts == expected, "[wrong-shape] a list, and no other kind of collection"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-request")
async def test_at_once_asks_once_for_each_name():
    """A name that is given twice is fetched twice."""
    fetch = AsyncMock(side_effect=answer)

    facts = await facts_at_once(fetch, ["otter", "ant", "otter"])

    assert sorted(asked_for(fetch)) == ["ant", "otter", "otter"], (
        "three fetches: one for each entry"
    )
    assert len(facts) == 3, "[wrong-shape] three facts: one for each entry"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-shape")
async def test_at_once_gives_an_empty_list_for_no_names():
    """No names give an empty list, and no fetch; one name gives its fact."""
    fetch = AsyncMock(side_effect=answer)

    none = await facts_at_once(fetch, [])
    asked = asked_for(fetch)
    one = await facts_at_once(fetch, ["otter"])

    assert none == [], "an empty list for no names"
    assert asked == [], "no fetch for no names"
    assert fetch.await_count, "[wrong-request] a call of `fetch` for one name"
    assert one == ["a fact about otter"], "a list of one fact for one name"


@pytest.mark.asyncio
@pytest.mark.misconception("swallowed-green")
async def test_at_once_lets_an_error_through(errors):
    """What one `fetch` raises reaches the caller, as it is or in an ExceptionGroup."""
    for error in errors:
        fetch = AsyncMock(side_effect=error)
        with pytest.raises((type(error), ExceptionGroup)) as caught:
            await facts_at_once(fetch, ["otter", "ant"])

        assert "no such animal" in repr(caught.value), "the very error that fetch raised"
        assert fetch.await_count, "[wrong-request] a call of `fetch`, from which the error comes"
        assert asked_for(fetch).count("otter") < 2, "[wrong-request] one fetch for each name"


@pytest.mark.asyncio
@pytest.mark.misconception("fire-and-forget")
async def test_at_once_returns_when_all_fetches_have_ended():
    """The call waits for every fetch, and leaves no task running."""
    door = asyncio.Event()
    fetch = AsyncMock(side_effect=WaitingAt(door).answer)
    reading = asyncio.create_task(facts_at_once(fetch, ["otter", "ant"]))
    early = await eventually(reading.done, beats=20)
    door.set()
    facts = await reading
    left = await tasks_left()

    assert left == [], "no task left running after the call"
    assert not early, "the call to wait until the fetches have ended"
    assert sorted(facts) == ["a fact about ant", "a fact about otter"], "[wrong-shape] both facts"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("async-unblocks")
async def test_leaves_the_event_loop_free():
    """While a fetch is under way, the event loop goes on answering."""
    door = asyncio.Event()
    fetch = AsyncMock(side_effect=WaitingAt(door).answer)
    reading = [
        asyncio.create_task(one_fact(fetch, "otter")),
        asyncio.create_task(facts_in_a_row(fetch, ["ant"])),
        asyncio.create_task(facts_at_once(fetch, ["yak", "emu"])),
    ]
    under_way = await eventually(lambda: fetch.await_count >= 4)
    await beat()
    door.set()
    answers = await asyncio.gather(*reading)

    assert under_way, "[await-in-a-row] four fetches under way while the event loop runs"
    assert await blocking_calls() == [], "no call that holds the event loop's thread"
    assert answers[1] == ["a fact about ant"], "[wrong-shape] the facts, once the fetches had ended"
