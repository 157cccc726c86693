"""A time to wait that shrinks: who waited in vain once waits less the next time."""

from __future__ import annotations


class Patience:
    """So many `seconds`, half as many after each time that they were lost, but never under `least`.

    What never comes in one test of a submission seldom comes in the next, and all are waited for.
    """

    def __init__(self, seconds: float, least: float) -> None:
        self.seconds = seconds
        self._least = least

    def lose(self) -> None:
        """They were waited in vain."""
        self.seconds = max(self.seconds / 2, self._least)
