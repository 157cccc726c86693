"""What the files and folders of a learner are called: readable, and no two alike anywhere."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from workshop.gradebook.book import Learner
from workshop.stranger import clean

_LONGEST = 40
"""Characters of a slug: 160 bytes at most, where a file system takes 255 for a name."""
_HASH = 16
"""Hexadecimal digits, 64 bits: whoever may choose a name shall not find one that ends up in
someone else's file."""
_PLAIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HASHED = re.compile(rf"-[0-9a-f]{{{_HASH}}}$")
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions
_RESERVED = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")


def file_name(learner: Learner) -> str:
    """A name, without an ending, that depends on the learner's name alone.

    `ann-b` stays `ann-b`; a name that has to change keeps what is readable and bears a hash:
    `Zoë Ångström` is `zoë-ångström-` and 16 digits. So different names stay different, also where
    capitals, or ways to compose a letter, do not count. Letters of all scripts are kept.
    """
    name = learner.name
    slug = _slug(name)
    if slug == name and _PLAIN.fullmatch(slug) and not _HASHED.search(slug):
        return slug
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{slug or 'learner'}-{digest[:_HASH]}"


def _slug(name: str) -> str:
    """The letters and digits of `name`, in one case and one composition, with dashes between.

    It is empty for a name that has none, or that Windows keeps for a device.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", clean(name)).casefold())
    words = "".join(
        one if unicodedata.category(one)[0] in "LNM" else " " for one in folded[: 4 * _LONGEST]
    )
    slug = "-".join(words.split())[:_LONGEST].strip("-")
    return "" if _RESERVED.fullmatch(slug) else slug
