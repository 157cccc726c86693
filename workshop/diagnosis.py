"""From what was seen while a test failed to the wrong idea behind it.

The catalogue `workshop/misconceptions.toml` holds the ideas and their sentences; here stands
what each looks like. Evidence that admits one explanation comes first; the idea that a test
itself names speaks when there is none.
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
    # What else leaves the learner's code is a slip that says nothing about ideas of async.
    if declared not in catalogue() or seen.raised is not None:
        return None
    return Finding(catalogue()[declared])


_Sign = Callable[[Evidence], Spot | None]


def _raised(pattern: str) -> _Sign:
    """A sign: the exception that left the learner's code, as `TypeName: text`, fits `pattern`."""
    return lambda seen: seen.raised if seen.raised and re.match(pattern, seen.raised.what) else None


_UNAWAITED = re.compile(r"<coroutine object|<_GatheringFuture|<Task |<Future ")
_USED_UNAWAITED = _raised(
    r".*'(coroutine|_GatheringFuture|_asyncio\.\w+|Task|Future)' object"
    r"|.*await wasn't used with future"
)


def _never_awaited(seen: Evidence) -> Spot | None:
    if spot := _USED_UNAWAITED(seen):
        return spot
    if seen.never_awaited:
        return seen.never_awaited[0]
    if any(_UNAWAITED.search(call.ended or "") for call in seen.calls):
        return Spot("something that nobody awaited came back")
    return None


def _blocked(seen: Evidence) -> Spot | None:
    # Either a call that blocks was seen, or time ran out while a line held the loop's thread.
    held = [spot for spot in seen.waiting if spot.what == "ran"]
    return next(iter(seen.blocked + held), None)


def _stranger(seen: Evidence) -> Spot | None:
    return Spot("a request came past the client") if seen.strangers else None


_SIGNS: tuple[tuple[str, _Sign], ...] = (
    (
        "run-in-notebook",
        _raised(
            r".*cannot be called from a running event loop|.*event loop is already running"
            r"|.*while another loop is running|.*no current event loop"
        ),
    ),
    ("async-unblocks", _blocked),
    ("await-in-a-row", _raised(r"TypeError: An asyncio.Future, a coroutine or an awaitable")),
    (
        "await-everything",
        _raised(r"TypeError: (object \w+|'\w+' object) can't be (used in 'await'|awaited)"),
    ),
    ("calling-runs-it", _never_awaited),
    ("client-per-request", _stranger),
    (
        "closes-what-it-was-given",
        _raised(r".*Cannot open a client instance more than once|.*client has been closed"),
    ),
    ("cached-answer", _raised(r".*cannot reuse already awaited coroutine")),
    ("fire-and-forget", _raised(r"InvalidStateError: Result is not")),
    ("error-escapes", _raised(r"(HTTP|HTTPStatus|Connect|Read|Write|Close|JSONDecode)Error\b")),
    ("error-escapes", _raised(r"RemoteProtocolError|(Read|Write|Connect|Pool)?Timeout(Error)?\b")),
    ("fire-and-forget", lambda seen: next(iter(seen.tasks_left), None)),
    ("leaked-resource", lambda seen: next(iter(seen.files_open), None)),
)
