"""Verdicts are kept from the moment they are made, and a store that cannot do that says so."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workshop.gradebook.store import NAME, Store, StoreError
from workshop.grading.verdict import Diagnosis, TestResult, Verdict

DIAGNOSIS = Diagnosis("blocking-call", "It blocks.", "Lesson 02.", 3, "time.sleep(1)")
VERDICT = Verdict(
    "ex02_upload",
    "code",
    "fail",
    "",
    ["limits", "audit"],
    [
        TestResult("test_a", "marker", "pass", 2, 2),
        TestResult("test_a", "mock", "fail", 0, 1, "called: \x1b[31m\ud800", "…", DIAGNOSIS),
    ],
)
OPEN = """
import json, sys
from pathlib import Path
from workshop.gradebook.store import Store
with Store(Path(sys.argv[1])) as store:
    store.keep({"key": json.loads(sys.argv[2])})
    print("open", flush=True)
    sys.stdin.read()
"""
# A limit on the size of files is the full disk that needs no rights to be had. It holds for all
# threads of a process, and what these start.
FILL = """
import json, resource, signal, sys
from pathlib import Path
from workshop.gradebook.store import Store, StoreError
verdict = json.loads(sys.argv[2])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Store(Path(sys.argv[1])) as store:
    store.keep({"first": verdict})
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        for key in range(1000):
            store.keep({str(key): verdict})
    except StoreError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
"""


def test_gives_back_the_verdict_that_was_kept(tmp_path: Path) -> None:
    with Store(tmp_path / "a" / "b") as store:
        assert store.verdict("key") is None
        store.keep({"key": VERDICT.as_dict()})
        assert store.verdict("key") == VERDICT
    with Store(tmp_path / "a" / "b") as store:
        assert store.verdict("key") == VERDICT
        assert store.verdict("another") is None
        assert not store.told


def test_what_is_kept_is_on_the_disk_and_survives_a_kill(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OPEN, str(tmp_path), json.dumps(VERDICT.as_dict())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stdout.readline() == "open\n"
        process.send_signal(signal.SIGKILL)
    with Store(tmp_path) as store:
        assert store.verdict("key") == VERDICT
        assert not store.told


def test_two_at_once_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OPEN, str(tmp_path), "{}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin and process.stdout and process.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="Another `workshop grade` is at work in"):
            Store(tmp_path)
        process.stdin.close()
        assert process.wait() == 0
    Store(tmp_path).__exit__(None, None, None)


def keep(store: Store, number: int) -> None:
    """Keep so many verdicts."""
    for key in range(number):
        store.keep({str(key): VERDICT.as_dict()})


def _garbage(path: Path) -> None:
    path.write_bytes(b"garbage " * 5000)


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _overwritten(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:5000] + b"\xff" * 20_000 + content[25_000:])


def _another_version(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version=99")
    database.close()


def _another_file(path: Path) -> None:
    path.unlink()
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE mine (it INTEGER)")
    database.commit()
    database.close()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_garbage, "is damaged"),
        (_truncated, "is damaged"),
        (_overwritten, "is damaged"),
        (_another_version, "was written by another version of the workshop"),
        (_another_file, "is no file of verdicts"),
    ],
)
def test_a_file_that_cannot_be_used_is_kept_aside_and_a_new_one_begun(
    spoil: Callable[[Path], None], says: str, tmp_path: Path
) -> None:
    path = tmp_path / NAME
    with Store(tmp_path) as store:
        keep(store, 60)
    for number in (1, 2):
        spoil(path)
        spoilt = path.read_bytes()
        with Store(tmp_path) as store:
            aside = f"verdicts-kept-{number}.sqlite"
            assert store.told == f"{path} {says}; it is kept as {aside}, and all is marked anew."
            assert store.verdict("1") is None
            keep(store, 60)
            assert store.verdict("1") == VERDICT
        assert (tmp_path / aside).read_bytes() == spoilt


def test_a_verdict_that_is_damaged_is_none(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.keep({"key": VERDICT.as_dict()})
        store.keep({"half": {"version": 1, "tests": []}})
    database = sqlite3.connect(tmp_path / NAME)
    database.execute("UPDATE verdicts SET verdict = zeroblob(100) WHERE key = 'key'")
    database.commit()
    database.close()
    with Store(tmp_path) as store:
        assert store.verdict("key") is None
        assert store.verdict("half") is None


def test_an_out_folder_that_cannot_be_written_to_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below", Path("/proc/gradebook")):
        with pytest.raises(StoreError, match=r"cannot be written.*--out") as raised:
            Store(folder)
        assert "\n" not in str(raised.value)


def test_a_folder_in_the_place_of_the_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(StoreError, match="--out"):
        Store(tmp_path)


def test_a_full_disk_is_a_sentence_and_what_was_kept_stays(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path), json.dumps(VERDICT.as_dict())],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert re.search(r"verdicts.sqlite cannot be written .*--out", process.stdout)
    with Store(tmp_path) as store:
        assert store.verdict("first") == VERDICT
        assert not store.told


def test_sqlites_own_word_for_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store._database.execute("PRAGMA max_page_count=20")
        with pytest.raises(StoreError, match=r"The disk that holds .* is full.*same command again"):
            keep(store, 1000)


def test_a_run_that_marks_anew_goes_on_until_it_is_ended(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.keep({"old": VERDICT.as_dict()})
        run = store.begin_anew("all")
        assert store.verdict("old", run) is None
        assert store.verdict("old") == VERDICT
        store.keep({"new": VERDICT.as_dict()})
    with Store(tmp_path) as store:
        assert store.begin_anew("all") == run
        assert store.verdict("new", run) == VERDICT
        assert store.verdict("old", run) is None
        store.end_anew("all")
        again = store.begin_anew("all")
        assert again > run
        assert store.verdict("new", again) is None
        assert store.verdict("new") == VERDICT


def test_two_runs_that_mark_anew_do_not_disturb_each_other(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        all_anew = store.begin_anew("all")
        store.keep({"jane": VERDICT.as_dict()})
        jane_anew = store.begin_anew("jane")
        assert store.verdict("jane", jane_anew) is None
        assert store.verdict("jane", all_anew) == VERDICT
        store.end_anew("jane")
        assert store.begin_anew("all") == all_anew
        assert store.begin_anew("jane") > jane_anew


def test_remembers_what_was_handed_in_last(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        assert store.last("jane", "ex02_upload") is None
        store.note([("jane", "ex02_upload", "a"), ("jane", "ex03_save", "b")])
        store.note([("jane", "ex02_upload", "c")])
        store.note([("joe'); DROP TABLE verdicts; --", "ex02_upload", "d")])
    with Store(tmp_path) as store:
        assert store.last("jane", "ex02_upload") == "c"
        assert store.last("jane", "ex03_save") == "b"
        assert store.last("joe'); DROP TABLE verdicts; --", "ex02_upload") == "d"
