"""One request as the journal keeps it, in the server and in a program that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

KEY_HEADER = "Workshop-Key"
"""The header in which a data request shows the key of a locked room."""

Outcome = Literal[
    "in flight",
    "answered",
    "dropped",
    "refused",
    "cancelled",
    "stranger",
    "rejected",
    "malformed",
]


@dataclass(frozen=True)
class Entry:
    """What a room saw of one request.

    `start` and `end` are seconds since the room was made, on a clock that never goes back.
    An entry is complete before the last byte of its answer leaves: whoever has read the
    answer finds the outcome in the journal.
    """

    id: int
    """Counts the room's requests from 1; never used twice."""
    method: str
    path: str
    """Within the room: `/upload`, `/catfact`, or what was asked for instead."""
    start: float
    end: float | None = None
    """None while the request is in flight."""
    size: int = 0
    """Bytes of the uploaded file, without its multipart envelope."""
    sha256: str | None = None
    field: str | None = None
    """The name of the multipart field that was counted."""
    file_name: str | None = None
    status: int | None = None
    """The status that was sent; None when the connection ended without one."""
    outcome: Outcome = "in flight"
    """"cancelled": the client went away first. "stranger": without the room's key."""
    key_ok: bool = True
    agent: str = ""
    """The User-Agent header."""

    @property
    def in_flight(self) -> bool:
        return self.outcome == "in flight"

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))
