"""The day's timetable: the minutes of `course.toml`, with breaks, laid out from a time of day on.

A unit, which is a lesson or an exercise, is never cut in two: what does not end within the day
begins the next one. Order is the course's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workshop.course import Course

STRETCH = 90
"""Minutes after which a room needs a break; a unit that is longer has one before it."""
SLACK = 10
"""Minutes that an exercise may go beyond that, rather than be cut off from its lesson."""
BREAK = 15
"""Minutes of a short break."""
LUNCH = 60
"""Minutes of the lunch break."""
NOON, HALF_PAST_TWELVE, TWO = 12 * 60, 12 * 60 + 30, 14 * 60
EARLIEST_LUNCH = 11 * 60 + 30
"""From here on, a break that is due may as well be lunch."""
LUNCH_FROM = 4 * 60
"""Minutes from which on a day that spans noon to two o'clock has a lunch break."""
MIDNIGHT = 24 * 60
STEP = 15
"""Minutes to which the length of a day that would suffice is rounded up."""


class AgendaError(Exception):
    """Why there can be no such timetable. The text is one sentence."""


@dataclass(frozen=True)
class Unit:
    """What is done in one go. `name` is such as `Lesson 02`, `part` the number of its part."""

    name: str
    title: str
    minutes: int
    part: str
    is_exercise: bool = False


@dataclass(frozen=True)
class Slot:
    """A unit's or a break's place in a day: from `start` on, in minutes after midnight."""

    start: int
    minutes: int
    unit: Unit | None
    """None for a break."""

    @property
    def end(self) -> int:
        return self.start + self.minutes


Day = list[Slot]


def units(course: Course) -> Iterator[Unit]:
    """The lessons, each followed by its exercise.

    Raises AgendaError when the minutes of one are no such number.
    """
    for lesson in course.lessons:
        name, part = f"{lesson.number:02d}", lesson.part
        yield _checked(Unit(f"Lesson {name}", lesson.title, lesson.minutes, part))
        if (exercise := lesson.exercise) is not None:
            unit = Unit(f"Exercise {name}", exercise.name, exercise.minutes, part, True)
            yield _checked(unit)


def _checked(unit: Unit) -> Unit:
    if type(unit.minutes) is not int or unit.minutes < 1:
        raise AgendaError(
            f"course.toml gives {unit.name} ({unit.title}) the minutes {unit.minutes!r}, which is "
            "no whole number above 0."
        )
    return unit


def plan(work: list[Unit], start: int, minutes: int) -> list[Day]:
    """All of `work`, on as many days as it takes: each from `start` (minutes after midnight) on,
    and at most so many `minutes` long.

    Raises AgendaError when a day would go past midnight, or is shorter than one of the units.
    """
    if start + minutes > MIDNIGHT:
        raise AgendaError(
            f"A day of {hours(minutes)} from {clock(start)} on would go past midnight: begin "
            f"earlier, or take at most {hours(MIDNIGHT - start)}."
        )
    if not work:
        raise AgendaError("course.toml has no lessons, so there is nothing to plan.")
    longest = max(work, key=lambda unit: unit.minutes)
    if longest.minutes > minutes:
        raise AgendaError(
            f"{longest.name} ({longest.title}) alone takes {hours(longest.minutes)}, and a unit is "
            f"not cut in two: {hours(minutes)} are too short for it."
        )
    days: list[Day] = []
    while work:
        days.append(_day(work, start, start + minutes))
        work = work[sum(slot.unit is not None for slot in days[-1]) :]
    return days


def long_enough(work: list[Unit], start: int) -> int | None:
    """The minutes that one day from `start` on needs for all of `work`, rounded up to a quarter of
    an hour; None when it would go past midnight.
    """
    least = sum(unit.minutes for unit in work)
    for minutes in range(-(-least // STEP) * STEP, MIDNIGHT - start + 1, STEP):
        if len(plan(work, start, minutes)) == 1:
            return minutes
    return None


def _day(work: list[Unit], start: int, end: int) -> Day:
    """As much of `work` as fits between `start` and `end`; no break comes first or last."""
    day: Day = []
    now, since = start, start
    hungry = start < NOON and end >= TWO and end - start >= LUNCH_FROM
    for unit in work:
        pause = 0
        if now > start:
            due = now + unit.minutes - since > STRETCH + (SLACK if unit.is_exercise else 0)
            if hungry and _is_lunch_time(now, now + unit.minutes, due):
                pause = LUNCH
            elif due:
                pause = BREAK
        if now + pause + unit.minutes > end:
            break
        if pause:
            day.append(Slot(now, pause, None))
            now = since = now + pause
            hungry = hungry and pause != LUNCH
        day.append(Slot(now, unit.minutes, unit))
        now += unit.minutes
    return day


def _is_lunch_time(now: int, later: int, break_is_due: bool) -> bool:
    """Is now, and not `later`, after the next unit, the time nearest to half past twelve? A break
    that is due shortly before is as good.
    """
    nearest = abs(now - HALF_PAST_TWELVE) <= abs(later - HALF_PAST_TWELVE)
    return nearest or (break_is_due and now >= EARLIEST_LUNCH)


def clock(minutes: int) -> str:
    """`09:05` of 545 minutes after midnight."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def hours(minutes: int) -> str:
    """`6 h`, `6 h 30 min`, `45 min`."""
    whole, rest = divmod(minutes, 60)
    return " ".join([f"{whole} h"] * bool(whole) + [f"{rest} min"] * bool(rest or not whole))
