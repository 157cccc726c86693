"""The timetable: every unit once and whole, breaks in time, and a word where a day is too short."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workshop.agenda import (
    BREAK,
    LUNCH,
    SLACK,
    STRETCH,
    AgendaError,
    Day,
    Unit,
    clock,
    long_enough,
    plan,
    units,
)
from workshop.cli import main
from workshop.course import load_course

KIT = Path(__file__).parents[2]
WORK = list(units(load_course(KIT)))
LONGEST = max(unit.minutes for unit in WORK)
NINE = 9 * 60


def lesson(minutes: int, name: str = "Lesson 01") -> Unit:
    return Unit(name, "A title", minutes, "I")


def breaks(day: Day) -> list[tuple[str, int]]:
    return [(clock(slot.start), slot.minutes) for slot in day if slot.unit is None]


def stretches(day: Day) -> list[int]:
    """Minutes between breaks."""
    found = [0]
    for slot in day:
        if slot.unit is None:
            found.append(0)
        else:
            found[-1] += slot.minutes
    return found


@pytest.mark.parametrize("start", range(0, 22 * 60, 55))
@pytest.mark.parametrize("minutes", [LONGEST, 100, 180, 360, 390, 600, 1440])
def test_any_day_is_whole_in_order_and_has_its_breaks(start, minutes):
    if start + minutes > 24 * 60:
        with pytest.raises(AgendaError, match="past midnight"):
            plan(WORK, start, minutes)
        return
    days = plan(WORK, start, minutes)

    assert [slot.unit for day in days for slot in day if slot.unit] == WORK
    for day in days:
        assert day[0].start == start
        assert day[-1].end <= start + minutes
        assert all(one.end == other.start for one, other in itertools.pairwise(day))
        assert day[0].unit and day[-1].unit, "no break comes first or last"
        assert all(one.unit or other.unit for one, other in itertools.pairwise(day))
        assert max(stretches(day)) <= STRETCH + SLACK
        assert sum(slot.unit is None and slot.minutes == LUNCH for slot in day) <= 1


def test_a_day_over_noon_has_lunch_near_half_past_twelve():
    day, *_ = plan(WORK, NINE, 6 * 60)

    [(begin, _)] = [one for one in breaks(day) if one[1] == LUNCH]
    assert "11:30" <= begin <= "13:00"


@pytest.mark.parametrize(
    ("start", "minutes"),
    [(13 * 60, 240), (NINE, 240), (11 * 60, 200)],
    ids=["an afternoon", "a morning", "too short for it"],
)
def test_other_days_have_short_breaks_alone(start, minutes):
    assert all(length == BREAK for day in plan(WORK, start, minutes) for _, length in breaks(day))


def test_a_break_comes_before_what_would_make_a_stretch_too_long():
    fits = [lesson(45), lesson(45)]
    is_too_long = [lesson(45), lesson(46)]

    assert breaks(plan(fits, NINE, 240)[0]) == []
    assert breaks(plan(is_too_long, NINE, 240)[0]) == [("09:45", BREAK)]
    assert breaks(plan(fits * 2, NINE, 240)[0]) == [("10:30", BREAK)]


def test_an_exercise_is_not_cut_off_from_its_lesson_for_a_few_minutes():
    exercise = Unit("Exercise 01", "ex01_one", 15, "I", is_exercise=True)

    assert breaks(plan([lesson(45), lesson(40), exercise], NINE, 240)[0]) == []


def test_the_length_that_is_recommended_is_enough_and_the_next_shorter_one_is_not():
    enough = long_enough(WORK, NINE)

    assert enough is not None
    assert len(plan(WORK, NINE, enough)) == 1
    assert len(plan(WORK, NINE, enough - 15)) == 2
    assert long_enough(WORK, 20 * 60) is None


def agenda(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["agenda", *arguments], catch_exceptions=False)


@pytest.fixture(autouse=True)
def in_the_kit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(KIT)


def test_a_course_that_does_not_fit_is_spread_and_the_warning_says_what_one_day_leaves_out():
    answer = agenda("--start", "09:00", "--hours", "6")
    words = " ".join(answer.stderr.split())

    assert answer.exit_code == 0
    assert "Day 2" in answer.stdout
    assert answer.stdout.count("Lesson") == len(load_course(KIT).lessons)
    assert "does not fit in 6 h" in words
    assert re.search(r"ends before (Lesson|Exercise) \d\d \(.+\) and leaves out \d", words)
    assert re.search(r"plan \d+ h", words)


def test_a_course_that_fits_has_no_warning():
    answer = agenda("--start", "8:00", "--hours", "13.5")

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert "08:00-08:35  Lesson 01    The event loop (35 min)" in answer.stdout


def test_it_can_be_pasted_into_a_mail():
    answer = agenda()

    assert answer.stdout.isascii() and answer.stderr.isascii()
    assert max(map(len, (answer.stdout + answer.stderr).splitlines())) <= 78


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--start", "24:00"], "'24:00' is no time of day"),
        (["--start", "9"], "'9' is no time of day"),
        (["--start", "09:60"], "no time of day"),
        (["--start", "\u0660\u0669:00"], "no time of day"),
        (["--hours", "0"], "cannot have 0 hours"),
        (["--hours", "-2"], "cannot have -2 hours"),
        (["--hours", "nan"], "cannot have nan hours"),
        (["--hours", "1e300"], "cannot have 1e+300 hours"),
        (["--start", "19:00", "--hours", "5.5"], "past midnight: begin earlier, or take at most 5"),
        (["--hours", "0.5"], "alone takes 40 min"),
    ],
)
def test_what_cannot_be_is_a_sentence(arguments, says):
    answer = agenda(*arguments)

    assert answer.exit_code == 2
    assert says in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize("minutes", ["'35'", "0", "-5", "true", "12.5"])
def test_minutes_that_are_no_number_are_a_sentence(tmp_path, monkeypatch, minutes):
    text = (KIT / "course.toml").read_text(encoding="utf-8")
    (tmp_path / "exercises").mkdir()
    text = text.replace("minutes = 35", f"minutes = {minutes}", 1)
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    answer = agenda()

    assert answer.exit_code == 2
    assert "Lesson 01 (The event loop)" in answer.stderr
