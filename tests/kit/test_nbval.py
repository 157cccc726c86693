"""`pytest notebooks` runs the lessons with nbval; no other run of pytest loads it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


def run_pytest(kit: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", *arguments]
    # Not this process's PYTHONPATH, which keeps what it starts offline already.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=kit, env=env | environment, capture_output=True, text=True)


def outcomes(run: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """What pytest's last line counts: `{"passed": 3}`."""
    last = run.stdout.strip().splitlines()[-1]
    return {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", last)}


@pytest.mark.parametrize(
    "arguments", [["notebooks"], ["--nbval-lax", "notebooks"], ["notebooks", "--nbval-lax"]]
)
def test_compares_only_the_marked_cells(scratch_kit, first_notebook, arguments):
    first_notebook(("# NBVAL_CHECK_OUTPUT\n1 + 1", "2"), ("object()", "<object object at 0x1>"))
    run = run_pytest(scratch_kit, *arguments)
    assert outcomes(run) == {"passed": 2}, run.stdout


def test_a_marked_cell_with_another_result_fails(scratch_kit, first_notebook):
    first_notebook(("# NBVAL_CHECK_OUTPUT\n1 + 1", "3"), "2 + 2")
    run = run_pytest(scratch_kit, "notebooks")
    assert outcomes(run) == {"failed": 1, "passed": 1}, run.stdout


def test_nbval_asked_for_compares_every_cell(scratch_kit, first_notebook):
    first_notebook(("1 + 1", "2"), ("object()", "<object object at 0x1>"))
    run = run_pytest(scratch_kit, "--nbval", "notebooks")
    assert outcomes(run) == {"failed": 1, "passed": 1}, run.stdout


def test_a_kernel_is_offline_and_reaches_loopback(scratch_kit, first_notebook):
    first_notebook(
        "import socket, urllib.request as r\n"
        "try:\n    r.urlopen('http://example.org/')\n"
        "except OSError as error:\n    assert 'network is off in these tests' in str(error)\n"
        "else:\n    raise AssertionError('it went through')",
        "listener = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(listener.getsockname()).close()",
    )
    run = run_pytest(scratch_kit, "notebooks")
    assert outcomes(run) == {"passed": 2}, run.stdout


def test_a_kernel_that_dies_as_it_begins_is_started_again(scratch_kit, first_notebook, kernel):
    first_notebook(("# NBVAL_CHECK_OUTPUT\n6 * 7", "42"))
    run = run_pytest(scratch_kit, "notebooks", **kernel(dies=2))
    assert outcomes(run) == {"passed": 1}, run.stdout


def test_other_tests_do_not_load_it(scratch_kit, first_notebook):
    first_notebook("1 + 1")
    folder = scratch_kit / "tests" / "graded" / "ex01_event_loop"
    folder.mkdir(parents=True)
    (folder / "test_loaded.py").write_text(
        "import sys\n\ndef test_loaded():\n"
        "    assert not {'nbval', 'nbval.plugin', 'nbformat'} & set(sys.modules)\n",
        encoding="utf-8",
    )
    run = run_pytest(scratch_kit, "tests/graded/ex01_event_loop")
    assert outcomes(run) == {"passed": 1}, run.stdout
