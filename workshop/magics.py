"""What a notebook loads to run pytest on a cell: `%load_ext workshop.magics`.

    %%module prices                      keep the cell as prices.py, for the cells that follow
    %%module prices --mutant no_tax      keep it as a wrong prices.py
    %%pytest [options of pytest]         run the cell as a test file, show what pytest prints
    %%pytest --mutants prices            run it on prices.py and on each wrong one: what is caught?

Each run is pytest itself, in a process of its own and in a new folder: what one run did, no later
one sees. What differs from run to run (seconds, addresses, folders), or from one version of Python
to the next (underlined code), is left out of what is shown.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill
from typing import Any
from xml.etree import ElementTree

from workshop.plural import plural
from workshop.pytest_settings import SETTINGS

LIMIT = 60.0
"""Seconds that one run of pytest may take. Those of the course take one or two."""
WIDTH = 88
"""Characters in a line of pytest's output, which is what a notebook's page has room for."""
AT_ONCE = min(4, os.cpu_count() or 1)
"""How many runs go on beside each other when there are several modules to test."""

TESTS = "test_cell.py"
REPORT = "report.xml"
COLLECTION = "collection failure"
"""What pytest's report says of a file that could not be imported."""
OPTIONS = ["-p", "asyncio", "-p", "no:cacheprovider", "-p", "workshop.cell_plugin"]
OPTIONS += ["--no-header", "--color=no", "--tb=short", "-v"]
ELSEWHERE = {"CI", "BUILD_NUMBER", "PYTEST_ADDOPTS", "PYTHONWARNINGS", "PYTHONASYNCIODEBUG"}
ELSEWHERE |= {"FORCE_COLOR", "CLICOLOR_FORCE"}  # a kernel asks for colours, in vain otherwise
"""Variables of the surroundings that change what pytest prints."""

_SECONDS = re.compile(r"^(=*) ?((?:\d|no tests).*?) in \d+\.\d+s(?: \([\d:]+\))? ?=*$", re.M)
_CHANGING = (
    (re.compile(r"^ +[~^]+\n", re.M), ""),  # each version of Python underlines other lines
    (re.compile(r"[^\s'\"(]*[\\/](?:site-packages|python3\.\d+|Lib)[\\/]"), "…/"),
    (re.compile(r"[^\s'\"(]*[\\/](?=workshop[\\/]\w+)"), "…/"),
    (re.compile(r"(…/\S+?\.py):\d+"), r"\1"),
    (re.compile(r"[^\s'\"(]*[\\/]pytest-of-[^\\/]+[\\/]pytest-\d+[\\/]"), "…/"),
    (re.compile(r"\b0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"\b127\.0\.0\.1:\d+"), "127.0.0.1:…"),
    (re.compile(r"\broom-[0-9a-f]{12}\b"), "room-…"),
)


@dataclass
class Outcome:
    """What one run of pytest came to: its output, and what became of each test by its name."""

    text: str
    tests: dict[str, str] = field(default_factory=dict)
    """"passed", "skipped", "failed" or "error"."""
    in_time: bool = True


class Bench:
    """Where a notebook's cells are tested: it keeps modules and runs pytest on them."""

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}
        self._mutants: dict[str, dict[str, str]] = {}

    def module(self, line: str, cell: str) -> None:
        """`%%module NAME [--mutant MUTANT]`: keep the cell as NAME.py for the tests to come.

        Raises SyntaxError when the cell is no Python, and ValueError for another line.
        """
        match shlex.split(line):
            case [name] if name.isidentifier():
                kept, told = self._modules, f"{name}.py is kept for the tests below."
                key = name
            case [name, "--mutant", key] if name in self._modules and key.isidentifier():
                kept = self._mutants.setdefault(name, {})
                told = f"Another {name}.py is kept, called {key}."
            case _:
                raise ValueError(
                    f"`%%module {line}` is not understood. Write `%%module NAME`, and for a wrong "
                    "version of a module that is kept already `%%module NAME --mutant ITS_NAME`."
                )
        compile(cell, f"{name}.py", "exec")
        kept[key] = cell
        print(told)

    def pytest(self, line: str, cell: str) -> None:
        """`%%pytest [OPTIONS]`: run the cell as a test file and print what pytest prints.

        With `--mutants NAME`, run it on the module of that name and on its mutants, and print
        which of them it rejects. Raises ValueError when no such module is kept.
        """
        options = shlex.split(line)
        if "--mutants" not in options:
            print(run(cell, self._modules, options).text)
            return
        at = options.index("--mutants")
        name = "".join(options[at + 1 : at + 2])
        if name not in self._modules:
            known = ", ".join(self._modules) or "none"
            raise ValueError(f"No module {name!r} is kept. Run its cell first. Kept: {known}.")
        self._compare(name, cell, options[:at] + options[at + 2 :])

    def _compare(self, name: str, cell: str, options: list[str]) -> None:
        """Print a line for the right module and one for each mutant."""
        versions = {"right": self._modules[name]} | self._mutants.get(name, {})

        def tried(source: str) -> Outcome:
            return run(cell, self._modules | {name: source}, options)

        with ThreadPoolExecutor(AT_ONCE) as threads:
            outcomes = dict(zip(versions, threads.map(tried, versions.values()), strict=True))
        wide = max(map(len, [*versions, f"{name}.py"]))
        number = len(outcomes["right"].tests)
        print(f"{name + '.py':{wide}}  {plural(number, 'test')}")
        for version, outcome in outcomes.items():
            words = _in_words(outcome, right=version == "right")
            print(fill(f"{version:{wide}}  {words}", WIDTH, subsequent_indent=" " * (wide + 2)))


def run(cell: str, modules: dict[str, str], options: list[str]) -> Outcome:
    """Run `cell` with pytest in a new folder, `modules` (source by name) beside it.

    It is stopped after `LIMIT` seconds, and what it started with it.
    """
    with tempfile.TemporaryDirectory(prefix="cell-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        (folder / "pytest.ini").write_text(SETTINGS, encoding="utf-8")
        for module, source in {**modules, TESTS.removesuffix(".py"): cell}.items():
            # The magic's own line stays as an empty one: lines have the numbers of the cell.
            (folder / f"{module}.py").write_text(f"\n{source}", encoding="utf-8")
        # -u: what it printed before it had to be stopped is shown.
        command = [sys.executable, "-u", "-m", "pytest", *OPTIONS, f"--junitxml={REPORT}", *options]
        text, in_time = _output([*command, TESTS], folder)
        if not in_time:
            text += f"\nThe tests did not end within {LIMIT:.0f} s and were stopped."
        return Outcome(_steady(text, folder), _tests(folder / REPORT), in_time)


def _output(command: list[str], folder: Path) -> tuple[str, bool]:
    """What `command` prints, and whether it ended in time."""
    surroundings = {k: v for k, v in os.environ.items() if k not in ELSEWHERE}
    surroundings |= {"COLUMNS": str(WIDTH), "PY_COLORS": "0", "PYTHONUTF8": "1"}
    # What else is installed here has no say in what is run and shown.
    surroundings["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # so that whatever it starts can be ended with it
    )
    with process:
        try:
            return process.communicate(timeout=LIMIT)[0], True
        except subprocess.TimeoutExpired:
            _end(process)
            return process.communicate()[0], False
        finally:
            _end(process)  # also when the learner presses Jupyter's stop button


def _end(process: subprocess.Popen[str]) -> None:
    """End it and what it has started."""
    if os.name != "posix":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _steady(text: str, folder: Path) -> str:
    """pytest's output, without what changes from run to run."""
    text = text.replace(str(folder) + os.sep, "").replace(str(folder), ".")
    text = re.sub(rf"^-+ generated xml file: .*{re.escape(REPORT)} -+\n", "", text, flags=re.M)
    for changing, steady in _CHANGING:
        text = changing.sub(steady, text)
    return _SECONDS.sub(_without_seconds, text).strip()


def _without_seconds(last: re.Match[str]) -> str:
    return f" {last[2]} ".center(WIDTH, "=") if last[1] else last[2]


def _tests(report: Path) -> dict[str, str]:
    """What became of each test, from pytest's own report; nothing when it wrote none."""
    if not report.is_file():
        return {}
    words = {"failure": "failed", "error": "error", "skipped": "skipped"}
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        parts = [part for part in case if part.tag in words]
        became = words[parts[0].tag] if parts else "passed"
        if parts and parts[0].get("message") == COLLECTION:
            became = COLLECTION
        found[case.attrib["name"]] = became
    return found


def _in_words(outcome: Outcome, *, right: bool) -> str:
    """What a set of tests did to one module. Only a failing test rejects it."""
    if not outcome.in_time:
        return f"no verdict: the tests did not end within {LIMIT:.0f} s"
    if COLLECTION in outcome.tests.values():
        return "no verdict: the cell could not be imported; run it without --mutants to see why"
    red = [name for name, became in outcome.tests.items() if became in ("failed", "error")]
    if red:
        return f"{'REJECTED by' if right else 'caught by'} {', '.join(red)}"
    counted = [
        f"{number} {word}"
        for word in ("passed", "skipped")
        if (number := list(outcome.tests.values()).count(word))
    ]
    told = ", ".join(counted) or "no tests ran"
    return told if right else f"got away: {told}"


def load_ipython_extension(ipython: Any) -> None:
    """Called by `%load_ext workshop.magics`: a bench for this notebook."""
    bench = Bench()
    for name in ("module", "pytest"):
        ipython.register_magic_function(getattr(bench, name), "cell", name)
