"""The kit's own tests run with the network off, except for loopback: here and in every
Python process that a test starts."""

import json
import os
import runpy
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

KIT = Path(__file__).parents[2]
NEEDS_BROWSER = bool(os.environ.get("WORKSHOP_NEEDS_BROWSER"))

runpy.run_path(str(KIT / "tests" / "kit" / "offline" / "sitecustomize.py"))["pass_on"]()


@pytest.fixture
def scratch_kit(tmp_path: Path) -> Path:
    """The kit's own files in a folder that a test may spoil, without a single notebook."""
    kit = tmp_path / "scratch"
    offline = Path("tests", "kit", "offline")
    for folder in (Path("workshop"), Path("exercises"), offline):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(KIT / folder, kit / folder, ignore=ignored)
    (kit / "notebooks").mkdir()
    for name in ("course.toml", "pyproject.toml", "constraints.txt", "notebooks/conftest.py"):
        shutil.copyfile(KIT / name, kit / name)
    return kit


@pytest.fixture
def first_notebook(scratch_kit: Path) -> Callable[..., Path]:
    """Call it with cells' sources to have them as the scratch kit's first lesson.

    A source may come with the text that is stored as its result.
    """

    def write(*sources: str | tuple[str, str], metadata: dict[str, object] | None = None) -> Path:
        cells = [("# A title", None), *(s if isinstance(s, tuple) else (s, None) for s in sources)]
        notebook = {
            "cells": [_cell(number, *cell) for number, cell in enumerate(cells)],
            "metadata": metadata or {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        path = scratch_kit / "notebooks" / "01_event_loop.ipynb"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return path

    return write


def _cell(number: int, source: str, result: str | None) -> dict[str, object]:
    cell = {"id": f"cell-{number}", "metadata": {}, "source": source}
    if number == 0:
        return cell | {"cell_type": "markdown"}
    outputs = [
        {
            "output_type": "execute_result",
            "data": {"text/plain": result},
            "metadata": {},
            "execution_count": number,
        }
    ]
    count = number if result else None
    return cell | {
        "cell_type": "code",
        "execution_count": count,
        "outputs": outputs if result else [],
    }


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: looks at a page in Chromium; skipped without it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where WORKSHOP_NEEDS_BROWSER is set, a browser test that is skipped has failed."""
    report = yield
    if report.skipped and item.get_closest_marker("browser") and NEEDS_BROWSER:
        report.outcome = "failed"
        report.longrepr = "It was skipped, and WORKSHOP_NEEDS_BROWSER asks for it to run."
    return report
