"""What a room does wrong on purpose, and how it is asked for in JSON."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ._errors import Rejection

LONGEST = 600.0
"""Seconds that a fault may ask a room to wait. Longer is a hung connection, not a slow one."""
PATHS = ("/upload", "/catfact")


@dataclass(frozen=True)
class Faults:
    """The faults of a room. The default has none."""

    latency: float = 0.0
    """Seconds before the answer starts."""
    status: int | None = None
    """The status to answer with. Below 400 the body stays as it was. A redirect leads to where the
    room answers without faults."""
    refuse: bool = False
    """Connections are refused."""
    drop: bool = False
    """The connection ends in the middle of the answer's body."""
    malformed: bool = False
    """The body is JSON that breaks off."""
    status_false: bool = False
    """The body says `"status": false`."""
    slow_body: float = 0.0
    """Seconds between one piece of the answer's body and the next."""
    times: int | None = None
    """For the next so many requests; None means until cleared."""
    path: str | None = None
    """For one of PATHS; None means for both."""

    @property
    def refuses_everything(self) -> bool:
        """Whether the room can be found at an address that refuses connections.

        Not with `times` or `path`: such an address would count no requests and tell no paths.
        """
        return self.refuse and self.times is None and self.path is None

    def concern(self, path: str) -> bool:
        """Whether a request to `path` meets them."""
        return self != NONE and self.path in (None, path)

    def after_one(self) -> Faults:
        """What is left once one request has met them."""
        if self.times is None:
            return self
        return replace(self, times=self.times - 1) if self.times > 1 else NONE

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


NONE = Faults()


def parse_faults(data: Any) -> Faults:
    """The faults that a JSON object asks for; what it leaves out has its default.

    Raises Rejection (400) for a field that is unknown or has a value of the wrong kind.
    """
    if not isinstance(data, dict):
        raise Rejection(400, f"Faults are given as a JSON object, not as {_kind(data)}.")
    for field, value in data.items():
        if field not in _RULES:
            known = ", ".join(_RULES)
            raise Rejection(400, f"There is no fault called {field!r}. The faults are: {known}.")
        fits, wanted = _RULES[field]
        if not fits(value):
            raise Rejection(400, f"The fault {field!r} must be {wanted}, not {value!r}.")
    return Faults(**data)


def is_seconds(value: Any, longest: float = LONGEST) -> bool:
    """Whether it is a number of seconds from 0 to `longest`."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 <= value <= longest


def is_count(value: Any, least: int, most: float = math.inf) -> bool:
    """Whether it is a whole number in these bounds."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__


_SECONDS = (is_seconds, f"a number of seconds from 0 to {LONGEST:.0f}")
_SWITCH = (_is_switch, "true or false")
_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "latency": _SECONDS,
    "status": (
        lambda value: value is None or is_count(value, 200, 599),
        "a status from 200 to 599, or null",
    ),
    "refuse": _SWITCH,
    "drop": _SWITCH,
    "malformed": _SWITCH,
    "status_false": _SWITCH,
    "slow_body": _SECONDS,
    "times": (
        lambda value: value is None or is_count(value, 1),
        "a whole number of requests from 1 on, or null",
    ),
    "path": (
        lambda value: value is None or value in PATHS,
        f"{' or '.join(map(repr, PATHS))}, or null",
    ),
}
