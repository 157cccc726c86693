"""A learner's folder: finds, imports and points into the modules in it."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import linecache
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, ModuleType, TracebackType
from typing import Any

from workshop.isolation.evidence import Spot, steady, told

REFUSED = ".refused"
"""At the end of the name of a file that says why the one with that name was not taken."""
LARGEST = 2**20
"""Bytes that a learner's file may hold, whoever reads it."""


class SubmissionError(Exception):
    """The learner's file cannot be used as it is. The text is one sentence for the learner."""

    is_a_sentence = True


class _SourceOnly(SourceFileLoader):
    """Compiles the source each time: a stale or forged .pyc in the folder counts for nothing."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        try:
            source = importlib.util.decode_source(self.get_data(path))
        except UnicodeDecodeError as error:
            raise SubmissionError(not_utf8(Path(path).name, error)) from None
        except SyntaxError as error:
            raise SubmissionError(_syntax(error, Path(path).name)) from None
        code: CodeType = self.source_to_code(source, path)
        return code


class Submission(MetaPathFinder):
    """The modules of one folder.

    As the *last* finder on `sys.meta_path` it serves what nothing else does: a file named
    `httpx.py` or `json.py` in the folder shadows nothing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._folder_name = str(self.folder)
        self._served: set[str] = set()

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        file = self.folder / f"{fullname}.py"
        if "." in fullname or not file.is_file():
            return None
        self._served.add(fullname)
        return importlib.util.spec_from_file_location(
            fullname, file, loader=_SourceOnly(fullname, str(file))
        )

    def forget(self) -> None:
        """Drop every module that came from the folder, so that the next import starts afresh."""
        for name in self._served:
            sys.modules.pop(name, None)
        self._served.clear()

    def load(self, name: str) -> ModuleType:
        """Import `name`: anew, if what came from the folder was forgotten before.

        Raises SubmissionError, in words for the learner, whatever goes wrong.
        """
        file = self.folder / f"{name}.py"
        if not file.is_file():
            raise SubmissionError(self._missing(file.name))
        linecache.checkcache(str(file))
        try:
            return importlib.import_module(name)
        except SubmissionError:
            raise
        except SyntaxError as error:
            raise SubmissionError(_syntax(error, file.name)) from None
        except (SystemExit, KeyboardInterrupt) as error:
            culprit, line = self._place(error, file.name)
            raise SubmissionError(
                f"{culprit} ended the program while it was being imported "
                f"({type(error).__name__}{line}); keep such calls out of the module."
            ) from None
        except Exception as error:
            culprit, line = self._place(error, file.name)
            raise SubmissionError(f"{culprit} could not be imported{line}: {told(error)}") from None

    def get(self, module: ModuleType, name: str) -> Any:
        """What `module` calls `name`. Raises SubmissionError when it does not."""
        if hasattr(module, name):
            return getattr(module, name)
        near = difflib.get_close_matches(name, [n for n in vars(module) if not n.startswith("__")])
        hint = f" Did you mean {near[0]}?" if near else ""
        raise SubmissionError(f"{module.__name__}.py does not define {name}.{hint}")

    def owns(self, file: str) -> bool:
        """Is `file` one of the folder's own, with a name that can stand in a line of text?"""
        return os.path.dirname(file) == self._folder_name and os.path.basename(file).isprintable()

    def spot(self, what: str, frames: Iterator[tuple[str, int]]) -> Spot:
        """`what`, at the last of `frames` (file, line) that is the learner's own."""
        own = [(file, line) for file, line in frames if self.owns(file)]
        if not own:
            return Spot(what)
        file, line = own[-1]
        return Spot(what, line, linecache.getline(file, line).strip()[:200], Path(file).name)

    def spot_of_stack(self, what: str, frame: FrameType | None) -> Spot:
        """`what`, at the learner's line that the calling stack goes through last."""
        return self.spot(what, reversed(list(_outwards(frame))))

    def spot_of_error(self, error: BaseException) -> Spot:
        """The exception as `TypeName: text`, at the learner's line that raised it."""
        what = told(error)
        spot = self.spot(what, inwards(error.__traceback__))
        if spot.line is None and error.__cause__ is not None:
            return self.spot(what, inwards(error.__cause__.__traceback__))
        return spot

    def _place(self, error: BaseException, imported: str) -> tuple[str, str]:
        """The file at fault, which may be one that the `imported` one imports; and the line."""
        spot = self.spot_of_error(error)
        line = f", line {spot.line} `{spot.source}`" if spot.line else ""
        return spot.file or imported, line

    def _missing(self, file_name: str) -> str:
        with suppress(OSError):
            return (self.folder / (file_name + REFUSED)).read_text(encoding="utf-8")
        try:
            there = sorted(p.name for p in self.folder.iterdir() if p.suffix == ".py")
        except OSError:
            there = []
        near = difflib.get_close_matches(file_name, there, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"There is no {file_name} in the folder.{hint}"


def problem_of(file: Path) -> str | None:
    """Why `file` cannot be taken for marking, in a sentence; None when it can, or is not there."""
    if file.is_symlink():
        return f"{file.name} is a link; put the file itself in its place."
    if not file.exists():
        return None
    if not file.is_file():
        kind = "a folder" if file.is_dir() else "no plain file"
        return f"{file.name} is {kind}; put your code there as a file."
    if file.stat().st_size > LARGEST:
        return f"{file.name} is larger than {LARGEST // 2**20} MiB."
    if not os.access(file, os.R_OK):
        return f"{file.name} may not be read by whoever marks it."
    return None


def not_utf8(file_name: str, error: UnicodeDecodeError) -> str:
    """What to say of a file that cannot be decoded."""
    line = error.object.count(b"\n", 0, error.start) + 1
    return (
        f"{file_name} is not UTF-8 text: see the byte {error.object[error.start]:#04x} in line "
        f"{line}. Save it as UTF-8 in your editor."
    )


def _syntax(error: SyntaxError, file_name: str) -> str:
    # Python reports what it cannot decode as a SyntaxError as well.
    file = Path(error.filename).name if error.filename else file_name
    if "unknown encoding" in error.msg or "encoding problem" in error.msg:
        return (
            f"{file} names an encoding at its top that Python does not know. Take that line out, "
            "and save the file as UTF-8."
        )
    if error.lineno is None and "encoding" in error.msg:
        return f"{file} is not UTF-8 text. Save it as UTF-8 in your editor."
    line = f", line {error.lineno}" if error.lineno else ""
    source = f" `{error.text.strip()[:80]}`" if error.text and error.text.strip() else ""
    return f"{file} is not valid Python{line}{source}: {steady(error.msg)}."


def inwards(traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    """File and line of each frame, to the one that raised."""
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next


def _outwards(frame: FrameType | None) -> Iterator[tuple[str, int]]:
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
