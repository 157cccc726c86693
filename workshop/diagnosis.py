"""From what was seen while a test failed to the wrong idea behind it.

The catalogue `workshop/misconceptions.toml` holds the ideas and their sentences; here stands
what each looks like. Evidence that admits one explanation comes first; a test's own
`@pytest.mark.misconception` speaks when there is none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workshop.isolation.evidence import Evidence, Spot


@dataclass(frozen=True)
class Misconception:
    """A wrong idea. `lesson` is the number of the lesson that puts it right, where one does."""

    id: str
    idea: str
    why: str
    lesson: int | None = None


@dataclass(frozen=True)
class Finding:
    """A misconception and the learner's line that shows it, where one is known."""

    misconception: Misconception
    spot: Spot | None = None


@cache
def catalogue() -> dict[str, Misconception]:
    """Every misconception by its id."""
    text = (Path(__file__).parent / "misconceptions.toml").read_text(encoding="utf-8")
    return {
        id: Misconception(id, entry["idea"], entry["why"], entry.get("lesson"))
        for id, entry in tomllib.loads(text).items()
    }


def diagnose(seen: Evidence, declared: str | None) -> Finding | None:
    """The idea behind a failed test.

    `declared` is the id that the test itself gives for a failure without harder evidence.
    None when the failure shows no misconception, such as a stub that is not yet written.
    """
    if seen.raised and seen.raised.what.startswith("NotImplementedError"):
        return None
    for id, look in _SIGNS:
        spot = look(seen)
        if spot is not None:
            return Finding(catalogue()[id], spot)
    if declared is None or _crashed_elsewhere(seen):
        return None
    return Finding(catalogue()[declared], seen.raised)


def _never_awaited(seen: Evidence) -> Spot | None:
    if seen.raised and re.search(r"'coroutine' object|coroutine was expected", seen.raised.what):
        return seen.raised
    if seen.never_awaited:
        return seen.never_awaited[0]
    if any("<coroutine object" in (call.ended or "") for call in seen.calls):
        return Spot("a coroutine came back")
    return None


def _loop_in_loop(seen: Evidence) -> Spot | None:
    text = "cannot be called from a running event loop|event loop is already running"
    text += "|while another loop is running"
    return seen.raised if seen.raised and re.search(text, seen.raised.what) else None


def _blocked(seen: Evidence) -> Spot | None:
    if seen.blocked:
        return seen.blocked[0]
    agents = [agent for agent in seen.strangers if not agent.startswith("python-httpx")]
    return Spot("a request went past the client") if agents else None


def _stranger(seen: Evidence) -> Spot | None:
    return Spot("a request came from another client") if seen.strangers else None


_SIGNS: tuple[tuple[str, Callable[[Evidence], Spot | None]], ...] = (
    ("run-in-notebook", _loop_in_loop),
    ("calling-runs-it", _never_awaited),
    ("async-unblocks", _blocked),
    ("client-per-request", _stranger),
    ("fire-and-forget", lambda seen: next(iter(seen.tasks_left), None)),
    ("leaked-resource", lambda seen: next(iter(seen.files_open), None)),
)


_PLAIN_MISTAKES = (
    "NameError",
    "UnboundLocalError",
    "ImportError",
    "ModuleNotFoundError",
    "SubmissionError",
)


def _crashed_elsewhere(seen: Evidence) -> bool:
    # A misspelt name says nothing about what the learner thinks of async.
    return bool(seen.raised and seen.raised.what.split(":")[0] in _PLAIN_MISTAKES)
