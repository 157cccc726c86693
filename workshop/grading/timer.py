"""Time limits: by a signal, which interrupts a computation, or from a thread, which cannot."""

from __future__ import annotations

import signal
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


@contextmanager
def interrupting(seconds: float, handler: Callable[..., object], again: float) -> Iterator[None]:
    """Have SIGALRM call `handler` in the main thread if the block has not ended in so many seconds,
    and every `again` seconds after that, unless they are 0.
    """
    previous = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds, again)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
