"""Where processes cannot be copied: the learner's are started anew, with the same verdicts.

It is forced here, for the systems that need it are other ones than those that these tests run on.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from workshop.isolation import evidence, loopback, walls
from workshop.isolation.cell import Cell
from workshop.isolation.loopback import Door, SocketWire, go_to
from workshop.isolation.remote import BROKE_OFF, Died, Isolated
from workshop.isolation.spawn import Spawner
from workshop.isolation.wire import Gone

KIT = Path(__file__).parents[2]
LONGEST = 20.0
"""Seconds after which a test gives up. What it waits for takes less than one."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells whose children are")

Conversing = Callable[..., AbstractContextManager[Isolated]]


@pytest.fixture
def spawner() -> Iterator[Spawner]:
    spawner = Spawner()
    yield spawner
    spawner.close()


@pytest.fixture
def begun(spawner: Spawner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Conversing:
    """Gives the stage of a learner's process that imports the given source."""
    without_notify = [wall for wall in walls.standing() if wall != "notify"]
    monkeypatch.setattr(
        "workshop.isolation.cell.walls", SimpleNamespace(standing=lambda: without_notify)
    )
    for folder in ("submission", "scratch"):
        (tmp_path / folder).mkdir()
    (tmp_path / "submission" / "ex.py").write_text("", encoding="utf-8")
    cell = Cell(tmp_path / "submission", tmp_path / "scratch", spawner)

    @contextmanager
    def begun(source: str) -> Iterator[Isolated]:
        (tmp_path / "scratch" / "submission" / "ex.py").write_text(source, encoding="utf-8")
        evidence.begin()
        stage = cell.stage("ex")
        with stage.open():
            yield stage

    return begun


@pytest.fixture
def conversing(begun: Conversing) -> Conversing:
    """Gives the stage of a learner's process that has imported the given source."""

    @contextmanager
    def conversing(source: str) -> Iterator[Isolated]:
        with begun(source) as stage:
            stage.load()
            yield stage

    return conversing


def call(stage: Isolated, *args: Any) -> Any:
    """What the learner's `answer` gives."""
    return asyncio.run(asyncio.wait_for(stage.call("answer", None, args, {}), LONGEST))


# --- a process -----------------------------------------------------------------------------------


def test_each_test_has_a_process_of_its_own_with_a_folder_of_its_own(conversing):
    source = (
        "import os, tempfile\nfrom pathlib import Path\n\nasync def answer(ask):\n"
        "    Path('mine').write_text('x')\n"
        "    at_home = os.getcwd() == tempfile.gettempdir() == str(Path.home())\n"
        "    return os.getpid(), at_home, await ask()\n"
    )

    async def ask() -> list[int]:
        return [1]

    answers = []
    for _ in range(3):
        with conversing(source) as stage:
            answers.append(call(stage, ask))

    assert len({pid for pid, _, _ in answers}) == 3
    assert [rest for _, *rest in answers] == [[True, [1]]] * 3
    assert not any(psutil.pid_exists(pid) for pid, _, _ in answers)


def test_what_it_prints_is_kept_and_how_it_ends_is_told(conversing):
    source = "import os\n\nasync def answer():\n    print('so far')\n    os._exit(3)\n"
    with conversing(source) as stage:
        with pytest.raises(Died, match="ended the whole program with exit status 3"):
            call(stage)
        assert stage.output() == "so far" + os.linesep


def test_it_holds_no_way_to_the_kit_and_no_secret(conversing):
    source = (
        "import sys\n\nasync def answer():\n"
        "    try:\n        import tests\n        return 'tests'\n"
        "    except ImportError:\n        return sys.path, sys.argv, sys.stdin.read()\n"
    )
    with conversing(source) as stage:
        path, argv, told = call(stage)

    assert str(KIT) not in path and told == ""
    assert len(argv) == 1


@pytest.mark.skipif("limits" not in walls.standing(), reason="no such wall here")
def test_the_walls_stand_around_it(conversing):
    source = (
        "import os, resource, socket, subprocess, sys\n\ndef refusal(function, *args):\n"
        "    try:\n        function(*args)\n    except OSError as error:\n"
        "        return type(error).__name__\n\nasync def answer():\n    return [\n"
        "        refusal(subprocess.run, [sys.executable]),\n"
        "        refusal(socket.create_connection, ('127.0.0.1', 9)),\n"
        "        resource.getrlimit(resource.RLIMIT_NOFILE)[0],\n    ]\n"
    )
    with conversing(source) as stage:
        assert call(stage) == ["PermissionError", "PermissionError", walls.OPEN_FILES]


WAITS = {
    "a computation": "    while True:\n        pass\n",
    "an await": "    import asyncio\n    await asyncio.Event().wait()\n",
}


@pytest.mark.parametrize("name", WAITS)
def test_no_signal_is_needed_to_find_the_line_where_it_is(conversing, name):
    with conversing(f"async def answer():\n    print('on')\n{WAITS[name]}") as stage:

        async def test() -> None:
            task = asyncio.ensure_future(stage.call("answer", None, (), {}))
            while not stage.output():
                await asyncio.to_thread(lambda: None)
            stage.out_of_time(None)
            with pytest.raises(Died):
                await task

        asyncio.run(asyncio.wait_for(test(), LONGEST))

    assert {2, 3, 4} & {spot.line for spot in evidence.current().waiting}


def test_an_import_that_does_not_end_is_ended(begun):
    with begun("while True:\n    pass\n") as stage:
        stage.out_of_time(None)
        stage.load()
        with pytest.raises(Died):
            call(stage)


def test_what_a_test_waits_for_can_be_broken_off_from_another_thread(conversing):
    source = "import asyncio\n\nasync def answer(ask):\n    await ask()\n"
    with conversing(source) as stage:

        async def test() -> None:
            asked = asyncio.Event()

            async def ask() -> None:
                asked.set()

            await stage.call("answer", None, (ask,), {})
            await asyncio.to_thread(stage.break_off)
            await asyncio.wait_for(asyncio.Event().wait(), LONGEST)

        with pytest.raises(asyncio.CancelledError):
            asyncio.run(test())


FORGER = """
import asyncio, json, os, stat

WIRE = next(fd for fd in range(3, 256) if stat.S_ISSOCK(os.fstat(fd).st_mode))

async def answer():
    os.write(WIRE, bytes([0, 0, 0, 2]) + b"[]")
    await asyncio.Event().wait()
"""


def test_what_is_no_message_ends_the_conversation_in_words(conversing):
    with conversing(FORGER) as stage, pytest.raises(Died) as raised:
        call(stage)

    assert str(raised.value) == BROKE_OFF


def test_one_that_was_ended_while_it_waited_is_replaced(conversing, spawner):
    source = "async def answer():\n    return 1\n"
    with conversing(source) as stage:
        assert call(stage) == 1
    waiting = spawner._next
    assert waiting is not None
    waiting.process.kill()
    waiting.process.wait()
    with conversing(source) as stage:
        assert call(stage) == 1


def test_the_one_that_was_made_ready_goes_with_its_spawner(conversing, spawner):
    with conversing(""):
        waiting = spawner._next
    assert waiting is not None and waiting.process.poll() is None
    spawner.close()

    assert waiting.process.returncode is not None


ORPHANS = """
import os

def orphan(deep):
    told, tell = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if deep and os.fork():
            os._exit(0)
        os.write(tell, b"%d" % os.getpid())
        while True:
            os.read(told, 0)
    return int(os.read(told, 20))

async def answer():
    return [os.getpid(), orphan(False), orphan(True)]
"""
ALONE = """
import asyncio, json, sys
from pathlib import Path
from workshop.isolation import evidence, walls
from workshop.isolation.cell import Cell
from workshop.isolation.spawn import Spawner

walls.standing = lambda: []
folder = Path(sys.argv[1])
evidence.begin()
spawner = Spawner(alone=True)
stage = Cell(folder / "submission", folder / "scratch", spawner).stage("ex")
with stage.open():
    stage.load()
    pids = asyncio.run(stage.call("answer", None, (), {}))
    print(json.dumps(pids), flush=True)
    if sys.argv[2:]:
        import os
        os._exit(1)
spawner.close()
"""


@linux
@pytest.mark.parametrize("ending", [[], ["suddenly"]], ids=["in order", "suddenly"])
def test_what_a_learners_process_has_started_ends_with_it(tmp_path, ending):
    for folder in ("submission", "scratch"):
        (tmp_path / folder).mkdir()
    source = (
        ORPHANS if not ending else "import os\n\nasync def answer():\n    return [os.getpid()]\n"
    )
    (tmp_path / "submission" / "ex.py").write_text(source, encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, "-c", ALONE, str(tmp_path), *ending], stdout=subprocess.PIPE, timeout=60
    )
    started = [psutil.Process(pid) for pid in json.loads(ran.stdout) if psutil.pid_exists(pid)]

    assert psutil.wait_procs(started, timeout=LONGEST)[1] == []


# --- the door ------------------------------------------------------------------------------------


def test_who_does_not_know_the_secret_is_turned_away(monkeypatch):
    monkeypatch.setattr(loopback, "_ONE_CALLER", 0.05)
    door = Door()
    port = int(door.told.split()[0])
    strangers = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
    strangers[0].sendall(secrets.token_bytes(32))
    strangers[1].sendall(b"short")  # and nothing more
    friend = go_to(door.told)
    end = door.wait(LONGEST, lambda: True)
    assert end is not None
    door.close()
    with friend, end:
        SocketWire(friend).send({"op": "hello"})
        assert SocketWire(end).receive() == {"op": "hello"}
        friend.close()
        with pytest.raises(Gone):
            SocketWire(end).receive()
    for stranger in strangers:
        with stranger:
            assert stranger.recv(1) == b""


def test_nobody_waits_for_who_has_ended():
    door = Door()

    assert door.wait(LONGEST * 100, lambda: False) is None
    door.close()


# --- verdicts ------------------------------------------------------------------------------------

PLAN = [
    ("ex02_upload", "mock", "reference", 0),
    ("ex02_upload", "fixture", "mutants/no_except.py", 1),
    ("ex03_save", "marker", "reference", 0),
    ("ex03_save", "mock", "stub", 1),
    ("ex04_cat_fact", "mock", "mutants/forgotten_await.py", 0),
    ("ex05_together", "mock", "hangs", 1),
]
"""Exercise, variant, what is marked, and with which third of the tests: all would take a minute."""

HANGS = "import asyncio\n\nasync def upload_and_save(*args):\n    await asyncio.Event().wait()\n"

MARKING = """
import json, re, shutil, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from workshop.course import load_course
from workshop.grading.warm import Round, Warm
from workshop.isolation import walls
from workshop.isolation.forking import FORKS
from workshop.isolation.scratch import scratch_folder

course = load_course(Path(sys.argv[1]))

def marked(one):
    name, variant, what, part = one
    exercise = course.exercise(name)
    with scratch_folder() as folder:
        submission = folder / "submission"
        shutil.copytree(exercise.reference.parent, submission)
        if what != "reference":
            source = exercise.stub if what == "stub" else exercise.graded / what
            target = submission / exercise.file_name
            target.write_text(sys.argv[3] if what == "hangs" else source.read_text("utf-8"))
        tests = exercise.graded / f"test_{variant}.py"
        names = re.findall(r"(?m)^async def (test_\\w+)", tests.read_text("utf-8"))
        (folder / "round").mkdir()
        others = [name for place, name in enumerate(names) if place % 3 != part]
        round = Round(str(tests), str(submission), str(folder / "round"), others, True)
        run = warm.start(round)
        run.wait(120)
        run.end()
        lines = [json.loads(line) for line in round.marks.read_text("utf-8").splitlines()]
        return [line["ended"] for line in lines if "ended" in line]

plan = json.loads(sys.argv[2])
with Warm(course.kit, [course.exercise(name) for name in sorted({one[0] for one in plan})]) as warm:
    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(marked, plan))
print(json.dumps({"forks": FORKS, "walls": walls.standing(), "results": results}))
"""


def marked(**environment: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-c", MARKING, str(KIT), json.dumps(PLAN), HANGS],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        timeout=300,
    )
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


def points(result: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(result[part] for part in ("name", "status", "points", "max_points"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, to compare with")
def test_verdicts_are_the_same_as_with_processes_that_are_forked():
    spawned, forked = marked(WORKSHOP_SPAWN="1"), marked(WORKSHOP_SPAWN="")

    assert (spawned["forks"], forked["forks"]) == (False, True)
    assert set(forked["walls"]) - set(spawned["walls"]) <= {"notify"}
    assert "audit" in spawned["walls"] and "notify" not in spawned["walls"]
    for one, ours, theirs in zip(PLAN, spawned["results"], forked["results"], strict=True):
        assert list(map(points, ours)) == list(map(points, theirs)), one
        assert len(ours) > 1
        if one[2] == "reference":
            assert all(result["status"] == "pass" for result in ours), one
        else:
            assert not all(result["status"] == "pass" for result in ours), one
        assert one[2] != "hangs" or {"timeout"} == {result["status"] for result in ours}
