"""`kill -9` at any moment, and the same command again: nothing lost, nothing marked twice."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workshop.isolation.forking import FORKS

KILLED_RUNS = Path(__file__).with_name("killed_runs.py")
KILLS = 25
SEED = 5
MOMENTS = {"marking": 2, "marked": 2, "storing": 2, "stored": 2, "event": 300}
"""How often each happens, at least, while a few submissions are marked."""

pytestmark = pytest.mark.skipif(not FORKS, reason="here processes cannot be copied")


@pytest.fixture
def submissions(small_kit: Path) -> Path:
    """Six submissions. Two are equal, one is empty, and those who earn nothing are known."""
    folder = small_kit / "submissions"
    graded = small_kit / "tests" / "graded" / "ex01_double"
    right = small_kit / "solutions" / "ex01_double.py"
    given = {
        "anna": right,
        "bob": right,
        "carl": small_kit / "exercises" / "ex01_double.py",
        "dora": graded / "mutants" / "only_above_zero.py",
    }
    for name, path in given.items():
        (folder / name).mkdir(parents=True)
        shutil.copyfile(path, folder / name / "ex01_double.py")
    (folder / "emil").mkdir()
    (folder / "fay").mkdir()
    source = right.read_text(encoding="utf-8")
    (folder / "fay" / "ex01_double.py").write_text(f"{source}\n# by fay\n", encoding="utf-8")
    return folder


class Runs:
    """The same command again and again, killed at moments."""

    def __init__(self, kit: Path, submissions: Path) -> None:
        command = ["grade", str(submissions), "--out", "gradebook", "--jobs", "2"]
        left_behind = kit.with_name("temporary")  # a killed run cannot clear up
        left_behind.mkdir()
        self._process = subprocess.Popen(
            [sys.executable, KILLED_RUNS, *command],
            cwd=kit,
            env=os.environ | {"TMPDIR": str(left_behind)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._kit = kit
        self.out = kit / "gradebook"

    def run(self, moment: str = "never", number: int = 0) -> int:
        """The exit status of a run that is killed at the moment, if it comes to that."""
        assert self._process.stdin and self._process.stdout
        print(moment, number, file=self._process.stdin, flush=True)
        status = self._process.stdout.readline()
        assert status, "the one that runs them has ended"
        return int(status)

    def written(self) -> dict[str, bytes]:
        """What there is of the gradebook."""
        return {
            str(path.relative_to(self.out)): path.read_bytes()
            for path in sorted(self.out.rglob("*"))
            if path.is_file() and not path.name.startswith(("verdicts.sqlite", "."))
        }

    def happened(self) -> list[list[str]]:
        """What happened in all runs since this was asked last: a moment, and the keys."""
        path = self._kit / "happened"
        lines = path.read_text(encoding="ascii").splitlines()
        path.unlink()
        return [line.split() for line in lines]

    def printed(self) -> str:
        """What all runs have printed."""
        return (self._kit / "printed").read_text(encoding="utf-8")

    def begin_anew(self) -> None:
        """Forget all that was marked."""
        shutil.rmtree(self.out)

    def end(self) -> str:
        """What is said in the end of the processes that are left."""
        return self._process.communicate(timeout=120)[0].strip()


def test_killed_at_25_moments_a_class_is_marked_as_if_it_had_never_been(
    small_kit: Path, submissions: Path
) -> None:
    chance = random.Random(SEED)
    runs = Runs(small_kit, submissions)
    assert runs.run() == 0, runs.printed()
    whole = runs.written()
    units = {keys[0] for what, *keys in runs.happened() if what == "marking"}
    assert len(units) == 5
    runs.begin_anew()

    kills = 0
    while kills < KILLS:
        moment = chance.choice(list(MOMENTS))
        status = runs.run(moment, chance.randint(1, MOMENTS[moment]))
        assert status in (0, -9), runs.printed()
        kills += status == -9
        if status == 0 or kills == KILLS:
            assert status == 0 or runs.run() == 0, runs.printed()
            assert runs.written() == whole
            _nothing_twice(runs.happened(), units)
            runs.begin_anew()
        else:
            _nothing_half(runs, whole)

    book = json.loads(whole["gradebook.json"])
    points = {one["learner"]: one["points"] for one in book["submissions"]}
    assert points == {"anna": 6, "bob": 6, "carl": 0, "dora": 3, "emil": 0, "fay": 6}
    assert "Traceback" not in runs.printed()
    assert runs.end() == "none left"


def _nothing_half(runs: Runs, whole: dict[str, bytes]) -> None:
    """A gradebook is there whole or not at all."""
    for name, content in runs.written().items():
        assert content == whole[name]


def _nothing_twice(happened: list[list[str]], units: set[str]) -> None:
    """What was stored was not marked again, whoever was killed in between."""
    stored: set[str] = set()
    for what, *keys in happened:
        assert what != "marking" or not stored & {*keys}
        if what == "stored":
            stored |= {*keys}
    assert {keys[0] for what, *keys in happened if what == "marking"} == units
