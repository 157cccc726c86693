"""Each format is what its reader takes: the rules as published, written down here once more."""

from __future__ import annotations

import json
import random
import re
import sys
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workshop.gradebook.book import Gradebook, Late, Learner, Marked
from workshop.gradebook.file_names import file_name
from workshop.gradebook.formats import FORMATS, plain
from workshop.gradebook.formats.names import names_of
from workshop.gradebook.writing import write_text, write_texts
from workshop.grading.verdict import Diagnosis, TestResult, Verdict

EXERCISES = ("ex02_upload", "ex03_save", "ex06_markers")
CODE, TESTS = "ex02_upload", "ex06_markers"
NASTY = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    " \n =1+1",
    '"=1+1',
    "'=1+1",
    "\u201c=1+1\u201d",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20A1",
    "\u22121",
    "Bob;=1+1",
    "Bob, -1+1",
    'Bob";=1+1',
    "Bob\t=1+1",
    "Bob|@x",
    '"; =HYPERLINK("http://x";"y")',
    "<script>alert(1)</script>",
    "</testcase>]]>&amp;&#0;",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07Tim",
    "\u202egnp.exe",
    "two\nlines",
    "three\r\nlines\u2028here",
    "half \ud800 a pair",
    "nul\x00nul",
    "C1 \x85 and \x9b31m",
    "no character \ufffe\uffff",
    "x" * 10_000,
    "\u05d3\u05d5\u05d3",
    "\u674e\u96f7",
    "\u0939\u093f\u0928\u094d\u0926\u0940",
    "Zo\u00eb \u00c5ngstr\u00f6m",
    "Zoe\u0308 A\u030angstro\u0308m",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\x00\x01",
    "\u202e\u202c",
    "Ann",
    "ann",
    "ANN",
    "ann ",
    "Ann\u200b",
    "CON",
    "con",
    "lpt1",
    "..",
    "../../etc/passwd",
    "a/b\\c:d*e?f",
    "Points Possible",
    "Student",
    "ada-lovelace",
    "Ada Lovelace",
]


def verdict(exercise: str, points: int = 3, text: str = "", most: int = 10) -> Verdict:
    """A verdict of three tests, in which all that a learner can choose is `text`."""
    if exercise == TESTS:
        rows = [
            TestResult(text or "test_a", "right", "pass", 0, 0, output=text),
            TestResult("it never awaits", "mutant", "fail", 0, most - points, text),
            TestResult("it blocks", "mutant", "pass", points, points, text),
        ]
    else:
        idea = Diagnosis("blocking-call", "It blocks.", "workshop hint ex02", 3, text or "x = 1")
        rows = [
            TestResult("test_sends_it", "marker", "pass", points, points),
            TestResult("test_sends_it", "mock", "fail", 0, most - points, text, text, idea),
            TestResult("test_logs", "mock", "timeout", 0, 0, text),
        ]
    return Verdict(exercise, "tests" if exercise == TESTS else "code", "fail", text, [], rows)


def marked(name: str, number: str = "", email: str = "", text: str = "") -> Marked:
    verdicts = tuple(verdict(one, 3, text) for one in EXERCISES)
    return Marked(Learner(name, number, email), verdicts)


def unmarked(name: str, number: str = "", email: str = "") -> Marked:
    """One of whom the second exercise could not be marked."""
    verdicts = (verdict(EXERCISES[0]), verdict(EXERCISES[2]))
    return Marked(Learner(name, number, email), verdicts, (), {EXERCISES[1]: "The disk was full."})


def book(*submissions: Marked) -> Gradebook:
    order = tuple(sorted(submissions, key=lambda one: one.learner.name))
    return Gradebook("The course", EXERCISES, order)


ADA = marked("Ada Lovelace", "1001", "ada@example.org")
BOB = unmarked("Bob", "1002", "bob@example.org")
CY = Marked(
    Learner("Cy", "1003", "cy+async@example.org"),
    tuple(verdict(one) for one in EXERCISES),
    (Late(CODE, days=2, percent=40, points=2),),
)
EVE = Marked(
    Learner("Eve"),
    tuple(Verdict(one, "code", "error", "There is no file; did you mean x?") for one in EXERCISES),
)
SMALL = book(ADA, BOB, CY, EVE)


def random_text(chance: random.Random) -> str:
    """Text of whatever Unicode has, and often of what is special somewhere."""
    special = "=+-@\t\r\n\"',;|<>&]\\/.\x00\x1b\x9b\u202e\u2028\ufffe\ud800\udfff \u00a0\uff1d"
    return "".join(
        chance.choice(special) if chance.random() < 0.6 else chr(chance.randrange(0x110000))
        for _ in range(chance.randrange(1, 30))
    )


def nasty_book() -> Gradebook:
    """A class of the names above and of random ones, which are in all other text, too."""
    chance = random.Random(7)
    names = dict.fromkeys([*NASTY, *(random_text(chance) for _ in range(300))])
    return book(
        *(
            marked(name, chance.choice(["", name, str(place + 1)]), chance.choice(["", name]), name)
            for place, name in enumerate(names)
        )
    )


NASTY_CLASS = nasty_book()


# --- CSV -----------------------------------------------------------------------------------------

CELL = re.compile(
    r",(?:\"(?P<text>(?:[^\"\x00-\x1f\x7f-\x9f]|\"\")*)\"|(?P<bare>-|-?[0-9]*))(?=,|$)"
)


def table(path: Path) -> list[list[str]]:
    """The rows of a file, by RFC 4180, as strictly as can be: text is quoted, numbers are bare,
    no control character in a cell, lines end in CR LF, and each row is as long as the first.
    """
    text = path.read_bytes().decode("utf-8")
    assert text.endswith("\r\n")
    rows: list[list[str]] = []
    for line in text.removesuffix("\r\n").split("\r\n"):
        rows.append([])
        place, rest = 0, "," + line
        while place < len(rest):
            found = CELL.match(rest, place)
            assert found, (path.name, line)
            if found["text"] is None:
                rows[-1].append(found["bare"])
            else:
                rows[-1].append(found["text"].replace('""', '"'))
                assert_no_formula(rows[-1][-1])
                assert rows[-1][-1], "an empty text is a text to a reader, an empty cell is none"
            place = found.end()
    assert len({len(row) for row in rows}) == 1
    return rows


def assert_no_formula(cell: str) -> None:
    """OWASP's rule, for a cell and for what another separator would make a cell of its own."""
    for part in re.split(r"[,;|\t]", cell):
        bare = part.lstrip(" \u00a0\"'`\u2018\u2019\u201c\u201d\uff02\uff07")
        shown = unicodedata.normalize("NFKC", bare)[:1].replace("\u2212", "-")
        assert not shown or shown not in "=+-@" or part.startswith("'"), cell


def test_gradebook_csv_has_a_row_a_learner_and_nothing_else(tmp_path: Path) -> None:
    written = plain.write(SMALL, tmp_path)
    assert written == [tmp_path / "gradebook.csv"]
    assert table(written[0]) == [
        ["learner", "number", "email", *EXERCISES, "total", "max_points"],
        ["Ada Lovelace", "1001", "ada@example.org", "3", "3", "3", "9", "30"],
        ["Bob", "1002", "bob@example.org", "3", "", "3", "", "30"],
        ["Cy", "1003", "cy+async@example.org", "1", "3", "3", "7", "30"],
        ["Eve", "", "", "0", "0", "0", "0", "30"],
    ]


def test_no_cell_of_a_stranger_is_a_formula(tmp_path: Path) -> None:
    reached = [  # Moodle's file of grades has those alone whose address is one
        replace(one, learner=replace(one.learner, email=f"a{place}@example.org"))
        for place, one in enumerate(NASTY_CLASS.submissions)
    ]
    seen = set()
    for each in (NASTY_CLASS, book(*reached)):
        for write in (plain.write, *FORMATS.values()):
            for path in write(each, tmp_path):
                if path.suffix == ".csv":
                    assert len(table(path)) > 1  # `table` looks at each cell
                    seen.add(path.relative_to(tmp_path).as_posix())
    assert seen == {
        "gradebook.csv",
        "canvas.csv",
        "github-classroom.csv",
        "gradescope/learners.csv",
        "moodle-grades.csv",
        "moodle-worksheet.csv",
    }


def test_names_stay_as_they_are_or_recognisable_and_each_is_there_once(tmp_path: Path) -> None:
    (path,) = plain.write(NASTY_CLASS, tmp_path)
    cells = [row[0] for row in table(path)[1:]]
    assert len(cells) == len(set(cells)) == len(NASTY_CLASS.submissions)
    shown = dict(zip((x.learner.name for x in NASTY_CLASS.submissions), cells, strict=True))
    for name in ("\u674e\u96f7", "Zo\u00eb \u00c5ngstr\u00f6m", "Ann", "ann", "..", NASTY[38]):
        assert shown[name] == name
    assert shown["=cmd|' /C calc'!A0"] == "'=cmd|' /C calc'!A0"
    assert shown["Bob;=1+1"] == "Bob;'=1+1"
    assert shown["two\nlines"] == "two lines"
    assert shown["\x1b[31mred\x1b[0m"] == "red"
    assert re.fullmatch(r"ann \[[0-9a-f]{8}\]", shown["ann "])
    assert re.fullmatch(r"no name \[[0-9a-f]{8}\]", shown["\x00\x01"])
    assert shown["x" * 10_000].startswith("x" * 150) and len(shown["x" * 10_000]) == 200


def test_nobody_can_take_the_name_that_another_is_shown_by() -> None:
    first = names_of(book(marked("ann"), marked("ann ")))["ann "]
    names = names_of(book(marked("ann"), marked("ann "), marked(first)))
    assert names[first] == first
    assert len(set(names.values())) == 3


# --- Canvas --------------------------------------------------------------------------------------


def canvas_import(path: Path, students: dict[int, tuple[str, str]]) -> dict[int, dict[str, str]]:
    """What Canvas takes from the file for a course of `students` (id: name, login id), as its
    gradebook_importer.rb does: the scores of each, which are empty where there is none.
    """
    header, *rows = table(path)
    assert "Student" in header[0] and "ID" in header[1]
    assert "SIS User ID" in header[2] and "SIS Login ID" in header[3] and "Section" in header[4]
    reserved = "Current|Final|Override|Unposted"
    assert not any(re.search(reserved, name) for name in header[5:])
    taken: dict[int, dict[str, str]] = {}
    possible = 0
    for row in rows:
        if "Points Possible" in row[0]:
            possible += 1
            continue
        by_id = int(row[1]) if row[1] and int(row[1]) in students else None
        by_login = [key for key, who in students.items() if row[3] and who[1] == row[3]]
        by_name = [key for key, who in students.items() if who[0] == row[0]]
        found = by_id or next(iter([*by_login, *by_name]), None)
        if found:
            assert found not in taken
            taken[found] = dict(zip(header[5:], row[5:], strict=True))
    assert possible == 1
    return taken


def test_canvas_finds_each_learner_by_id_by_login_or_by_name(tmp_path: Path) -> None:
    people = book(ADA, marked("smithbob", "", "bob@example.org"), EVE)
    (path,) = FORMATS["canvas"](people, tmp_path)
    assert path == tmp_path / "canvas.csv"
    course = {1001: ("Lovelace", "al"), 7: ("Bob S", "bob@example.org"), 8: ("Eve", "eve")}
    scores = canvas_import(path, course)
    assert scores == {
        1001: dict.fromkeys(EXERCISES, "3"),
        7: dict.fromkeys(EXERCISES, "3"),
        8: dict.fromkeys(EXERCISES, "0"),
    }
    assert table(path)[1] == ["Points Possible", "", "", "", "", "10", "10", "10"]


def test_canvas_takes_no_score_for_what_is_unmarked(tmp_path: Path) -> None:
    (path,) = FORMATS["canvas"](SMALL, tmp_path)
    assert canvas_import(path, {1002: ("Bob", "")}) == {
        1002: {EXERCISES[0]: "3", EXERCISES[1]: "", EXERCISES[2]: "3"}
    }


def test_canvas_is_not_told_by_a_learners_name_what_there_is_to_be_had(tmp_path: Path) -> None:
    (path,) = FORMATS["canvas"](NASTY_CLASS, tmp_path)
    canvas_import(path, {})
    odd = book(marked("no Points  Possible", "12ab"), marked("Ann", "0"), marked("Cy", "9" * 30))
    (path,) = FORMATS["canvas"](odd, tmp_path)
    assert [row[1] for row in table(path)[2:]] == ["", "", ""]
    canvas_import(path, {})


# --- Moodle --------------------------------------------------------------------------------------


def worksheet_import(
    path: Path, participants: dict[int, str], maximum: int
) -> dict[str, tuple[str, str]]:
    """The grades and comments that Moodle's importgradeslib.php takes."""
    header, *rows = table(path)
    grade, identifier = header.index("Grade"), header.index("Identifier")
    assert "Last modified (grade)" in header and header.index("Feedback comments") > 0
    taken = {}
    for row in rows:
        number = row[identifier][len("Participant ") :]
        if int(number) in participants and row[grade] and 0 <= int(row[grade]) <= maximum:
            taken[participants[int(number)]] = (row[grade], row[header.index("Feedback comments")])
    return taken


def grades_import(path: Path, users: set[str]) -> dict[str, dict[str, int | None]]:
    """The grades that Moodle's load_data.php takes, with its traps: a row without a user counts
    for the one before, one with an unknown user ends all, and an empty new grade is stored as 0.
    """
    header, *rows = table(path)
    taken: dict[str, dict[str, int | None]] = {}
    user = ""
    for row in rows:
        user = row[0] or user
        assert user in users, "Moodle aborts the whole import"
        taken[user] = {
            name: None if cell == "-" else int(cell or 0)
            for name, cell in zip(header[2:], row[2:], strict=True)
        }
    return taken


def test_moodles_worksheet_brings_the_totals_and_what_they_are_made_of(tmp_path: Path) -> None:
    FORMATS["moodle"](SMALL, tmp_path)
    people = {1001: "Ada", 1002: "Bob", 1003: "Cy", 1004: "Dee"}
    assert worksheet_import(tmp_path / "moodle-worksheet.csv", people, 30) == {
        "Ada": ("9", "ex02_upload: 3 of 10; ex03_save: 3 of 10; ex06_markers: 3 of 10"),
        "Cy": (
            "7",
            "ex02_upload: 1 of 10 (2 points less, 2 days late); "
            "ex03_save: 3 of 10; ex06_markers: 3 of 10",
        ),
    }


def test_moodles_gradebook_gets_no_grade_and_not_zero_for_what_is_unmarked(tmp_path: Path) -> None:
    FORMATS["moodle"](SMALL, tmp_path)
    addresses = {one.learner.email for one in (ADA, BOB, CY)}
    assert grades_import(tmp_path / "moodle-grades.csv", addresses) == {
        "ada@example.org": dict.fromkeys(EXERCISES, 3),
        "bob@example.org": {EXERCISES[0]: 3, EXERCISES[1]: None, EXERCISES[2]: 3},
        "cy+async@example.org": {CODE: 1, EXERCISES[1]: 3, EXERCISES[2]: 3},
    }


def test_moodle_txt_names_who_is_left_out(tmp_path: Path) -> None:
    FORMATS["moodle"](SMALL, tmp_path)
    text = (tmp_path / "moodle.txt").read_text("utf-8")
    assert "maximum grade to 30" in text
    assert text.count("\n  Eve\n") == 2 and "Ada" not in text


def test_a_moodle_file_for_nobody_is_not_there(tmp_path: Path) -> None:
    FORMATS["moodle"](SMALL, tmp_path)
    assert FORMATS["moodle"](book(EVE), tmp_path) == [tmp_path / "moodle.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["moodle.txt"]


def test_moodle_gets_no_row_without_an_address_that_can_be_found(tmp_path: Path) -> None:
    FORMATS["moodle"](book(ADA, *NASTY_CLASS.submissions), tmp_path)
    assert list(grades_import(tmp_path / "moodle-grades.csv", {"ada@example.org"})) == [
        "ada@example.org"
    ]


# --- Gradescope ----------------------------------------------------------------------------------

WHEN = {"hidden", "after_due_date", "after_published", "visible"}
STYLES = {"text", "html", "simple_format", "md", "ansi"}
TOP: dict[str, Any] = {
    "score": (int, float),
    "execution_time": (int, float),
    "output": str,
    "output_format": STYLES,
    "test_output_format": STYLES,
    "test_name_format": STYLES,
    "visibility": WHEN,
    "stdout_visibility": WHEN,
    "extra_data": dict,
    "tests": list,
    "leaderboard": list,
}
TEST: dict[str, Any] = {
    "score": (int, float),
    "max_score": (int, float),
    "status": {"passed", "failed"},
    "name": str,
    "name_format": STYLES,
    "number": str,
    "output": str,
    "output_format": STYLES,
    "tags": list,
    "visibility": WHEN,
    "extra_data": dict,
}


def assert_fields(data: dict[str, Any], fields: dict[str, Any]) -> None:
    for key, value in data.items():
        assert key in fields, f"the specification knows no {key!r}"
        wanted = fields[key]
        assert value in wanted if isinstance(wanted, set) else isinstance(value, wanted), key


def gradescope(path: Path) -> dict[str, Any]:
    """The results in a file, checked against the specification of autograders."""
    data: dict[str, Any] = json.loads(path.read_bytes().decode("utf-8"), parse_constant=pytest.fail)
    assert_fields(data, TOP)
    for test in data["tests"]:
        assert_fields(test, TEST)
        assert all(isinstance(tag, str) for tag in test["tags"])
    assert "score" in data or all("score" in test for test in data["tests"])
    numbers = [test["number"] for test in data["tests"]]
    assert len(numbers) == len(set(numbers))
    return data


def test_gradescope_gets_the_total_and_all_tests(tmp_path: Path) -> None:
    FORMATS["gradescope"](SMALL, tmp_path)
    top = tmp_path / "gradescope"
    ada = gradescope(top / file_name(ADA.learner) / "results.json")
    assert ada["score"] == 9 == sum(test["score"] for test in ada["tests"])
    assert sum(test["max_score"] for test in ada["tests"]) == 30
    assert [test["number"] for test in ada["tests"]][:4] == ["1.1", "1.2", "1.3", "2.1"]
    assert ada["tests"][0]["name"] == "ex02_upload: sends it (marker)"
    assert "It blocks.\nworkshop hint ex02" in ada["tests"][1]["output"]
    late = gradescope(top / file_name(CY.learner) / "results.json")
    assert late["score"] == 7 and "2 points less, 2 days late" in late["output"]
    eve = gradescope(top / file_name(EVE.learner) / "results.json")
    assert eve["score"] == 0 and len(eve["tests"]) == 3
    assert "did you mean x?" in eve["output"] and "did you mean x?" in eve["tests"][0]["output"]


def test_gradescope_shows_a_learner_nothing_before_the_grades_are_published(tmp_path: Path) -> None:
    for path in FORMATS["gradescope"](NASTY_CLASS, tmp_path):
        if path.suffix == ".json":
            data = gradescope(path)
            assert data["visibility"] == "after_published"
            assert data["stdout_visibility"] == "hidden"
            assert not any("visibility" in test for test in data["tests"])
            styles = ("output_format", "test_output_format", "test_name_format")
            assert {data[style] for style in styles} == {"text"}


def test_gradescope_gets_no_score_where_something_is_unmarked(tmp_path: Path) -> None:
    FORMATS["gradescope"](book(marked("Bob")), tmp_path)
    old = tmp_path / "gradescope" / file_name(BOB.learner) / "results.json"
    assert old.exists()
    assert old not in FORMATS["gradescope"](SMALL, tmp_path)
    assert not old.exists()
    rows = {row[0]: row for row in table(tmp_path / "gradescope" / "learners.csv")}
    assert rows["Bob"] == ["Bob", "1002", "bob@example.org", ""]
    assert (tmp_path / "gradescope" / rows["Ada Lovelace"][3] / "results.json").exists()


# --- GitHub Classroom ----------------------------------------------------------------------------


def test_github_classroom_gets_its_own_columns_with_its_own_types(tmp_path: Path) -> None:
    people = book(ADA, BOB, marked("octo-cat"), marked("-x", "a--b"), *NASTY_CLASS.submissions)
    (path,) = FORMATS["github-classroom"](people, tmp_path)
    header, *rows = table(path)
    assert ",".join(header) == (
        "assignment_name,assignment_url,starter_code_url,github_username,roster_identifier,"
        "student_repository_name,student_repository_url,submission_timestamp,points_awarded,"
        "points_available"
    )
    found = {}
    for row in rows:
        one = dict(zip(header, row, strict=True))
        name = one["github_username"]
        assert not name or re.fullmatch(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}", name)
        assert re.fullmatch("[0-9]*", one["points_awarded"]) and one["points_available"] == "30"
        assert one["assignment_name"] and one["roster_identifier"]
        found[one["roster_identifier"]] = (name, one["points_awarded"])
    assert found["ada@example.org"] == ("1001", "9")
    assert found["bob@example.org"] == ("1002", "")
    assert found["octo-cat"] == ("octo-cat", "9")
    assert found["'-x"] == ("", "9")


# --- JUnit ---------------------------------------------------------------------------------------

PROBLEM = ({"type", "message"}, set[str](), set[str]())
RULES: dict[str, tuple[set[str], set[str], set[str]]] = {
    # element: attributes that may be there, those that have to, children
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, set(), {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp"}
        | {"hostname", "id", "package", "file", "log", "url"},
        {"name", "tests", "failures", "errors"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "time", "classname", "group"},
        {"name"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, {"name", "value"}, set()),
    "skipped": PROBLEM,
    "error": PROBLEM,
    "failure": PROBLEM,
    "system-out": (set(), set(), set()),
    "system-err": (set(), set(), set()),
}
MIXED = {"skipped", "error", "failure", "system-out", "system-err"}


def junit(path: Path) -> ET.Element:
    """The report in a file, checked against Jenkins's junit-10.xsd."""
    top = ET.fromstring(path.read_bytes())
    assert top.tag == "testsuites"
    for element in top.iter():
        may, must, children = RULES[element.tag]
        assert must <= set(element.attrib) <= may, element.tag
        assert {child.tag for child in element} <= children, element.tag
        assert element.tag in MIXED or not (element.text or "").strip()
        assert not (element.tail or "").strip()
    for suite in top:
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases)) and cases
        for kind in ("failure", "error", "skipped"):
            count = suite.get("skipped" if kind == "skipped" else f"{kind}s")
            assert count == str(len(suite.findall(f"testcase/{kind}")))
    for count in ("tests", "failures", "errors"):
        assert top.get(count) == str(sum(int(suite.get(count, "")) for suite in top))
    return top


def test_junit_has_a_suite_an_exercise(tmp_path: Path) -> None:
    written = FORMATS["junit"](SMALL, tmp_path)
    assert written == [
        tmp_path / "junit" / f"{file_name(one.learner)}.xml" for one in SMALL.submissions
    ]
    ada, bob, cy, eve = map(junit, written)
    assert ada.get("name") == "Ada Lovelace"
    assert [suite.get("name") for suite in ada] == list(EXERCISES)
    assert (ada.get("tests"), ada.get("failures"), ada.get("errors")) == ("9", "3", "2")
    skipped = bob.findall("testsuite/testcase/skipped")
    assert [one.get("message") for one in skipped] == ["The disk was full."]
    assert bob[1].find("properties") is None
    points = {one.get("name"): one.get("value") for one in cy[0].iter("property")}
    assert points == {"points": "1", "max_points": "10"}
    assert eve[0].findall("testcase/error")[0].text == "There is no file; did you mean x?"


def test_junit_holds_whatever_a_stranger_wrote(tmp_path: Path) -> None:
    reports = [junit(path) for path in FORMATS["junit"](NASTY_CLASS, tmp_path)]
    names = names_of(NASTY_CLASS)
    assert len(reports) == len(names)
    texts = ["".join(report.itertext()) for report in reports]
    assert any("<script>alert(1)</script>" in text for text in texts)
    assert any("</testcase>]]>&amp;&#0;" in text for text in texts)


# --- all of them ---------------------------------------------------------------------------------


def characters(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (one for each in value.values() for one in characters(each))
    elif isinstance(value, list):
        yield from (one for each in value for one in characters(each))
    elif isinstance(value, str):
        yield value


def test_no_control_character_is_left_anywhere(tmp_path: Path) -> None:
    for write in (plain.write, *FORMATS.values()):
        for path in write(NASTY_CLASS, tmp_path):
            text = path.read_bytes().decode("utf-8")
            if path.suffix == ".json":
                text = "".join(characters(json.loads(text)))
            odd = {
                one
                for one in set(text) - set("\n\r\u200c\u200d")
                if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")
            }
            assert not odd, path


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_written_twice_the_same_and_leaves_nothing_behind(
    name: str, tmp_path: Path
) -> None:
    first = FORMATS[name](NASTY_CLASS, tmp_path / "1")
    second = FORMATS[name](NASTY_CLASS, tmp_path / "2")
    assert first and [path.read_bytes() for path in first] == [x.read_bytes() for x in second]
    there = {path for path in (tmp_path / "1").rglob("*") if path.is_file()}
    assert there == set(first)


def test_a_class_of_nobody_is_written(tmp_path: Path) -> None:
    for write in (plain.write, *FORMATS.values()):
        write(Gradebook("The course", EXERCISES, ()), tmp_path)
    assert len(table(tmp_path / "gradebook.csv")) == 1
    assert len(table(tmp_path / "canvas.csv")) == 2


def test_a_class_ten_times_as_large_costs_ten_times_the_work(tmp_path: Path) -> None:
    """Counted in calls, not in seconds: nothing looks through the class for each learner."""

    def calls(count: int) -> int:
        people = book(*(marked(f"=Learner {place}", str(place + 1)) for place in range(count)))
        seen = 0

        def count_one(*_: object) -> None:
            nonlocal seen
            seen += 1

        sys.setprofile(count_one)
        try:
            for name, write in {"plain": plain.write, **FORMATS}.items():
                if name not in ("gradescope", "junit"):  # those write in threads
                    write(people, tmp_path)
        finally:
            sys.setprofile(None)
        return seen

    assert calls(400) < 11 * calls(40)


# --- names of files ------------------------------------------------------------------------------

RESERVED = {"con", "prn", "aux", "nul", *(f"{x}{n}" for x in ("com", "lpt") for n in range(10))}


def test_names_of_files_are_safe_and_unlike_each_other_on_every_system() -> None:
    chance = random.Random(11)
    names = dict.fromkeys([*NASTY, *(random_text(chance) for _ in range(5_000)), *RESERVED])
    made = [file_name(Learner(name)) for name in names]
    folded = {unicodedata.normalize("NFKC", one.casefold()) for one in made}
    assert len(folded) == len(names)
    for one in made:
        assert 0 < len(one.encode("utf-8")) <= 200
        assert all(x == "-" or unicodedata.category(x)[0] in "LNM" for x in one), one
        assert one not in RESERVED and not one.startswith("-")


def test_a_readable_name_stays_and_another_keeps_what_is_readable() -> None:
    assert file_name(Learner("ada-lovelace")) == "ada-lovelace"
    assert re.fullmatch("ada-lovelace-[0-9a-f]{16}", file_name(Learner("Ada Lovelace")))
    assert re.fullmatch("zo\u00eb-\u00e5ngstr\u00f6m-[0-9a-f]{16}", file_name(Learner(NASTY[36])))
    assert re.fullmatch("\u674e\u96f7-[0-9a-f]{16}", file_name(Learner("\u674e\u96f7")))
    assert re.fullmatch("learner-[0-9a-f]{16}", file_name(Learner("..")))
    assert file_name(Learner("Ann", "7", "a@b.c")) == file_name(Learner("Ann"))


def test_nobody_gets_the_file_of_another_by_calling_himself_like_it() -> None:
    taken = file_name(Learner("Ada Lovelace"))
    assert file_name(Learner(taken)) != taken


# --- writing -------------------------------------------------------------------------------------


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = write_text(tmp_path / "new" / "a.txt", "first\r\n\u00e9\ud800")
    assert path.read_bytes() == "first\r\n\u00e9?".encode()
    (tmp_path / "new" / ".a.txt.part").write_text("of one that was killed, and longer than this")
    write_text(path, "second")
    assert path.read_text() == "second"
    assert [one.name for one in path.parent.iterdir()] == ["a.txt"]
    (tmp_path / "folder" / "x").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        write_text(tmp_path / "folder", "third")
    assert not (tmp_path / ".folder.part").exists()


def test_many_files_are_written_in_order(tmp_path: Path) -> None:
    files = [(tmp_path / str(place % 7) / f"{place}.txt", str(place)) for place in range(200)]
    assert write_texts(iter(files)) == [path for path, _ in files]
    assert [path.read_text() for path, _ in files] == [text for _, text in files]


def test_a_disk_that_fails_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        write_texts([(tmp_path / "file" / "a", "x"), (tmp_path / "b", "x")])
