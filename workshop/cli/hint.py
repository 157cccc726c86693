"""`workshop hint`: the next hint, one more with each call."""

from __future__ import annotations

import re

from workshop.cli.terminal import Refused, command, console, save, say
from workshop.course import load_course
from workshop.progress import load

_LIST_ITEM = re.compile(r"\s*([-*+]|\d+[.)]) ")


def run(name: str) -> int:
    """Show the next hint and note it. Raises CourseError when there is no such exercise."""
    course = load_course()
    exercise = course.exercise(name)
    hints = exercise.hints
    if not hints:
        raise Refused(f"There are no hints for {exercise.name}: {exercise.graded} has none.")
    progress = load(course.kit)
    seen = min(progress[exercise.name].hints, len(hints))
    number = min(seen + 1, len(hints))
    screen = console()
    say(screen, f"Hint {number} of {len(hints)} for {exercise.name}", style="bold")
    say(screen)
    say(screen, reflowed(hints[number - 1]))
    say(screen)
    progress.note_hint(exercise.name, number)
    save(progress)
    say(screen, _afterwards(exercise.name, seen, len(hints)))
    return 0


def reflowed(markdown: str) -> str:
    """`markdown` with each paragraph on one line, to be wrapped anew; code stays as it is.

    The fences around code go and the code is set in instead.
    """
    lines: list[str] = []
    in_code = in_paragraph = False
    for line in markdown.split("\n"):
        if line.startswith("```"):
            in_code, in_paragraph = not in_code, False
        elif in_code:
            lines.append(f"    {line}".rstrip())
        elif in_paragraph and line.strip() and not _LIST_ITEM.match(line):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
            in_paragraph = bool(line.strip())
    return "\n".join(lines)


def _afterwards(name: str, seen: int, hints: int) -> str:
    check = command("check", name)
    if seen >= hints:
        return f"That is the last hint again: you have seen all {hints}. {check} marks your answer."
    if seen + 1 == hints:
        return f"That was the last hint. {check} marks your answer."
    return f"Try it, then {check}. Still stuck: {command('hint', name)} gives the next hint."
