"""A time limit where no signal can interrupt what is waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ringing(seconds: float, ring: Callable[[], None]) -> Iterator[None]:
    """Call `ring` in a thread of its own if the block has not ended in so many seconds."""
    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # it may be at it already, and what it rings for must not be the next
