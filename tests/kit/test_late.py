"""What handing in late costs, by the course's policy and a file of times."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workshop.course import Course, CourseError, LatePolicy, load_course
from workshop.gradebook.book import Late
from workshop.gradebook.late import LateError, load
from workshop.grading.verdict import TestResult, Verdict

COURSE = replace(load_course(Path(__file__).parents[2]), late=LatePolicy(15, 10, 50))
HEAD = "learner,exercise,due,submitted\n"
NAMES = ["jane", "joe", 'A "quoted", name']
DUE = "2026-03-01T18:00:00+01:00"


def verdict(points: int, exercise: str = "ex02_upload") -> Verdict:
    """One with so many points of 100."""
    return Verdict(exercise, "code", "fail", "", [], [TestResult("t", "mock", "fail", points, 100)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "late.csv"


def cost(file: Path, row: str, points: int = 100, course: Course = COURSE) -> Late | None:
    """What the one row of a file costs jane in ex02_upload."""
    file.write_text(HEAD + row + "\n", encoding="utf-8")
    return load(file, course, NAMES).cost("jane", verdict(points))


@pytest.mark.parametrize(
    ("submitted", "days"),
    [
        ("2026-02-27T18:00:00+01:00", 0),
        ("2026-03-01T18:00:00+01:00", 0),
        ("2026-03-01T18:15:00+01:00", 0),
        ("2026-03-01T17:15:00Z", 0),
        ("2026-03-01T18:15:01+01:00", 1),
        ("2026-03-01T17:15:01Z", 1),
        ("2026-03-02T18:15:00+01:00", 1),
        ("2026-03-02T18:15:00.000001+01:00", 2),
        ("2026-03-31T18:15:01+02:00", 30),  # the clocks have been changed since
    ],
)
def test_counts_begun_days_after_the_grace(file: Path, submitted: str, days: int) -> None:
    late = cost(file, f"jane,ex02_upload,{DUE},{submitted}")
    assert (late.days if late else 0) == days


@pytest.mark.parametrize(
    ("days", "points", "percent", "lost"),
    [(1, 100, 10, 10), (5, 100, 50, 50), (9, 100, 50, 50), (1, 9, 10, 0), (3, 41, 30, 12)],
)
def test_points_stay_whole_and_at_least_the_floor(
    file: Path, days: int, points: int, percent: int, lost: int
) -> None:
    submitted = f"2026-03-{1 + days:02d}T18:00:00+01:00"
    late = cost(file, f"jane,2,{DUE},{submitted}", points)
    assert late == Late("ex02_upload", days, percent, lost)


def test_who_is_not_named_is_on_time_and_a_row_of_its_own_comes_before_one_for_all(
    file: Path,
) -> None:
    file.write_bytes(
        b"\xef\xbb\xbfsubmitted, due ,exercise,learner\r\n"
        b"2026-03-03T18:00:00Z,2026-03-01T18:00:00Z,,jane\r\n"
        b"2026-03-01T18:00:00Z,2026-03-01T18:00:00Z,test_ex06_markers.py,jane\r\n"
        b"\r\n"
        b'2026-03-02T18:00:00Z,2026-03-01T18:00:00Z,save,"A ""quoted"", name"\r\n'
    )
    lateness = load(file, COURSE, NAMES)
    assert lateness.cost("jane", verdict(100)) == Late("ex02_upload", 2, 20, 20)
    assert lateness.cost("jane", verdict(100, "ex06_markers")) is None
    assert lateness.cost("joe", verdict(100)) is None
    assert lateness.cost(NAMES[2], verdict(100)) is None
    assert lateness.cost(NAMES[2], verdict(100, "ex03_save")) == Late("ex03_save", 1, 10, 10)


def test_each_row_that_is_not_right_is_a_sentence_with_its_line(file: Path) -> None:
    file.write_text(
        HEAD
        + f"jaen,,{DUE},{DUE}\n"
        + f'"jane",upload,{DUE},{DUE}\n'
        + f"jane,ex77,{DUE},{DUE}\n"
        + f"jane,3,2026-03-01T18:00:00,{DUE}\n"
        + f"joe,,{DUE},yesterday\n"
        + f"jane,ex02_upload,{DUE},{DUE}\n"
        + f"joe,{DUE},{DUE}\n"
        + f'"nobody\nknown",,{DUE},{DUE}\n'
        + f"joe,,{DUE},\n"
        + f"joe,ex01,{DUE},9999-12-31T23:59:59-14:00\n",
        encoding="utf-8",
    )
    with pytest.raises(LateError) as raised:
        load(file, COURSE, NAMES)
    faults = [line.removeprefix(f"{file}, line ") for line in str(raised.value).split("\n")]
    numbers = [line.partition(":")[0] for line in faults]
    assert numbers == ["2", "4", "5", "6", "7", "8", "10", "11", "12"]
    assert "Nobody called 'jaen' has handed anything in. Did you mean 'jane'?" in faults[0]
    assert "no exercise called 'ex77'" in faults[1]
    assert "'2026-03-01T18:00:00' in the column due does not say how far from UTC" in faults[2]
    assert "'yesterday' in the column submitted is no time such as" in faults[3]
    assert "'jane' has a row for ex02_upload twice" in faults[4]
    assert "There are 3 cells where 4 belong" in faults[5]
    assert "Nobody called 'nobody\\nknown'" in faults[6]
    assert "'' in the column submitted" in faults[7]
    assert "is before the year 1 or after 9999 in UTC" in faults[8]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file"),
        (b"", "line 1: the columns are learner,exercise,due,submitted"),
        (b"learner,due,submitted\n", "line 1: the columns are"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b'learner,exercise,due,submitted\n"jane,2,', "line 2: It is no CSV"),
    ],
)
def test_a_file_that_is_none_is_a_sentence(file: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(LateError, match=says) as raised:
        load(file, COURSE, NAMES)
    assert str(file) in str(raised.value)


def test_a_course_without_a_policy_says_so(file: Path) -> None:
    with pytest.raises(LateError, match=r"course\.toml does not say what handing in late costs"):
        cost(file, f"jane,,{DUE},{DUE}", course=replace(COURSE, late=None))


def test_the_kit_has_a_policy() -> None:
    assert load_course(Path(__file__).parents[2]).late is not None


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("grace_minutes = 1", "has grace_minutes, percent_per_day, floor_percent"),
        ("grace_minutes = 1\npercent_per_day = 1\nfloor_percent = 1\nx = 1", "and nothing else"),
        ("grace_minutes = 1\npercent_per_day = 101\nfloor_percent = 1", "from 0 to 100, not 101"),
        ("grace_minutes = -1\npercent_per_day = 1\nfloor_percent = 1", "of at least 0, not -1"),
        ("grace_minutes = 1\npercent_per_day = 1\nfloor_percent = true", "floor_percent is a who"),
        ("grace_minutes = 1\npercent_per_day = 1.5\nfloor_percent = 1", "percent_per_day is a"),
    ],
)
def test_a_policy_that_is_none_is_a_sentence(small_kit: Path, table: str, says: str) -> None:
    path = small_kit / "course.toml"
    before, _, after = path.read_text(encoding="utf-8").partition("[late]")
    after = after[after.index("[[part]]") :]
    path.write_text(f"{before}[late]\n{table}\n{after}", encoding="utf-8")
    with pytest.raises(CourseError, match=says):
        load_course(small_kit)
