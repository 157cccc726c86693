"""What a verdict tells a person: behaviours in words, failures, and the ideas behind them."""

from __future__ import annotations

from dataclasses import dataclass, field

from workshop.grading.verdict import Diagnosis, TestResult, Verdict
from workshop.stranger import clean

MESSAGE_LIMIT = 2000
"""Characters of one failure's message that are shown: learners return long things."""

_NO_MESSAGE = {
    "timeout": "It did not finish within the time limit.",
    "error": "It could not be run.",
    "fail": "It failed and left no message.",
}


@dataclass
class Block:
    """One thing that went wrong, and the tests that saw it."""

    message: str
    tests: list[TestResult] = field(default_factory=list)

    @property
    def behaviours(self) -> list[str]:
        return list(dict.fromkeys(in_words(test.name) for test in self.tests))


@dataclass
class Idea:
    """One wrong idea, the learner's lines that show it, and the tests it explains."""

    why: str
    look: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    """Where each is, and its text."""
    tests: list[TestResult] = field(default_factory=list)


def in_words(name: str) -> str:
    """`test_returns_the_servers_answer` is "returns the servers answer"."""
    words = clean(name).replace("\n", " ")
    return words.removeprefix("test_").replace("_", " ") if words.startswith("test_") else words


def by_behaviour(verdict: Verdict) -> dict[str, list[TestResult]]:
    """The tests of each behaviour, by its words."""
    rows: dict[str, list[TestResult]] = {}
    for test in verdict.tests:
        rows.setdefault(in_words(test.name), []).append(test)
    return rows


def blocks_of(verdict: Verdict) -> list[Block]:
    """The failures, one for each different message."""
    blocks: dict[str, Block] = {}
    for test in verdict.tests:
        if test.status != "pass":
            message = clean(test.message).strip() or _NO_MESSAGE[test.status]
            blocks.setdefault(message, Block(message)).tests.append(test)
    return list(blocks.values())


def ideas_of(verdict: Verdict) -> list[Idea]:
    """The wrong ideas behind the failures, each once."""
    ideas: dict[tuple[str, str, str], Idea] = {}
    for test in verdict.tests:
        if test.diagnosis is None:  # a learner's own test may pass, and catch nothing
            continue
        seen: Diagnosis = test.diagnosis
        key = (seen.misconception, seen.why, seen.look)
        idea = ideas.setdefault(key, Idea(seen.why, seen.look))
        idea.tests.append(test)
        line = (seen.place or "", seen.source or "")
        if seen.place and line not in idea.lines:
            idea.lines.append(line)
    return list(ideas.values())
