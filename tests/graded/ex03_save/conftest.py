"""What the variants share: a look at what was saved."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from workshop.isolation.zygote import ZONE
from workshop.proof import eventually, tasks_left

LARGEST = 10_000
"""Bytes of a file that a test reads. The record takes about a hundred."""


@pytest.fixture(autouse=True)
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A local time that is nobody's UTC, as it is for code in a process of its own."""
    monkeypatch.setenv("TZ", ZONE)
    _tell_the_clock()
    yield
    monkeypatch.undo()
    _tell_the_clock()


def _tell_the_clock() -> None:
    if hasattr(time, "tzset"):  # which Windows lacks
        time.tzset()


@pytest.fixture
def some_milliseconds() -> Callable[[], None]:
    """Lets so much time pass that a clock which counts milliseconds shows another."""

    def pass_by() -> None:
        start = datetime.now(UTC)
        while datetime.now(UTC) - start < timedelta(milliseconds=2):
            pass

    return pass_by


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder to save in."""
    path = tmp_path / "saved"
    path.mkdir()
    return path


@pytest.fixture
def names_in() -> Callable[[Path], list[str]]:
    """Lists all that is in a folder."""
    return lambda folder: sorted(path.name for path in folder.iterdir())


@pytest.fixture
def records_in() -> Callable[[Path], list[dict[str, str]]]:
    """Decodes all the files in a folder."""

    def read(folder: Path) -> list[dict[str, str]]:
        files = list(folder.iterdir())
        small = all(file.stat().st_size < LARGEST for file in files)
        assert small, "[wrong-file-format] files of a few lines"
        return [json.loads(file.read_text("utf-8")) for file in files]

    return read


@pytest.fixture
def saved_file() -> Callable[[Path], Awaitable[Path]]:
    """Finds the one file that a folder holds. One that comes late is told apart from none."""

    async def find(folder: Path) -> Path:
        at_once = list(folder.iterdir())
        if not at_once:
            late = await eventually(lambda: any(folder.iterdir()), beats=30) or await tasks_left()
            assert not late, "[fire-and-forget] the file in the folder when the call returns"
        assert at_once, "[wrong-file-format] a file in the folder that was given; there is none"
        assert len(at_once) == 1, f"[leaves-debris] one file; the folder holds {len(at_once)}"
        assert at_once[0].stat().st_size < LARGEST, "[wrong-file-format] a file of a few lines"
        return at_once[0]

    return find


@pytest.fixture
def gets_a_file() -> Callable[[Path], Awaitable[bool]]:
    """Tells whether a file comes into a folder, however late."""

    async def check(folder: Path) -> bool:
        return await eventually(lambda: any(folder.iterdir()), beats=30)

    return check


@pytest.fixture
def is_uuid4() -> Callable[[object], bool]:
    """Tells whether a text is a uuid4 in its usual form."""

    def check(text: object) -> bool:
        try:
            return isinstance(text, str) and str(UUID(text)) == text and UUID(text).version == 4
        except ValueError:
            return False

    return check
