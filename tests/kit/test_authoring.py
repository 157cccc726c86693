"""`docs/authoring.md` stays true: the small lesson that it adds is added to a copy of the kit, and
the checks that it names say what is missing, and in the end that nothing is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

KIT = Path(__file__).parents[2]
LESSON = Path(__file__).parent / "authoring"
CHECKS = ("tests/kit/test_course.py", "tests/kit/test_exercises.py")
NAME = "ex90_patience"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the kit whose course.toml has the new lesson's entry, and nothing else of it."""
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "attacks", ".*", "*.egg-info")
    kit = Path(shutil.copytree(KIT, tmp_path / "kit", ignore=ignored))
    course = (kit / "course.toml").read_text(encoding="utf-8")
    lessons, mark, concepts = course.partition("# Which names in code show")
    assert mark
    entry, shown = ((LESSON / name).read_text("utf-8") for name in ("course.toml", "concepts.toml"))
    whole = f"{lessons}{entry}\n{mark}{concepts}{shown}"
    (kit / "course.toml").write_text(whole, encoding="utf-8")
    return kit


def checks(kit: Path) -> subprocess.CompletedProcess[str]:
    """The authors' checks of the new lesson, as the guide has them run."""
    program = [sys.executable, "-m", "pytest", "-q", *CHECKS, "-k", "patience or every_concept"]
    environment = os.environ | {"PYTEST_ADDOPTS": ""}
    return subprocess.run(
        program, cwd=kit, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def add(kit: Path) -> None:
    graded = kit / "tests" / "graded" / NAME
    shutil.copytree(LESSON / NAME, graded)
    (graded / "reference.py").rename(kit / "solutions" / f"{NAME}.py")
    shutil.copy(graded / "stub.py", kit / "exercises" / f"{NAME}.py")
    shutil.copy(LESSON / "90_patience.ipynb", kit / "notebooks")


def test_an_entry_alone_is_told_what_is_missing(copy):
    ran = checks(copy)

    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert f"there is no exercises/{NAME}.py, no solutions/{NAME}.py" in ran.stdout
    assert "notebooks/90_patience.ipynb" in ran.stdout
    assert "INTERNALERROR" not in ran.stdout


def test_the_whole_lesson_passes_all_checks(copy):
    add(copy)
    ran = checks(copy)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"\d\d passed", ran.stdout)
    guide = (KIT / "docs" / "authoring.md").read_text(encoding="utf-8")
    assert (LESSON / "course.toml").read_text(encoding="utf-8") in guide
    for name in CHECKS:
        assert name in guide
