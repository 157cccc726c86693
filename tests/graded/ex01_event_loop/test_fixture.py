"""Way two: async fixtures. The library is made outside of the test, and opened when it ends.

`@pytest_asyncio.fixture` runs the lines before `yield` ahead of the test, and those after it when
the test has ended, however it ended: no fetch is left waiting behind a closed door.
"""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio
from ex01_event_loop import facts_at_once, facts_in_a_row, one_fact

from workshop.proof import beat, blocking_calls, eventually, tasks_left


@pytest_asyncio.fixture
async def library(make_library):
    """An open library."""
    return make_library()


@pytest_asyncio.fixture
async def failing_libraries(make_library, errors):
    """Libraries whose every fetch raises, by the kind of error."""
    return {type(error): make_library(error=error) for error in errors}


@pytest_asyncio.fixture
async def closed_library(make_library):
    """A library that keeps its readers waiting; it opens at the latest when the test ends."""
    library = make_library(closed=True)
    yield library
    library.open()


@pytest.fixture
def asked():
    """Every name that `fetch_last_first` was asked for."""
    return []


@pytest_asyncio.fixture
async def fetch_last_first(asked):
    """A fetch whose answers come in reverse: each name waits for the one after it, for a while."""
    names = ["otter", "ant", "yak"]
    ended = {name: asyncio.Event() for name in names}

    async def fetch(name: str) -> dict[str, str]:
        asked.append(name)
        for later in names[names.index(name) + 1 :]:
            await eventually(ended[later].is_set)
        ended[name].set()
        return {"name": name, "fact": f"a fact about {name}"}

    yield fetch
    for event in ended.values():
        event.set()


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-shape")
async def test_one_fact_returns_the_fact(library):
    """The text under "fact" in what `fetch` gives is returned."""
    fact = await one_fact(library.fetch, "otter")

    assert library.asked, "[wrong-request] a call of `fetch`, from which the fact comes"
    assert fact == "a fact about otter", 'the text under "fact"'


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-request")
async def test_one_fact_asks_once_for_the_name(library):
    """`fetch` is called once, with the name that was given."""
    await one_fact(library.fetch, "otter")

    assert library.asked == ["otter"], f"one fetch, of otter; it was {library.asked}"


@pytest.mark.asyncio
@pytest.mark.misconception("swallowed-green")
async def test_one_fact_lets_an_error_through(failing_libraries):
    """What `fetch` raises reaches the caller."""
    for kind, library in failing_libraries.items():
        with pytest.raises(kind):
            await one_fact(library.fetch, "otter")

        assert library.asked == ["otter"], "[wrong-request] one fetch, from which the error comes"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-shape")
async def test_in_a_row_gives_the_facts_in_order(library):
    """The facts come in the order of the names; no names give an empty list."""
    facts = await facts_in_a_row(library.fetch, ["otter", "ant", "yak"])
    none = await facts_in_a_row(library.fetch, [])

    expected = ["a fact about otter", "a fact about ant", "a fact about yak"]
    assert sorted(facts) == sorted(expected), "a list of the three facts"
    assert list(facts) == expected, "[order-lost] the facts in the order of the names"
    assert facts == expected, "a list of the three facts, and no other kind of collection"
    assert none == [], "an empty list for no names"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("unbounded")
async def test_in_a_row_waits_for_each_before_the_next(closed_library):
    """The next fetch starts when the one before it has ended."""
    reading = asyncio.create_task(facts_in_a_row(closed_library.fetch, ["otter", "ant", "yak"]))
    started = await closed_library.holds(1)
    too_early = await eventually(lambda: len(closed_library.asked) > 1, beats=20)
    closed_library.open()
    await reading

    assert started, "[wrong-request] the first fetch under way while the event loop runs"
    assert not too_early, "the second fetch to start only when the first has ended"
    assert closed_library.most_running == 1, "one fetch at a time, to the end"
    assert closed_library.asked == ["otter", "ant", "yak"], (
        "[order-lost] each name fetched, in the order given"
    )


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-request")
async def test_in_a_row_asks_once_for_each_name(library):
    """A name that is given twice is fetched twice."""
    facts = await facts_in_a_row(library.fetch, ["otter", "ant", "otter"])

    assert library.asked == ["otter", "ant", "otter"], "three fetches: one for each entry"
    assert len(facts) == 3, "[wrong-shape] three facts: one for each entry"


@pytest.mark.asyncio
@pytest.mark.misconception("swallowed-green")
async def test_in_a_row_lets_an_error_through(failing_libraries):
    """What `fetch` raises reaches the caller, as it is or in an ExceptionGroup."""
    for kind, library in failing_libraries.items():
        with pytest.raises((kind, ExceptionGroup)) as caught:
            await facts_in_a_row(library.fetch, ["otter", "ant"])

        assert "no such animal" in repr(caught.value), "the very error that fetch raised"
        assert library.asked, "[wrong-request] a call of `fetch`, from which the error comes"
        assert library.asked.count("otter") < 2, "[wrong-request] one fetch for each name"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("await-in-a-row")
async def test_at_once_has_all_fetches_under_way_together(closed_library, many_names):
    """All fetches are under way before any of them ends."""
    reading = asyncio.create_task(facts_at_once(closed_library.fetch, many_names))
    together = await closed_library.holds(40)
    most = closed_library.running
    closed_library.open()
    facts = await reading

    assert together or most < 2, f"[needless-limit] forty fetches at the same time, not {most}"
    assert together, "forty fetches under way at the same time"
    assert len(facts) == 40, "[wrong-shape] forty facts, once all fetches had ended"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("order-lost")
async def test_at_once_gives_the_facts_in_the_order_of_the_names(fetch_last_first, asked):
    """The order is that of the names, whichever fetch ends first."""
    facts = await facts_at_once(fetch_last_first, ["otter", "ant", "yak"])

    assert asked, "[wrong-request] calls of `fetch`, from which the facts come"
    expected = ["a fact about otter", "a fact about ant", "a fact about yak"]
    assert sorted(facts) == sorted(expected), "[wrong-shape] a list of the three facts"
    assert list(facts) == expected, "the facts in the order of the names; the last ended first"
    assert facts == expected, "[wrong-shape] a list, and no other kind of collection"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-request")
async def test_at_once_asks_once_for_each_name(library):
    """A name that is given twice is fetched twice."""
    facts = await facts_at_once(library.fetch, ["otter", "ant", "otter"])

    assert sorted(library.asked) == ["ant", "otter", "otter"], "three fetches: one for each entry"
    assert len(facts) == 3, "[wrong-shape] three facts: one for each entry"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-shape")
async def test_at_once_gives_an_empty_list_for_no_names(library):
    """No names give an empty list, and no fetch; one name gives its fact."""
    none = await facts_at_once(library.fetch, [])
    asked = list(library.asked)
    one = await facts_at_once(library.fetch, ["otter"])

    assert none == [], "an empty list for no names"
    assert asked == [], "no fetch for no names"
    assert library.asked, "[wrong-request] a call of `fetch` for one name"
    assert one == ["a fact about otter"], "a list of one fact for one name"


@pytest.mark.asyncio
@pytest.mark.misconception("swallowed-green")
async def test_at_once_lets_an_error_through(failing_libraries):
    """What one `fetch` raises reaches the caller, as it is or in an ExceptionGroup."""
    for kind, library in failing_libraries.items():
        with pytest.raises((kind, ExceptionGroup)) as caught:
            await facts_at_once(library.fetch, ["otter", "ant"])

        assert "no such animal" in repr(caught.value), "the very error that fetch raised"
        assert library.asked, "[wrong-request] a call of `fetch`, from which the error comes"
        assert library.asked.count("otter") < 2, "[wrong-request] one fetch for each name"


@pytest.mark.asyncio
@pytest.mark.misconception("fire-and-forget")
async def test_at_once_returns_when_all_fetches_have_ended(closed_library):
    """The call waits for every fetch, and leaves no task running."""
    reading = asyncio.create_task(facts_at_once(closed_library.fetch, ["otter", "ant"]))
    early = await eventually(reading.done, beats=20)
    closed_library.open()
    facts = await reading
    left = await tasks_left()

    assert left == [], "no task left running after the call"
    assert not early, "the call to wait until the fetches have ended"
    assert sorted(facts) == ["a fact about ant", "a fact about otter"], "[wrong-shape] both facts"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("async-unblocks")
async def test_leaves_the_event_loop_free(closed_library):
    """While a fetch is under way, the event loop goes on answering."""
    reading = [
        asyncio.create_task(one_fact(closed_library.fetch, "otter")),
        asyncio.create_task(facts_in_a_row(closed_library.fetch, ["ant"])),
        asyncio.create_task(facts_at_once(closed_library.fetch, ["yak", "emu"])),
    ]
    under_way = await closed_library.holds(4)
    await beat()
    closed_library.open()
    answers = await asyncio.gather(*reading)

    assert under_way, "[await-in-a-row] four fetches under way while the event loop runs"
    assert await blocking_calls() == [], "no call that holds the event loop's thread"
    assert answers[1] == ["a fact about ant"], "[wrong-shape] the facts, once the fetches had ended"
