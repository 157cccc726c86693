"""What a learner's process says of itself, taken for no more than it can be.

Everything that comes over the wire may be forged. Here it becomes plain evidence: of the right
types, bounded, and with the learner's lines quoted from our own copy of the files. What cannot be
made so raises WireError.
"""

from __future__ import annotations

import linecache
import logging
from pathlib import Path
from typing import Any

from workshop.isolation.evidence import Spot
from workshop.isolation.wire import NAME_LIMIT, TEXT_LIMIT, WireError, words

SPOTS = 20
"""Spots that are kept of one kind."""
WHAT_LIMIT = 300
LINE_LIMIT = 200
"""Characters of one of the learner's lines."""
LOGGER_LIMIT = 200
"""Characters of a logger's name."""
LEVELS = 100
"""The highest level that a log record may have; Python's own end at 50."""


class Sources:
    """Our copy of a submission, of which the learner's lines are quoted, as far as the names of its
    files can stand in a line of text.
    """

    def __init__(self, folder: Path) -> None:
        files = [path for path in folder.glob("*.py") if path.name.isprintable()]
        self._files = {path.name: str(path) for path in files}

    def line(self, file: str, number: int) -> str | None:
        """Line `number` of `file`, or None when there is no such line."""
        line = linecache.getline(self._files[file], number) if file in self._files else ""
        return line.strip()[:LINE_LIMIT] if line else None


def spots(data: Any, sources: Sources) -> list[Spot]:
    """Things that are said to have happened on the learner's lines."""
    return [_spot(one, sources) for one in _checked(data, list)[:SPOTS]]


def _spot(data: Any, sources: Sources) -> Spot:
    data = _checked(data, dict)
    what = words(data.get("what"), WHAT_LIMIT)
    file, number = data.get("file"), data.get("line")
    if not isinstance(file, str) or type(number) is not int:
        return Spot(what)
    source = sources.line(file, number)
    return Spot(what) if source is None else Spot(what, number, source, file)


def log_record(message: dict[str, Any]) -> logging.LogRecord:
    """Something that is said to have been logged."""
    level = min(max(0, number_of(message, "level")), LEVELS)
    return logging.makeLogRecord(
        {
            "name": words(message.get("name"), LOGGER_LIMIT),
            "levelno": level,
            "levelname": logging.getLevelName(level),
            "msg": words(message.get("text"), TEXT_LIMIT),
        }
    )


def number_of(message: dict[str, Any], part: str = "id") -> int:
    """The number that `message` bears as its `part`."""
    number: int = _checked(message.get(part), int)
    return number


def _checked(value: Any, kind: type) -> Any:
    # Of exactly that kind, for True is an int as well.
    if type(value) is not kind:
        raise WireError(f"something that is no {kind.__name__[:NAME_LIMIT]}")
    return value
