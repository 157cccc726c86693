"""`workshop notebooks`: runs lessons again and stores what they print."""

import json
import os
import re
import subprocess
import sys

import psutil
import pytest

from workshop.course import CourseError
from workshop.notebooks import run

TAGGED = {"tags": ["raises-exception"], "execution": {"iopub.status.busy": "2020-01-01"}}


def outputs(path):
    return [cell["outputs"] for cell in json.loads(path.read_text("utf-8"))["cells"][1:]]


def test_stores_fresh_outputs(scratch_kit, first_notebook):
    path = first_notebook(("6 * 7", "41"), "import os\nprint(os.path.basename(os.getcwd()))")
    assert run(scratch_kit, ["1"]) == 0
    result, printed = outputs(path)
    assert result[0]["data"]["text/plain"] == ["42"]
    assert printed[0]["text"] == ["notebooks\n"]


def test_two_runs_store_the_same_bytes(scratch_kit, first_notebook):
    path = first_notebook("class A: pass\nA()", "import warnings; warnings.warn('careful')")
    assert run(scratch_kit, ["01_event_loop"]) == 0
    first = path.read_bytes()
    assert run(scratch_kit, ["notebooks/01_event_loop.ipynb"]) == 0
    assert path.read_bytes() == first


def test_stores_what_a_cell_printed_in_one_piece(scratch_kit, first_notebook):
    path = first_notebook(
        "import sys\n"
        "print('one', flush=True)\nprint('two', flush=True)\nsys.stdout.flush()\n"
        "display('three')\nprint('four', flush=True)\nprint('five', file=sys.stderr)"
    )
    assert run(scratch_kit, ["1"]) == 0
    [printed] = outputs(path)
    assert [(part.get("name"), part.get("text")) for part in printed] == [
        ("stdout", ["one\n", "two\n"]),
        (None, None),
        ("stdout", ["four\n"]),
        ("stderr", ["five\n"]),
    ]


def test_leaves_out_what_tells_of_the_machine_and_the_hour(scratch_kit, first_notebook):
    path = first_notebook(
        "import pathlib\nprint(pathlib.Path.cwd() / 'data', '\\x1b[31mred\\x1b[0m')",
        "import json\nprint(json.__file__)",
        "object()",
        "json.loads('{')",
        metadata={"kernelspec": {"name": "mine"}, "language_info": {"version": "3.9"}, "x": 1},
    )
    notebook = json.loads(path.read_text("utf-8"))
    notebook["cells"][-1]["metadata"] = TAGGED
    path.write_text(json.dumps(notebook), "utf-8")

    assert run(scratch_kit, ["1"]) == 0
    text = path.read_text("utf-8")
    notebook = json.loads(text)
    place, module, thing, error = outputs(path)
    assert place[0]["text"] == [f"{os.path.join('notebooks', 'data')} red\n"]
    assert re.fullmatch(r"…/json.__init__\.py\n", module[0]["text"][0])
    assert thing[0]["data"]["text/plain"] == ["<object at 0x…>"]
    assert error[0]["ename"] == "JSONDecodeError"
    assert not re.search(re.escape(sys.base_prefix) + "|" + re.escape(str(scratch_kit)), text)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert "version" not in notebook["metadata"]["language_info"]
    assert notebook["cells"][-1]["metadata"] == {"tags": ["raises-exception"]}


def test_a_failing_cell_is_named_and_the_file_left_alone(scratch_kit, first_notebook, capsys):
    path = first_notebook("1 + 1", "# the culprit\nraise ValueError('no such\\nthing')", "3")
    before = path.read_bytes()
    assert run(scratch_kit, ["event_loop"]) == 1
    assert capsys.readouterr().err.strip().splitlines()[-1] == (
        "01_event_loop.ipynb was left as it was: cell 3 (# the culprit) failed: "
        "ValueError: no such thing"
    )
    assert path.read_bytes() == before
    assert sorted(p.name for p in path.parent.iterdir()) == ["01_event_loop.ipynb", "conftest.py"]


def test_a_dead_kernel_is_a_failing_cell(scratch_kit, first_notebook, capsys):
    first_notebook("import os\nos._exit(3)")
    assert run(scratch_kit, ["1"]) == 1
    assert "cell 2 (import os) failed: the kernel died" in capsys.readouterr().err


def in_a_process(kit, **environment):
    command = [sys.executable, "-m", "workshop", "notebooks", "1"]
    env = os.environ | environment
    return subprocess.run(command, cwd=kit, env=env, capture_output=True, text=True)


def test_a_kernel_that_dies_as_it_begins_is_started_again(scratch_kit, first_notebook, kernel):
    path = first_notebook("6 * 7")

    ran = in_a_process(scratch_kit, **kernel(dies=2))

    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    assert outputs(path)[0][0]["data"]["text/plain"] == ["42"]


def test_a_kernel_that_never_starts_is_a_sentence(scratch_kit, first_notebook, kernel):
    first_notebook("6 * 7")

    ran = in_a_process(scratch_kit, **kernel(dies=9))

    assert ran.returncode == 1
    assert "01_event_loop.ipynb was left as it was: its kernel does not start" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "content",
    [b"", b'{"cells": [', b"\xff\xfe", b'{"cells": [{}], "metadata": {}, "nbformat": 4}'],
    ids=["empty", "cut short", "no text", "cells that are none"],
)
def test_a_file_that_is_no_notebook_is_a_sentence(scratch_kit, first_notebook, capsys, content):
    path = first_notebook("6 * 7")
    path.write_bytes(content)
    assert run(scratch_kit, ["1"]) == 1
    assert "01_event_loop.ipynb is no notebook that can be read" in capsys.readouterr().err
    assert path.read_bytes() == content


def test_an_unknown_name_says_which_there_are(scratch_kit, first_notebook):
    first_notebook("1")
    with pytest.raises(CourseError, match=r"called '99'\. They are: 01_event_loop, 02_upload"):
        run(scratch_kit, ["99"])


def test_without_a_name_every_lesson_is_run_and_none_may_be_missing(scratch_kit, first_notebook):
    path = first_notebook(("6 * 7", "41"))
    with pytest.raises(CourseError, match=r"02_upload\.ipynb is missing"):
        run(scratch_kit, [])
    assert "41" in path.read_text("utf-8"), "nothing was run"


@pytest.mark.skipif(os.name != "posix", reason="signals a process as a terminal does")
def test_ctrl_c_stops_it_and_leaves_the_file_alone(scratch_kit, first_notebook):
    path = first_notebook(
        "import os, signal, time\nos.kill(os.getppid(), signal.SIGINT)\ntime.sleep(600)"
    )
    before = path.read_bytes()
    child = in_a_process(scratch_kit)
    assert child.returncode == 1
    assert "Stopped: 01_event_loop.ipynb and what comes after are as they were." in child.stderr
    assert path.read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="signals a process as a terminal does")
def test_ctrl_c_stops_it_while_the_kernel_starts(scratch_kit, first_notebook, kernel, tmp_path):
    first_notebook("6 * 7")
    environment = kernel(
        first="import os, pathlib, signal\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\n"
        "os.kill(os.getppid(), signal.SIGINT)\nsignal.pause()"
    )
    child = in_a_process(scratch_kit, **environment)
    assert child.returncode == 1
    assert "Stopped: 01_event_loop.ipynb and what comes after are as they were." in child.stderr
    assert "Traceback" not in child.stderr
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))
