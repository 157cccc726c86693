"""Writing to a terminal that may be narrow, colourless or unable to show a check mark.

What the learner's code printed, raised or is written in comes from a stranger: it is cleaned, and
nothing here reads square brackets as markup.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workshop.stranger import clean

if TYPE_CHECKING:
    from rich.console import Console

    from workshop.progress import Progress

WIDEST = 100
"""Characters in a line of prose: longer ones are hard to follow on a wide screen."""

_COMMAND = re.compile(r"`[^`\n]{1,60}`")
_SPACE = "\ue000"  # stands for a space at which no line may end
_LABEL = re.compile(r"[a-z ]{1,12}: +")


class WrongUsage(click.ClickException):
    """A command that cannot be carried out as typed; the text is one sentence."""

    exit_code = 2

    def show(self, file: object = None) -> None:
        complain(self.message)


class Refused(WrongUsage):
    """A command that was understood and not carried out; the text is one sentence."""

    exit_code = 1


@dataclass(frozen=True)
class Marks:
    """What stands for passed, failed and absent, and between two things."""

    passed: str
    failed: str
    absent: str
    dot: str
    more: str


_DRAWN = Marks("✓", "✗", "·", "·", "…")
_SPELT = Marks("ok", "FAIL", "-", "-", "...")


def marks(console: Console) -> Marks:
    """The marks that the console's encoding can show."""
    try:
        "✓✗·…".encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return _SPELT
    return _DRAWN


def console() -> Console:
    """A console on standard output: coloured on a terminal, else plain text.

    NO_COLOR (https://no-color.org) makes a terminal's text plain too.
    """
    from rich.console import Console

    plain = not sys.stdout.isatty() or bool(os.environ.get("NO_COLOR"))
    return Console(
        color_system=None if plain else "auto",
        force_jupyter=False,
        markup=False,
        emoji=False,
        highlight=False,
    )


def never_fail_to_encode() -> None:
    """Make the output streams spell out what their encoding lacks, not raise; one that was closed
    before the start (`>&-`) takes everything and keeps nothing.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def complain(words: str, end: str = "\n") -> None:
    """Print on standard error, where what is said does not mix with what was asked for."""
    print(words, end=end, file=sys.stderr, flush=True)


def wrapped(text: str, width: int, indent: str = "", hang: int = 0) -> list[str]:
    """`text` in lines of at most `width` characters where its words allow it.

    A word (a path, say) and a command between backquotes are never broken, each line keeps its own
    indentation, and what follows a label such as `came back:` stays beside it. Lines after a
    wrapped one's first are `hang` further in.
    """
    text = _COMMAND.sub(lambda found: found[0].replace(" ", _SPACE), text)
    lines = []
    for line in text.split("\n"):
        margin = indent + line[: len(line) - len(line.lstrip())]
        label = _LABEL.match(line.strip())
        lines += textwrap.wrap(
            line.strip(),
            max(width, len(margin) + 20),
            initial_indent=margin,
            subsequent_indent=margin + " " * (label.end() if label else hang),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return [line.replace(_SPACE, " ") for line in lines]


def say(
    console: Console, text: str = "", *, indent: int = 0, hang: int = 0, style: str = ""
) -> None:
    """Print `text`, cleaned and wrapped to the console's width."""
    for line in wrapped(clean(text), min(console.width, WIDEST), " " * indent, hang):
        say_line(console, (line, style))


def say_line(console: Console, *pieces: tuple[str, str]) -> None:
    """Print one line of (text, style) pieces as it is, however long."""
    from rich.text import Text

    console.print(Text.assemble(*pieces), soft_wrap=True)


def command(*words: str) -> str:
    """The command line to type here: `workshop hint ex02_upload`.

    Where the shell would not find `workshop`, because the environment is not activated, the way to
    it that works from the current folder: `.venv/bin/workshop hint ex02_upload`.
    """
    program, script = "workshop", Path(sys.argv[0])
    if script.name == "__main__.py" and script.parent.name == "workshop":
        program = "python -m workshop"
    elif script.stem == "workshop" and shutil.which("workshop") is None:
        program = shown(script)
        program = f'"{program}"' if " " in program else program
    return f"`{' '.join((program, *words))}`"


def shown(path: Path) -> str:
    """`path` as a person in the current folder would type it."""
    here = Path.cwd()
    full = here / path
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(full)


def save(progress: Progress) -> bool:
    """Write the progress; where that fails, one sentence on standard error and False."""
    from workshop.progress import ProgressError

    try:
        progress.save()
    except ProgressError as error:
        complain(str(error))
        return False
    return True
