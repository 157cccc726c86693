"""`workshop check --walls`: marks behind the walls that are asked for, or not at all."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workshop.isolation import walls

KIT = Path(walls.__file__).resolve().parents[2]
FORBIDDEN = Path(__file__).with_name("forbidden.py")

behind_all = pytest.mark.skipif(
    bool(walls.missing(["landlock", "seccomp"])), reason="not all walls stand on this machine"
)


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    folder = tmp_path / "submission"
    shutil.copytree(KIT / "solutions", folder)
    return folder


def check(
    submission: Path, asked: str, forbidden: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Mark one exercise, with some calls to the kernel forbidden."""
    before = [sys.executable, FORBIDDEN, *forbidden, "--"] if forbidden else []
    return subprocess.run(
        [
            *before,
            *(sys.executable, "-m", "workshop", "check", "3", "--json", "--walls", asked),
            *("--submission", submission),
        ],
        cwd=KIT,
        capture_output=True,
        text=True,
    )


@behind_all
def test_marks_behind_the_walls_that_are_asked_for(submission: Path) -> None:
    done = check(submission, "audit,landlock,seccomp,limits")
    assert done.returncode == 0, done.stderr
    [verdict] = json.loads(done.stdout)
    assert verdict["walls"] == walls.standing()
    assert verdict["points"] == verdict["max_points"] > 0


@behind_all
@pytest.mark.parametrize(
    ("forbidden", "asked", "named"),
    [
        (("landlock=ENOSYS",), "landlock,seccomp", "the wall landlock does not"),
        (("seccomp=EPERM",), "limits,seccomp", "the wall seccomp does not"),
        (
            ("landlock=EOPNOTSUPP", "seccomp=EINVAL"),
            "audit,landlock,seccomp",
            "the walls landlock and seccomp do not",
        ),
    ],
)
def test_does_not_mark_where_a_wall_that_is_asked_for_is_missing(
    submission: Path, forbidden: tuple[str, ...], asked: str, named: str
) -> None:
    done = check(submission, asked, forbidden)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"Nothing was marked, for {named} stand on this machine: ")
    assert done.stderr.count("\n") == 1
    assert "`workshop doctor`" in done.stderr


@behind_all
def test_marks_without_a_wall_that_is_not_asked_for_and_says_so(submission: Path) -> None:
    done = check(submission, "seccomp,limits,audit", ("landlock=ENOSYS",))
    assert done.returncode == 0, done.stderr
    [verdict] = json.loads(done.stdout)
    assert verdict["walls"] == [wall for wall in walls.standing() if wall != "landlock"]
    assert verdict["status"] == "pass"


@pytest.mark.parametrize("asked", ["moat", "landlock,moat", "", "landlock seccomp"])
def test_a_wall_that_does_not_exist_is_wrong_usage(submission: Path, asked: str) -> None:
    done = check(submission, asked)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("There is no wall ")
    assert done.stderr.endswith(f"the walls are {', '.join(walls.ALL)}.\n")


def test_the_help_names_every_wall() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workshop", "check", "--help"], capture_output=True, text=True
    )
    assert ", ".join(walls.ALL) in " ".join(done.stdout.split())


@behind_all
def test_the_walls_stand_around_the_learners_module_itself(
    submission: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("as it was")
    victim.chmod(0o644)
    module = submission / "ex03_save.py"
    attack = (
        "import os\n"
        f"victim = {str(victim)!r}\n"
        "os.chmod(victim, 0o777)\n"
        "for attack in (os.remove, os.utime, os.listdir):\n"
        "    try:\n"
        "        attack(victim)\n"
        "    except PermissionError as error:\n"
        f"        assert error.errno in ({errno.EPERM}, {errno.EACCES})\n"
        "    except NotADirectoryError:\n"
        "        pass\n"
        "    else:\n"
        "        raise SystemExit(attack.__name__)\n"
    )
    module.write_text(attack + module.read_text())
    done = check(submission, "landlock,seccomp,limits,audit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert victim.read_text() == "as it was"
    assert oct(os.stat(victim).st_mode)[-3:] == "644"
