"""Starting Jupyter kernels, of which now and then one dies before it has begun."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

STARTS = 3
"""Times that a kernel is started before it is said to have failed. jupyter_client hands it ports
that are free; until it listens to them, seconds later on a busy machine, another program may have
taken one."""

P = ParamSpec("P")
T = TypeVar("T")


def tried_again(start: Callable[P, T]) -> Callable[P, T]:
    """`start`, called up to STARTS times as long as it raises an exception: RuntimeError for a
    kernel that died or was silent, others for what a stranger answers at its port.
    """

    def start_again(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(STARTS - 1):
            try:
                return start(*args, **kwargs)
            except Exception:
                continue
        return start(*args, **kwargs)

    return start_again
