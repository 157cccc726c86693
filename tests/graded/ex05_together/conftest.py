"""What the variants share: a file to upload, and a folder to save in."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A small file on disk, called cat.txt."""
    path = tmp_path / "cat.txt"
    path.write_bytes(b"cats sleep for most of their lives\n" * 40)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder to save in."""
    path = tmp_path / "saved"
    path.mkdir()
    return path
