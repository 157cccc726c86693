"""`%%pytest` and `%%module`: pytest is run for real, in a process of its own."""

import os
from select import select

import pytest

from workshop import magics
from workshop.magics import WIDTH, Bench, load_ipython_extension

SHOP = """
import asyncio


async def price(item):
    await asyncio.sleep(0)
    return {"tea": 3}[item]
"""
TESTS = """
import pytest

from shop import price


@pytest.mark.asyncio
async def test_tea_costs_three():
    assert await price("tea") == 3


@pytest.mark.asyncio
async def test_milk_is_not_sold():
    with pytest.raises(KeyError):
        await price("milk")
"""


@pytest.fixture
def bench(capsys):
    """A bench that keeps shop.py and two wrong ones."""
    bench = Bench()
    bench.module("shop", SHOP)
    bench.module("shop --mutant none", "async def price(item):\n    return None\n")
    bench.module("shop --mutant always_three", "async def price(item):\n    return 3\n")
    capsys.readouterr()
    return bench


@pytest.fixture
def shown(bench, capsys):
    """What a cell shows: `shown(options, source)`."""

    def show(options, source):
        bench.pytest(options, source)
        return capsys.readouterr().out

    return show


def last_line(text):
    return text.splitlines()[-1].strip("= ")


def test_shows_what_pytest_prints(shown):
    text = shown("", TESTS)

    assert text.splitlines()[0].strip("=") == " test session starts "
    assert "test_cell.py::test_tea_costs_three PASSED" in text
    assert last_line(text) == "2 passed"


def test_a_failing_line_bears_the_number_it_has_in_the_cell(shown):
    text = shown("", "\ndef test_sum():\n    assert 1 + 1 == 3\n")

    # The cell's first line is the magic, so that the assertion stands in its fourth.
    assert "test_cell.py:4: in test_sum\n    assert 1 + 1 == 3\nE   assert (1 + 1) == 3" in text


def test_the_same_cell_shows_the_same_twice(shown, monkeypatch):
    cell = """
import asyncio, json, pytest
from workshop.services import open_room

@pytest.mark.asyncio
async def test_room(tmp_path):
    async with await open_room() as room:
        assert room.url == tmp_path, object()

def test_library():
    json.loads("{")

def test_waits():
    import time
    time.sleep(0.05)
"""
    for name in ("CI", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    first = shown("--tb=line", cell)
    monkeypatch.setenv("CI", "1")  # where pytest shortens less
    monkeypatch.setenv("PYTEST_ADDOPTS", "-q")
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert shown("--tb=line", cell) == first
    assert last_line(first) == "2 failed, 1 passed"
    assert "http://127.0.0.1:…/rooms/room-…" in first
    assert "…/json/decoder.py: json.decoder.JSONDecodeError" in first
    assert os.path.expanduser("~") not in first


def test_lines_fit_the_page(shown):
    text = shown("", "def test_long():\n    assert 'x' * 100 == 'y'\n")

    assert max(len(line) for line in text.splitlines() if line.startswith("=")) <= WIDTH


def test_options_reach_pytest(shown):
    assert last_line(shown("-k tea", TESTS)) == "1 passed, 1 deselected"
    assert last_line(shown("-k coffee", TESTS)) == "2 deselected"


def test_asyncio_mode_is_strict_and_auto_on_request(shown):
    unmarked = "async def test_one():\n    pass\n"

    assert "async def functions are not natively supported." in shown("", unmarked)
    assert last_line(shown("--asyncio-mode=auto", unmarked)) == "1 passed"


def test_one_run_leaves_nothing_for_the_next(shown):
    cell = """
from pathlib import Path

def test_new_folder():
    assert sorted(p.name for p in Path().iterdir() if p.suffix) == [
        "pytest.ini", "shop.py", "test_cell.py"]
    Path("left.txt").touch()
"""
    assert last_line(shown("", cell)) == "1 passed"
    assert last_line(shown("", cell)) == "1 passed"


def test_the_network_is_this_computer_alone(shown, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)  # which keeps what tests start offline, too
    text = shown(
        "",
        "import socket, urllib.request\n"
        "def test_elsewhere():\n    urllib.request.urlopen('http://example.org/')\n"
        "def test_by_address():\n    socket.create_connection(('192.0.2.1', 80), timeout=5)\n"
        "def test_here():\n"
        "    with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "        socket.create_connection(('localhost', server.getsockname()[1])).close()\n",
    )
    assert "The network is off in this cell; asked for: example.org" in text
    assert "The network is off in this cell; asked for: 192.0.2.1" in text
    assert last_line(text) == "2 failed, 1 passed"


@pytest.mark.skipif(os.name != "posix", reason="watches the child through a FIFO")
def test_a_cell_that_does_not_end_is_stopped_with_all_that_it_started(shown, monkeypatch, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    child = (
        f"import os, time; kept = os.open({str(fifo)!r}, os.O_WRONLY); "
        "os.write(kept, b'A'); time.sleep(600)"
    )
    cell = (
        "import subprocess, sys\n\n"
        "def test_forever():\n"
        "    print('it began')\n"
        f"    code = {child!r}\n"
        "    subprocess.run([sys.executable, '-c', code])\n"
    )
    with open(reader, "rb", buffering=0) as pipe:
        for limit in (3, 12, 48):  # a busy computer may not come that far in the first
            monkeypatch.setattr(magics, "LIMIT", float(limit))
            text = shown("-s", cell)
            if begun := pipe.read(1):
                break
        assert begun == b"A", "the child of the test has begun"
        assert "test_cell.py::test_forever it began" in text
        assert last_line(text) == f"The tests did not end within {limit} s and were stopped."
        readable, _, _ = select([pipe], [], [], 10)
        assert readable and pipe.read(1) == b"", "its end of the FIFO is closed: it is gone"


def test_mutants_are_caught_or_get_away(shown):
    assert shown("--mutants shop", TESTS).splitlines() == [
        "shop.py       2 tests",
        "right         2 passed",
        "none          caught by test_tea_costs_three, test_milk_is_not_sold",
        "always_three  caught by test_milk_is_not_sold",
    ]


def test_a_skipped_test_catches_nothing(shown):
    cell = "import pytest\n@pytest.mark.skip\ndef test_nothing():\n    raise RuntimeError\n"

    assert shown("--mutants shop", cell).splitlines()[1:] == [
        "right         1 skipped",
        "none          got away: 1 skipped",
        "always_three  got away: 1 skipped",
    ]


def test_a_right_module_can_be_rejected(shown):
    cell = TESTS.replace("== 3", "== 4")

    assert "right         REJECTED by test_tea_costs_three" in shown("--mutants shop", cell)


def test_tests_that_do_not_end_give_no_verdict(shown, monkeypatch):
    monkeypatch.setattr(magics, "LIMIT", 1.5)
    text = shown("--mutants shop", "import time\ndef test_forever():\n    time.sleep(600)\n")

    assert "always_three  no verdict: the tests did not end within" in text


def test_a_cell_that_cannot_be_imported_catches_nothing_quietly(shown):
    said = shown("--mutants shop", "import nowhere\n")

    assert said.count("could not be imported") > 1, said
    assert "caught by" not in said
    assert "REJECTED" not in said


def test_a_module_cell_is_run_by_nobody_but_must_be_python(bench, capsys):
    bench.module("loud", "raise RuntimeError('imported')\n")

    assert capsys.readouterr().out == "loud.py is kept for the tests below.\n"
    with pytest.raises(SyntaxError):
        bench.module("broken", "def (:\n")


@pytest.mark.parametrize(
    "line", ["", "two names", "not-a-name", "nowhere --mutant wrong", "shop --mutant"]
)
def test_a_module_line_that_is_not_understood_says_what_is(bench, line):
    with pytest.raises(ValueError, match="Write `%%module NAME`"):
        bench.module(line, "")


def test_mutants_of_an_unknown_module_are_asked_for_in_vain(bench):
    with pytest.raises(ValueError, match=r"No module 'cafe' is kept\. .* Kept: shop\."):
        bench.pytest("--mutants cafe", TESTS)


@pytest.mark.parametrize(
    ("passes", "outcome"), [("gate.release()", "1 passed"), ("pass", "1 failed")]
)
def test_gates_work_in_a_cell(shown, passes, outcome):
    cell = f"""
import asyncio
import pytest
from workshop.proof import disk_gate, eventually

@pytest.mark.asyncio
async def test_writes_in_a_thread(tmp_path):
    async with disk_gate(tmp_path) as gate:
        writing = asyncio.create_task(asyncio.to_thread((tmp_path / "a").write_text, "b"))
        assert await eventually(lambda: gate.reached)
        {passes}
        assert await eventually(writing.done)
"""
    assert last_line(shown("", cell)) == outcome


def test_a_notebook_gets_both_magics():
    known = {}

    class Notebook:
        def register_magic_function(self, function, kind, name):
            known[kind, name] = function.__name__

    load_ipython_extension(Notebook())
    assert known == {("cell", "module"): "module", ("cell", "pytest"): "pytest"}


def test_no_code_is_underlined(shown):
    text = shown(
        "",
        "import pytest\nfrom shop import price\n\n\n@pytest.mark.asyncio\n"
        "async def test_milk():\n    assert [await price('milk')] == [1]\n",
    )

    assert "assert [await price('milk')] == [1]\n" in text
    assert "KeyError: 'milk'" in text
    assert "^" not in text
