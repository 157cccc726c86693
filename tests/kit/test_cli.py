"""The learner's commands, run in a small kit of their own."""

import io
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from workshop.cli import main
from workshop.cli.hint import reflowed
from workshop.cli.reset import restore
from workshop.cli.terminal import command, wrapped
from workshop.cli.verdicts import render_verdict
from workshop.course import Exercise, load_course
from workshop.grading.findings import in_words
from workshop.grading.runner import GradingError
from workshop.grading.verdict import Diagnosis, TestResult, Verdict
from workshop.progress import load
from workshop.stranger import clean

COURSE = """
title = "A small course"

[[part]]
number = "I"
title = "First things"

[[lesson]]
number = 1
name = "one"
part = "I"
title = "The first"
minutes = 10
teaches = []
needs = []
exercise = { kind = "code", minutes = 5 }

[[lesson]]
number = 2
name = "two"
part = "I"
title = "The second"
minutes = 10
teaches = []
needs = []
exercise = { kind = "code", minutes = 5 }
"""


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kit of two exercises, as a learner first finds it, and the current folder."""
    kit = tmp_path / "kit"
    for folder in ("exercises", "solutions", "notebooks"):
        (kit / folder).mkdir(parents=True)
    (kit / "course.toml").write_text(COURSE, encoding="utf-8")
    for name in ("ex01_one", "ex02_two"):
        graded = kit / "tests" / "graded" / name
        graded.mkdir(parents=True)
        (graded / "stub.py").write_text("raise NotImplementedError\n", encoding="utf-8")
        (graded / "hints.md").write_text(
            "# Hints\n\n## 1 Nudge\n\nLook [up] here.\n\n## 2 Push\n\nLook down.\n",
            encoding="utf-8",
        )
        (kit / "exercises" / f"{name}.py").write_bytes((graded / "stub.py").read_bytes())
        (kit / "solutions" / f"{name}.py").write_text(f"ANSWER = '{name} é'\n", encoding="utf-8")
    monkeypatch.chdir(kit)
    monkeypatch.setattr("workshop.grading.mark", by_its_content)
    return kit


def by_its_content(exercise: Exercise, submission: Path) -> Verdict:
    """Marking that needs no tests: what the file says is what it gets."""
    path = submission / exercise.file_name
    if not path.is_file():
        return Verdict(exercise.name, "code", "error", f"{exercise.file_name} is missing.")
    right = "right" in path.read_text(encoding="utf-8")
    status = "pass" if right else "fail"
    message = "" if right else "called:    it()\ncame back: None\nexpected:  an answer"
    test = TestResult("test_it_answers", "marker", status, 4 if right else 0, 4, message)
    return Verdict(exercise.name, "code", status, tests=[test])


def workshop(*arguments: str, input: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=input, catch_exceptions=False)


def write(kit: Path, text: str, name: str = "ex01_one") -> Path:
    path = kit / "exercises" / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def note(kit: Path, **record: object) -> None:
    """Make the progress of ex01_one be `record`."""
    (kit / ".workshop").mkdir()
    content = json.dumps({"exercises": {"ex01_one": record}})
    (kit / ".workshop" / "progress.json").write_text(content, encoding="utf-8")


def rendered(verdict: Verdict, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    render_verdict(verdict, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def result(
    name: str = "test_it",
    variant: str = "marker",
    message: str = "It broke.",
    diagnosis: Diagnosis | None = None,
    status: str = "fail",
    output: str = "",
) -> TestResult:
    points = 2 if status == "pass" else 0
    return TestResult(name, variant, status, points, 2, message, output, diagnosis)


def failed(*tests: TestResult) -> Verdict:
    return Verdict("ex02_upload", "code", "fail", tests=list(tests))


# The map


def test_the_map_of_a_fresh_kit_sends_the_learner_to_the_first_lesson(kit: Path) -> None:
    answer = workshop()
    assert answer.exit_code == 0
    assert "0 of 2 exercises passed, 0 points" in answer.stdout
    assert answer.stdout.count("not started") == 2
    assert "notebooks/01_one.ipynb" in answer.stdout
    assert answer.stdout.count("Next:") == 1
    assert not (kit / ".workshop").exists()


def test_the_map_shows_points_hints_and_the_solution(kit: Path) -> None:
    write(kit, "right")
    workshop("check", "1")
    workshop("hint", "1")
    workshop("solution", "1")
    write(kit, "wrong", "ex02_two")
    answer = workshop()
    assert "1 of 2 exercises passed, 4 points" in answer.stdout
    assert re.search(r"ex01_one +✓ 4/4 +1 of 2 hints, solution shown\n", answer.stdout)
    assert re.search(r"ex02_two +· not checked\n", answer.stdout)
    assert "`workshop check ex02_two`" in answer.stdout


def test_the_map_works_below_the_kit_and_names_whole_paths_there(
    kit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(kit / "notebooks")
    answer = workshop()
    assert str(kit / "exercises" / "ex01_one.py") in answer.stdout


@pytest.mark.parametrize("columns", [50, 80, 200])
def test_the_map_fits_any_terminal(
    kit: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    workshop("hint", "1")
    lines = workshop().stdout.splitlines()
    assert any("1 of 2 hints" in line for line in lines)
    assert max(map(len, lines)) <= columns


def test_the_map_adds_up_the_points_earned(kit: Path) -> None:
    note(kit, status="fail", points=1, max_points=4)
    write(kit, "wrong")
    answer = workshop()
    assert "0 of 2 exercises passed, 1 point\n" in answer.stdout
    assert re.search(r"ex01_one +✗ 1/4\n", answer.stdout)


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (None, "`workshop reset ex01_one` brings it back"),
        ("raise NotImplementedError\n", "`workshop hint ex01_one` says where to begin"),
        ("wrong", "mend exercises/ex01_one.py; `workshop hint ex01_one` gives a hint"),
    ],
)
def test_after_a_failed_check_the_next_thing_is_about_that_exercise(
    kit: Path, content: str | None, advice: str
) -> None:
    write(kit, content or "")
    if content is None:
        (kit / "exercises" / "ex01_one.py").unlink()
    said = " ".join(workshop("check", "ex01_one").stdout.split())
    assert said.count("Next:") == 1
    assert advice in said.partition("Next:")[2]


def test_who_has_tried_everything_is_shown_the_way_to_the_solution(kit: Path) -> None:
    write(kit, "wrong")
    for arguments in (["hint", "1"], ["hint", "1"], *[["check", "1"]] * 3):
        answer = workshop(*arguments)
    assert "`workshop solution ex01_one` shows our answer" in " ".join(answer.stdout.split())


# check


def test_check_passes_and_goes_on_to_the_next_exercise(kit: Path) -> None:
    write(kit, "right")
    answer = workshop("check", "ex01_one")
    assert answer.exit_code == 0
    assert "ex01_one · 4 of 4 points · passed" in answer.stdout
    assert "exercises/ex02_two.py" in answer.stdout
    assert load(kit)["ex01_one"].status == "pass"


def test_check_fails_with_1_and_counts_the_try(kit: Path) -> None:
    write(kit, "wrong")
    answer = workshop("check", "one")
    assert answer.exit_code == 1
    assert "0 of 4 points · not passed yet" in answer.stdout
    assert load(kit)["ex01_one"].tries == 1


def test_check_of_all_is_brief_about_what_is_not_started(kit: Path) -> None:
    write(kit, "right")
    answer = workshop("check")
    assert answer.exit_code == 1
    assert "exercises/ex02_two.py is as you found it" in answer.stdout
    assert "came back" not in answer.stdout
    assert load(kit)["ex02_two"].tries == 0


def test_check_says_when_all_is_done(kit: Path) -> None:
    write(kit, "right")
    write(kit, "right", "ex02_two")
    answer = workshop("check")
    assert answer.exit_code == 0
    assert "You have passed every exercise." in answer.stdout


def test_check_marks_what_is_named_and_speaks_of_that_first(kit: Path) -> None:
    write(kit, "right", "ex02_two")
    answer = workshop("check", "2", "1")
    assert answer.exit_code == 1
    assert answer.stdout.index("ex02_two") < answer.stdout.index("ex01_one")
    write(kit, "wrong", "ex02_two")
    assert "`workshop hint ex02_two`" in workshop("check", "2").stdout


def test_check_marks_an_exercise_named_twice_once(kit: Path) -> None:
    verdicts = json.loads(workshop("check", "1", "ex01", "--json").stdout)
    assert [verdict["exercise"] for verdict in verdicts] == ["ex01_one"]


def test_check_json_prints_the_verdicts_and_nothing_else(kit: Path) -> None:
    write(kit, "right")
    answer = workshop("check", "--json")
    course = load_course(kit)
    expected = [by_its_content(one, kit / "exercises").as_dict() for one in course.exercises]
    assert json.loads(answer.stdout) == expected
    assert answer.exit_code == 1
    assert load(kit)["ex01_one"].points == 4


def test_check_of_another_folder_leaves_the_progress_alone(kit: Path, tmp_path: Path) -> None:
    other = tmp_path / "somebody else"
    other.mkdir()
    (other / "ex01_one.py").write_text("right", encoding="utf-8")
    answer = workshop("check", "1", "--submission", str(other))
    assert answer.exit_code == 0
    assert "4 of 4 points" in answer.stdout
    assert "Next:" not in answer.stdout
    assert not (kit / ".workshop").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "ex99"],
        ["check", "--submission", "nowhere"],
        ["check", "--submission", "course.toml"],
        ["hint", "ex99"],
        ["reset", "ex99"],
        ["solution", "ex99"],
    ],
)
def test_wrong_usage_is_2_and_one_sentence(kit: Path, arguments: list[str]) -> None:
    answer = workshop(*arguments)
    assert answer.exit_code == 2
    assert answer.stdout == ""
    assert len(answer.stderr.splitlines()) == 1
    assert arguments[-1] in answer.stderr


@pytest.mark.parametrize("arguments", [["chekc"], ["check", "--jsno"], ["hint"]])
def test_a_misspelt_command_is_2(kit: Path, arguments: list[str]) -> None:
    answer = workshop(*arguments)
    assert answer.exit_code == 2
    assert answer.stdout == ""


def test_a_broken_course_is_2_and_one_sentence(kit: Path) -> None:
    (kit / "course.toml").write_text("title = ", encoding="utf-8")
    answer = workshop()
    assert answer.exit_code == 2
    assert "is not valid TOML" in answer.stderr
    assert "Traceback" not in answer.output


def test_marking_works_where_progress_cannot_be_written(kit: Path) -> None:
    (kit / ".workshop").write_text("a file where the folder should be", encoding="utf-8")
    write(kit, "right")
    answer = workshop("check", "1")
    assert answer.exit_code == 0
    assert "4 of 4 points" in answer.stdout
    assert answer.stderr.count("could not be noted") == 1
    assert "ex02_two" in answer.stdout


def test_a_check_that_is_interrupted_notes_what_it_has_marked(
    kit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impatient(exercise: Exercise, submission: Path) -> Verdict:
        if exercise.name == "ex02_two":
            raise KeyboardInterrupt
        return by_its_content(exercise, submission)

    monkeypatch.setattr("workshop.grading.mark", impatient)
    write(kit, "right")
    assert workshop("check").exit_code == 1
    assert load(kit)["ex01_one"].status == "pass"


def test_graded_tests_that_cannot_run_cost_no_try_and_stop_nothing(
    kit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(exercise: Exercise, submission: Path) -> Verdict:
        if exercise.name == "ex01_one":
            raise GradingError(f"The graded tests of {exercise.name} did\nnot run.")
        return by_its_content(exercise, submission)

    monkeypatch.setattr("workshop.grading.mark", broken)
    write(kit, "right", "ex02_two")
    answer = workshop("check", "1", "2")
    assert answer.exit_code == 1
    assert answer.stderr == "The graded tests of ex01_one did not run.\n"
    assert "ex02_two · 4 of 4 points" in answer.stdout
    assert load(kit)["ex01_one"].tries == 0


def test_a_stub_that_was_checked_is_still_not_started(kit: Path) -> None:
    workshop("check")
    assert workshop().stdout.count("not started") == 2


# A verdict on the screen


def test_a_test_name_becomes_words() -> None:
    assert in_words("test_returns_the_servers_answer") == "returns the servers answer"


def test_one_row_for_each_behaviour_with_its_variants() -> None:
    tests = [result("test_closes_the_file", one, status="pass") for one in ("marker", "mock")]
    text = rendered(failed(*tests, result("test_closes_the_file", "fixture"), result("test_x")))
    assert re.search(r"\n +marker  fixture  mock   points\n", text)
    assert re.search(r"\n  closes the file +✓ +✗ +✓ +4/6\n", text)
    assert re.search(r"\n  x +✗ +· +· +0/2\n", text)
    assert max(len(line) for line in text.splitlines()) <= 80


def test_one_block_for_a_failure_that_the_variants_share() -> None:
    message = "called:    f()\ncame back: None\nexpected:  7"
    tests = [result("test_f", one, message) for one in ("marker", "fixture", "mock")]
    text = rendered(failed(*tests))
    assert text.count("came back: None") == 1
    assert "✗ f\n" in text


def test_a_failure_of_one_variant_names_it() -> None:
    tests = [result(variant="marker", status="pass"), result(variant="mock", message="Mocked.")]
    assert "✗ it (mock)\n      Mocked.\n" in rendered(failed(*tests))


def test_behaviours_that_fail_alike_share_one_message() -> None:
    text = rendered(failed(result("test_a"), result("test_b"), result("test_c", status="pass")))
    assert "✗ a\n  ✗ b\n      It broke.\n" in text


def test_when_all_fails_alike_the_behaviours_are_not_listed_again() -> None:
    text = rendered(failed(result("test_a"), result("test_b")))
    assert "✗ all 2 behaviours\n      It broke.\n" in text


def test_a_diagnosis_is_said_once_ahead_of_what_it_explains() -> None:
    why, look = "The loop stands still.", "Reread lesson 02."
    here = Diagnosis("async-unblocks", why, look, 23, "    time.sleep(1)")
    nowhere = Diagnosis("async-unblocks", why, look)
    text = rendered(
        failed(
            result("test_a", message="One.", diagnosis=here),
            result("test_b", message="Two.", diagnosis=nowhere),
            result("test_c", message="Three."),
        )
    )
    assert text.count(why) == text.count(look) == 1
    assert "line 23:  time.sleep(1)\n" in text
    assert text.index("line 23") < text.index(why) < text.index(look) < text.index("One.")
    assert text.index("One.") < text.index("Two.") < text.index("Three.")


def test_a_block_with_two_ideas_is_shown_once() -> None:
    ideas = [Diagnosis("a", "Why a.", "Look a."), Diagnosis("b", "Why b.", "Look b.")]
    tests = [result(variant=v, diagnosis=d) for v, d in zip(("marker", "mock"), ideas, strict=True)]
    text = rendered(failed(*tests))
    assert text.count("It broke.") == text.count("Why a.") == text.count("Why b.") == 1


def test_a_learners_test_that_passes_and_catches_nothing_is_told_of():
    idea = Diagnosis("swallowed-green", "It cannot fail.", "Lesson 09")
    tests = [
        TestResult("test_harmless", "right", "pass", 0, 0, diagnosis=idea),
        TestResult("test_sharp", "right", "pass", 0, 0),
        TestResult("ex02_upload: wrong-shape", "mutant", "fail", 0, 1, "It got away."),
        TestResult("ex02_upload: wrong-request", "mutant", "pass", 1, 1, "Caught by test_sharp."),
    ]

    text = rendered(Verdict("ex06_markers", "tests", "fail", tests=tests))

    assert "Passes on every module: harmless." in text
    assert "It cannot fail." in text
    assert "Caught by test_sharp: ex02_upload: wrong-request." in text
    assert "It got away." in text


def test_an_error_is_said_once_and_not_for_each_test() -> None:
    tests = [result(message="No module.", status="error") for _ in range(5)]
    message = "ex02_upload.py, line 3: a bracket is never closed."
    text = rendered(Verdict("ex02_upload", "code", "error", message, tests=tests))
    assert text.count(message) == 1
    assert "No module." not in text
    assert "could not be marked" in text


def test_a_failure_without_words_still_says_something() -> None:
    assert "did not finish" in rendered(failed(result(message="", status="timeout")))


def test_text_from_the_learner_is_shown_as_text() -> None:
    nasty = "[red]x[/red] [/] :smile: \x1b[31m\x1b]0;title\x07 \x9b2J \u202etxt\u2066 \x00\x07a\rb"
    diagnosis = Diagnosis("id", "Why.", "Look.", 1, nasty)
    text = rendered(failed(result(message=nasty, output=nasty, diagnosis=diagnosis)))
    assert text.count("[red]x[/red] [/] :smile:") == 3
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "title" not in text
    assert "2J" not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\tb", "a   b"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP+q\x1b\\x", "x"),
        ("\x1b", ""),
        ("\x1b]0;never ended", ""),
        ("a\u200b\u200e\u2028b\x7f\x85", "ab"),
        ("\ud800", "\ufffd"),
        ("naïve 猫 👩\u200d🔬", "naïve 猫 👩\u200d🔬"),
    ],
)
def test_clean_leaves_nothing_that_steers_a_terminal(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_long_words_and_commands_are_never_broken() -> None:
    path = "/a/very-long/path" * 9
    lines = wrapped(f"It is in {path} now, see `workshop hint ex02_upload` too", 40)
    assert path in lines
    assert any("`workshop hint ex02_upload`" in line for line in lines)


def test_what_follows_a_label_stays_beside_it() -> None:
    lines = wrapped("came back: " + "word " * 12, 40, "  ")
    assert lines[0].startswith("  came back: word")
    assert lines[1].startswith(" " * 13 + "word")


def test_a_long_message_and_a_long_line_are_cut() -> None:
    long = "word " * 5000
    diagnosis = Diagnosis("id", "Why.", "Look.", 1, long)
    text = rendered(failed(result(message=long, diagnosis=diagnosis)))
    assert len(text) < 5000
    assert text.count("…") == 2


# hint, reset, solution


def test_hints_come_one_by_one_and_the_last_stays(kit: Path) -> None:
    first, second, third = (workshop("hint", "ex01_one").stdout for _ in range(3))
    assert "Hint 1 of 2" in first
    assert "Look [up] here." in first
    assert "Hint 2 of 2" in second
    assert "That was the last hint." in second
    assert "Look down." in third
    assert "you have seen all 2" in third
    assert load(kit)["ex01_one"].hints == 2


def test_a_hint_is_wrapped_anew_and_its_code_is_not() -> None:
    hint = "One `async\ndef` line\nends.\n\n- a\n  b\n- c\n\n```python\nif x:\n    y\n```"
    assert reflowed(hint) == "One `async def` line ends.\n\n- a b\n- c\n\n    if x:\n        y"


def test_an_exercise_without_hints_is_1_and_one_sentence(kit: Path) -> None:
    (kit / "tests" / "graded" / "ex01_one" / "hints.md").unlink()
    answer = workshop("hint", "1")
    assert answer.exit_code == 1
    assert len(answer.stderr.splitlines()) == 1


def test_reset_restores_the_stub_and_keeps_the_learners_file(kit: Path) -> None:
    path = write(kit, "mine")
    workshop("check", "1")
    answer = workshop("reset", "ex01_one", "--yes")
    assert answer.exit_code == 0
    assert path.read_text(encoding="utf-8") == "raise NotImplementedError\n"
    [kept] = [one for one in path.parent.iterdir() if one.suffix == ".bak"]
    assert re.fullmatch(r"ex01_one\.py\.\d{4}-\d\d-\d\d-\d{6}\.bak", kept.name)
    assert kept.read_text(encoding="utf-8") == "mine"
    assert kept.name in answer.stdout
    assert load(kit)["ex01_one"].status == ""


def test_reset_never_overwrites_a_copy(kit: Path) -> None:
    exercise, now = load_course(kit).exercise("1"), datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
    kept = []
    for text in ("first", "second"):
        write(kit, text)
        kept.append(restore(exercise, now))
    assert [one and one.name for one in kept] == [
        "ex01_one.py.2026-11-22-090500.bak",
        "ex01_one.py.2026-11-22-090500-2.bak",
    ]
    assert [one and one.read_text(encoding="utf-8") for one in kept] == ["first", "second"]


def test_reset_of_an_untouched_file_does_nothing(kit: Path) -> None:
    before = sorted((kit / "exercises").iterdir())
    answer = workshop("reset", "1", "--yes")
    assert answer.exit_code == 0
    assert "nothing was changed" in answer.stdout
    assert sorted((kit / "exercises").iterdir()) == before


def test_reset_brings_a_missing_file_back(kit: Path) -> None:
    path = kit / "exercises" / "ex01_one.py"
    path.unlink()
    assert workshop("reset", "1").exit_code == 0
    assert path.is_file()
    assert len(list((kit / "exercises").iterdir())) == 2


def test_reset_that_cannot_be_done_leaves_the_learners_file(kit: Path) -> None:
    path = write(kit, "mine")
    (kit / "tests" / "graded" / "ex01_one" / "stub.py").unlink()
    answer = workshop("reset", "1", "--yes")
    assert answer.exit_code == 1
    assert len(answer.stderr.splitlines()) == 1
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(("typed", "code", "left"), [("n\n", 1, "mine"), ("y\n", 0, "raise N")])
def test_reset_asks_at_a_terminal(
    kit: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int, left: str
) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True)
    monkeypatch.setenv("TERM", "dumb")
    path = write(kit, "mine")
    answer = workshop("reset", "1", input=typed)
    assert answer.exit_code == code
    assert path.read_text(encoding="utf-8").startswith(left)


def test_the_solution_stays_shut_until_three_checks_have_failed(kit: Path) -> None:
    write(kit, "wrong")
    for left in ("3 tries are", "2 tries are", "1 try is"):
        answer = workshop("solution", "1")
        assert answer.exit_code == 1
        assert f"{left} left" in answer.stderr
        assert "ANSWER" not in answer.output
        workshop("check", "1")
    answer = workshop("solution", "1")
    assert answer.exit_code == 0
    assert answer.stdout == "ANSWER = 'ex01_one é'\n"
    assert "was shown" in answer.stderr
    assert load(kit)["ex01_one"].solution_shown


def test_the_solution_opens_once_passed_and_stays_open_after_a_reset(kit: Path) -> None:
    write(kit, "right")
    workshop("check", "1")
    workshop("reset", "1", "--yes")
    assert workshop("solution", "1").exit_code == 0


# Terminals


def run(kit: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "workshop", *arguments],
        cwd=kit,
        env=os.environ | environment,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("ascii", "ok 4/4"), ("cp1252", "ok 4/4"), ("cp437", "ok 4/4"), ("utf-8", "✓ 4/4")],
)
def test_a_terminal_that_lacks_check_marks_gets_words(kit: Path, encoding: str, mark: str) -> None:
    note(kit, status="pass", points=4, max_points=4)
    answer = run(kit, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert answer.returncode == 0, answer.stderr
    assert f"ex01_one  {mark}" in answer.stdout.decode(encoding)
    assert "`python -m workshop start`" in answer.stdout.decode(encoding)


def test_source_that_cannot_be_encoded_is_spelt_out(kit: Path) -> None:
    note(kit, passed=True)
    answer = run(kit, "solution", "1", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert answer.returncode == 0, answer.stderr
    assert rb"ANSWER = 'ex01_one \xe9'" in answer.stdout


def at_a_terminal(kit: Path, **environment: str) -> str:
    pty = pytest.importorskip("pty", reason="there is no pseudo-terminal here")
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "workshop"],
        cwd=kit,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environment},
        stdin=subprocess.DEVNULL,
        stdout=slave,
    ):
        os.close(slave)
        pieces = []
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:  # Linux's way to say that the other end is closed
                break
            if not piece:
                break
            pieces.append(piece)
    os.close(master)
    return b"".join(pieces).decode()


def test_colour_at_a_terminal_and_none_with_no_color(kit: Path) -> None:
    assert "\x1b[" in at_a_terminal(kit, NO_COLOR="")
    assert "\x1b" not in at_a_terminal(kit, NO_COLOR="1")


def test_a_command_to_type_is_found_by_the_shell(
    kit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = kit / ".venv" / "bin" / "workshop"
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.setenv("PATH", "")
    assert command("hint", "ex01_one") == f"`{Path('.venv/bin/workshop')} hint ex01_one`"
    monkeypatch.setattr(sys, "argv", ["pytest"])
    assert command("hint", "ex01_one") == "`workshop hint ex01_one`"


HEAVY = {"aiohttp", "httpx", "IPython", "jupyter_core", "jupyterlab", "matplotlib", "nbclient"}
HEAVY |= {"nbformat", "requests", "asyncio"}


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], HEAVY | {"rich", "pytest", "workshop.grading"}),
        ([], HEAVY | {"pytest", "rich.markdown", "pygments"}),
        (["hint", "1"], HEAVY | {"pytest", "pygments"}),
    ],
)
def test_a_command_loads_only_what_it_needs(
    kit: Path, arguments: list[str], unwanted: set[str]
) -> None:
    program = (
        "import json, sys, click\n"
        "from workshop.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=kit,
        capture_output=True,
        timeout=60,
        check=True,
    )
    loaded = set(json.loads(answer.stderr))
    assert "click" in loaded
    assert not loaded & unwanted


def test_every_command_explains_itself(kit: Path) -> None:
    for name in main.commands:
        answer = workshop(name, "--help")
        assert answer.exit_code == 0
        assert answer.stdout.isascii()


def test_services_announce_where_they_answer(kit: Path) -> None:
    program = (
        "import workshop.services, asyncio\n"
        "from workshop.cli import main\n"
        "async def serve(host, port, announce): announce(f'http://{host}:{port + 1}')\n"
        "workshop.services.serve = serve\n"
        "main(['services', '--host', '127.0.0.1', '--port', '9000'])\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=kit, capture_output=True, timeout=60, check=True
    )
    said = answer.stdout.decode()
    assert "Port 9000 is taken, so the services use port 9001." in said
    assert "http://127.0.0.1:9001" in said
