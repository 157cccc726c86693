"""A scratch folder goes away, whatever a learner's code has left in it."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from workshop.isolation.scratch import empty, holds_more, remove, scratch_folder

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such thing")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def dig(folder: Path, depth: int, name: str = "d") -> None:
    """Make folders in one another."""
    code = f"import os\nfor _ in range({depth}):\n    os.mkdir({name!r})\n    os.chdir({name!r})\n"
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)


@pytest.mark.parametrize(("depth", "name"), [(1500, "d"), (50, "d" * 200)])
def test_folders_nested_deeper_than_python_recurses_or_a_path_reaches(folder, depth, name):
    dig(folder, depth, name)

    remove(folder)

    assert not folder.exists()


def test_a_great_many_files(folder):
    for number in range(5000):
        (folder / str(number)).touch()

    remove(folder)

    assert not folder.exists()


@posix
def test_folders_that_nobody_may_enter(folder):
    """As root, whom no mode keeps out, this cannot fail."""
    inner = folder / "outer" / "inner" / "innermost"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    for path in (inner, inner.parent, inner.parent.parent, folder):
        path.chmod(0)

    remove(folder)

    assert not folder.exists()


@posix
def test_a_link_goes_and_what_it_leads_to_stays(folder, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    kept.chmod(0o750)
    (folder / "link").symlink_to(kept)
    (folder / "inner").mkdir()
    (folder / "inner" / "link").symlink_to(kept)

    remove(folder)

    assert [path.name for path in kept.iterdir()] == ["file"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o750
    assert not folder.exists()


def test_to_empty_a_folder_keeps_the_folder(folder):
    (folder / "inner").mkdir()
    (folder / "inner" / "file").touch()

    empty(folder)

    assert list(folder.iterdir()) == []


def test_a_folder_that_is_gone_already_disturbs_nobody(folder, caplog):
    folder.rmdir()

    remove(folder)

    assert "could not be removed" in caplog.text


def test_a_scratch_folder_is_there_for_as_long_as_its_block():
    with scratch_folder() as folder:
        dig(folder, 1500)
        assert folder.is_dir()

    assert not folder.exists()


def test_a_folder_that_holds_little_holds_no_more(folder):
    (folder / "inner").mkdir()
    (folder / "inner" / "file").write_bytes(b"x" * 100)

    assert not holds_more(folder, size=100_000, number=2, depth=1)


def test_too_many_bytes_files_or_folders_in_one_another_are_more(folder):
    (folder / "inner" / "innermost").mkdir(parents=True)
    (folder / "inner" / "file").write_bytes(b"x" * 200_000)

    assert holds_more(folder, size=100_000, number=100, depth=100)
    assert holds_more(folder, size=10**6, number=2, depth=100)
    assert holds_more(folder, size=10**6, number=100, depth=1)
    assert not holds_more(folder, size=10**6, number=3, depth=2)


def test_a_folder_that_is_not_there_holds_nothing(folder):
    assert not holds_more(folder / "nothing", size=0, number=0, depth=0)
