"""Makes `pytest notebooks` run the lessons with nbval, without a network.

`pyproject.toml` keeps nbval out of every other run, because importing it takes time.
So it is let in here, in a file that pytest reads only when it is asked for this folder.
"""

import runpy
import sys
from pathlib import Path

import pytest

from workshop.kernels import tried_again

CELL_LIMIT = 120.0
"""Seconds that a cell may take. nbval's own limit is half an hour."""

tests = Path(__file__).parent.parent / "tests" / "kit"
runpy.run_path(str(tests / "offline" / "sitecustomize.py"))["pass_on"]()

# Without it jsonschema, which nbval needs, does not check international URLs. With it, the import
# takes a second more, to build a grammar of them. No notebook's format has any.
sys.modules.setdefault("rfc3987_syntax", None)


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let nbval in while pytest still takes new options: it brings its own."""
    pluginmanager.import_plugin("nbval.plugin")
    nbval = sys.modules["nbval.kernel"]
    nbval.start_new_kernel = tried_again(nbval.start_new_kernel)


def pytest_configure(config: pytest.Config) -> None:
    """Without `--nbval`, compare outputs only where a cell says `# NBVAL_CHECK_OUTPUT`."""
    options = config.option
    options.nbval_lax = options.nbval_lax or not options.nbval
    options.nbval_cell_timeout = min(options.nbval_cell_timeout, CELL_LIMIT)
