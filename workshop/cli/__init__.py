"""The commands: parse, call, print. Each imports what it needs when it runs, to start fast."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import click


class _Commands(click.Group):
    """A group in which what is wrong with the course ends the command with one sentence."""

    def invoke(self, context: click.Context) -> Any:
        from workshop.cli.terminal import WrongUsage, never_fail_to_encode
        from workshop.course import CourseError

        never_fail_to_encode()
        try:
            return super().invoke(context)
        except CourseError as error:
            raise WrongUsage(str(error)) from error


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.pass_context
def main(context: click.Context) -> None:
    """Async Workshop: without a command, the map of the course and the next thing to do.

    EXERCISE is a name such as ex02_upload, or in short: ex02, 2, upload.
    """
    if context.invoked_subcommand is None:
        from workshop.cli.course_map import run

        run()


@main.command()
@click.option(
    "--start", metavar="HH:MM", default="09:00", show_default=True, help="When it begins."
)
@click.option(
    "--hours", type=float, default=6, show_default=True, help="How long a day is, breaks included."
)
def agenda(start: str, hours: float) -> None:
    """Print a timetable of the course, with breaks.

    What does not fit in a day goes on the next; a warning then says how long one day would have to
    be. Ends with 0 all the same: the timetable is whole.
    """
    from workshop.cli.agenda import run

    sys.exit(run(start, hours))


@main.command()
@click.argument("names", metavar="[EXERCISE]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts as JSON.")
@click.option(
    "--submission",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Mark the exercise files in DIR; your own progress stays as it is.",
)
@click.option(
    "--walls",
    metavar="NAMES",
    help="Mark only behind all of these walls, separated by commas: landlock, seccomp, notify, "
    "limits, audit. `workshop doctor` tells which stand here.",
)
def check(
    names: tuple[str, ...], as_json: bool, submission: Path | None, walls: str | None
) -> None:
    """Mark exercises; without a name, all of them.

    Ends with 0 when all pass, 1 when not, 2 when it was called wrongly or a wall is missing.
    """
    from workshop.cli.check import run

    sys.exit(run(names, as_json=as_json, submission=submission, walls=walls))


def _a_number(context: click.Context, parameter: click.Parameter, value: float | None) -> Any:
    """No range keeps `nan` out: it is neither less nor more than anything."""
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is not a number.")
    return value


@main.command()
@click.argument("submissions", metavar="SUBMISSIONS", type=click.Path(path_type=Path))
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=Path("gradebook"),
    show_default=True,
    help="Where the gradebook goes; what was marked before is kept there.",
)
@click.option("--exercise", "exercises", metavar="E", multiple=True, help="Only this; repeatable.")
@click.option(
    "--learner",
    "learners",
    metavar="NAME",
    multiple=True,
    help="Mark only this one, and anew; all others keep their marks. Repeatable.",
)
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many exercises are marked beside each other; else as many as there are cores.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Mark on the workers of the Dask scheduler there, such as tcp://10.0.0.5:8786; "
    "docs/cluster.md tells how.",
)
@click.option(
    "--walls",
    metavar="NAMES",
    help="Mark only behind all of these walls, separated by commas, as in `workshop check`.",
)
@click.option(
    "--late",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Who was late: a CSV of learner,exercise,due,submitted. What it costs is in course.toml.",
)
@click.option(
    "--max-seconds",
    "seconds",
    metavar="S",
    type=click.FloatRange(1, 1_000_000),
    callback=_a_number,
    help="End what takes longer in one exercise of one learner: the rest of it is a time-out.",
)
@click.option(
    "--format",
    "formats",
    metavar="F",
    multiple=True,
    help="Write the gradebook in this format, too: canvas, moodle, gradescope, github-classroom or "
    "junit. Repeatable.",
)
@click.option("--force", is_flag=True, help="Mark all anew, also what has not changed.")
def grade(**typed: Any) -> None:
    """Mark a class: a folder with a folder, .zip or .tar.gz for each learner.

    What is marked is kept at once: stopped, or killed, and started again it goes on where it was,
    and only what has changed since is marked again. Ends with 0 when everything is marked, 1 when
    something could not be, 2 when it was called wrongly or a wall is missing.
    """
    from workshop.cli.grade import Options, run

    sys.exit(run(Options(**typed)))


@main.command()
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The folder to make; the zip beside it is called DIR.zip.",
)
def handout(out: Path) -> None:
    """Make what learners get: the kit without answers and notes.

    A folder and a zip of it: lessons, exercises, hints, the tests that mark exercises 01 to 05.
    An older handout in DIR is replaced, unless somebody has worked in it.
    """
    from workshop.cli.handout import run

    sys.exit(run(out))


@main.command()
@click.argument("exercise")
def hint(exercise: str) -> None:
    """Show the next hint for EXERCISE."""
    from workshop.cli.hint import run

    sys.exit(run(exercise))


@main.command()
@click.argument("exercise")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(exercise: str, yes: bool) -> None:
    """Restore EXERCISE's file; yours is kept beside it.

    The copy's name bears the date and the time.
    """
    from workshop.cli.reset import run

    sys.exit(run(exercise, yes=yes))


@main.command()
@click.argument("exercise")
def solution(exercise: str) -> None:
    """Show our answer to EXERCISE.

    It can be seen once yours has passed, or after three failed checks.
    """
    from workshop.cli.solution import run

    sys.exit(run(exercise))


@main.command()
@click.option("--browser/--no-browser", default=True, help="Open JupyterLab in a browser.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8888,
    show_default=True,
    help="JupyterLab's port. Taken: the next free one is used.",
)
def start(browser: bool, port: int) -> None:
    """Start the services and JupyterLab at lesson 01."""
    from workshop.course import find_kit
    from workshop.start import run

    sys.exit(run(find_kit(), browser, port))


@main.command()
@click.option("--host", help="The address to listen on; without it, only this computer can ask.")
@click.option("--port", type=click.IntRange(0, 65535), help="Taken: the next free one is used.")
def services(host: str | None, port: int | None) -> None:
    """Run the upload and cat-fact services alone."""
    from workshop.cli.services import run

    sys.exit(run(host, port))


@main.command()
def doctor() -> None:
    """Check this computer; name the mend for each fault.

    Where this command itself does not run, `python -m workshop.doctor` does.
    """
    from workshop.doctor import main as examine

    sys.exit(examine())


@main.command()
@click.argument("names", metavar="[NOTEBOOK]...", nargs=-1)
def notebooks(names: tuple[str, ...]) -> None:
    """Run notebooks again and store their outputs.

    Without a name, all of them.
    """
    from workshop.course import find_kit
    from workshop.notebooks import run

    sys.exit(run(find_kit(), list(names)))
