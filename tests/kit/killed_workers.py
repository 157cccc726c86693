"""Loaded by the workers of a test's cluster (`dask worker --preload`): a worker that is about to
mark certain submissions is killed at that moment, as by a lack of memory or a power cut.
"""

import os
import signal
from collections.abc import Callable
from functools import wraps
from typing import Any

from workshop.gradebook import units

ALWAYS = b"# kills whoever is about to mark it"
ONCE = b"# kills the first that is about to mark it"


def deadly(mark_unit: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(mark_unit)
    def kills(unit: units.Unit) -> Any:
        whole = b"\n".join(unit.files.values())
        if ALWAYS in whole or (ONCE in whole and first()):
            os.kill(os.getpid(), signal.SIGKILL)
        return mark_unit(unit)

    return kills


def first() -> bool:
    """Whether no worker has come here yet. They share a folder."""
    try:
        with open("killed", "x"):
            return True
    except FileExistsError:
        return False


units.mark_unit = deadly(units.mark_unit)
