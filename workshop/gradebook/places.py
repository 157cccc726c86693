"""How the places that a class hands in at name what they offer for download, and what is whose.

Each name is judged alone: a folder may hold what several places and people have put there, and
nobody in it is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from os.path import commonprefix
from typing import Any

import yaml

from workshop.gradebook.archives import ENDINGS, UNKNOWN_ENDINGS, is_archive
from workshop.gradebook.book import Learner
from workshop.gradebook.files import Listing, Unusable

METADATA = "submission_metadata.yml"
METADATA_SIZE = 64 * 2**20
"""Bytes of it that are read: it holds the results of all earlier submissions too."""


@dataclass(frozen=True)
class Entry:
    """A file or folder that lies right among the submissions."""

    name: str
    is_folder: bool
    listing: Callable[[], Listing]
    """The files in the folder; of a file, the file alone."""
    holds: Callable[[str], bool]
    """Whether there is something of that name right in the folder."""


@dataclass(frozen=True)
class Part:
    """What one entry adds to a submission."""

    entry: Entry
    name: str = ""
    """What the learner called the file, if the place renamed it."""

    def listing(self) -> Listing:
        found = self.entry.listing()
        if self.name:
            found.files = [replace(file, path=(self.name,)) for file in found.files]
        return found


@dataclass
class Submission:
    """Whose entries are whose. Of two parts that hold the same file the later one counts."""

    learner: Learner
    parts: list[Part] = field(default_factory=list)


def by_learner(entries: Iterable[Entry], folder_name: str) -> list[Submission]:
    """The submissions that `entries` make up, in no order. `folder_name` is that of the folder that
    they are in. Files that are nobody's are left out.

    Raises Unusable when Gradescope's list of names cannot be read.
    """
    left = sorted(entries, key=lambda one: one.name)
    found: list[Submission] = []
    classroom = partial(_classroom, folder_name=folder_name)
    for place in (_gradescope, _canvas, _moodle, classroom, _plain):
        found += place(left)
        taken = {part.entry.name for one in found for part in one.parts}
        left = [one for one in left if one.name not in taken]
    return found


_CANVAS = re.compile(
    r"(?:(?P<name>.+?)_)??(?:late_)?(?P<user>\d+|anon_\w+?)_"
    r"(?:(?P<file>\d+)_(?P<called>.+)|text\.html|link\.html)",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"-(?:\d{1,2}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?=\.py$)")


def _canvas(entries: list[Entry]) -> list[Submission]:
    """Files `doejane_1234_567890_ex02_upload.py`: the learner's name as Canvas sorts it, in small
    letters (or that of the group, or with anonymous marking `anon_` and letters); `LATE`; the
    numbers of user and file; what the learner called it. A text typed into the page ends in
    `_text.html`, a link in `_link.html`. A file that was handed in again is called
    `ex02_upload-1.py`; the one with the highest number is the newest.

    Source: instructure/canvas-lms, lib/content_zipper.rb (`get_filename`, `add_upload_submission`,
    `add_text_or_url`) and app/models/attachment.rb (`make_unique_filename`).
    """
    matches = [(one, _CANVAS.fullmatch(one.name)) for one in entries if not one.is_folder]
    fitting = [(one, match) for one, match in matches if match]
    numbers = [match["file"] for _, match in fitting if match["file"]]
    if len(set(numbers)) < len(numbers):  # no two files have one: these are other people's names
        return []
    found: dict[tuple[str, str], Submission] = {}
    for entry, match in sorted(fitting, key=lambda pair: int(pair[1]["file"] or 0)):
        name, user = match["name"] or "", match["user"]
        learner = Learner(name or user, user.removeprefix("anon_"))
        called = _AGAIN.sub("", match["called"] or entry.name)
        found.setdefault((name, user), Submission(learner)).parts.append(Part(entry, called))
    return list(found.values())


_MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_(?P<called>.*))?")


def _moodle(entries: list[Entry]) -> list[Submission]:
    """Folders `Jane Doe_12345_assignsubmission_file`, before Moodle 4.1 with an underscore at the
    end; `onlinetext` for `file` where a text was typed into the page. Downloaded without folders,
    the file's name follows. The number is the participant's; the name can be a group's.

    Source: moodle/moodle, mod/assign/classes/downloader.php (`get_student_prefix`,
    `load_submissionplugin_filelist`).
    """
    found: dict[tuple[str, str], Submission] = {}
    for entry in entries:
        if match := _MOODLE.fullmatch(entry.name):
            name, number = match["name"], match["number"]
            called = "" if entry.is_folder else match["called"] or entry.name
            submission = found.setdefault((name, number), Submission(Learner(name, number)))
            submission.parts.append(Part(entry, called))
    return list(found.values())


def _gradescope(entries: list[Entry]) -> list[Submission]:
    """Folders `submission_123456`, and beside them `submission_metadata.yml`, which tells whose
    they are: `submission_123456: {":submitters": [{":name": …, ":sid": …, ":email": …}]}`. A
    group's submission is each member's.

    Source: help.gradescope.com does not document the file; this is what programs that read it rely
    on, such as jdblischak/gradescope-utils and provenance's `parseGradescopeExport`.
    """
    found = []
    metadata = _metadata(entries)
    for entry in entries:
        record = metadata.get(entry.name)
        submitters = record.get(":submitters") if isinstance(record, dict) else None
        number = entry.name.removeprefix("submission_").partition(".")[0]
        for one in submitters if isinstance(submitters, list) else ():
            if isinstance(one, dict):
                name, sid, email = (str(one.get(key) or "") for key in (":name", ":sid", ":email"))
                learner = Learner(name or email or sid or entry.name, sid or number, email)
                found.append(Submission(learner, [Part(entry)]))
    return found


def _metadata(entries: list[Entry]) -> dict[str, Any]:
    for entry in entries:
        if entry.name == METADATA and not entry.is_folder:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            try:
                (file,) = entry.listing().files
                data = yaml.load(file.read(METADATA_SIZE), loader)
            except (yaml.YAMLError, ValueError, RecursionError):
                raise Unusable(f"{METADATA} is not valid YAML.") from None
            return data if isinstance(data, dict) else {}
    return {}


def _classroom(entries: list[Entry], folder_name: str) -> list[Submission]:
    """Repositories `assignment-jane`, in a folder `assignment-submissions` if they were cloned by
    `gh classroom clone student-repos`; in another one, all names begin alike. The rest is the user.

    Source: github/gh-classroom, cmd/gh-classroom/clone/student-repos/student-repos.go.
    """
    repositories = [one for one in entries if one.is_folder and one.holds(".git")]
    names = [one.name for one in repositories]
    prefix = folder_name.removesuffix("-submissions") + "-"
    if not folder_name.endswith("-submissions") or not all(one.startswith(prefix) for one in names):
        common = commonprefix(names) if len(names) > 1 else ""  # noqa: RUF071 - they are no paths
        prefix = common[: common.rfind("-") + 1]
    found = []
    for entry in repositories:
        user = entry.name.removeprefix(prefix)
        found.append(Submission(Learner(user, user if prefix else ""), [Part(entry)]))
    return found


def _plain(entries: list[Entry]) -> list[Submission]:
    """A folder or an archive for each learner, by the learner's name."""
    return [
        Submission(Learner(_without_ending(one)), [Part(one)])
        for one in entries
        if one.is_folder or is_archive(one.name)
    ]


def _without_ending(entry: Entry) -> str:
    if entry.is_folder:
        return entry.name
    for ending in (*ENDINGS, *sorted(UNKNOWN_ENDINGS, key=len, reverse=True)):
        if entry.name.casefold().endswith(ending):
            return entry.name[: -len(ending)]
    return entry.name
