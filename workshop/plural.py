"""Numbers of things, in words."""

from __future__ import annotations


def plural(number: int, noun: str) -> str:
    """`1 hint`, `2 hints`, `2 days`, `2 tries`."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{number} {noun[:-1]}ies"
    return f"{number} {noun}s"
