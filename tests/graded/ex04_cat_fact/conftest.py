"""What the variants share: a look at the log, and at an answer that stands for an error."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest


@pytest.fixture
def errors_logged(caplog: pytest.LogCaptureFixture) -> Callable[[], int]:
    """Counts the log records at ERROR or above, and forgets them."""

    def count() -> int:
        number = sum(record.levelno >= logging.ERROR for record in caplog.records)
        caplog.clear()
        return number

    return count


@pytest.fixture
def is_not_available() -> Callable[[object], bool]:
    """Tells whether an answer is the JSON text that says that no cat fact is available."""

    def check(answer: object) -> bool:
        try:
            return isinstance(answer, str) and json.loads(answer) == {
                "ERROR": "Cat Fact Not Available"
            }
        except ValueError:
            return False

    return check
