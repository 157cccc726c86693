"""What the learner has done so far: one small file, `.workshop/progress.json` in the kit.

`workshop check` rebuilds it, so that losing it loses nothing but the counts of tries and hints. A
file that is missing or damaged therefore reads as no progress, and never as an error.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from workshop.grading.verdict import Verdict

VERSION = 1
STATUSES = ("", "pass", "fail", "error")


class ProgressError(Exception):
    """The file could not be written. The text is one sentence."""


@dataclass(frozen=True)
class Record:
    """One exercise: its latest verdict, and what happened on the way there."""

    points: int = 0
    max_points: int = 0
    status: str = ""
    """The latest verdict's status; empty before the first check and after a reset."""
    passed: bool = False
    """Whether it ever passed: a reset does not take that away."""
    tries: int = 0
    """How many checks failed."""
    hints: int = 0
    """How many hints were shown."""
    solution_shown: bool = False


@dataclass
class Progress:
    """The records of all exercises, by name. Changes stay in memory until `save`."""

    kit: Path
    records: dict[str, Record] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.kit / ".workshop" / "progress.json"

    def __getitem__(self, exercise: str) -> Record:
        return self.records.get(exercise, Record())

    def note_check(self, verdict: Verdict, *, counts: bool = True) -> None:
        """Remember a verdict. `counts=False`: a failure is not one of the learner's tries."""
        old, passed = self[verdict.exercise], verdict.status == "pass"
        self.records[verdict.exercise] = replace(
            old,
            points=verdict.points,
            max_points=verdict.max_points,
            status=verdict.status,
            passed=old.passed or passed,
            tries=old.tries + (counts and not passed),
        )

    def note_hint(self, exercise: str, shown: int) -> None:
        """Remember that the first `shown` hints were seen."""
        self.records[exercise] = replace(self[exercise], hints=shown)

    def note_solution(self, exercise: str) -> None:
        self.records[exercise] = replace(self[exercise], solution_shown=True)

    def note_reset(self, exercise: str) -> None:
        """Forget the latest verdict, which was about a file that is no longer there."""
        if exercise in self.records:
            self.records[exercise] = replace(self[exercise], points=0, max_points=0, status="")

    def save(self) -> None:
        """Write the file whole or not at all.

        Raises ProgressError when the folder does not let us.
        """
        entries = {name: asdict(record) for name, record in sorted(self.records.items())}
        text = json.dumps({"version": VERSION, "exercises": entries}, indent=2) + "\n"
        draft = self.path.with_name(f"progress.{os.getpid()}.tmp")
        try:
            draft.parent.mkdir(exist_ok=True)
            draft.write_text(text, encoding="utf-8")
            os.replace(draft, self.path)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise ProgressError(
                f"Your progress could not be noted in {self.path} ({error.strerror}); "
                "everything else works."
            ) from error


def load(kit: Path) -> Progress:
    """The progress of `kit`; what cannot be read counts as not done."""
    progress = Progress(kit)
    try:
        data = json.loads(progress.path.read_text(encoding="utf-8"))
        entries = data["exercises"].items()
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return progress
    progress.records = {name: _record(entry) for name, entry in entries if isinstance(entry, dict)}
    return progress


def _record(entry: dict[str, Any]) -> Record:
    # Entry by entry, so that one damaged number does not cost the learner the others.
    sound = {
        one.name: entry[one.name]
        for one in fields(Record)
        if one.name in entry and _is_sound(one.default, entry[one.name])
    }
    return Record(**sound)


def _is_sound(default: object, value: object) -> bool:
    if isinstance(value, str):
        return isinstance(default, str) and value in STATUSES
    if type(value) is not type(default):
        return False
    return not isinstance(value, int) or value >= 0
