"""Text from a stranger: what a learner's code printed, raised or is written in."""

from __future__ import annotations

import re
import unicodedata

# CSI and the strings of OSC, DCS, SOS, PM and APC (ECMA-48 section 5.6), with their ends.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)"
    r"|\x1b[ -/]*[0-~]"
)
_JOINERS = "\u200c\u200d"  # harmless, and emoji and several scripts are spelt with them


def clean(text: str) -> str:
    """`text` without control sequences, control characters and bidi controls; lines are kept."""
    if text.replace("\n", "").isprintable():  # nothing of all that is printable: most texts
        return text
    text = _SEQUENCES.sub("", text).replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return "".join(_shown(character) for character in text)


def one_line(text: str, longest: int | None = None) -> str:
    """`text` on one line, cleaned; with an ellipsis where it is cut, so that it has no more than
    `longest` characters.
    """
    line = " ".join(clean(text).split())
    if longest is None or len(line) <= longest:
        return line
    return line[: longest - 1].rstrip() + "…"


def _shown(character: str) -> str:
    if character == "\n" or character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if category == "Cs":  # half of a surrogate pair: no encoding can write it
        return "\N{REPLACEMENT CHARACTER}"
    return "" if category in ("Cc", "Cf", "Zl", "Zp") else character
