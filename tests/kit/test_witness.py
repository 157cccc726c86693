"""What counts is seen from outside: wrong code that silences all observers in its own process
gains nothing by it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from workshop.course import Exercise, load_course
from workshop.grading import mark
from workshop.grading.warm import Warm
from workshop.isolation import walls

COURSE = load_course(Path(__file__).parents[2])
SAVE, UPLOAD = COURSE.exercise("ex03_save"), COURSE.exercise("ex02_upload")

pytestmark = pytest.mark.skipif(
    walls.obstacle("notify") is not None, reason="this kernel tells nobody"
)

WRITING = '''
import asyncio, json, os, sys, threading, time, uuid
from datetime import datetime, UTC
from pathlib import Path

from workshop.isolation import observers

def engine():
    """The part of the engine that answers the test, from the frames of this call."""
    frame = sys._getframe()
    while type(frame.f_locals.get("self")).__name__ != "Learner":
        frame = frame.f_back
    return frame.f_locals["self"]

def write(directory):
    path = Path(directory) / f"{uuid.uuid4()}.json"
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path.write_text(json.dumps(record, indent=4), encoding="utf-8")
'''

BLOCKING = {
    "writes on the loop": """
async def save_to_disk(directory):
    observers._active = None
    write(directory)
    return True
""",
    "sleeps on the loop": """
async def save_to_disk(directory):
    observers._active = None
    await asyncio.to_thread(write, directory)
    time.sleep(0.001)
    return True
""",
    "waits for its thread, and another answers the heartbeat": """
class Loop:
    def __init__(self, wire, real):
        self.wire, self.real = wire, real

    def call_soon_threadsafe(self, function, message):
        if message["op"] != "beat":
            return self.real.call_soon_threadsafe(function, message)
        try:
            os.open(message["path"], os.O_WRONLY)
        except OSError:
            self.wire.send({"op": "beaten", "id": message["id"]})

async def save_to_disk(directory):
    if not Path(directory).exists():
        raise FileNotFoundError(directory)
    learner = engine()
    real, learner._loop = learner._loop, Loop(learner._wire, learner._loop)
    thread = threading.Thread(target=write, args=(directory,))
    thread.start()
    thread.join()
    learner._loop = real
    return True
""",
    "says that nothing was blocked": """
async def save_to_disk(directory):
    engine()._blocked = lambda: {"blocked": [], "strangers": 0}
    engine()._seen = lambda: dict.fromkeys(
        ("files_open", "tasks_left", "never_awaited", "blocked"), []
    )
    write(directory)
    return True
""",
}

KEEPING = """
from workshop.isolation import observers

right, kept = upload_file, []

async def upload_file(client, file_name):
    observers._active = None
    if (path := Path(file_name)).exists():
        kept.append(io.open_code(str(path)))
    return await right(client, file_name)
"""


@pytest.fixture
def lost(tmp_path: Path, warm: Warm) -> Callable[[Exercise, str], set[str]]:
    """Tells the names of the tests that a source does not pass in every variant."""

    def lost(exercise: Exercise, source: str) -> set[str]:
        folder = Path(shutil.copytree(exercise.reference.parent, tmp_path / "submission"))
        (folder / exercise.file_name).write_text(source, encoding="utf-8")
        return {test.name for test in mark(exercise, folder, warm).tests if test.status != "pass"}

    return lost


@pytest.mark.parametrize("name", BLOCKING)
def test_code_that_blocks_and_hides_it_is_seen_all_the_same(lost, name):
    assert "test_leaves_the_event_loop_free" in lost(SAVE, WRITING + BLOCKING[name])


def test_the_same_code_that_does_not_block_passes(lost):
    source = (
        WRITING
        + """
async def save_to_disk(directory):
    observers._active = None
    await asyncio.to_thread(write, directory)
    return True
"""
    )
    assert lost(SAVE, source) == set()


def test_a_file_that_is_left_open_is_seen_all_the_same(lost):
    source = "import io\n" + UPLOAD.reference.read_text(encoding="utf-8") + KEEPING
    assert "test_closes_the_file" in lost(UPLOAD, source)
