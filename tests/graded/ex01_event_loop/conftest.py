"""What the variants share: a library of facts that can keep its readers waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from workshop.proof import eventually


class Library:
    """Gives facts through `fetch`, and keeps account of who asked when."""

    def __init__(self, closed: bool = False, error: Exception | None = None) -> None:
        self._error = error
        self.asked: list[str] = []
        """Every name that was asked for, in order."""
        self.running = 0
        """How many fetches are under way now."""
        self.most_running = 0
        self._opened = asyncio.Event()
        if not closed:
            self._opened.set()

    async def fetch(self, name: str) -> dict[str, str]:
        """The fact about `name`, once the library is open, or the error that it was made with."""
        self.asked.append(name)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await self._opened.wait()
            await asyncio.sleep(0)
            if self._error is not None:
                raise self._error
            return {"name": name, "fact": f"a fact about {name}"}
        finally:
            self.running -= 1

    def open(self) -> None:
        """Let every fetch end, those under way and those to come."""
        self._opened.set()

    async def holds(self, number: int) -> bool:
        """Whether so many fetches come to be under way at the same time."""
        return await eventually(lambda: self.running >= number)


@pytest.fixture
def make_library() -> Callable[..., Library]:
    """Makes a library; `closed=True` makes one that keeps its readers waiting, `error` is what
    each of its fetches raises."""
    return Library


@pytest.fixture
def errors() -> list[Exception]:
    """Errors of many kinds: whoever swallows one may let another through."""
    kinds = (LookupError, KeyError, ValueError, TimeoutError, ConnectionError)
    return [kind("no such animal") for kind in kinds]


@pytest.fixture
def many_names() -> list[str]:
    """More names than any habitual limit on what runs together."""
    return [f"animal {number}" for number in range(40)]
