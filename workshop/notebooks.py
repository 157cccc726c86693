"""`workshop notebooks`: run the lessons again, and store their outputs."""

from __future__ import annotations

import asyncio
import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from workshop.course import Course, CourseError, load_course
from workshop.kernels import STARTS

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_LIMIT = 120
"""Seconds that one cell may take. The longest one of the course takes a few."""
REASON_LIMIT = 300
"""Characters of a cell's error that are shown."""

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}
KEPT = ("tags", "jupyter", "slideshow", "editable")
"""What is kept of a cell's metadata; the rest says when and by what it was last touched."""

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PATH = r"(?:~|\.{1,2}|\b[A-Za-z]:)?[/\\][^\s\x1b'\"]*?"
CELL_FILE = re.compile(_PATH + r"ipykernel_\d+[/\\]\d+\.py")
LIBRARY = re.compile(_PATH + r"(?:lib/python3\.\d+/|\\Lib\\)(?:site-packages[/\\])?")
ADDRESS = re.compile(r"(?<= at )0x[0-9a-fA-F]+")
SVG_DATE = re.compile(r"<dc:date>.*?</dc:date>")


class NotebookFailed(Exception):
    """A notebook did not run to its end. The text says where and why, in one sentence."""


def run(kit: Path, names: Sequence[str]) -> int:
    """Run the named notebooks (all, without names) and store each that ran to its end.

    Returns 0, or 1 when a cell failed, and then that notebook's file is as it was. Raises
    CourseError when there is no such notebook.
    """
    notebooks = _chosen(load_course(kit), names)
    failures = []
    with _progress() as progress:
        for notebook in notebooks:
            try:
                _refresh(notebook, kit, progress)
            except NotebookFailed as error:
                failures.append(str(error))
            except KeyboardInterrupt:
                failures.append(f"Stopped: {notebook.name} and what comes after are as they were.")
                break
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


def _chosen(course: Course, names: Sequence[str]) -> list[Path]:
    """The notebooks meant by `01_event_loop`, `1`, `event_loop` or a path to one.

    Raises CourseError when there is no such lesson, or its notebook is not there.
    """
    known = {
        word: lesson.notebook
        for lesson in course.lessons
        for word in (lesson.stem, lesson.name, f"{lesson.number:02d}", str(lesson.number))
    }
    words = [Path(name).name.removesuffix(".ipynb") for name in names]
    for word in words:
        if word not in known:
            lessons = ", ".join(lesson.stem for lesson in course.lessons)
            raise CourseError(f"There is no notebook called {word!r}. They are: {lessons}.")
    chosen = [known[word] for word in words] or [lesson.notebook for lesson in course.lessons]
    for notebook in chosen:
        if not notebook.is_file():
            raise CourseError(f"{notebook} is missing. Take it from the kit again.")
    return chosen


def _progress() -> Progress:
    """A bar for people, on standard error; nothing when that is a file."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("cells"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def _refresh(notebook: Path, kit: Path, progress: Progress) -> None:
    """Run one notebook and store it. Raises NotebookFailed, and then nothing was stored."""
    # Without it jsonschema, which nbformat imports, does not check international URLs. With it,
    # the import takes a second more, to build a grammar of them. No notebook's format has any.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import nbformat

    node, cells = _read(notebook)
    bar = progress.add_task(notebook.stem, total=len(cells))
    _execute(node, notebook, lambda: progress.advance(bar))
    _normalise(node, kit)
    _replace(notebook, nbformat.writes(node) + "\n")  # type: ignore[no-untyped-call]


def _read(notebook: Path) -> tuple[NotebookNode, list[NotebookNode]]:
    """The notebook, and those of its cells that are run. Raises NotebookFailed when it is none."""
    import nbformat

    try:
        node = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
        cells = [cell for cell in node.cells if cell.cell_type == "code" and cell.source.strip()]
    except Exception as error:  # nbformat says in many ways that it cannot read a file
        raise NotebookFailed(
            f"{notebook.name} is no notebook that can be read ({type(error).__name__}). Take it "
            "from the kit again."
        ) from None
    return node, cells


def _execute(node: NotebookNode, notebook: Path, advance: Callable[[], None]) -> None:
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    at = _Place()
    try:
        asyncio.run(_run_cells(node, notebook.parent, at, advance))
        return
    except CellExecutionError as error:
        reason = f"{error.ename}: {' '.join(error.evalue.split())}"[:REASON_LIMIT]
    except CellTimeoutError:
        reason = f"it took more than {CELL_LIMIT} s"
    except (DeadKernelError, asyncio.CancelledError):
        if at.stopped:
            raise KeyboardInterrupt from None
        reason = "the kernel died"
    except Exception as error:
        if at.number:
            raise
        raise NotebookFailed(
            f"{notebook.name} was left as it was: its kernel does not start ({error}). Ask "
            "`workshop doctor`."
        ) from None
    raise NotebookFailed(
        f"{notebook.name} was left as it was: cell {at.number} ({at.first_line}) failed: "
        f"{ANSI.sub('', reason)}"
    )


@dataclass
class _Place:
    """The cell that runs now. Cells are counted from 1, text included."""

    number: int = 0
    first_line: str = ""
    stopped: bool = False
    """Ctrl-C was pressed."""


async def _run_cells(
    node: NotebookNode, folder: Path, at: _Place, advance: Callable[[], None]
) -> None:
    """Run all cells in a fresh kernel, in `folder`. The kernel ends, however this ends."""
    from jupyter_core.utils import ensure_async
    from nbclient import NotebookClient

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop() -> None:
        at.stopped = True
        task.cancel()  # which nbclient takes for the kernel's death, and tidies up

    class Client(NotebookClient):
        async def async_start_new_kernel(self, **kwargs: Any) -> None:
            # nbclient's handler ends the kernel alone, and that would look like a failing cell.
            with suppress(NotImplementedError):  # Windows, where Ctrl-C interrupts without it
                loop.add_signal_handler(signal.SIGINT, stop)
            await super().async_start_new_kernel(**kwargs)

    def starts(cell: NotebookNode, cell_index: int) -> None:
        at.number, at.first_line = cell_index + 1, cell.source.strip().split("\n")[0]

    client = Client(
        node,
        timeout=CELL_LIMIT,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=starts,
        on_cell_executed=lambda **_: advance(),
    )
    for left in reversed(range(STARTS)):
        try:
            await client.async_execute(stderr=subprocess.DEVNULL)  # what it logs is not output
            return
        except Exception:
            atexit.unregister(client._cleanup_kernel)  # nbclient does not, for one that died early
            if at.number or at.stopped or not left:
                raise
        except asyncio.CancelledError:
            if client.km is not None:
                await ensure_async(client.km.shutdown_kernel(now=True))
            raise


def _normalise(node: NotebookNode, kit: Path) -> None:
    """Take out what would differ on another computer or at another hour, so that a diff shows
    what changed."""
    node.metadata = type(node)(kernelspec=KERNELSPEC, language_info=LANGUAGE)
    for cell in node.cells:
        for key in set(cell.metadata) - set(KEPT):
            del cell.metadata[key]
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
            for output in cell.outputs:
                _normalise_output(output, kit)


def _joined(outputs: list[Any]) -> list[Any]:
    """The outputs, with what a cell printed in one piece: in how many it arrives is chance."""
    joined: list[Any] = []
    for output in outputs:
        same = joined and output.output_type == "stream" and joined[-1].get("name") == output.name
        if same:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _normalise_output(output: dict[str, Any], kit: Path) -> None:
    def plain(text: str) -> str:
        text = CELL_FILE.sub("<cell>", text)
        text = LIBRARY.sub("…/", text).replace(str(kit) + os.sep, "")
        text = text.replace(str(Path.home()) + os.sep, f"~{os.sep}")
        return ADDRESS.sub("0x…", text)

    if output["output_type"] == "stream":
        output["text"] = plain(ANSI.sub("", output["text"]))
    elif output["output_type"] == "error":
        output["evalue"] = plain(output["evalue"])
        output["traceback"] = [plain(line) for line in output["traceback"]]
    for kind, content in output.get("data", {}).items():
        if kind == "image/svg+xml":
            output["data"][kind] = SVG_DATE.sub("", content)
        elif kind.startswith("text/"):
            output["data"][kind] = plain(content)


def _replace(path: Path, text: str) -> None:
    """Write the whole file beside `path`, then put it there: nobody ever reads half of it."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, suffix=".tmp", delete=False
    ) as new:
        try:
            new.write(text)
            new.close()
            shutil.copymode(path, new.name)
            os.replace(new.name, path)
        except BaseException:
            new.close()
            os.unlink(new.name)
            raise
