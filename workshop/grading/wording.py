"""The words for a failed test: what was called, what came back, what was expected."""

from __future__ import annotations

import re
from json import JSONDecodeError

from workshop.course import Course, Exercise
from workshop.diagnosis import Misconception
from workshop.grading.verdict import Diagnosis, TestStatus
from workshop.isolation.evidence import Call, Evidence, Spot, steady
from workshop.isolation.stage import TimeLimit
from workshop.isolation.submission import SubmissionError

SHOWN_CALLS = 3
"""How many different calls of one test a message shows."""


def explain(
    error: BaseException, seen: Evidence, behaviour: str, own: str
) -> tuple[TestStatus, str]:
    """A failed test's status and message. `behaviour` is what it demands, in words; `own` is the
    name of the exercise's file.
    """
    if isinstance(error, SubmissionError):
        return "error", str(error)
    if isinstance(error, TimeLimit):
        return "timeout", _lines(seen, own, _out_of_time(seen, own), behaviour)
    if seen.raised and seen.raised.what.startswith("NotImplementedError"):
        where = f" ({seen.raised.file}, line {seen.raised.line})" if seen.raised.line else ""
        return "fail", f"{seen.calls[-1].text.partition('(')[0]} is not written yet{where}."
    expected = _expected(error, seen) or behaviour + _in_vain(error, behaviour)
    # Nothing else that the decoder says: with a random content it differs from run to run.
    if isinstance(error, JSONDecodeError) and "BOM" in error.msg:
        expected += " The file begins with a byte order mark (BOM), which JSON has not."
    return "fail", _lines(seen, own, None, expected)


def _lines(seen: Evidence, own: str, came_back: str | None, expected: str) -> str:
    shown: dict[str, Call] = {}
    for call in seen.calls[-SHOWN_CALLS:]:
        shown.pop(call.text, None)  # the latest of its like counts, in its place
        shown[call.text] = call
    lines = []
    for call in shown.values():
        lines.append(f"called:    {call.text}")
        ended = call.ended or came_back or "nothing yet: it had not returned"
        lines.append(f"came back: {ended}{_at(seen, own, ended)}")
    if not seen.calls and came_back:
        lines.append(f"came back: {came_back}")
    lines.append(f"expected:  {expected}")
    return "\n".join(lines)


def _at(seen: Evidence, own: str, ended: str) -> str:
    spot = seen.raised
    known = spot is not None and spot.line and ended == f"raised {spot.what}"
    return f" ({spot.place(own)})" if spot and known else ""


def _out_of_time(seen: Evidence, own: str) -> str:
    in_order = sorted(seen.waiting, key=lambda spot: (spot.file != own, spot.line or 0))
    where = "; ".join(dict.fromkeys(_words(spot, own) for spot in in_order))
    return "nothing: it did not come to an end in time" + (f" ({where})" if where else "")


def _words(spot: Spot, own: str) -> str:
    doing = "it was running" if spot.what == "ran" else "it was waiting at"
    return f"{doing} {spot.place(own)} `{spot.source}`"


def _expected(error: BaseException, seen: Evidence) -> str:
    """The words that a graded test's own assertion gives, if it gives any."""
    return _TAG.sub("", _assertion_words(error, seen))


def _in_vain(error: BaseException, behaviour: str) -> str:
    """Which exception a graded test has waited for in vain, if its `behaviour` does not say so."""
    # By its name, for who explains what learners' tests do has not loaded pytest.
    text = str(error) if type(error).__name__ == "Failed" else ""
    match = re.match(r"DID NOT RAISE (?:any of \()?(\w+)", text)
    return f" This time: {match[1]}." if match and match[1] not in behaviour else ""


def diagnosis_of(
    misconception: Misconception, exercise: Exercise, course: Course, spot: Spot
) -> Diagnosis:
    """What a learner is told of a wrong idea, and where to look next."""
    lessons = {lesson.number: lesson for lesson in course.lessons}
    # A lesson to come is no help yet: until then the exercise's own lesson is the place.
    own = exercise.number
    lesson = lessons.get(min(misconception.lesson or own, own), lessons[own])
    look = f"Lesson {lesson.stem}, “{lesson.title}”; or `workshop hint {exercise.name}`."
    other = None if spot.file == exercise.file_name else spot.file
    return Diagnosis(misconception.id, misconception.why, look, spot.line, spot.source, other)


def idea_of(error: BaseException, seen: Evidence, declared: str | None) -> str | None:
    """The misconception that a failed test itself names.

    That is the one its assertion begins with (`"[wrong-shape] a tuple"`), or the one `declared`
    for the whole test. When the test trips over what came back, that has the wrong shape; when it
    cannot decode a file, that has the wrong format.
    """
    tag = _TAG.match(_assertion_words(error, seen))
    if tag:
        return tag[1]
    if isinstance(error, JSONDecodeError | UnicodeDecodeError):
        return "wrong-file-format"
    tripped = isinstance(error, TypeError | AttributeError | KeyError | IndexError)
    return "wrong-shape" if tripped else declared


_TAG = re.compile(r"\[([a-z0-9-]+)\] ")


def _assertion_words(error: BaseException, seen: Evidence) -> str:
    # An assertion that the learner's code makes tells nothing of what the test demands.
    if not isinstance(error, AssertionError) or seen.raised:
        return ""
    text = re.split(r"\nassert |^assert |\n\s*\+", str(error), maxsplit=1)[0]
    return steady(text.strip())
