"""What was seen while a graded test ran the learner's code. Plain data, for the diagnosis."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spot:
    """Something that happened on one of the learner's own lines (None where no line is known)."""

    what: str
    line: int | None = None
    source: str | None = None
    file: str | None = None

    def place(self, own: str) -> str:
        """Its line, for a reader of the file `own`; in another of the learner's, that one's name
        as well.
        """
        return f"line {self.line}" if self.file in (None, own) else f"{self.file}, line {self.line}"


@dataclass
class Call:
    """A call of the learner's code by a test, and how it ended (None while it has not)."""

    text: str
    ended: str | None = None


@dataclass
class Evidence:
    """Everything seen during one test."""

    calls: list[Call] = field(default_factory=list)
    blocked: list[Spot] = field(default_factory=list)
    """Calls that held the event loop's own thread: a sleep, a connection, a file."""
    files_open: list[Spot] = field(default_factory=list)
    """Files that were opened and not closed when they were asked after."""
    tasks_left: list[Spot] = field(default_factory=list)
    """Tasks that were still running when the test ended."""
    never_awaited: list[Spot] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    """Requests that were made past the client that was passed in, by user agent if it is known."""
    raised: Spot | None = None
    """The exception for which the test failed, `what` being `TypeName: text`, if it left the
    learner's code."""
    errors: list[tuple[BaseException, Spot]] = field(default_factory=list)
    """Every exception that left the learner's code, several calls of which may run at once."""
    waiting: list[Spot] = field(default_factory=list)
    """The learner's lines that were waiting when a test ran out of time."""

    @property
    def under_way(self) -> bool:
        """Whether a call of the learner's code has not ended yet."""
        return any(call.ended is None for call in self.calls)

    def keep_error(self, error: BaseException, spot: Spot) -> None:
        """An exception has left the learner's code."""
        self.errors.append((error, spot))

    def of_error(self, error: BaseException) -> Spot | None:
        """Where the learner's code raised `error`, if it did."""
        return next((spot for known, spot in self.errors if known is error), None)


_current = Evidence()


def current() -> Evidence:
    """The evidence of the test that is running."""
    return _current


def begin() -> Evidence:
    """Start afresh: a new test begins."""
    global _current
    _current = Evidence()
    return _current


_SURROGATE = re.compile("[\ud800-\udfff]")
_VOLATILE = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"127\.0\.0\.1:\d+(/rooms/[\w.-]+)?"), "127.0.0.1"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?"), "<time>"),
    (re.compile(r"\b0x[0-9a-f]{4,}\b"), "0x…"),
    (re.compile(r"(?:[A-Za-z]:)?[\\/](?:[^\s'\"\\/]+[\\/])+(?=[^\s'\"\\/])"), "…/"),
    (re.compile(r"name='Task-\d+'"), "name='Task'"),
    (re.compile(r"\b(Posix|Windows)Path\("), "Path("),
)


def plain(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, which every encoding of Unicode can write."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text[:limit])


def steady(text: str, limit: int = 300) -> str:
    """`text` without what changes from run to run (paths, ports, uuids, times), at most `limit`
    characters: two markings of the same files must give the same words.
    """
    text = plain(text, limit * 20)
    for pattern, instead in _VOLATILE:
        text = pattern.sub(instead, text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def told(error: BaseException, depth: int = 2) -> str:
    """The exception as `TypeName: text`, steady, even when asking for its text raises another. Of
    a group the first ones in it, and theirs.
    """
    name = type(error).__name__
    try:
        text = str(error)
    except Exception as broken:
        return steady(f"{name}: (asked for its text, it raised {type(broken).__name__})")
    if depth and isinstance(error, BaseExceptionGroup):
        inner = [told(one, depth - 1) for one in error.exceptions[:2]]
        text = f"{error.message} ({', '.join(inner)})"
    if getattr(type(error), "is_a_sentence", False):  # our own, for learners
        return steady(text)
    return steady(f"{name}: {text}" if text else name)


def shown(value: object, limit: int = 200) -> str:
    """`repr(value)`, steady and bounded, even when the value's own repr is broken."""
    try:
        return steady(repr(value), limit)
    except Exception as error:
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
