"""Whatever is wrong with a file ends in one clear sentence, and the remaining tests still run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from workshop.course import load_course
from workshop.grading import mark
from workshop.grading.verdict import Verdict
from workshop.grading.warm import Warm
from workshop.isolation.submission import LARGEST

COURSE = load_course(Path(__file__).parents[2])
EXERCISE = COURSE.exercise("ex03_save")
TESTS = 3 * 11
"""Every behaviour of the exercise in every variant."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission that holds our answer, for a test to spoil."""
    folder = tmp_path / "submission"
    folder.mkdir()
    shutil.copy(EXERCISE.reference, folder)
    return folder


@pytest.fixture
def marked(folder: Path, warm: Warm) -> Callable[..., Verdict]:
    """Marks the folder, with `source` as the exercise's file if given."""

    def marked(source: str | bytes | None = None) -> Verdict:
        if source is not None:
            (folder / EXERCISE.file_name).write_bytes(as_bytes(source))
        return mark(EXERCISE, folder, warm)

    return marked


def as_bytes(source: str | bytes) -> bytes:
    return source.encode() if isinstance(source, str) else source


def messages(verdict: Verdict) -> set[str]:
    return {test.message for test in verdict.tests if test.status != "pass"}


UNUSABLE = {
    "a syntax error": (
        "async def save_to_disk(directory:\n    return True\n",
        "ex03_save.py is not valid Python, line 1",
    ),
    "an encoding that there is not": (
        "# -*- coding: klingon -*-\nasync def save_to_disk(directory):\n    return True\n",
        "ex03_save.py names an encoding at its top that Python does not know.",
    ),
    "a tab among spaces": (
        "def f():\n    x = 1\n\ty = 2\n",
        "ex03_save.py is not valid Python, line 3",
    ),
    "not text": (b"\x00\x01\x02", "ex03_save.py"),
    "the wrong encoding": (
        "# caf\xe9\n".encode("latin-1"),
        "ex03_save.py is not UTF-8 text. Save it as UTF-8 in your editor.",
    ),
    "the wrong encoding further down": (
        "# one\n# two\n# caf\xe9\n".encode("latin-1"),
        "ex03_save.py is not UTF-8 text: see the byte 0xe9 in line 3.",
    ),
    "an unknown import": (
        "import reqests\n",
        "line 1 `import reqests`: ModuleNotFoundError: No module named 'reqests'",
    ),
    "an error at import": (
        "answer = 1 / 0\n",
        "line 1 `answer = 1 / 0`: ZeroDivisionError: division by zero",
    ),
    "an exit at import": (
        "import sys\nsys.exit('bye')\n",
        "ended the program while it was being imported (SystemExit, line 2 `sys.exit('bye')`)",
    ),
    "another name": (
        "async def save_to_disc(directory):\n    return True\n",
        "ex03_save.py does not define save_to_disk. Did you mean save_to_disc?",
    ),
    "not a function": ("save_to_disk = True\n", "save_to_disk is True, not a function."),
    "an empty file": (b"", "ex03_save.py does not define save_to_disk."),
    "too few parameters": (
        "async def save_to_disk():\n    return True\n",
        "which yours, save_to_disk(), does not accept: too many positional arguments.",
    ),
    "too many parameters": (
        "async def save_to_disk(directory, name):\n    return True\n",
        "does not accept: missing a required argument: 'name'.",
    ),
}


@pytest.mark.parametrize(
    ("exercise", "source", "sentence"),
    [(EXERCISE, as_bytes(source), sentence) for source, sentence in UNUSABLE.values()],
    ids=UNUSABLE,
)
def test_an_unusable_file_is_one_sentence(marking, exercise, source, sentence):
    verdict = marking.verdict(exercise, source)

    assert verdict.status == "error"
    assert sentence in verdict.message
    assert "\n" not in verdict.message
    assert verdict.points == 0
    assert len(verdict.tests) == TESTS
    assert messages(verdict) == {verdict.message}


IMPORTED = {
    "not valid Python": ("async def (:\n", "ex02_upload.py is not valid Python, line 1"),
    "not UTF-8": ("# caf\xe9\n".encode("latin-1"), "ex02_upload.py is not UTF-8 text."),
    "not UTF-8 further down": (
        "# one\n# two\n# caf\xe9\n".encode("latin-1"),
        "ex02_upload.py is not UTF-8 text: see the byte 0xe9 in line 3.",
    ),
    "an error at import": (
        "\n\nb'\\xff'.decode()\n",
        r"ex02_upload.py could not be imported, line 3 `b'\xff'.decode()`: UnicodeDecodeError",
    ),
    "an exit at import": ("raise SystemExit\n", "ex02_upload.py ended the program"),
}


@pytest.mark.parametrize(("source", "sentence"), IMPORTED.values(), ids=IMPORTED)
def test_of_two_files_the_one_at_fault_is_named(folder, warm, source, sentence):
    together = COURSE.exercise("ex05_together")
    shutil.copy(together.reference, folder)
    (folder / "ex02_upload.py").write_bytes(as_bytes(source))

    verdict = mark(together, folder, warm)

    assert verdict.message.startswith(sentence)


@pytest.mark.parametrize("isolated", [True, False], ids=["isolated", "in one process"])
def test_a_file_whose_name_breaks_the_line_is_not_named(folder, warm, isolated):
    (folder / "x\nexpected:  full marks.py").write_text("def now():\n    return 1 / 0\n")
    (folder / EXERCISE.file_name).write_text(
        'helper = __import__("x\\nexpected:  full marks")\n\n\n'
        "async def save_to_disk(directory):\n    return helper.now()\n"
    )

    verdict = mark(EXERCISE, folder, warm, isolated)

    assert "(line 5)" in verdict.tests[0].message
    assert not [test for test in verdict.tests if "full marks" in test.message]


def test_a_missing_file_is_one_sentence(folder, marked):
    (folder / EXERCISE.file_name).rename(folder / "ex3_save.py")

    verdict = marked()

    assert verdict.status == "error"
    assert verdict.message == "There is no ex03_save.py in the folder. Did you mean ex3_save.py?"


def _put_a_folder(path: Path) -> None:
    path.mkdir()


def _put_a_link(path: Path) -> None:
    path.symlink_to(EXERCISE.reference)


def _put_too_much(path: Path) -> None:
    path.write_bytes(b"#" * (LARGEST + 1))


@pytest.mark.parametrize(
    ("put", "says"),
    [
        (_put_a_folder, "is a folder; put your code there as a file."),
        (_put_a_link, "is a link; put the file itself in its place."),
        (_put_too_much, "is larger than 1 MiB."),
    ],
    ids=["a folder", "a link", "too much"],
)
def test_what_is_there_and_cannot_be_taken_is_not_called_missing(folder, marked, put, says):
    (folder / EXERCISE.file_name).unlink()
    put(folder / EXERCISE.file_name)

    verdict = marked()

    assert (verdict.status, verdict.message) == ("error", f"{EXERCISE.file_name} {says}")


ENDLESS = {
    "a loop": "async def save_to_disk(directory):\n    while True:\n        pass\n",
    "an await": (
        "import asyncio\n\nasync def save_to_disk(directory):\n    await asyncio.Event().wait()\n"
    ),
    "an import": "while True:\n    pass\n",
    "a loop that no signal can stop": (
        "async def save_to_disk(directory):\n"
        "    while True:\n"
        "        try:\n"
        "            while True:\n"
        "                pass\n"
        "        except BaseException:\n"
        "            pass\n"
    ),
    "a cancellation that is swallowed": (
        "import asyncio\n\n"
        "async def save_to_disk(directory):\n"
        "    while True:\n"
        "        try:\n"
        "            await asyncio.sleep(3600)\n"
        "        except BaseException:\n"
        "            pass\n"
    ),
}
WHERE = {
    "a loop": "it was running line",
    "an await": "it was waiting at line 4 `await asyncio.Event().wait()`",
    "an import": "nothing: it did not come to an end in time (it was running line",
    "a loop that no signal can stop": "it was running line",
    "a cancellation that is swallowed": "it was waiting at line 6 `await asyncio.sleep(3600)`",
}


@pytest.mark.parametrize(
    ("exercise", "source", "where"),
    [(EXERCISE, as_bytes(source), WHERE[name]) for name, source in ENDLESS.items()],
    ids=ENDLESS,
)
def test_what_never_ends_is_ended_and_says_where(marking, exercise, source, where):
    verdict = marking.verdict(exercise, source)

    assert verdict.status == "fail"
    assert {test.status for test in verdict.tests} == {"timeout"}
    assert len(verdict.tests) == TESTS
    assert all(where in message for message in messages(verdict)), messages(verdict)


def test_a_program_that_ends_itself_costs_the_tests_in_which_it_does(marked):
    reference = EXERCISE.reference.read_text(encoding="utf-8")
    verdict = marked(
        f"{reference}\n\nimport os\n\nright = save_to_disk\n\n"
        "async def save_to_disk(directory):\n"
        "    return os._exit(3) if isinstance(directory, str) else await right(directory)\n"
    )

    failed = [test for test in verdict.tests if test.status != "pass"]
    assert {test.name for test in failed} == {"test_accepts_a_directory_as_text"}
    assert len(failed) == 3
    assert messages(verdict) == {"Your code ended the whole program with exit status 3 (os._exit)."}


def test_a_process_pool_is_refused_in_words(marked):
    verdict = marked(
        "import asyncio\nfrom concurrent.futures import ProcessPoolExecutor\n\n"
        "async def save_to_disk(directory):\n"
        "    with ProcessPoolExecutor() as pool:\n"
        "        return await asyncio.get_running_loop().run_in_executor(pool, bool, 1)\n"
    )

    said = "other processes are refused while your code is marked (line 5)"
    assert all(said in message for message in messages(verdict)), messages(verdict)


def test_a_hundred_megabytes_of_output_are_cut_short(marked):
    reference = EXERCISE.reference.read_text(encoding="utf-8")
    verdict = marked(
        f"{reference}\n\nright = save_to_disk\n\n"
        "async def save_to_disk(directory):\n"
        "    if isinstance(directory, str):\n"
        "        print('cats ' * 20_000_000)\n"
        "    return await right(directory)\n"
    )

    assert len(verdict.tests) == TESTS
    assert all(len(test.output) <= 500 for test in verdict.tests)
    assert {t.name for t in verdict.tests if t.status != "pass"} <= {
        "test_accepts_a_directory_as_text"
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("conftest.py", "raise SystemExit('a conftest of the learner')"),
        ("pytest.ini", "[pytest]\naddopts = --collect-only\n"),
        ("pyproject.toml", "[tool.pytest]\naddopts = ['--collect-only']\n"),
        ("httpx.py", "raise SystemExit('a module that shadows httpx')"),
        ("json.py", "raise SystemExit('a module that shadows json')"),
        ("pytest_asyncio.py", "raise SystemExit('a module that shadows pytest_asyncio')"),
        ("sitecustomize.py", "raise SystemExit('a sitecustomize of the learner')"),
        ("test_marker.py", "def test_it(): pass"),
    ],
)
def test_other_files_in_the_folder_change_nothing(folder, marked, name, content):
    (folder / name).write_text(content, encoding="utf-8")

    verdict = marked()

    assert verdict.status == "pass", messages(verdict)
    assert len(verdict.tests) == TESTS


def test_two_markings_of_the_same_file_are_equal(marked):
    source = EXERCISE.graded / "mutants" / "lower_case_keys.py"

    first, second = marked(source.read_bytes()), marked(source.read_bytes())

    assert first.as_dict() == second.as_dict()


def test_marking_leaves_nothing_in_the_folder(folder, marked):
    marked()

    assert [path.name for path in folder.iterdir()] == [EXERCISE.file_name]
