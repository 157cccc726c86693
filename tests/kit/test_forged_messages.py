"""A learner's process may say anything: its test believes what can be, and loses nothing else."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.isolation import evidence
from workshop.isolation.cell import OPEN, Cell
from workshop.isolation.evidence import Spot
from workshop.isolation.process import TALK_MESSAGES
from workshop.isolation.remote import BROKE_OFF, FLOODED, LOGGED, Died, Flooded, Isolated
from workshop.isolation.submission import SubmissionError
from workshop.isolation.wire import FRAME_LIMIT, NAME_LIMIT, TEXT_LIMIT
from workshop.isolation.zygote import Zygote

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs fork")

Conversing = Callable[..., AbstractContextManager[Isolated]]

LONGEST = 20.0
"""Seconds after which a test gives up. What it waits for takes some milliseconds."""

FORGER = """
import asyncio, json, os, stat

WIRE = next(fd for fd in range(3, 256) if stat.S_ISSOCK(os.fstat(fd).st_mode))

def send(message):
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    data = memoryview(len(data).to_bytes(4, "big") + data)
    while data:
        data = data[os.write(WIRE, data) :]

async def forever():
    await asyncio.Event().wait()

"""
"""How a learner's code speaks in the kit's place: while it is imported, the wire is the one socket
there. The first call of a test has the number 1."""


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    zygote = Zygote()
    yield zygote
    zygote.close()


@pytest.fixture
def cell(zygote: Zygote, tmp_path: Path) -> Cell:
    """Where the processes of one submission run, whose one file is yet to be written."""
    (tmp_path / "submission").mkdir()
    (tmp_path / "scratch").mkdir()
    (tmp_path / "submission" / "ex.py").write_text("", encoding="utf-8")
    return Cell(tmp_path / "submission", tmp_path / "scratch", zygote)


@pytest.fixture
def conversing(cell: Cell, tmp_path: Path) -> Conversing:
    """Gives the stage of a learner's process that has imported the given source."""

    @contextmanager
    def conversing(source: str) -> Iterator[Isolated]:
        (tmp_path / "scratch" / "submission" / "ex.py").write_text(source, encoding="utf-8")
        evidence.begin()
        stage = cell.stage("ex")
        with stage.open():
            stage.load()
            yield stage

    return conversing


def call(stage: Isolated, *args: Any) -> Any:
    """What the learner's `answer` gives."""
    return asyncio.run(asyncio.wait_for(stage.call("answer", None, args, {}), LONGEST))


@pytest.fixture
def forged(conversing: Conversing) -> Callable[..., Any]:
    """What comes back from a call that is answered with the given messages."""

    def forged(*messages: Any) -> Any:
        frames = [m if isinstance(m, bytes) else json.dumps(m).encode() for m in messages]
        sending = f"async def answer():\n    for frame in {frames!r}:\n        send(frame)\n"
        with conversing(f"{FORGER}{sending}    await forever()\n") as stage:
            return call(stage)

    return forged


def done(**parts: Any) -> dict[str, Any]:
    """The answer to the first call."""
    return {"op": "done", "id": 1, **parts}


def spot(**parts: Any) -> dict[str, Any]:
    """Something that happened in line 2 of the learner's file."""
    return {"what": "slept", "line": 2, "source": "…", "file": "ex.py", **parts}


def error(text: Any = "no", *names: str) -> dict[str, Any]:
    return {"error": ["e", list(names or ("OSError",)), text], "raised": spot(what="OSError: no")}


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_a_true_answer_is_believed(forged):
    """What the other tests change a part of is right as it is."""
    assert forged(done(value=["l", 1, ["d", ["a", None]]])) == [1, {"a": None}]


def test_a_process_that_says_it_has_died_is_not_believed(forged):
    with pytest.raises(Died) as raised:
        forged(done(error=None, died="x" * 2**20))

    assert str(raised.value) == BROKE_OFF


NO_MESSAGES = {
    "no JSON": b"{",
    "no object": b"[]",
    "no bytes that are text": b"\xff\xfe\x00",
    "nested too deeply": b'{"op": "done", "id": 1, "value": ' + b"[" * 200_000 + b"]" * 200_000,
    "no kind": {"id": 1},
    "a kind that is none": {"op": ["done"], "id": 1},
    "an unknown kind": {"op": "hello"},
    "an answer without a number": {"op": "done"},
    "an answer to nothing": {"op": "done", "id": 99},
    "an answer with a text for a number": {"op": "done", "id": "1"},
    "an answer with a truth for a number": {"op": "done", "id": True},
    "an answer with a list for a number": {"op": "done", "id": [1]},
    "an answer of another kind": {"op": "beaten", "id": 1},
    "a second beginning": {"op": "loaded"},
    "a value with no tag": done(value={"a": 1}),
    "a value with an unknown tag": done(value=["client", 1, {}]),
    "a value with an empty list": done(value=[]),
    "a value with a key that is a list": done(value=["d", [["l"], 1]]),
    "a value with half a pair": done(value=["d", [1]]),
    "a value with no base64": done(value=["b", "?"]),
    "a value with a list for a path": done(value=["p", []]),
    "a value with a tag alone": done(value=["o"]),
    "a value that is nested too deeply": done(value=["l", nested(900)]),
    "an error that is none": done(error=1, raised=spot()),
    "an error of no class": done(error=["e", [], ""], raised=spot()),
    "an error of a class that is no text": done(error=["e", [{}], ""], raised=spot()),
    "an error without a text": done(error=["e", ["OSError"]], raised=spot()),
    "an error with a list for a text": done(**error(["x"])),
    "an error with no place": done(error=["e", ["OSError"], ""]),
    "an error with nothing for a place": done(error=["e", ["OSError"], ""], raised=None),
    "evidence that is no list": done(value=1, blocked="none"),
    "evidence that is no spot": done(value=1, blocked=[1]),
    "evidence with no text": done(value=1, blocked=[spot(what=None)]),
    "evidence with a nested text": done(value=1, blocked=[spot(what=nested(900))]),
    "a log record without a level": {"op": "log", "name": "a", "text": "b"},
    "a log record with a text for a level": {"op": "log", "name": "a", "level": "x", "text": "b"},
    "a log record with a list for a name": {"op": "log", "name": [], "level": 40, "text": "b"},
    "a log record with no text": {"op": "log", "name": "a", "level": 40, "text": None},
    "a request without parts": {"op": "request", "id": 1},
    "a request through nothing": {"op": "request", "id": 1, "client": 1},
    "a call of nothing": {"op": "callback", "id": 1, "handle": 1, "args": ["t"], "kwargs": ["d"]},
    "a call without a number": {"op": "callback", "handle": 1, "args": ["t"], "kwargs": ["d"]},
    "a question that is given up without a number": {"op": "abandon"},
    "a gate with a list for a number": {"op": "opened", "id": 1, "gate": []},
}


@pytest.mark.parametrize("message", NO_MESSAGES.values(), ids=NO_MESSAGES)
def test_what_is_no_message_ends_the_conversation_in_words(forged, message):
    with pytest.raises(Died) as raised:
        forged(message)

    assert str(raised.value) == BROKE_OFF


PASSED = {
    "no function": {"handle": 2},
    "no arguments": {"args": None},
    "arguments that are no tuple": {"args": ["l", 1]},
    "names that are no dict": {"kwargs": ["l"]},
    "names that are no texts": {"kwargs": ["d", [1, 1]]},
    "a malformed argument": {"args": ["t", {}]},
}


@pytest.mark.parametrize("parts", PASSED.values(), ids=PASSED)
def test_a_malformed_call_of_what_was_passed_in_ends_the_conversation(conversing, parts):
    asked: list[Any] = []

    async def fetch(*args: Any) -> None:
        asked.append(args)

    whole = {"op": "callback", "id": 1, "handle": 1, "args": ["t"], "kwargs": ["d"]}
    forging = (
        f"{FORGER}async def answer(fetch):\n    send({whole | parts!r})\n    await forever()\n"
    )
    with conversing(forging) as stage, pytest.raises(Died, match="broke off"):
        call(stage, fetch)

    assert asked == []


def test_texts_and_names_are_cut(forged):
    with pytest.raises(OSError, match="x") as raised:
        forged(done(**error("x" * 10**6, "N" * 10**6, "OSError")))

    assert len(str(raised.value)) == TEXT_LIMIT
    assert len(type(raised.value).__name__) == NAME_LIMIT


def test_the_text_of_what_is_no_plain_data_is_cut(forged):
    handle = forged(done(value=["o", "Thing", "x" * 10**6]))

    assert len(repr(handle)) == TEXT_LIMIT


def test_a_group_of_very_many_errors_is_cut(forged):
    many = [["e", [f"E{number}"], "x"] for number in range(20_000)]

    with pytest.raises(ExceptionGroup) as raised:
        forged(done(error=["e", ["ExceptionGroup"], "many", *many], raised=spot()))

    assert len(raised.value.exceptions) == 20


NO_CLASSES = ["a\0b", "\ud800", "", "two words", "KeyboardInterrupt", "SystemExit", "GeneratorExit"]


@pytest.mark.parametrize("name", NO_CLASSES)
def test_an_error_is_never_of_a_class_that_would_end_the_test_itself(forged, name):
    with pytest.raises(Exception, match="no") as raised:
        forged(done(**error("no", name, "BaseException")))

    assert not isinstance(raised.value, Died)
    assert type(raised.value).__name__.isidentifier()


def test_no_half_of_a_pair_of_surrogates_gets_into_a_text(forged):
    with pytest.raises(OSError, match="a") as raised:
        forged(done(**error("a\ud800b") | {"raised": spot(what="OSError: \udfff")}))

    place = evidence.current().of_error(raised.value)
    assert place is not None
    assert f"{raised.value} {place.what}".encode() == "a\ufffdb OSError: \ufffd".encode()


def seen_of(forged: Callable[..., Any], **parts: Any) -> Spot:
    """The evidence that is kept of a spot with such parts."""
    forged(done(value=None, blocked=[spot(**parts)]))
    return evidence.current().blocked[0]


def test_the_learners_line_is_quoted_from_our_own_copy(forged):
    assert seen_of(forged, source="all is well") == Spot(
        "slept", 2, "import asyncio, json, os, stat", "ex.py"
    )


NO_LINES = {
    "below the first": {"line": 0},
    "negative": {"line": -1},
    "beyond the last": {"line": 10_000},
    "huge": {"line": 10**400},
    "a truth": {"line": True},
    "a number with a point": {"line": 2.0},
    "a text": {"line": "2"},
    "of another file": {"file": "os.py"},
    "of a file elsewhere": {"file": "../submission/ex.py"},
    "of no file": {"file": None},
    "of a list": {"file": ["ex.py"]},
}


@pytest.mark.parametrize("parts", NO_LINES.values(), ids=NO_LINES)
def test_a_line_that_there_is_not_is_left_out(forged, parts):
    assert seen_of(forged, **parts) == Spot("slept")


def test_evidence_is_cut(forged):
    forged(done(value=None, blocked=[spot(what=f"{n}" * 1000) for n in range(1000)]))

    blocked = evidence.current().blocked
    assert len(blocked) == 20
    assert max(len(one.what) for one in blocked) == 300


def test_where_it_waits_needs_a_line(conversing):
    """A process that has said where it waits before anybody asked has said it once."""
    waiting = [spot(), spot(line=-1), spot(file="os.py")]
    sending = (
        f"send({{'op': 'where', 'spots': {waiting!r}}})\nasync def answer(): await forever()\n"
    )
    with conversing(FORGER + sending) as stage:
        stage.out_of_time(None)

    assert [one.line for one in evidence.current().waiting] == [2]


def log(number: int) -> str:
    message = {"op": "log", "name": "ex", "level": 40, "text": "x" * 10**4}
    return (
        f"{FORGER}for _ in range({number}):\n    send({message!r})\nasync def answer(): return 1\n"
    )


def test_the_log_records_that_are_kept_are_bounded(conversing, caplog):
    with conversing(log(LOGGED + 100)) as stage:
        assert call(stage) == 1

    assert len(caplog.records) == LOGGED
    assert {len(record.getMessage()) for record in caplog.records} == {TEXT_LIMIT}


def test_a_log_record_is_of_a_level_that_exists(conversing, caplog):
    message = {"op": "log", "name": "ex", "level": 10**9, "text": "x"}
    with conversing(f"{FORGER}send({message!r})\nasync def answer(): return 1\n") as stage:
        call(stage)

    assert [record.levelno for record in caplog.records] == [100]


FLOODS = {
    "messages": f"for _ in range({TALK_MESSAGES}):\n    send({{'op': 'abandon', 'id': 1}})\n",
    "bytes": (
        f"x = 'x' * {FRAME_LIMIT // 2}\n"
        "while True:\n    send({'op': 'abandon', 'id': 1, 'x': x})\n"
    ),
    "questions": (
        "for number in range(2000):\n"
        "    send({'op': 'callback', 'id': number, 'handle': 1, 'args': ['t'], 'kwargs': ['d']})\n"
    ),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_ended_in_words(conversing, name):
    flood = "".join(f"    {line}\n" for line in FLOODS[name].splitlines())
    source = f"{FORGER}async def answer(fetch):\n{flood}    await forever()\n"

    async def fetch() -> None:
        await asyncio.Event().wait()

    with conversing(source) as stage, pytest.raises(Flooded) as raised:
        call(stage, fetch)

    assert str(raised.value) == FLOODED


def test_a_frame_that_is_too_large_is_not_waited_for(conversing):
    size = (FRAME_LIMIT + 1).to_bytes(4, "big")
    source = f"{FORGER}async def answer():\n    os.write(WIRE, {size!r})\n    await forever()\n"

    with conversing(source) as stage, pytest.raises(Died, match="broke off"):
        call(stage)


def test_a_test_goes_on_after_its_conversation_was_broken_off(conversing):
    source = f"{FORGER}async def answer():\n    send({{}})\n    await forever()\n"

    with conversing(source) as stage:
        for _ in range(2):
            with pytest.raises(Died, match="broke off"):
                call(stage)
        stage.last_look()
        stage.out_of_time(None)


# --- what the learner's code gives and raises ----------------------------------------------------

LIARS = """
import enum

class Text(str):
    __str__ = __repr__ = __format__ = lambda self, *args: "True"
    __eq__ = lambda self, other: True
    __getitem__ = __len__ = __iter__ = lambda self, *args: 1 / 0
    __hash__ = lambda self: 1

class Number(int):
    __int__ = __index__ = __abs__ = __float__ = lambda self: 1 / 0
    __lt__ = __eq__ = lambda self, other: True
    __hash__ = lambda self: 1

class Real(float):
    __float__ = __eq__ = __repr__ = lambda self, *args: 1 / 0
    __hash__ = lambda self: 1

class List(list):
    __iter__ = __len__ = __getitem__ = lambda self, *args: 1 / 0

class Tuple(tuple):
    __iter__ = __len__ = __getitem__ = lambda self, *args: 1 / 0

class Dict(dict):
    items = keys = __iter__ = __len__ = lambda self, *args: 1 / 0

class Bytes(bytes):
    __bytes__ = __iter__ = __len__ = lambda self, *args: 1 / 0

class Choice(enum.IntEnum):
    ONE = 1

async def answer():
    return List(
        [
            Text("text"), Number(7), Real(0.5), Tuple((1,)), Dict({Text("key"): 1}),
            Bytes(b"b"), bytearray(b"b"), Choice.ONE, True, None,
        ]
    )
"""


def test_what_comes_back_is_of_exactly_the_plain_types(conversing):
    with conversing(LIARS) as stage:
        value = call(stage)

    assert value == ["text", 7, 0.5, (1,), {"key": 1}, b"b", b"b", 1, True, None]
    assert [type(one) for one in value] == [
        *(str, int, float, tuple, dict, bytes, bytes, int, bool, type(None))
    ]


RAISING = {
    "its text": "    def __str__(self): raise Bad\n",
    "its text, with an exit": "    def __str__(self): raise SystemExit\n",
    "its repr": "    def __repr__(self): raise Bad\n",
    "its class": "    __class__ = property(lambda self: 1 / 0)\n",
    "its cause": "    __cause__ = property(lambda self: 1 / 0)\n",
    "its traceback": "    __traceback__ = property(lambda self: 1 / 0)\n",
}


@pytest.mark.parametrize("name", RAISING)
def test_an_error_that_raises_when_it_is_asked_for_something_fails_the_call(conversing, name):
    source = f"class Bad(OSError):\n{RAISING[name]}\nasync def answer():\n    raise Bad\n"

    with conversing(source) as stage, pytest.raises(OSError) as raised:  # noqa: PT011 - it may have no text
        call(stage)

    assert type(raised.value).__name__ == "Bad"


def test_an_error_whose_class_raises_when_it_is_asked_for_its_name_fails_the_call(conversing):
    source = (
        "class Kind(type):\n    __name__ = __mro__ = property(lambda self: 1 / 0)\n\n"
        "class Bad(OSError, metaclass=Kind):\n    pass\n\n"
        "async def answer():\n    raise Bad('no')\n"
    )

    with conversing(source) as stage, pytest.raises(OSError, match="no") as raised:
        call(stage)

    assert type(raised.value).__name__ == "Bad"


def test_an_error_that_poses_as_ours_is_the_learners_own(conversing):
    source = (
        "from workshop.isolation.submission import SubmissionError\n\n"
        "class Bad(OSError):\n    __class__ = SubmissionError\n\n"
        "async def answer():\n    raise Bad('full marks')\n"
    )

    with conversing(source) as stage, pytest.raises(OSError, match="full marks") as raised:
        call(stage)

    assert not isinstance(raised.value, SubmissionError)


VALUES = {
    "nested 200,000 deep": "value = []\n    for _ in range(200_000):\n        value = [value]",
    "a very large number": "value = 10 ** 5000",
    "not a number": "value = {float('nan'): float('inf')}",
    "half a pair of surrogates": "value = '\\ud800'",
    "an object that cannot be shown": "value = type('A', (), {'__repr__': lambda self: 1 / 0})()",
    "an object that says it is a bool": (
        "value = type('A', (), {'__class__': property(lambda s: bool)})()"
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_whatever_comes_back_can_be_shown(conversing, name):
    with conversing(f"async def answer():\n    {VALUES[name]}\n    return value\n") as stage:
        value = call(stage)

    assert evidence.shown(value).encode()
    assert value is not True and value != 10**5000


def test_what_is_too_large_is_one_sentence(conversing):
    with (
        conversing("async def answer():\n    return b'x' * 10**8\n") as stage,
        pytest.raises(SubmissionError, match="What came back, or was sent, is larger than 8 MiB"),
    ):
        call(stage)


def test_a_group_of_errors_nested_very_deep_fails_the_call(conversing):
    source = (
        "async def answer():\n    error = OSError('x')\n    for _ in range(10_000):\n"
        "        error = ExceptionGroup('deep', [error])\n    raise error\n"
    )

    with conversing(source) as stage, pytest.raises(ExceptionGroup, match="deep"):
        call(stage)


def test_a_log_record_whose_arguments_do_not_fit_disturbs_nobody(conversing, caplog):
    source = (
        "import logging\n\nasync def answer():\n    logging.error('%d', 'x')\n"
        "    logging.error('after')\n    return 1\n"
    )
    with conversing(source) as stage:
        assert call(stage) == 1

    assert [record.getMessage() for record in caplog.records] == ["after"]


def test_very_many_log_records_are_no_flood(conversing, caplog):
    caplog.set_level(logging.INFO)
    count = TALK_MESSAGES + 10
    source = f"import logging\nasync def answer():\n    for _ in range({count}):\n"
    with conversing(f"{source}        logging.error('x')\n    return 1\n") as stage:
        assert call(stage) == 1

    assert len(caplog.records) == LOGGED


# --- what is left of it --------------------------------------------------------------------------


def test_what_was_printed_before_a_sudden_end_is_kept(conversing):
    source = (
        "import os, signal\n\nasync def answer():\n    print('so far, so \\ud800 good')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with conversing(source) as stage:
        with pytest.raises(Died, match="ended the whole program with signal SIGKILL"):
            call(stage)
        assert stage.output() == "so far, so \\ud800 good\n"


def test_only_the_beginning_of_what_is_printed_is_kept(conversing):
    with conversing("async def answer():\n    print('x' * 10**7)\n") as stage:
        call(stage)
        assert stage.output() == "x" * 2**16


def test_nothing_is_left_for_a_later_test(conversing, tmp_path):
    source = (
        "import os\nfrom pathlib import Path\n\nasync def answer(shared):\n"
        "    found = [*os.listdir(Path.home()), *os.listdir(shared)]\n"
        "    (Path.home() / 'mine').write_text('x')\n    (Path(shared) / 'ours').mkdir()\n"
        "    return found\n"
    )
    found = []
    for _ in range(2):
        with conversing(source) as stage:
            found.append(call(stage, str(tmp_path / "scratch" / OPEN)))

    assert found == [["home"], ["home"]]


def test_folders_that_are_nested_too_deep_are_gone_for_the_next_test(conversing, tmp_path):
    dig = "import os\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')\n"
    with conversing(dig):
        pass
    with conversing(""):
        left = list((tmp_path / "scratch" / OPEN).rglob("*"))

    assert left == [tmp_path / "scratch" / OPEN / "home"]


PASSES_ON = """
import array, os, socket, stat

WIRE = next(fd for fd in range(3, 256) if stat.S_ISSOCK(os.fstat(fd).st_mode))

async def answer():
    wire = socket.socket(fileno=os.dup(WIRE))
    rights = array.array("i", [1, 2, WIRE])
    wire.sendall(b"\\xff\\xff\\xff\\xff")
    for _ in range(10):
        wire.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
"""
"""Sends its own descriptors along, behind what is no frame, so that nobody takes them out."""


def test_nobody_waits_for_descriptors_that_were_passed_on(zygote, tmp_path, monkeypatch):
    # Seccomp would refuse it. Where that does not stand, nothing does.
    monkeypatch.setattr("workshop.isolation.cell.walls", SimpleNamespace(standing=lambda: []))
    for folder in ("submission", "scratch"):
        (tmp_path / folder).mkdir()
    (tmp_path / "submission" / "ex.py").write_text(PASSES_ON)
    evidence.begin()
    stage = Cell(tmp_path / "submission", tmp_path / "scratch", zygote).stage("ex")

    with stage.open():
        stage.load()
        with pytest.raises(Died, match="broke off"):
            call(stage)
