"""A process that has run pytest once and forks a copy of itself for each further run.

Starting Python and pytest costs more than running the graded tests of an exercise. The copies run
beside each other; where there is no fork (Windows) each run starts afresh.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from workshop.isolation import cell, walls
from workshop.isolation.zygote import Zygote

OUTPUT_CAP = 64 * 2**20
"""Bytes that one file written by a run may hold, printed output included."""


class Run:
    """A pytest run in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def wait(self, seconds: float) -> int | None:
        """The exit status (negative: the signal that ended it), or None after `seconds`."""
        try:
            return self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """End it, with everything that it has started."""
        _kill_session(self._process.pid) if os.name == "posix" else self._process.kill()
        self._process.wait()


def start(args: list[str], cwd: Path, log: Path) -> Run:
    """Run pytest with `args` in a new interpreter, its output going to the file `log`."""
    with log.open("wb") as output:
        return Run(
            subprocess.Popen(
                [sys.executable, "-P", "-m", "workshop.grading.warm", *args],
                cwd=cwd,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )


class Warm:
    """A forking process, for several runs at once. A context manager: leaving ends it."""

    def __init__(self, kit: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "workshop.grading.warm", "--warm", str(kit)],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._lock = threading.Lock()
        self._runs: dict[int, WarmRun] = {}
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._listener.join()
        self._process.wait()
        self._process.stdout.close()

    def start(self, args: list[str], cwd: Path, log: Path) -> WarmRun:
        """As `start` above."""
        assert self._process.stdin
        with self._lock:
            number = len(self._runs)
            run = self._runs[number] = WarmRun()
            request = {"number": number, "args": args, "cwd": str(cwd), "log": str(log)}
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        return run

    def _listen(self) -> None:
        # Each line holds a run's number, and its process id or the status that it ended with.
        assert self._process.stdout
        for line in self._process.stdout:
            number, what, value = line.split()
            run = self._runs[int(number)]
            (run.pid if what == b"pid" else run.status).set_result(int(value))
        for run in self._runs.values():
            for future in (run.pid, run.status):
                if not future.done():
                    future.set_result(70)


class WarmRun:
    """A run in a forked copy of a warm process."""

    def __init__(self) -> None:
        self.pid: Future[int] = Future()
        self.status: Future[int] = Future()

    def wait(self, seconds: float) -> int | None:
        """As `Run.wait`."""
        try:
            return self.status.result(seconds)
        except TimeoutError:
            return None

    def end(self) -> None:
        """As `Run.end`."""
        pid = self.pid.result()
        if not self.status.done():
            _kill_session(pid)
            self.status.result()


def _kill_session(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    # Only what is named below is loaded: autoloading every plugin found costs more than the tests.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONIOENCODING": "utf-8"}


PLUGINS = ("-p", "pytest_asyncio.plugin", "-p", "workshop.grading.plugin", "-p", "no:cacheprovider")


def _run(args: list[str]) -> int:
    if os.name == "posix":
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_CAP, OUTPUT_CAP))
    import pytest

    return int(pytest.main([*PLUGINS, *args]))


def _serve(kit: str) -> None:
    answers = os.dup(1)
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 1)
    zygote = Zygote()
    _warm_up(kit)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        request = json.loads(line)
        cell.inherited = zygote.copy()
        if os.fork() == 0:
            _supervise(request, answers)
        cell.inherited.close()


def _supervise(request: dict[str, Any], answers: int) -> None:
    """Run pytest in a copy of this process, and tell when it begins and how it ends."""
    walls.die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(answers)
        _copy(request)
    # Lines as short as these are written whole, whoever else writes.
    os.write(answers, b"%d pid %d\n" % (request["number"], pid))
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(answers, b"%d status %d\n" % (request["number"], status))
    os._exit(0)


def _warm_up(kit: str) -> None:
    import importlib

    import pytest

    for name in ("anyio._backends._asyncio", "workshop.proof", "workshop.services._app"):
        importlib.import_module(name)  # what graded tests would import one by one
    config = Path(kit) / "pyproject.toml"
    args = [*PLUGINS, "-q", "--collect-only", "-c", str(config), "--rootdir", kit]
    pytest.main([*args, str(Path(kit) / "tests" / "graded")])


def _copy(request: dict[str, Any]) -> None:
    status = 70
    try:
        walls.die_with_parent()
        os.setsid()
        os.chdir(request["cwd"])
        log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for old, new in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(old, new)
        status = _run(request["args"])
    finally:
        sys.stdout.flush()
        os._exit(status)


if __name__ == "__main__":
    walls.die_with_parent()
    if sys.argv[1:2] == ["--warm"]:
        _serve(sys.argv[2])
    else:
        sys.exit(_run(sys.argv[1:]))
