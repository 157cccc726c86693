"""Runs one `workshop` command again and again, each time in a copy of this process that is killed
at the moment that a line of standard input names: `stored 2`, say. Answers each with the exit
status; in the end, with "none left" when no process is left of any.

A moment is the n-th time that something happens in a run:
    marking   a unit is about to be marked
    marked    it is, and nobody knows yet
    storing   its verdict is about to be stored
    stored    it is
    event     Python tells its audit hooks of anything at all, once the store is open
`never 0` lets the run come to its end. What happens is written to the file `happened`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

from workshop.cli import grade_progress, main  # noqa: F401 - what a run imports, is imported once
from workshop.gradebook import as_json, batch, intake, late, store, units  # noqa: F401
from workshop.isolation.zygote import adopt_orphans

LEFT_BEHIND = 60
"""Seconds after which what a killed run has started must have ended."""


def run(moment: str, number: int, command: list[str]) -> None:
    """Be the run. Does not return."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    printed = os.open("printed", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for old, new in ((nothing, 0), (printed, 1), (printed, 2)):
        os.dup2(old, new)
    happened = os.open("happened", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    counts: Counter[str] = Counter()

    def happens(what: str, key: str = "") -> None:
        counts[what] += 1
        if key:
            os.write(happened, f"{what} {key}\n".encode())
        if what == moment and counts[what] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def told(before: str, after: str, work: Callable[..., Any], key: Callable[..., str]) -> Any:
        @wraps(work)
        def both(*args: Any) -> Any:
            happens(before, key(*args))
            done = work(*args)
            happens(after, key(*args))
            return done

        return both

    batch.mark_unit = told("marking", "marked", units.mark_unit, lambda unit: unit.key)
    keep = store.Store.keep
    store.Store.keep = told("storing", "stored", keep, lambda self, made: " ".join(made))  # type: ignore[method-assign]
    opened = False

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal opened
        opened = opened or event == "sqlite3.connect"
        if opened:
            happens("event")

    sys.addaudithook(hook)
    main(command, prog_name="workshop")


def run_all(command: list[str]) -> None:
    """Run for each line of standard input."""
    for line in sys.stdin:
        moment, number = line.split()
        pid = os.fork()
        if pid == 0:
            sys.argv[1:] = command
            run(moment, int(number), command)
        answer(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    signal.alarm(LEFT_BEHIND)  # ends this process, unanswered
    try:
        while True:
            os.wait()  # this process has adopted what the runs left
    except ChildProcessError:
        answer("none left")


def answer(words: object) -> None:
    """Tell whoever asks."""
    print(words, flush=True)


if __name__ == "__main__":
    adopt_orphans()
    run_all(sys.argv[1:])
