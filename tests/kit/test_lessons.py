"""Every lesson runs from top to bottom with nbval, and without a network: as `pytest notebooks`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

KIT = Path(__file__).parents[2]
NOTEBOOKS = sorted(KIT.glob("notebooks/*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_lesson_runs_from_top_to_bottom(lessons, notebook):
    run = lessons.run(notebook)

    assert run.returncode == 0, run.stdout
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert f"{len(code)} passed" in run.stdout.splitlines()[-1]
