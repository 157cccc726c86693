"""A verdict on the screen: the behaviours in words, the idea behind a failure, then what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.cli.terminal import marks, say, say_line, wrapped
from workshop.grading.findings import (
    MESSAGE_LIMIT,
    Block,
    Idea,
    blocks_of,
    by_behaviour,
    ideas_of,
    in_words,
)
from workshop.grading.verdict import TestResult, Variant, Verdict
from workshop.plural import plural
from workshop.stranger import clean

if TYPE_CHECKING:
    from rich.console import Console

VARIANTS: tuple[Variant, ...] = ("marker", "fixture", "mock", "right", "mutant")

_STANDINGS = {
    "pass": ("passed", "green"),
    "fail": ("not passed yet", "red"),
    "error": ("could not be marked", "red"),
}


def render_verdict(verdict: Verdict, console: Console) -> None:
    """Print `verdict`; all that came from the learner is cleaned and never read as markup."""
    render_heading(verdict, console)
    if verdict.message:
        say(console, verdict.message, indent=2)
    if verdict.status == "error" or not verdict.tests:
        return
    _table(verdict, console)
    _catches(verdict, console)
    blocks, ideas = blocks_of(verdict), ideas_of(verdict)
    # The idea comes first: the learner's own line, why it is wrong, where to look next.
    for idea in ideas:
        _diagnosis(idea, console)
        for block in [one for one in blocks if any(test in idea.tests for test in one.tests)]:
            _failure(block, verdict, console)
            blocks.remove(block)
    for block in blocks:
        _failure(block, verdict, console)


def render_heading(verdict: Verdict, console: Console) -> None:
    """Print the exercise, its points and how it stands, on one line."""
    words, style = _STANDINGS[verdict.status]
    dot = f" {marks(console).dot} "
    points = f"{verdict.points} of {plural(verdict.max_points, 'point')}{dot}"
    say_line(
        console,
        (clean(verdict.exercise), "bold"),
        (dot + (points if verdict.max_points else ""), ""),
        (words, style),
    )


def _table(verdict: Verdict, console: Console) -> None:
    columns = [one for one in VARIANTS if any(test.variant == one for test in verdict.tests)]
    room = max(20, min(console.width, 80) - 2 - sum(len(one) + 2 for one in columns) - 9)
    say(console)
    heads = "".join(f"  {one}" for one in columns) + "   points"
    say_line(console, (" " * (2 + room) + heads, "dim"))
    for behaviour, tests in by_behaviour(verdict).items():
        cells = [_cell(one, tests, console) for one in columns]
        earned, most = sum(t.points for t in tests), sum(t.max_points for t in tests)
        first, *rest = wrapped(behaviour, room)
        points = f"{earned}/{most}" if most else ""
        say_line(console, (f"  {first:<{room}}", ""), *cells, (f"{points:>9}", ""))
        for line in rest:
            say_line(console, (f"    {line}", ""))


def _catches(verdict: Verdict, console: Console) -> None:
    """Which wrong modules each of the learner's tests has caught."""
    caught: dict[str, list[str]] = {}
    for test in verdict.tests:
        if test.variant == "mutant" and test.status == "pass":
            caught.setdefault(test.message, []).append(in_words(test.name))
    if caught:
        say(console)
    for message, names in caught.items():
        say(console, f"{message.removesuffix('.')}: {', '.join(names)}.", indent=2, hang=4)


def _cell(variant: Variant, tests: list[TestResult], console: Console) -> tuple[str, str]:
    drawn, width = marks(console), len(variant)
    statuses = [test.status for test in tests if test.variant == variant]
    if not statuses:
        return f"  {drawn.absent:^{width}}", "dim"
    if all(status == "pass" for status in statuses):
        return f"  {drawn.passed:^{width}}", "green"
    return f"  {drawn.failed:^{width}}", "bold red"


def _failure(block: Block, verdict: Verdict, console: Console) -> None:
    drawn = marks(console)
    say(console)
    behaviours = block.behaviours
    if len(behaviours) > 1 and (whole := _whole(block, verdict)):
        say(console, f"{drawn.failed} {whole}", indent=2, style="bold red")
        behaviours = []
    for behaviour in behaviours:
        failed = [test.variant for test in block.tests if in_words(test.name) == behaviour]
        tested = {test.variant for test in verdict.tests if in_words(test.name) == behaviour}
        where = "" if set(failed) == tested else f" ({', '.join(dict.fromkeys(failed))})"
        say(console, f"{drawn.failed} {behaviour}{where}", indent=2, hang=2, style="bold red")
    message = block.message
    if len(message) > MESSAGE_LIMIT:
        message = message[:MESSAGE_LIMIT] + drawn.more
    say(console, message, indent=6)
    output = next((test.output for test in block.tests if test.output.strip()), "")
    if output:
        say(console, "Your code printed:", indent=6, style="dim")
        for line in clean(output).strip("\n").split("\n"):
            say_line(console, (f"      | {line}", "dim"))


def _whole(block: Block, verdict: Verdict) -> str | None:
    """What the block's tests are when they are all there are, in words."""
    if len(block.tests) == len(verdict.tests):
        return f"all {plural(len(block.behaviours), 'behaviour')}"
    mutants = [test for test in verdict.tests if test.variant == "mutant"]
    return f"all {plural(len(mutants), 'wrong module')}" if block.tests == mutants else None


def _diagnosis(idea: Idea, console: Console) -> None:
    say(console)
    for place, source in idea.lines:
        start = f"  {clean(place)}:  "
        line = _one_line(source, max(40, console.width - len(start)), console)
        say_line(console, (start, "bold"), (line, "cyan"))
    if harmless := [in_words(test.name) for test in idea.tests if test.status == "pass"]:
        say(console, f"Passes on every module: {', '.join(harmless)}.", indent=2, hang=2)
    say(console, idea.why, indent=2)
    say(console, idea.look, indent=2)


def _one_line(source: str, room: int, console: Console) -> str:
    line, more = clean(source).strip().replace("\n", " "), marks(console).more
    return line if len(line) <= room else line[: room - len(more)] + more
