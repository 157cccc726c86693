"""What the three variants share: the file that is uploaded, and a look at the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

CONTENT = b"cats sleep for most of their lives\r\n" * 2000 + bytes(range(256))
"""Bytes that are no text: reading them as text changes or breaks them. More than one buffer holds,
for a single read of 64 KiB is not the whole file."""


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A file of 72 kB, called cat.bin."""
    path = tmp_path / "cat.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def errors_logged(caplog: pytest.LogCaptureFixture) -> Callable[[], int]:
    """Counts the log records at ERROR or above, and forgets them."""

    def count() -> int:
        number = sum(record.levelno >= logging.ERROR for record in caplog.records)
        caplog.clear()
        return number

    return count
