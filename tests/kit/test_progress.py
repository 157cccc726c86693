"""The learner's progress: what it remembers, and what it survives."""

import json
import os
from pathlib import Path

import pytest

from workshop.grading.verdict import TestResult, Verdict
from workshop.progress import Progress, ProgressError, Record, load


def verdict(status: str, points: int = 0) -> Verdict:
    result = TestResult("test_it", "marker", "pass" if points else "fail", points, 3)
    return Verdict("ex02_upload", "code", status, tests=[result])


def test_reads_back_what_it_wrote(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.note_check(verdict("pass", 3))
    progress.note_hint("ex02_upload", 2)
    progress.note_solution("ex02_upload")
    progress.save()

    assert load(tmp_path)["ex02_upload"] == Record(3, 3, "pass", True, 0, 2, True)
    assert os.listdir(tmp_path / ".workshop") == ["progress.json"]


def test_counts_failed_checks_and_keeps_the_latest_points(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.note_check(verdict("fail", 2))
    progress.note_check(verdict("error"))
    progress.note_check(verdict("fail", 1), counts=False)
    progress.note_check(verdict("pass", 3))

    assert progress["ex02_upload"] == Record(3, 3, "pass", True, tries=2)


def test_what_passed_once_stays_passed(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.note_check(verdict("pass", 3))
    progress.note_check(verdict("fail"))
    assert progress["ex02_upload"] == Record(0, 3, "fail", True, tries=1)


def test_a_reset_forgets_the_verdict_but_not_that_it_passed(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.note_check(verdict("fail"))
    progress.note_check(verdict("pass", 3))
    progress.note_reset("ex02_upload")
    progress.note_reset("ex05_together")

    assert progress.records == {"ex02_upload": Record(passed=True, tries=1)}


def test_an_exercise_never_met_has_an_empty_record(tmp_path: Path) -> None:
    assert load(tmp_path)["ex02_upload"] == Record()


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'{"version": 1}',
        b'{"exercises": []}',
        b'{"exercises": {"ex02_upload": 7}}',
        b"[" * 100_000,
        b'{"exercises": {"ex02_upload": {"points": ' + b"9" * 5000 + b"}}}",
    ],
)
def test_a_damaged_file_is_no_progress(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / ".workshop").mkdir()
    (tmp_path / ".workshop" / "progress.json").write_bytes(damage)
    assert load(tmp_path).records == {}


def test_a_folder_in_the_files_place_is_no_progress(tmp_path: Path) -> None:
    (tmp_path / ".workshop" / "progress.json").mkdir(parents=True)
    assert load(tmp_path).records == {}


def test_a_damaged_entry_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / ".workshop").mkdir()
    entry = {"points": -1, "max_points": 9, "status": "splendid", "tries": True, "hints": "2"}
    entry |= {"passed": 1, "solution_shown": True, "unknown": []}
    content = {"exercises": {"ex02_upload": entry, "ex03_save": {"tries": 2}}}
    (tmp_path / ".workshop" / "progress.json").write_text(json.dumps(content), encoding="utf-8")

    progress = load(tmp_path)

    assert progress["ex02_upload"] == Record(max_points=9, solution_shown=True)
    assert progress["ex03_save"] == Record(tries=2)


def test_a_write_that_fails_leaves_the_old_file_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = Progress(tmp_path)
    progress.note_hint("ex02_upload", 1)
    progress.save()
    before = progress.path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    progress.note_hint("ex02_upload", 2)
    with pytest.raises(ProgressError, match="No space left on device"):
        progress.save()

    assert progress.path.read_bytes() == before
    assert os.listdir(tmp_path / ".workshop") == ["progress.json"]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".workshop").write_text("a file in its place", encoding="utf-8")
    with pytest.raises(ProgressError, match=r"progress\.json") as caught:
        Progress(tmp_path).save()
    assert str(caught.value).endswith("everything else works.")
    assert "\n" not in str(caught.value)
