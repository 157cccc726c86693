"""Streams and context managers of a learner's: isolated as in the test's own process.

Each test here runs in both ways, through the stand-ins that a graded test imports.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from workshop.course import load_course
from workshop.grading import mark
from workshop.grading.shapes import shapes
from workshop.grading.stand_ins import StandIn
from workshop.isolation import evidence, stage
from workshop.isolation.cell import Cell
from workshop.isolation.remote import BROKE_OFF, Died
from workshop.isolation.stage import InProcess, Stage
from workshop.isolation.submission import SubmissionError
from workshop.isolation.zygote import Zygote

LONGEST = 20.0
"""Seconds after which a test gives up. What it waits for takes some milliseconds."""

Using = Callable[..., AbstractContextManager[Any]]

WAYS = ["in one process"]
if sys.platform != "win32":
    WAYS.append("isolated")


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    zygote = Zygote()
    yield zygote
    zygote.close()


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def using(way: str, tmp_path: Path, request: pytest.FixtureRequest) -> Using:
    """Gives the names of a learner's module as a graded test imports them.

    The stub says the same of them as the module does, unless another one is given.
    """
    for folder in ("submission", "scratch"):
        (tmp_path / folder).mkdir()
    file, stub = tmp_path / "submission" / "ex.py", tmp_path / "stub.py"

    @contextmanager
    def using(source: str, stub_says: str = "") -> Iterator[Any]:
        file.write_text(source, encoding="utf-8")
        stub.write_text(stub_says or source, encoding="utf-8")
        evidence.begin()
        place: Stage = InProcess(file.parent, "ex")
        if way == "isolated":
            zygote = request.getfixturevalue("zygote")
            place = Cell(file.parent, tmp_path / "scratch", zygote).stage("ex")
        known = shapes(stub)
        with place.open():
            place.load()
            yield SimpleNamespace(**{n: StandIn("ex", n, known) for n in known if "." not in n})

    return using


def run(test: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(test, LONGEST))


class Told:
    """What a learner's code tells a test, by a function that it is given."""

    def __init__(self) -> None:
        self.words: list[Any] = []
        self._news = asyncio.Event()

    async def __call__(self, word: Any) -> None:
        self.words.append(word)
        self._news.set()

    async def until(self, word: Any) -> None:
        """Wait until it has told that."""
        while word not in self.words:
            self._news.clear()
            await self._news.wait()


# --- streams -------------------------------------------------------------------------------------

COUNTING = """
async def numbers(tell, last=3):
    try:
        for number in range(last):
            yield number
    finally:
        await tell("closed")
"""


def test_a_stream_gives_its_items_and_ends(using):
    with using(COUNTING) as ex:

        async def test() -> None:
            told = Told()
            assert [number async for number in ex.numbers(told)] == [0, 1, 2]
            assert told.words == ["closed"]

        run(test())
    assert evidence.current().calls[0].text == "numbers(function)"
    assert evidence.current().calls[0].ended == "3 items, at last 2, and the end"
    assert not evidence.current().under_way


def test_nothing_of_a_stream_runs_before_it_is_asked_for_an_item(using):
    with using(COUNTING) as ex:

        async def test() -> None:
            told = Told()
            stream = ex.numbers(told)
            await stream.aclose()
            assert told.words == []

        run(test())


def test_a_stream_that_is_closed_runs_its_finally_and_has_no_more(using):
    with using(COUNTING) as ex:

        async def test() -> None:
            told = Told()
            stream = ex.numbers(told)
            assert await anext(stream) == 0
            await stream.aclose()
            assert told.words == ["closed"]
            with pytest.raises(StopAsyncIteration):
                await anext(stream)
            assert await anext(stream, "none") == "none"

        run(test())


def test_a_stream_that_is_left_early_runs_its_finally(using):
    with using(COUNTING) as ex:

        async def test() -> None:
            told = Told()
            async for _ in ex.numbers(told):
                break
            await told.until("closed")
            assert told.words == ["closed"]

        run(test())


def test_items_come_when_they_are_there(using):
    source = "async def echo(ask):\n    for _ in range(2):\n        yield await ask()\n"
    with using(source) as ex:

        async def test() -> None:
            answers: asyncio.Queue[str] = asyncio.Queue()
            stream = ex.echo(answers.get)
            first = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            assert not first.done() and evidence.current().under_way
            answers.put_nowait("a")
            assert await first == "a"
            answers.put_nowait("b")
            assert await anext(stream) == "b"

        run(test())


def test_a_stream_through_a_client(using):
    source = (
        "async def facts(client):\n    while True:\n"
        "        async with client.stream('GET', '/fact') as response:\n"
        "            yield [line async for line in response.aiter_lines()]\n"
    )
    answers = iter(["a\nb", "c"])
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=next(answers)))
    with using(source) as ex:

        async def test() -> None:
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                stream = ex.facts(client)
                assert [await anext(stream), await anext(stream)] == [["a", "b"], ["c"]]
                await stream.aclose()

        run(test())


DIALOGUE = """
async def dialogue():
    said = "hello"
    while True:
        try:
            said = yield said
        except ValueError as error:
            said = f"{type(error).__name__}: {error}"
        except KeyError as error:
            raise LookupError("replaced") from error
"""


def test_what_is_sent_and_thrown_in_arrives(using):
    with using(DIALOGUE) as ex:

        async def test() -> None:
            talk = ex.dialogue()
            assert await talk.asend(None) == "hello"
            assert await talk.asend({"a": (1, b"x")}) == {"a": (1, b"x")}
            assert await talk.athrow(ValueError("x")) == "ValueError: x"
            assert await talk.athrow(ValueError, "y") == "ValueError: y"
            assert await talk.athrow(UnicodeError) == "UnicodeError: "

        run(test())


def test_what_is_thrown_in_may_be_replaced(using):
    with using(DIALOGUE) as ex:

        async def test() -> None:
            talk = ex.dialogue()
            await anext(talk)
            with pytest.raises(LookupError, match="replaced"):
                await talk.athrow(KeyError("x"))
            with pytest.raises(StopAsyncIteration):
                await anext(talk)

        run(test())


class Odd(Exception):
    """An exception of a test's own."""


def test_what_is_thrown_in_and_not_caught_comes_back_itself(using):
    with using(DIALOGUE) as ex:

        async def test() -> None:
            talk, odd = ex.dialogue(), Odd("x")
            await anext(talk)
            with pytest.raises(Odd) as raised:
                await talk.athrow(odd)
            assert raised.value is odd

        run(test())


def test_what_a_stream_raises_is_the_call_s_end(using):
    source = "async def one():\n    yield 1\n    raise OSError('no more')\n"
    with using(source) as ex:

        async def test() -> None:
            with pytest.raises(OSError, match="no more") as raised:
                [number async for number in ex.one()]
            spot = evidence.current().of_error(raised.value)
            assert spot is not None and spot.line == 3

        run(test())
    assert evidence.current().calls[0].ended == "raised OSError: no more"


WAITING = """
import asyncio

async def waiting(tell):
    yield 1
    try:
        await tell("waits")
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await tell("cancelled")
        raise
"""


def test_a_cancellation_gets_into_a_stream(using):
    with using(WAITING) as ex:

        async def test() -> None:
            told = Told()
            stream = ex.waiting(told)
            await anext(stream)
            task = asyncio.ensure_future(anext(stream))
            await told.until("waits")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert told.words == ["waits", "cancelled"]

        run(test())


def test_a_step_and_a_call_can_be_cancelled_before_they_have_got_anywhere(using):
    with using(f"{WAITING}\nasync def call(tell):\n    await anext(waiting(tell))\n") as ex:

        async def test() -> None:
            for begin in (lambda: anext(ex.waiting(Told())), lambda: ex.call(Told())):
                task = asyncio.ensure_future(begin())
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
            assert await anext(ex.waiting(Told())) == 1, "whoever was cancelled is in nobody's way"

        run(test())


def test_the_line_that_a_stream_waits_at_is_found_when_time_runs_out(using):
    with using(WAITING) as ex:

        async def test() -> None:
            told = Told()
            stream = ex.waiting(told)
            await anext(stream)
            task = asyncio.ensure_future(anext(stream))
            await told.until("waits")
            await stage.current().beat()
            stage.current().out_of_time(None)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        run(test())
    assert 8 in [spot.line for spot in evidence.current().waiting]


def test_several_streams_go_on_at_once(using):
    source = "async def echo(name, meet):\n    for _ in range(3):\n        yield await meet(name)\n"
    with using(source) as ex:

        async def test() -> None:
            barrier = asyncio.Barrier(4)

            async def meet(name: str) -> str:
                await barrier.wait()
                return name

            async def items(name: str) -> list[str]:
                return [item async for item in ex.echo(name, meet)]

            assert await asyncio.gather(*map(items, "abcd")) == [[name] * 3 for name in "abcd"]

        run(test())


def test_a_stream_that_is_asked_twice_at_once_refuses_as_python_does(using):
    with using(WAITING) as ex:

        async def test() -> None:
            told = Told()
            stream = ex.waiting(told)
            await anext(stream)
            task = asyncio.ensure_future(anext(stream))
            await told.until("waits")
            with pytest.raises(RuntimeError, match="already running"):
                await anext(stream)
            task.cancel()
            await asyncio.wait([task])

        run(test())


def test_objects_with_methods_for_it_are_streams(using):
    source = (
        "class Countdown:\n    def __init__(self, start): self.left = start\n"
        "    def __aiter__(self): return self\n"
        "    async def __anext__(self):\n"
        "        if not self.left: raise StopAsyncIteration\n"
        "        self.left -= 1\n        return self.left\n"
        "    async def how_many(self): return self.left\n\n"
        "class Twice:\n    async def __aiter__(self):\n        yield 1\n        yield 1\n\n"
        "class Pages:\n    async def pages(self, number):\n"
        "        for page in range(number): yield page\n"
        "    def size(self): return 7\n"
    )
    with using(source) as ex:

        async def test() -> None:
            countdown = ex.Countdown(3)
            assert aiter(countdown) is countdown
            assert await anext(countdown) == 2 and await countdown.how_many() == 2
            assert [number async for number in countdown] == [1, 0]
            twice = ex.Twice()
            assert [[n async for n in twice], [n async for n in twice]] == [[1, 1], [1, 1]]
            pages = ex.Pages()
            assert [page async for page in pages.pages(2)] == [0, 1] and pages.size() == 7

        run(test())


def test_what_a_stub_says_of_its_names(tmp_path):
    stub = tmp_path / "stub.py"
    stub.write_text(
        "async def a(): ...\ndef b(): yield\nasync def c(): yield\n"
        "async def d(x) -> AsyncIterator[int]: raise NotImplementedError\n"
        "async def e():\n    async def inner(): yield\n"
        "@contextlib.asynccontextmanager\nasync def f(): yield\n"
        "def g() -> collections.abc.AsyncGenerator[int, None]: ...\n"
        "def h() -> contextlib.AbstractAsyncContextManager[str]: ...\n"
        "@contextmanager\ndef i(): yield\n"
        "class J:\n    async def k(self): return (yield 1)\n    def l(self): ...\n"
    )

    assert shapes(stub) == {
        **{"a": "async", "b": "plain", "c": "stream", "d": "stream", "e": "async"},
        **{"f": "context", "g": "stream", "h": "context", "i": "plain"},
        **{"J": "class", "J.k": "stream", "J.l": "plain"},
    }


STREAM = "async def ex():\n    yield\n"
CONTEXT = f"from contextlib import asynccontextmanager\n\n@asynccontextmanager\n{STREAM}"
OTHER_THAN_THE_STUB = {
    "a coroutine for a stream": (
        STREAM,
        "async def ex():\n    return [1]\n",
        "ex gave a coroutine at once, and `async for` cannot go through a coroutine. "
        "Does it `yield`?",
    ),
    "a list for a stream": (
        STREAM,
        "def ex():\n    return [1]\n",
        "ex gave a list at once, and `async for` cannot go through a list. Does it `yield`?",
    ),
    "a generator for a stream": (
        STREAM,
        "def ex():\n    yield 1\n",
        "ex gave a generator at once, and `async for` cannot go through a generator. "
        "Does it `yield`?",
    ),
    "a stream for a context": (
        CONTEXT,
        STREAM,
        "ex gave an async_generator at once, and `async with` cannot enter an async_generator. "
        "Is it an `@asynccontextmanager`?",
    ),
    "a dict for a context": (
        CONTEXT,
        "def ex():\n    return {}\n",
        "ex gave a dict at once, and `async with` cannot enter a dict. "
        "Is it an `@asynccontextmanager`?",
    ),
    "a coroutine for a class": (
        "class ex: ...\n",
        "async def ex(): ...\n",
        "ex gave a coroutine. Is it a class?",
    ),
    "a stream for a function": (
        "async def ex(): ...\n",
        STREAM,
        "ex gave an async_generator at once, and an async_generator cannot be awaited. "
        "Is there a `yield` in it?",
    ),
}


@pytest.mark.parametrize("name", OTHER_THAN_THE_STUB)
def test_what_is_another_thing_than_the_stub_says_ends_in_a_sentence(using, name):
    stub, source, sentence = OTHER_THAN_THE_STUB[name]
    with using(source, stub) as ex:

        async def test() -> None:
            async def use() -> None:
                if stub == STREAM:
                    [one async for one in ex.ex()]
                elif stub == CONTEXT:
                    async with ex.ex():
                        pass
                elif stub.startswith("class"):
                    ex.ex()
                else:
                    await ex.ex()

            with pytest.raises(SubmissionError) as raised:
                await use()
            assert str(raised.value) == sentence
            assert not evidence.current().never_awaited

        run(test())


HALF = {
    "no exit": "class Ex:\n    async def __aenter__(self): return 1\n",
    "an exit that is no async one": (
        "class Ex:\n    async def __aenter__(self): return 1\n"
        "    def __aexit__(self, *error): return 1\n"
    ),
}


@pytest.mark.parametrize("name", HALF)
def test_a_class_that_is_half_a_context_manager_ends_in_a_sentence(using, name):
    with using(HALF[name]) as ex:

        async def test() -> None:
            async with ex.Ex():
                pass

        with pytest.raises(SubmissionError, match=r"Ex.* __aexit__|Ex\.__aexit__ gave an int at"):
            run(test())


# --- context managers ----------------------------------------------------------------------------

SESSION = """
from contextlib import asynccontextmanager

class Session:
    def __init__(self, tell):
        self._tell = tell
        self.number = 0

    async def get(self):
        self.number += 1
        await self._tell(self.number)
        return {"number": self.number}

    async def fail(self):
        raise OSError("from the learner")

    async def later(self):
        for _ in range(2):
            yield await self.get()

@asynccontextmanager
async def session(tell):
    await tell("opened")
    try:
        yield Session(tell)
    finally:
        await tell("closed")

@asynccontextmanager
async def catching(tell):
    try:
        yield "plain"
    except ValueError as error:
        await tell(f"swallowed {error}")
    except KeyError as error:
        raise LookupError("replaced") from error
    except Exception as error:
        await tell(type(error).__name__)
        raise

@asynccontextmanager
async def swallowing(tell):
    try:
        yield Session(tell)
    except BaseException as error:
        await tell(type(error).__name__)

class Opening:
    def __init__(self, tell, answer=False):
        self._tell, self._answer = tell, answer

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, traceback):
        await self._tell([kind and kind.__name__, str(error), traceback is not None])
        return self._answer

    async def get(self):
        return 7

class No:
    def __bool__(self):
        return False

class Refusing(Opening):
    async def __aexit__(self, *error):
        return No()
"""


def test_what_a_context_manager_gives_is_used_in_its_block(using):
    with using(SESSION) as ex:

        async def test() -> None:
            told = Told()
            async with ex.session(told) as session:
                assert told.words == ["opened"]
                assert await session.get() == {"number": 1}
                assert await asyncio.gather(session.get(), session.get())
                assert [one async for one in session.later()] == [{"number": 4}, {"number": 5}]
                assert told.words == ["opened", 1, 2, 3, 4, 5]
            assert told.words[-1] == "closed"
            with pytest.raises(SubmissionError, match="Session does not define put"):
                await session.put()

        run(test())
    calls = [call.text for call in evidence.current().calls]
    assert calls[:2] == ["session(function)", "Session.get()"]


def test_plain_data_comes_out_of_a_context_manager_as_it_is(using):
    with using(SESSION) as ex:

        async def test() -> None:
            async with ex.catching(Told()) as given:
                assert given == "plain"

        run(test())
    assert evidence.current().calls[0].ended == "'plain'"


def test_several_context_managers_are_open_at_once(using):
    with using(SESSION) as ex:

        async def test() -> None:
            told = Told()
            async with ex.session(told) as a, ex.session(told) as b, ex.session(told) as c:
                await asyncio.gather(a.get(), b.get(), c.get(), a.get())
                assert sorted(told.words[3:]) == [1, 1, 1, 2]
            assert told.words[-3:] == ["closed"] * 3

        run(test())


def test_an_object_with_methods_for_it_is_a_context_manager(using):
    with using(SESSION) as ex:

        async def test() -> None:
            told = Told()
            opening = ex.Opening(told)
            async with opening as same:
                assert same is opening and await same.get() == 7
            with pytest.raises(Odd, match="x"):
                async with opening:
                    raise Odd("x")
            async with ex.Opening(told, ["true"]):
                raise Odd("y")
            with pytest.raises(Odd, match="z"):
                async with ex.Refusing(told):
                    raise Odd("z")
            assert told.words[0] == [None, "None", False]
            assert [word[:2] for word in told.words[1:]] == [["Odd", "x"], ["Odd", "y"]]

        run(test())


def test_what_is_thrown_in_the_block_arrives_and_may_be_swallowed(using):
    with using(SESSION) as ex:

        async def test() -> None:
            told = Told()
            async with ex.catching(told):
                raise ValueError("x")
            assert told.words == ["swallowed x"]

        run(test())


def test_what_is_thrown_in_the_block_may_be_replaced(using):
    with using(SESSION) as ex:

        async def test() -> None:
            with pytest.raises(LookupError, match="replaced"):
                async with ex.catching(Told()):
                    raise KeyError("x")

        run(test())
    assert evidence.current().calls[0].ended == "raised LookupError: replaced"


def test_what_is_thrown_in_the_block_and_let_through_comes_out_itself(using):
    with using(SESSION) as ex:

        async def test() -> None:
            told, thrown = Told(), httpx.ReadTimeout("slow")
            with pytest.raises(httpx.ReadTimeout) as raised:
                async with ex.catching(told):
                    raise thrown
            assert raised.value is thrown and told.words == ["ReadTimeout"]

        run(test())


def test_a_context_manager_that_cannot_be_entered(using):
    source = (
        "from contextlib import asynccontextmanager\n\n@asynccontextmanager\nasync def ex():\n"
        "    raise OSError('closed')\n    yield\n"
    )
    with using(source) as ex:

        async def test() -> None:
            with pytest.raises(OSError, match="closed"):
                async with ex.ex():
                    pytest.fail("it was entered")

        run(test())


# Who swallows whatever leaves the block must not pass: not when the test has failed in it, and not
# by having it end early.


async def asserts(session: Any) -> None:
    raise AssertionError("the test has failed")


async def trips(session: Any) -> None:
    session["get"]


async def fails(session: Any) -> None:
    pytest.fail("the test has failed")


async def calls_what_raises(session: Any) -> None:
    await session.fail()


async def calls_what_there_is_not(session: Any) -> None:
    await session.put()


FAILURES = {
    asserts: AssertionError,
    trips: TypeError,
    fails: pytest.fail.Exception,
    calls_what_raises: OSError,
    calls_what_there_is_not: SubmissionError,
}


@pytest.mark.parametrize("fail", FAILURES, ids=lambda fail: fail.__name__)
def test_the_failure_of_a_test_cannot_be_swallowed(using, fail):
    with using(SESSION) as ex:

        async def test() -> None:
            told = Told()
            with pytest.raises(FAILURES[fail]):
                async with ex.swallowing(told) as session:
                    await fail(session)
            assert len(told.words) == 1

        run(test())


def test_the_failure_of_a_test_cannot_be_replaced(using):
    with using(
        SESSION.replace('yield "plain"', "yield 1").replace("KeyError", "AssertionError")
    ) as ex:

        async def test() -> None:
            with pytest.raises(AssertionError):
                async with ex.catching(Told()):
                    raise AssertionError

        run(test())


def test_a_cancellation_gets_to_the_block_s_end_and_on(using):
    with using(SESSION) as ex:

        async def test() -> None:
            told, inside = Told(), asyncio.Event()

            async def body() -> None:
                async with ex.session(told):
                    inside.set()
                    await asyncio.Event().wait()

            task = asyncio.ensure_future(body())
            await inside.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert told.words == ["opened", "closed"]

        run(test())


def test_a_cancellation_may_be_swallowed_as_in_python(using):
    """So that a test can tell who does it."""
    with using(SESSION) as ex:

        async def test() -> None:
            told, inside = Told(), asyncio.Event()

            async def body() -> str:
                async with ex.swallowing(told):
                    inside.set()
                    await asyncio.Event().wait()
                return "went on"

            task = asyncio.ensure_future(body())
            await inside.wait()
            task.cancel()
            assert await task == "went on" and told.words == ["CancelledError"]

        run(test())


OPEN_OVER_A_YIELD = """
import asyncio
from contextlib import asynccontextmanager

@asynccontextmanager
async def within(seconds):
    async with asyncio.timeout(seconds):
        yield

async def fail():
    raise OSError("in a task")

@asynccontextmanager
async def group():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(fail())
        yield

async def ticks():
    async with asyncio.timeout(0.01):
        while True:
            yield "tick"

@asynccontextmanager
async def same_task():
    task = asyncio.current_task()
    yield
    if task is not asyncio.current_task():
        raise RuntimeError("another task")

async def tasks():
    while True:
        yield id(asyncio.current_task())

@asynccontextmanager
async def skipping():
    asyncio.current_task().cancel()
    try:
        yield
    except asyncio.CancelledError:
        pass
"""


async def goes_on() -> None:
    """Does, unless it is cancelled at once."""
    await asyncio.sleep(LONGEST / 4)
    raise AssertionError("It went on.")


def test_a_time_out_that_is_open_over_the_block_ends_it(using):
    with using(OPEN_OVER_A_YIELD) as ex:

        async def test() -> None:
            with pytest.raises(TimeoutError):
                async with ex.within(0.01):
                    await goes_on()
            task = asyncio.current_task()
            assert task is not None and task.cancelling() == 0

        run(test())


def test_a_task_that_fails_while_its_group_is_open_ends_the_block(using):
    with using(OPEN_OVER_A_YIELD) as ex:

        async def test() -> None:
            with pytest.raises(ExceptionGroup) as raised:
                async with ex.group():
                    await goes_on()
            assert isinstance(raised.value.exceptions[0], OSError)
            task = asyncio.current_task()
            assert task is not None and task.cancelling() == 0

        run(test())


def test_a_time_out_that_is_open_over_an_item_ends_what_goes_on_with_it(using):
    with using(OPEN_OVER_A_YIELD) as ex:

        async def test() -> None:
            async def body() -> None:
                async for _ in ex.ticks():
                    await goes_on()

            with pytest.raises(asyncio.CancelledError):
                await asyncio.ensure_future(body())

        run(test())


def test_all_of_a_block_and_all_of_a_stream_is_one_task_s(using):
    with using(OPEN_OVER_A_YIELD) as ex:

        async def test() -> None:
            async with ex.same_task():
                pass
            stream = ex.tasks()
            assert await anext(stream) == await anext(stream)

        run(test())


@pytest.mark.parametrize("way", ["isolated"], indirect=True)
def test_a_learners_code_cannot_skip_a_block_by_cancelling_it(using):
    with using(OPEN_OVER_A_YIELD) as ex:

        async def test() -> None:
            async with ex.skipping():
                await asyncio.sleep(LONGEST)
                raise AssertionError

        with pytest.raises(asyncio.CancelledError):
            run(test())


# --- what may be sent instead --------------------------------------------------------------------

FORGER = """
import asyncio, json, os, stat

WIRE = next(fd for fd in range(3, 256) if stat.S_ISSOCK(os.fstat(fd).st_mode))

def send(message):
    data = json.dumps(message).encode()
    os.write(WIRE, len(data).to_bytes(4, "big") + data)

class Ex:
    def __init__(self):
        %s

    async def __aenter__(self):
        %s
        await asyncio.Event().wait()

    async def __aexit__(self, *error):
        return True

    async def call(self):
        return 1
"""
INTERRUPT = "send({'op': 'interrupt', 'of': %s})"
MADE = "send({'op': 'done', 'id': 1, 'value': %s}); os.read(WIRE, 100); asyncio.Event()"
FORGED = {
    "an object that is none": (MADE % "1", "pass"),
    "an object that is a list": (MADE % "['l', ['o', 'Ex', 'x']]", "pass"),
    "an object without a kind": (MADE % "['o']", "pass"),
    "a cancellation of nothing": ("pass", INTERRUPT % "None"),
    "a cancellation of a text": ("pass", INTERRUPT % "'1'"),
    "an error of its own as the test's": (
        "pass",
        "send({'op': 'done', 'id': 2, 'same': True, 'error': 1})",
    ),
}


@pytest.mark.parametrize("way", ["isolated"], indirect=True)
@pytest.mark.parametrize("name", FORGED)
def test_what_is_no_message_ends_the_conversation_in_words(using, name):
    with using(FORGER % FORGED[name]) as ex:

        async def test() -> None:
            async with ex.Ex():
                raise AssertionError

        with pytest.raises(Died) as raised:
            run(test())

    assert str(raised.value) == BROKE_OFF


@pytest.mark.parametrize("way", ["isolated"], indirect=True)
def test_a_cancellation_that_is_told_over_and_over_counts_once(using):
    sending = f"[{INTERRUPT % '1'} for _ in range(100)]"
    with using(FORGER % ("pass", f"{sending}; return")) as ex:

        async def test() -> int:
            async with ex.Ex():
                task = asyncio.current_task()
                assert task is not None
                return task.cancelling()

        assert run(test()) == 1


@pytest.mark.parametrize("way", ["isolated"], indirect=True)
def test_what_an_object_says_it_is_cannot_be_more_than_a_name(using):
    forged = MADE % "['o', 'A.b(c)\\n', 'x']"
    with using(FORGER % (f"{forged}", "pass")) as ex:
        opening = ex.Ex()

    assert isinstance(opening._real, object) and opening._real.kind == "object"


@pytest.mark.parametrize("way", ["isolated"], indirect=True)
def test_what_a_test_is_done_with_is_let_go_of(using):
    source = (
        "import gc, weakref\nseen = weakref.WeakSet()\n\nclass Thing:\n"
        "    def __init__(self): seen.add(self)\n\n"
        "async def things():\n    while True:\n        yield Thing()\n\n"
        "async def alive():\n    return len(seen)\n"
    )
    with using(source) as ex:

        async def test() -> None:
            number = 0
            async for _ in ex.things():
                number += 1
                if number == 50:
                    break
            assert await ex.alive() <= 2

        run(test())


# --- an exercise ---------------------------------------------------------------------------------

GRADED = '''"""A made-up exercise."""

import pytest

from ex02_upload import session, facts


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-shape")
async def test_facts_come_one_by_one():
    """facts gives each fact"""
    assert [fact async for fact in facts(3)] == [0, 1, 2], "facts(3) has to give 0, 1, 2"


@pytest.mark.asyncio
@pytest.mark.points(3)
@pytest.mark.misconception("wrong-shape")
async def test_a_session_gets():
    """a session gets what it has"""
    async with session() as opened:
        assert await opened.get() == 7, "get() has to give 7"
'''
RIGHT = """
from contextlib import asynccontextmanager

async def facts(number):
    for fact in range(number):
        yield fact

class Own:
    async def get(self):
        return 7

@asynccontextmanager
async def session():
    try:
        yield Own()
    finally:
        pass
"""
SOURCES = {
    "right": (RIGHT, {"pass": 15}),
    "wrong item": (RIGHT.replace("yield fact", "yield -fact"), {"pass": 9, "fail": 0}),
    "swallowing": (
        RIGHT.replace("finally:", "except BaseException:").replace("return 7", "return 8"),
        {"pass": 6, "fail": 0},
    ),
    "no yield": (RIGHT.replace("yield fact", "pass"), {"pass": 9, "error": 0}),
    "not written": (
        "async def facts(number):\n    raise NotImplementedError\n    yield\n\n"
        "def session():\n    raise NotImplementedError\n",
        {"fail": 0},
    ),
}


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_an_exercise_is_marked_alike_in_both_ways(scratch_kit, tmp_path):
    from workshop.grading.warm import Warm

    graded = scratch_kit / "tests" / "graded" / "ex02_upload"
    graded.mkdir(parents=True)
    (graded / "stub.py").write_text(RIGHT, encoding="utf-8")
    for variant in ("marker", "fixture", "mock"):
        (graded / f"test_{variant}.py").write_text(GRADED, encoding="utf-8")
    exercise = load_course(scratch_kit).exercise("ex02_upload")
    with Warm(scratch_kit, [exercise]) as warm:
        for name, (source, points) in SOURCES.items():
            folder = tmp_path / name
            folder.mkdir()
            (folder / exercise.file_name).write_text(source, encoding="utf-8")
            verdicts = [mark(exercise, folder, warm, isolated) for isolated in (True, False)]
            for verdict in verdicts:
                scored: dict[str, int] = {}
                for test in verdict.tests:
                    scored[test.status] = scored.get(test.status, 0) + test.points
                assert scored == points, (name, [test.message for test in verdict.tests])
            a, b = ([json.dumps(test.__dict__, default=str) for test in v.tests] for v in verdicts)
            assert a == b, name
            shutil.rmtree(folder)
