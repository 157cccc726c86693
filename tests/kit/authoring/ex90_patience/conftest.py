"""What the variants share: somebody to ask, who may never answer, and the patience for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest


class Oracle:
    """Answers `yes`, or raises `error` if it has one, or is silent for ever.

    The patience with a silent one ends as soon as it was asked; with others it never ends.
    """

    def __init__(self, silent: bool = False, error: Exception | None = None) -> None:
        self._silent = silent
        self._error = error
        self._was_asked = asyncio.Event()
        self.asked = 0
        self.cancelled = 0

    async def ask(self) -> str:
        self.asked += 1
        self._was_asked.set()
        if self._silent:
            await self._until_cancelled()
        if self._error:
            raise self._error
        return "yes"

    async def patience(self) -> None:
        await (self._was_asked.wait() if self._silent else self._until_cancelled())

    async def _until_cancelled(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled += 1


@pytest.fixture
def make_oracle() -> Callable[..., Oracle]:
    """Makes an oracle: `silent=True` one that never answers, `error=...` one that raises it."""
    return Oracle
