"""The journal of a room: every request that came, the newest ones kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

from ._entry import Entry, Outcome

TEXT_LIMIT = 300
"""Characters of a text from a request that an entry keeps: headers may be kilobytes long."""


class Journal:
    """At most `limit` entries; the oldest make room. `changed` is called when a request ends."""

    def __init__(self, limit: int, changed: Callable[[], None]) -> None:
        self.in_flight = 0
        """Requests between their start and their end now, strangers not counted."""
        self.most_in_flight = 0
        self.requests = 0
        self._limit = limit
        self._changed = changed
        self._made = time.perf_counter()
        self.last_used = self._made
        """When the last request came, in seconds on a clock that all rooms of a server share."""
        self._last_id = 0
        self._entries: dict[int, Entry] = {}
        self._open: set[int] = set()

    @property
    def entries(self) -> list[Entry]:
        """Oldest first."""
        return list(self._entries.values())

    @property
    def now(self) -> float:
        """Seconds since the room was made."""
        return time.perf_counter() - self._made

    def newest(self, count: int) -> list[Entry]:
        """At most `count` entries, newest first."""
        return list(islice(reversed(self._entries.values()), count))

    def begin(self, method: str, path: str, *, key_ok: bool, agent: str) -> int:
        """Write down a request that has come; its id."""
        self._last_id += 1
        self.last_used = time.perf_counter()
        self.requests += 1
        self._entries[self._last_id] = Entry(
            id=self._last_id,
            method=method,
            path=path[:TEXT_LIMIT],
            start=self.now,
            key_ok=key_ok,
            agent=agent[:TEXT_LIMIT],
        )
        if len(self._entries) > self._limit:
            del self._entries[next(iter(self._entries))]
        self._open.add(self._last_id)
        if key_ok:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        return self._last_id

    def note(self, entry_id: int, **changes: Any) -> None:
        """Add what is now known about a request, unless its entry has gone."""
        if entry_id in self._entries:
            short: dict[str, Any] = {
                name: value[:TEXT_LIMIT] if isinstance(value, str) else value
                for name, value in changes.items()
            }
            self._entries[entry_id] = replace(self._entries[entry_id], **short)

    def finish(self, entry_id: int, outcome: Outcome, status: int | None, *, key_ok: bool) -> None:
        """Write down how a request ended. What is written first stays."""
        if entry_id not in self._open:
            return
        self._open.discard(entry_id)
        if key_ok:
            self.in_flight -= 1
        self.note(entry_id, end=self.now, outcome=outcome, status=status)
        self._changed()

    def clear(self) -> None:
        """Forget all entries and start counting again, from what is in flight now."""
        self._entries.clear()
        self.requests = 0
        self.most_in_flight = self.in_flight
