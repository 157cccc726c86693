"""What the variants share: a look at what was saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest


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
def load_one() -> Callable[[Path], dict[str, Any]]:
    """Reads the one file that a folder holds, as UTF-8 and JSON."""

    def load(folder: Path) -> dict[str, Any]:
        files = list(folder.iterdir())
        assert len(files) == 1, f"one file in the folder; there are {len(files)}"
        return json.loads(files[0].read_text(encoding="utf-8"))

    return load


@pytest.fixture
def is_uuid4() -> Callable[[object], bool]:
    """Tells whether a text is a uuid4 in its usual form."""

    def check(text: object) -> bool:
        try:
            return isinstance(text, str) and str(UUID(text)) == text and UUID(text).version == 4
        except ValueError:
            return False

    return check
