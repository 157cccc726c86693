"""Whatever a class hands in, and however a place offers it for download: each learner is there
once, with the files that can be marked, and a sentence on each that cannot.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from workshop.course import load_course
from workshop.gradebook import exercise_files
from workshop.gradebook.intake import Handed, IntakeError, submissions
from workshop.isolation.submission import LARGEST

KIT = Path(__file__).parents[2]
COURSE = load_course(KIT)
UPLOAD, SAVE, TESTS = "ex02_upload.py", "ex03_save.py", "test_ex06_markers.py"
CODE = b"answer = 42\n"
OTHER = b"answer = 43\n"
TOP = "Hand it in at the top or in exercises/."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the class hands in."""
    folder = tmp_path / "class"
    folder.mkdir()
    return folder


def put(path: Path, content: bytes = CODE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def zipped(path: Path, **members: bytes) -> Path:
    return put(path, zip_of(members))


def zip_of(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tar_of(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(stream.getvalue(), mtime=0)


def handed(folder: Path) -> dict[str, Handed]:
    """What each learner has handed in, by name, in the order of the class."""
    return {one.learner.name: one.open(COURSE) for one in submissions(folder, COURSE)}


def only(folder: Path) -> Handed:
    (one,) = handed(folder).values()
    return one


def names(folder: Path) -> list[str]:
    return [one.learner.name for one in submissions(folder, COURSE)]


# Where the files are


HOMES = ["", "exercises", "kit", "kit/exercises", "a/kit", "a/kit/exercises"]


@pytest.mark.parametrize("home", HOMES)
def test_finds_files_at_the_top_or_in_exercises_or_folders_further_in(
    folder: Path, home: str
) -> None:
    put(folder / "folder" / home / UPLOAD)
    members = {f"{home}/{UPLOAD}".lstrip("/"): CODE}
    put(folder / "zip.zip", zip_of(members))
    put(folder / "tar.tar.gz", tar_of(members))
    put(folder / "tgz.TGZ", tar_of(members))
    found = handed(folder)
    assert list(found) == ["folder", "tar", "tgz", "zip"]
    for one in found.values():
        assert one.files == {UPLOAD: CODE}
        assert one.problems == {
            exercise.name: f"There is no {exercise.file_name}. {TOP}"
            for exercise in COURSE.exercises
            if exercise.file_name != UPLOAD
        }


def test_finds_a_file_of_tests_under_its_own_name(folder: Path) -> None:
    put(folder / "jane" / TESTS)
    one = only(folder)
    assert one.files == {TESTS: CODE}
    assert "ex06_markers" not in one.problems


def test_the_nearest_file_is_taken(folder: Path) -> None:
    put(folder / "jane" / "exercises" / UPLOAD)
    put(folder / "jane" / "old" / UPLOAD, OTHER)
    assert only(folder).files[UPLOAD] == CODE


def test_each_exercise_may_have_a_folder_of_its_own(folder: Path) -> None:
    put(folder / "jane" / "two" / UPLOAD)
    put(folder / "jane" / "three" / SAVE, OTHER)
    assert only(folder).files == {UPLOAD: CODE, SAVE: OTHER}


def test_in_a_copy_of_the_kit_the_file_in_exercises_counts(folder: Path) -> None:
    put(folder / "jane" / "course.toml")
    put(folder / "jane" / UPLOAD)
    put(folder / "jane" / "exercises" / UPLOAD, OTHER)
    assert only(folder).files[UPLOAD] == OTHER


def test_of_two_files_the_one_that_was_worked_on_counts(folder: Path) -> None:
    stub = COURSE.exercise(UPLOAD).stub.read_bytes()
    put(folder / "jane" / UPLOAD)
    put(folder / "jane" / "exercises" / UPLOAD, stub)
    put(folder / "john" / UPLOAD, stub)
    put(folder / "john" / "exercises" / UPLOAD, OTHER)
    put(folder / "judy" / UPLOAD, stub)
    assert [one.files[UPLOAD] for one in handed(folder).values()] == [CODE, OTHER, stub]


def test_nobody_guesses_which_of_two_files_is_meant(folder: Path) -> None:
    put(folder / "jane" / UPLOAD)
    put(folder / "jane" / "exercises" / UPLOAD, OTHER)
    put(folder / "same" / UPLOAD)
    put(folder / "same" / "exercises" / UPLOAD)
    jane, same = handed(folder).values()
    assert UPLOAD not in jane.files
    assert jane.problems["ex02_upload"] == (
        "ex02_upload.py is there more than once, and not the same: ex02_upload.py and "
        "exercises/ex02_upload.py. Keep the one that counts and hand in again."
    )
    assert same.files == {UPLOAD: CODE}


def test_our_own_answers_in_a_copy_of_the_kit_are_nobodys(folder: Path) -> None:
    for part in ("solutions", "tests/graded", "tests/kit/attacks"):
        for path in (KIT / part).rglob("*.py"):
            put(folder / "jane" / path.relative_to(KIT))
    assert only(folder).files == {}
    put(folder / "jane" / "exercises" / UPLOAD)
    assert only(folder).files == {UPLOAD: CODE}


def test_what_systems_leave_behind_is_nobody_and_nothing(folder: Path) -> None:
    for name in ("__MACOSX/._jane", ".DS_Store", ".git/config", "Thumbs.db", "desktop.ini"):
        put(folder / name)
    for name in (f"._{UPLOAD}", f"__MACOSX/{UPLOAD}", ".DS_Store", f".git/{UPLOAD}", "Thumbs.db"):
        put(folder / "jane" / name)
    assert (
        only(folder).problems["ex02_upload"] == "There is no ex02_upload.py; nothing was handed in."
    )


def test_a_gradebook_among_the_submissions_is_no_learner(folder: Path) -> None:
    put(folder / "gradebook" / "gradebook.json", b"{}")
    put(folder / "jane" / UPLOAD)
    assert names(folder) == ["jane"]


@pytest.mark.parametrize("name", ["gradebook.json", "verdicts.sqlite"])
def test_a_file_called_like_a_gradebook_hides_no_learner(folder: Path, name: str) -> None:
    for learner, file in (("jane", UPLOAD), ("joe", f"kit/exercises/{UPLOAD}"), ("jim", "all.zip")):
        put(folder / learner / file)
        put(folder / learner / name)
    assert names(folder) == ["jane", "jim", "joe"]


# Files beside them


def test_other_python_files_beside_the_exercises_go_with_them(folder: Path) -> None:
    jane = folder / "jane"
    put(jane / "exercises" / UPLOAD)
    put(jane / "exercises" / "my_tools.py", OTHER)
    for name in ("no-name.py", "notes.txt", "tools.PY", "EX03_SAVE.py", "2nd.py", "deeper/tool.py"):
        put(jane / "exercises" / name)
    put(jane / "elsewhere.py")
    (jane / "exercises" / "link.py").symlink_to("my_tools.py")
    assert only(folder).files == {UPLOAD: CODE, "my_tools.py": OTHER}


def test_no_two_of_them_differ_by_case_alone(folder: Path) -> None:
    put(folder / "jane.zip", zip_of({UPLOAD: CODE, "Tools.py": CODE, "tools.py": OTHER}))
    assert only(folder).files == {UPLOAD: CODE, "Tools.py": CODE}


@pytest.mark.parametrize("stem", ["a" * 300, "é" * 100])
def test_one_whose_name_no_disk_takes_is_left_out(folder: Path, stem: str) -> None:
    put(folder / "jane.zip", zip_of({UPLOAD: CODE, f"{stem}.py": CODE, "beside.py": CODE}))
    assert only(folder).files == {UPLOAD: CODE, "beside.py": CODE}


def test_there_are_not_too_many_of_them_nor_too_large_ones(folder: Path) -> None:
    put(folder / "few" / UPLOAD)
    for number in range(10):
        put(folder / "few" / f"large{number}.py", b"#" * (LARGEST - 1))
    put(folder / "few" / "larger.py", b"#" * (LARGEST + 1))
    put(folder / "many" / UPLOAD)
    for number in range(exercise_files.NEIGHBOURS + 5):
        put(folder / "many" / f"tool{number}.py")
    few, many = handed(folder).values()
    assert len(few.files) == 1 + 4
    assert sum(map(len, few.files.values())) <= len(CODE) + exercise_files.NEIGHBOURS_SIZE
    assert len(many.files) == 1 + exercise_files.NEIGHBOURS


# What is wrong with a file

MISNAMED = [
    "ex2_upload.py",
    "ex02-upload.py",
    "ex02_upload (1).py",
    "ex02_upload.py.txt",
    "ex02_upload.ipynb",
    "ex02_upload-1.py",
    "Ex02_Upload.py",
    "upload.py",
    "ex02.py",
    "jane_ex02_upload_final.py",
    "a/b/c/d/ex02_upload.py",
]


@pytest.mark.parametrize("name", MISNAMED)
def test_asks_whether_another_file_is_meant(folder: Path, name: str) -> None:
    put(folder / "jane" / name)
    put(folder / "jane" / "notes.txt")
    put(folder / "john.zip", zip_of({name: CODE, "notes.txt": CODE}))
    jane, john = handed(folder).values()
    assert jane.files == john.files == {}
    for one, place in ((jane, name), (john, f"john.zip/{name}")):
        assert one.problems["ex02_upload"] == (
            f"There is no ex02_upload.py; did you mean {place}? "
            "Hand it in as ex02_upload.py, at the top or in exercises/."
        )
        assert one.problems["ex03_save"] == f"There is no ex03_save.py. {TOP}"


def test_no_exercise_is_taken_for_another(folder: Path) -> None:
    for exercise in COURSE.exercises[1:]:
        put(folder / "jane" / exercise.file_name)
    first = COURSE.exercises[0]
    assert only(folder).problems == {first.name: f"There is no {first.file_name}. {TOP}"}


UNUSABLE = {
    "empty": (b"", "ex02_upload.py is empty."),
    "blank": (b"\xef\xbb\xbf \n\n", "ex02_upload.py is empty."),
    "binary": (
        b"\x7fELF\x02\x01\x01\0\0",
        "ex02_upload.py is not text but binary data. Hand in the Python file itself.",
    ),
    "latin-1": (
        b"# one\n# caf\xe9\n",
        "ex02_upload.py is not UTF-8 text: see the byte 0xe9 in line 2. "
        "Save it as UTF-8 in your editor.",
    ),
    "utf-16": (
        "a = 1".encode("utf-16"),
        "ex02_upload.py is UTF-16, not UTF-8 text. Save it as UTF-8 in your editor.",
    ),
    "large": (b"#" * (LARGEST + 1), "ex02_upload.py is larger than 1 MiB."),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_file_of_no_use_is_a_sentence_and_the_others_are_there(folder: Path, kind: str) -> None:
    content, sentence = UNUSABLE[kind]
    put(folder / "jane" / UPLOAD, content)
    put(folder / "jane" / SAVE)
    put(folder / "john.zip", zip_of({UPLOAD: content, SAVE: CODE}))
    for one in handed(folder).values():
        assert one.files == {SAVE: CODE}
        assert one.problems["ex02_upload"] == sentence


@pytest.mark.parametrize(
    "content",
    [
        b"def (:\n",
        b"# -*- coding: latin-1 -*-\n# caf\xe9\n",
        b"# coding: klingon\n",
        b"#" * LARGEST,
    ],
)
def test_what_python_says_of_a_file_is_left_to_the_marking(folder: Path, content: bytes) -> None:
    put(folder / "jane" / UPLOAD, content)
    assert only(folder).files == {UPLOAD: content}


def _folder(path: Path) -> None:
    put(path / "inner.py")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    # The path of a socket must be short: a process of its own is in its folder.
    bind = "import socket, sys\nsocket.socket(socket.AF_UNIX).bind(sys.argv[1])"
    subprocess.run([sys.executable, "-c", bind, path.name], cwd=path.parent, check=True)


def _link(path: Path) -> None:
    path.symlink_to(put(path.parent.parent.parent / "secret.py"))


def _dead_link(path: Path) -> None:
    path.symlink_to("nowhere")


LINK = "ex02_upload.py is a link, which is not followed; hand in what it leads to."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes and links")
@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (_folder, "ex02_upload.py is a folder, not a file."),
        (_pipe, "ex02_upload.py is not an ordinary file."),
        (_socket, "ex02_upload.py is not an ordinary file."),
        (_link, LINK),
        (_dead_link, LINK),
    ],
)
def test_what_is_no_file_is_never_opened(
    folder: Path, make: Callable[[Path], None], sentence: str
) -> None:
    put(folder / "jane" / SAVE)
    make(folder / "jane" / UPLOAD)
    one = only(folder)
    assert one.files == {SAVE: CODE}
    assert one.problems["ex02_upload"] == sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes and sockets")
@pytest.mark.parametrize("make", [_pipe, _socket])
def test_an_archive_that_is_no_file_is_never_opened(
    folder: Path, make: Callable[[Path], None]
) -> None:
    make(folder / "jane.zip")
    assert only(folder).problems["ex02_upload"] == "jane.zip is not an ordinary file."


def test_a_hard_link_is_a_file_like_any_other(folder: Path) -> None:
    (folder / "jane").mkdir()
    os.link(put(folder.parent / "elsewhere.py"), folder / "jane" / UPLOAD)
    assert only(folder).files == {UPLOAD: CODE}


def test_links_to_folders_are_not_followed(folder: Path) -> None:
    outside = put(folder.parent / "outside" / UPLOAD).parent
    (folder / "jane").mkdir()
    (folder / "jane" / "exercises").symlink_to(outside)
    (folder / "john").symlink_to(outside)
    (folder / "loop").mkdir()
    (folder / "loop" / "loop").symlink_to(folder / "loop")
    put(folder / "loop" / UPLOAD)
    found = handed(folder)
    assert "exercises is a link, which is not followed" in found["jane"].problems["ex02_upload"]
    assert found["john"].problems["ex02_upload"] == LINK.replace(UPLOAD, "john")
    assert found["loop"].files == {UPLOAD: CODE}


def test_an_archive_that_is_a_link_is_not_opened(folder: Path) -> None:
    secret = put(folder.parent / "secret.zip", zip_of({UPLOAD: CODE}))
    (folder / "jane.zip").symlink_to(secret)
    assert only(folder).problems["ex02_upload"] == LINK.replace(UPLOAD, "jane.zip")


AS_NOBODY = """
import json, os, sys
from pathlib import Path
from workshop.course import load_course
from workshop.gradebook.intake import IntakeError, submissions

COURSE = load_course(Path(sys.argv[1]))

def found(folder):
    try:
        handed = {one.learner.name: one.open(COURSE) for one in submissions(folder, COURSE)}
    except IntakeError as error:
        return str(error)
    return {name: one.problems.get("ex02_upload") for name, one in handed.items()}

found(Path(sys.argv[2]))  # imports what nobody may not be allowed to
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
print(json.dumps(found(Path(sys.argv[2]))))
"""


def as_nobody(folder: Path) -> dict[str, str] | str:
    """What is said of the upload of each learner in `folder`, or of the folder, by a process that
    is not root's: what root may read says nothing of others. The user of this one stays, for others
    are at work in it.
    """
    process = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(KIT), str(folder)],
        cwd=KIT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, str] | str = json.loads(process.stdout)
    return found


@pytest.mark.skipif(os.name == "nt", reason="needs permissions")
def test_what_may_not_be_read_is_a_sentence() -> None:
    with TemporaryDirectory(dir="/tmp") as place:
        folder = Path(place, "class", "all")
        put(folder / "jane" / UPLOAD).chmod(0)
        put(folder / "john" / "exercises" / UPLOAD).parent.chmod(0)
        put(folder / "judy" / UPLOAD).parent.chmod(0)
        put(folder / "june.zip").chmod(0)
        for path in (folder, *folder.parents[:2]):
            path.chmod(0o755)
        found = as_nobody(folder)
        folder.chmod(0)
        unread = as_nobody(folder)
        for path in (folder, folder / "john" / "exercises", folder / "judy"):
            path.chmod(0o755)
    tail = "may not be read by whoever marks it."
    assert found == {
        "jane": f"ex02_upload.py {tail}",
        "john": f"exercises {tail}",
        "judy": f"judy {tail}",
        "june": f"june.zip {tail}",
    }
    assert isinstance(unread, str) and "cannot be read" in unread


def test_nothing_among_the_submissions_is_changed(folder: Path) -> None:
    put(folder / "jane" / UPLOAD)
    put(folder / "john.zip", zip_of({UPLOAD: CODE}))
    before = {path: path.stat() for path in folder.rglob("*")}
    handed(folder)
    after = {path: path.stat() for path in folder.rglob("*")}
    assert [(p, s.st_mtime_ns, s.st_size) for p, s in before.items()] == [
        (p, s.st_mtime_ns, s.st_size) for p, s in after.items()
    ]


# Archives


def test_an_archive_in_a_learners_folder_is_opened(folder: Path) -> None:
    put(folder / "jane" / "homework.zip", zip_of({f"homework/exercises/{UPLOAD}": CODE}))
    assert only(folder).files == {UPLOAD: CODE}


def test_a_file_beside_an_archive_counts_before_what_is_in_it(folder: Path) -> None:
    put(folder / "jane" / UPLOAD)
    put(folder / "jane" / "old.zip", zip_of({UPLOAD: OTHER, SAVE: OTHER}))
    assert only(folder).files == {UPLOAD: CODE, SAVE: OTHER}


def test_an_archive_in_an_archive_stays_closed(folder: Path) -> None:
    put(folder / "jane.zip", zip_of({"inner.zip": zip_of({UPLOAD: CODE})}))
    assert only(folder).problems["ex02_upload"] == (
        "There is no ex02_upload.py. inner.zip is an archive in jane.zip and is not opened; "
        "hand in the files themselves."
    )


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("jane.rar", b"Rar!\x1a", "jane.rar is no zip or tar archive; hand in a .zip or .tar.gz."),
        ("jane.tar.xz", b"\xfd7zXZ\0", "jane.tar.xz is no zip or tar archive"),
        ("jane.zip", b"", "jane.zip is no zip or tar archive"),
        ("jane.zip", zip_of({}), "jane.zip is empty."),
        ("jane.zip", zip_of({"../x.py": CODE}), "jane.zip holds a path that leads out of it"),
        ("jane.tgz", tar_of({UPLOAD: CODE})[:60], "jane.tgz is damaged and cannot be opened"),
    ],
)
def test_an_archive_that_is_not_opened_is_a_sentence_for_each_exercise(
    folder: Path, name: str, content: bytes, sentence: str
) -> None:
    put(folder / name, content)
    put(folder / "john" / UPLOAD)
    found = handed(folder)
    assert list(found) == ["jane", "john"]
    assert found["jane"].files == {}
    assert list(found["jane"].problems) == [one.name for one in COURSE.exercises]
    assert all(one.startswith(sentence) for one in found["jane"].problems.values())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_an_archive_holds_twice_is_not_guessed_at(folder: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(UPLOAD, CODE)
        archive.writestr(UPLOAD, OTHER)
        archive.writestr(SAVE, CODE)
    put(folder / "jane.zip", stream.getvalue())
    one = only(folder)
    assert one.files == {SAVE: CODE}
    assert "is there more than once" in one.problems["ex02_upload"]


def test_damage_of_any_kind_is_a_sentence(folder: Path) -> None:
    chance = random.Random(5)
    seeds = [zip_of({UPLOAD: CODE, "a/b.txt": CODE}), tar_of({UPLOAD: CODE, "a/b.txt": CODE})]
    for number in range(300):
        data = bytearray(seeds[number % 2])
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        put(folder / f"{number:03}.zip", bytes(data))
    found = handed(folder)
    assert len(found) == 300
    for one in found.values():
        assert ("ex02_upload" in one.problems) != (UPLOAD in one.files)
        assert all(text.endswith(".") and "\n" not in text for text in one.problems.values())


# Names


def test_learners_are_sorted_and_there_once_in_whatever_order_they_are_listed(folder: Path) -> None:
    for name in ("zoe", "Ann", "ann", "bob", "Émile", "bob (2)"):
        put(folder / name / UPLOAD)
    put(folder / "bob.zip", zip_of({UPLOAD: OTHER}))
    assert names(folder) == ["Ann", "ann (2)", "bob", "bob (2)", "bob (3)", "zoe", "Émile"]
    assert handed(folder)["bob (3)"].files == {UPLOAD: OTHER}


def test_names_are_a_strangers(folder: Path) -> None:
    for name in ("\x1b[31mred\x1b[0m", "two\nlines", "e\u0301ve", "\u202erevo", "x" * 200, "\x07"):
        put(folder / name / UPLOAD)
    put(folder / os.fsdecode(b"caf\xe9") / UPLOAD)
    assert sorted(names(folder)) == sorted(
        ["red", "two lines", "\u00e9ve", "revo", "x" * 99 + "…", "(no name)", "caf\ufffd"]
    )


def test_long_names_stay_apart(folder: Path) -> None:
    for ending in "abc":
        put(folder / ("x" * 150 + ending) / UPLOAD)
    found = names(folder)
    assert len(set(found)) == 3
    assert max(map(len, found)) == 100


# Places


def test_canvas(folder: Path) -> None:
    put(folder / "doejane_1234_900_ex02_upload.py", OTHER)
    put(folder / "doejane_1234_901_ex02_upload-1.py", CODE)
    put(folder / "doejane_1234_902_tools.py", OTHER)
    put(folder / "obrienmary_LATE_77_903_homework-2.zip", zip_of({f"hw/{UPLOAD}": OTHER}))
    put(folder / "obrienmary_78_904_ex2_upload.py")
    put(folder / "anon_Xy3Ab_905_ex03_save.py")
    put(folder / "vandamjan_LATE_79_text.html")
    sources = list(submissions(folder, COURSE))
    assert [(one.learner.name, one.learner.number) for one in sources] == [
        ("anon_Xy3Ab", "Xy3Ab"),
        ("doejane", "1234"),
        ("obrienmary", "77"),
        ("obrienmary (2)", "78"),
        ("vandamjan", "79"),
    ]
    anon, jane, mary, second, jan = (one.open(COURSE) for one in sources)
    assert anon.files == {SAVE: CODE}
    assert jane.files == {UPLOAD: CODE, "tools.py": OTHER}
    assert mary.files == {UPLOAD: OTHER}
    assert "did you mean ex2_upload.py?" in second.problems["ex02_upload"]
    assert jan.problems["ex02_upload"] == f"There is no ex02_upload.py. {TOP}"


def test_the_number_that_canvas_gave_a_file_tells_which_is_newer(folder: Path) -> None:
    put(folder / "doejane_1_999_ex02_upload-9.py", OTHER)
    put(folder / "doejane_1_1000_ex02_upload-10.py", CODE)
    assert only(folder).files == {UPLOAD: CODE}


def test_a_file_that_was_copied_by_hand_loses_nobody(folder: Path) -> None:
    put(folder / "doejane_1_900_ex02_upload.py")
    put(folder / "doejane_1_900_ex02_upload (1).py")
    assert only(folder).files == {UPLOAD: CODE}


def test_names_that_only_look_like_canvas_are_taken_as_they_are(folder: Path) -> None:
    put(folder / "hw_2024_1_jane.zip", zip_of({UPLOAD: CODE}))
    put(folder / "hw_2024_1_john.zip", zip_of({UPLOAD: OTHER}))
    put(folder / "hw_2024_1_judy" / UPLOAD)
    assert names(folder) == ["hw_2024_1_jane", "hw_2024_1_john", "hw_2024_1_judy"]


def test_moodle(folder: Path) -> None:
    put(folder / "Jane Doe_12345_assignsubmission_file_" / UPLOAD)
    put(folder / "Jane Doe_12345_assignsubmission_onlinetext_" / "onlinetext.html")
    put(folder / "Jane Doe_12399_assignsubmission_file" / "hw.zip", zip_of({UPLOAD: OTHER}))
    put(folder / "Participant_7_assignsubmission_onlinetext" / "onlinetext.html")
    put(folder / "Mary O'Brien_8_assignsubmission_file_ex03_save.py")
    put(folder / "Mary O'Brien_8_assignsubmission_file_hw.zip", zip_of({UPLOAD: OTHER}))
    sources = list(submissions(folder, COURSE))
    assert [(one.learner.name, one.learner.number) for one in sources] == [
        ("Jane Doe", "12345"),
        ("Jane Doe (2)", "12399"),
        ("Mary O'Brien", "8"),
        ("Participant", "7"),
    ]
    assert [one.open(COURSE).files for one in sources] == [
        {UPLOAD: CODE},
        {UPLOAD: OTHER},
        {UPLOAD: OTHER, SAVE: CODE},
        {},
    ]


GRADESCOPE = """\
submission_100:
  :submitters:
  - :name: Jane Doe
    :sid: '0042'
    :email: jane@example.org
  :created_at: 2026-11-01 09:30:00.123456789 -08:00
  :history:
  - :submitters: &1 []
    :again: *1
submission_101:
  :submitters:
  - :name: "\\u00C9mile Zola"
    :sid:
    :email: emile@example.org
  - :name: Mary O'Brien
    :sid: 44
submission_102:
  :submitters: []
"""


def test_gradescope(folder: Path) -> None:
    put(folder / "submission_metadata.yml", GRADESCOPE.encode())
    for number in range(100, 104):
        put(folder / f"submission_{number}" / UPLOAD)
    learners = [one.learner for one in submissions(folder, COURSE)]
    assert [(one.name, one.number, one.email) for one in learners] == [
        ("Jane Doe", "0042", "jane@example.org"),
        ("Mary O'Brien", "44", ""),
        ("submission_102", "", ""),
        ("submission_103", "", ""),
        ("Émile Zola", "101", "emile@example.org"),
    ]
    assert all(one.files == {UPLOAD: CODE} for one in handed(folder).values())


@pytest.mark.parametrize("metadata", ["a: [", "a: 2026-99-99 00:00:00", "!!python/object:os.x {}"])
def test_a_list_of_names_that_cannot_be_read_is_told_at_once(folder: Path, metadata: str) -> None:
    put(folder / "submission_metadata.yml", metadata.encode())
    put(folder / "submission_1" / UPLOAD)
    with pytest.raises(IntakeError, match=r"submission_metadata\.yml is not valid YAML"):
        submissions(folder, COURSE)


@pytest.mark.parametrize(
    "metadata", ["", "- 1", "submission_1: 1", "submission_1: {':submitters': 3}"]
)
def test_a_list_of_names_that_tells_nothing_loses_nobody(folder: Path, metadata: str) -> None:
    put(folder / "submission_metadata.yml", metadata.encode())
    put(folder / "submission_1" / UPLOAD)
    assert names(folder) == ["submission_1"]


@pytest.mark.parametrize("name", ["async-1-submissions", "class"])
def test_github_classroom(tmp_path: Path, name: str) -> None:
    for user in ("jane-doe", "john"):
        put(tmp_path / name / f"async-1-{user}" / ".git" / "HEAD")
        put(tmp_path / name / f"async-1-{user}" / "exercises" / UPLOAD)
    learners = [one.learner for one in submissions(tmp_path / name, COURSE)]
    assert [(one.name, one.number) for one in learners] == [
        ("jane-doe", "jane-doe"),
        ("john", "john"),
    ]
    assert all(one.files == {UPLOAD: CODE} for one in handed(tmp_path / name).values())


def test_a_single_repository_keeps_its_name_unless_its_folder_tells(tmp_path: Path) -> None:
    put(tmp_path / "class" / "async-1-jane" / ".git" / "HEAD")
    put(tmp_path / "async-1-submissions" / "async-1-jane" / ".git" / "HEAD")
    assert names(tmp_path / "class") == ["async-1-jane"]
    assert names(tmp_path / "async-1-submissions") == ["jane"]


# A download as it came


def test_a_zip_of_the_class_is_as_good_as_a_folder(tmp_path: Path) -> None:
    canvas = {
        "doejane_1_900_ex02_upload.py": CODE,
        "doejohn_2_901_hw.zip": zip_of({UPLOAD: OTHER}),
        "__MACOSX/._x": b"",
    }
    found = handed(put(tmp_path / "submissions.zip", zip_of(canvas)))
    assert {name: one.files for name, one in found.items()} == {
        "doejane": {UPLOAD: CODE},
        "doejohn": {UPLOAD: OTHER},
    }


@pytest.mark.parametrize("root", ["", "assignment_9_export/"])
def test_a_zip_may_hold_one_folder_around_all(tmp_path: Path, root: str) -> None:
    gradescope = {
        f"{root}submission_metadata.yml": GRADESCOPE.encode(),
        f"{root}submission_100/exercises/{UPLOAD}": CODE,
        f"{root}submission_101/../../{UPLOAD}": CODE,
        f"__MACOSX/{root}._x": b"",
    }
    path = put(tmp_path / "download.zip", zip_of(gradescope))
    found = handed(path)
    assert list(found) == ["Jane Doe", "Mary O'Brien", "Émile Zola"]
    assert found["Jane Doe"].files == {UPLOAD: CODE}
    assert "leads out of it" in found["Mary O'Brien"].problems["ex02_upload"]


def test_a_learner_in_a_damaged_place_of_the_zip_harms_no_other(tmp_path: Path) -> None:
    data = bytearray(zip_of({f"jane/{UPLOAD}": b"#" * 99, f"john/{UPLOAD}": CODE}))
    data[50] ^= 0xFF
    jane, john = handed(put(tmp_path / "class.zip", bytes(data))).values()
    assert jane.problems["ex02_upload"] == f"jane/{UPLOAD} is damaged in the archive."
    assert john.files == {UPLOAD: CODE}


# What cannot be used at all


def test_says_what_to_do_when_there_are_no_submissions(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    put(empty / "grades.csv")
    one = put(tmp_path / "one" / UPLOAD).parent
    kit = put(tmp_path / "kit" / "exercises" / UPLOAD).parent.parent
    text = put(tmp_path / "text.zip", b"hello")
    for path, words in {
        tmp_path / "nowhere": "There is no folder .*; name the one that holds",
        empty: "There are no submissions in .*: no folder and no archive of any learner",
        one: "looks like the submission of one learner; name the folder that holds",
        kit: "looks like the submission of one learner; name the folder that holds",
        text: "neither a folder nor a zip that can be opened",
    }.items():
        with pytest.raises(IntakeError, match=words):
            submissions(path, COURSE)


def test_a_large_class_is_listed_without_opening_anything(folder: Path) -> None:
    for number in range(300):
        (folder / f"{number:04}").mkdir()
    os.mkfifo(folder / "pipe.zip")  # whoever opens it waits forever
    assert len(names(folder)) == 301
