"""What handing in late costs: a file says who was late, the course's policy what that means."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workshop.course import Course, CourseError, LatePolicy
from workshop.gradebook.book import Late
from workshop.gradebook.intake import nobody_called
from workshop.grading.verdict import Verdict

COLUMNS = ("learner", "exercise", "due", "submitted")
_DAY = timedelta(days=1)


class LateError(Exception):
    """A file of submission times cannot be used. The text is a sentence for each fault."""


@dataclass(frozen=True)
class Lateness:
    """By how much each learner was late, in each exercise. Who is not named was on time."""

    policy: LatePolicy
    by: dict[tuple[str, str], timedelta] = field(default_factory=dict)
    """From due to submitted, by learner and exercise; an exercise "" is all that are not named."""

    def cost(self, learner: str, verdict: Verdict) -> Late | None:
        """What it costs `learner` in this exercise; None for one who was on time.

        The points lost are rounded down: in the learner's favour, and so that points stay whole.
        """
        late = self.by.get((learner, verdict.exercise), self.by.get((learner, "")))
        days = 0 if late is None else _days(late, self.policy)
        if days == 0:
            return None
        percent = min(days * self.policy.percent_per_day, 100 - self.policy.floor_percent)
        return Late(verdict.exercise, days, percent, verdict.points * percent // 100)


def _days(late: timedelta, policy: LatePolicy) -> int:
    """Begun days after the grace."""
    over = late - timedelta(minutes=policy.grace_minutes)
    return max(0, -(-over // _DAY))


def load(path: Path, course: Course, learners: Collection[str]) -> Lateness:
    """Read a CSV file with the columns `learner,exercise,due,submitted`.

    `exercise` is any word for one, or empty for all that have no row of their own. Times are ISO
    8601 with their offset from UTC: `2026-03-01T18:00:00+01:00`, or `Z` for none. Raises LateError
    with a sentence for each row that is not right, and when the course has no policy.
    """
    if course.late is None:
        raise LateError(
            f"{course.kit / 'course.toml'} does not say what handing in late costs: add a table "
            "[late] with grace_minutes, percent_per_day and floor_percent."
        )
    rows = _Rows(path, course, learners)
    rows.read()
    if rows.faults:
        raise LateError("\n".join(rows.faults))
    return Lateness(course.late, rows.by)


class _Fault(Exception):
    """What is wrong with a row, in a sentence."""


class _Rows:
    """The rows of a file, and the faults that were found."""

    def __init__(self, path: Path, course: Course, learners: Collection[str]) -> None:
        self._path = path
        self._course = course
        self._learners = learners
        self.by: dict[tuple[str, str], timedelta] = {}
        self.faults: list[str] = []

    def read(self) -> None:
        for number, row in self._rows():
            try:
                place, late = self._row(row)
                if place in self.by:
                    raise _Fault(f"{place[0]!r} has a row for {place[1] or 'all exercises'} twice.")
                self.by[place] = late
            except _Fault as fault:
                self.faults.append(f"{self._path}, line {number}: {fault}")

    def _rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        try:
            text = self._path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise LateError(f"{self._path} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise LateError(f"{self._path} is not UTF-8 text: save it as UTF-8.") from error
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            head = [name.strip().lower() for name in next(reader, [])]
            if sorted(head) != sorted(COLUMNS):
                raise LateError(
                    f"{self._path}, line 1: the columns are {','.join(COLUMNS)}, and nothing else."
                )
            for cells in reader:
                if len(cells) not in (0, len(head)):
                    self.faults.append(
                        f"{self._path}, line {reader.line_num}: There are {len(cells)} cells where "
                        f"{len(head)} belong."
                    )
                elif any(cell.strip() for cell in cells):
                    row = dict(zip(head, map(str.strip, cells), strict=True))
                    yield reader.line_num, row
        except csv.Error as error:
            raise LateError(
                f"{self._path}, line {reader.line_num}: It is no CSV ({error})."
            ) from error

    def _row(self, row: dict[str, str]) -> tuple[tuple[str, str], timedelta]:
        learner, exercise = row["learner"], row["exercise"]
        if learner not in self._learners:
            raise _Fault(nobody_called(learner, self._learners))
        if exercise:
            try:
                exercise = self._course.exercise(exercise).name
            except CourseError as error:
                raise _Fault(str(error)) from None
        return (learner, exercise), _time(row, "submitted") - _time(row, "due")


def _time(row: dict[str, str], column: str) -> datetime:
    try:
        time = datetime.fromisoformat(row[column])
    except ValueError:
        raise _Fault(
            f"{row[column]!r} in the column {column} is no time such as 2026-03-01T18:00:00+01:00."
        ) from None
    if time.tzinfo is None:
        raise _Fault(
            f"{row[column]!r} in the column {column} does not say how far from UTC it is: add "
            "+01:00, say, or Z."
        )
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise _Fault(
            f"{row[column]!r} in the column {column} is before the year 1 or after 9999 in UTC."
        ) from None
