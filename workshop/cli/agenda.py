"""`workshop agenda`: the timetable, as plain text that can be pasted into a mail."""

from __future__ import annotations

import math
import re
import textwrap

from workshop.agenda import (
    LUNCH,
    AgendaError,
    Day,
    Slot,
    Unit,
    clock,
    hours,
    long_enough,
    plan,
    units,
)
from workshop.cli.terminal import WrongUsage, complain
from workshop.course import Course, load_course

WIDTH = 76
"""Characters in a line: what a mail program leaves as it is."""
_NAME = 13
_SPACE = "\0"  # one at which no line is broken


def run(start: str, hours_a_day: float) -> int:
    """Print the timetable of the whole course; where it takes several days, say so on stderr.

    Raises WrongUsage when there can be no such day, CourseError when there is no course.
    """
    begin, length = _time_of_day(start), _length(hours_a_day)
    course = load_course()
    try:
        work = list(units(course))
        days = plan(work, begin, length)
    except AgendaError as error:
        raise WrongUsage(str(error)) from error
    print("\n".join(_lines(course, days)))
    if len(days) > 1:
        words = textwrap.fill(_does_not_fit(work, days, begin, length), WIDTH)
        complain("\n" + words.replace(_SPACE, " "))
    return 0


def _time_of_day(text: str) -> int:
    """Minutes after midnight."""
    if match := re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", text.strip()):
        hour, minute = int(match[1]), int(match[2])
        if hour < 24 and minute < 60:
            return hour * 60 + minute
    raise WrongUsage(f"{text!r} is no time of day: --start takes one such as 09:00 or 13:30.")


def _length(hours_a_day: float) -> int:
    """Minutes."""
    if math.isfinite(hours_a_day) and 0 < hours_a_day <= 24:
        return round(hours_a_day * 60)
    raise WrongUsage(
        f"A day cannot have {hours_a_day:g} hours: --hours takes a number such as 6 or 6.5."
    )


def _lines(course: Course, days: list[Day]) -> list[str]:
    work = sum(slot.minutes for day in days for slot in day if slot.unit)
    end = "in one day" if len(days) == 1 else f"in {len(days)} days"
    lines = [f"{course.title}: {hours(work)} of lessons and exercises, {end}"]
    titles = {part.number: f"Part {part.number}: {part.title}" for part in course.parts}
    part = None
    for number, day in enumerate(days, 1):
        lines += ["", f"Day {number}" if len(days) > 1 else "The day"]
        for slot in day:
            if slot.unit and slot.unit.part != part:
                part = slot.unit.part
                lines += ["", *textwrap.wrap(titles.get(part, f"Part {part}"), WIDTH), ""]
            lines += _row(slot)
        lines.append(f"{clock(day[-1].end)}        End")
    return lines


def _row(slot: Slot) -> list[str]:
    times = f"{clock(slot.start)}-{clock(slot.end)}  "
    if slot.unit is None:
        return [times + ("Lunch" if slot.minutes == LUNCH else "Break")]
    text = f"{slot.unit.title} ({slot.unit.minutes}{_SPACE}min)"
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"{times}{slot.unit.name:<{_NAME}}",
        subsequent_indent=" " * (len(times) + _NAME),
        break_on_hyphens=False,
    )
    return [line.replace(_SPACE, " ") for line in lines]


def _does_not_fit(work: list[Unit], days: list[Day], begin: int, length: int) -> str:
    first_left_out = next(slot.unit for slot in days[1] if slot.unit)
    left = sum(slot.minutes for day in days[1:] for slot in day if slot.unit)
    enough = long_enough(work, begin)
    one_day = (
        f"To have it in one day from {clock(begin)} on, plan {_unbroken(enough)}."
        if enough
        else f"From {clock(begin)} on it would not be over by midnight."
    )
    return (
        f"The course does not fit in {_unbroken(length)}, so it is spread over {len(days)} days. "
        f"One day alone ends before {first_left_out.name} ({first_left_out.title}) and leaves out "
        f"{_unbroken(left)} of lessons and exercises. {one_day}"
    )


def _unbroken(minutes: int) -> str:
    return hours(minutes).replace(" ", _SPACE)
