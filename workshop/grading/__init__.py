"""Marking: one exercise of one submission becomes a verdict."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workshop.course import Exercise
    from workshop.grading.verdict import Verdict
    from workshop.grading.warm import Warm


def mark(
    exercise: Exercise,
    submission: Path,
    runner: Warm | None = None,
    isolated: bool = True,
    seconds: float | None = None,
) -> Verdict:
    """Mark `exercise` as it stands in the folder `submission`, with the warm `runner` if given.

    Tests that a learner has written always run in processes of their own; a learner's module does,
    unless `isolated` is False: then it runs in the process of the graded tests. What has not been
    tested after so many `seconds` has the status `timeout`; they begin when the first test does.
    Raises GradingError when the tests cannot be run at all, CourseError when the course does not
    say what they are to catch.
    """
    if exercise.kind == "tests":
        from workshop.grading.blind import mark_tests
        from workshop.grading.warm import GradingError, Warm
        from workshop.isolation.zygote import ZygoteGone

        with ExitStack() as stack:
            warm = runner or stack.enter_context(Warm(exercise.kit, [exercise]))
            for further in (1, 0):
                testers = warm.testers()
                try:
                    return mark_tests(exercise, submission, testers, seconds)
                except ZygoteGone as error:
                    warm.lose(testers)
                    if not further:
                        raise GradingError(str(error)) from error
    from workshop.grading.runner import run

    return run(exercise, submission, runner, isolated, seconds)
