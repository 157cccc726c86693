"""The e-mail address of a learner, where it is one that a gradebook can be searched for."""

from __future__ import annotations

import re

from workshop.gradebook.book import Learner

# Narrower than RFC 5321, on purpose: no quotes, nothing that a spreadsheet takes for a formula.
_ADDRESS = re.compile(
    r"[A-Za-z0-9_][A-Za-z0-9_.%+-]{0,63}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}"
)


def email_of(learner: Learner) -> str | None:
    """The address as it is, or None: one that had to be changed would find nobody."""
    return learner.email if _ADDRESS.fullmatch(learner.email) else None
