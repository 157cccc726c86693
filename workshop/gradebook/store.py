"""Where verdicts are kept from the moment they are made: a SQLite file in the out folder.

A file for each verdict would do, too. But here a class of 3,000 with nine exercises is one file
and not 27,000, a verdict is in it whole or not at all, whoever is killed in the middle leaves
nothing that the next one to open it would trip over, and damage is noticed. In WAL mode a verdict
costs one sequential write.

- `synchronous=FULL`: a verdict outlives a power cut as it does `kill -9`. That costs one fsync,
  some milliseconds, for what took a second to mark.
- `locking_mode=EXCLUSIVE`: one process at a time; and no shared memory, which network file systems
  do not have.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from workshop.grading.verdict import Verdict

NAME = "verdicts.sqlite"
VERSION = 1
_OURS = 0x41574742
"""SQLite's `application_id`: a file without it is not ours, and not overwritten."""
_TABLES = """
CREATE TABLE verdicts (key TEXT PRIMARY KEY, run INTEGER NOT NULL, verdict BLOB NOT NULL);
CREATE TABLE handed_in (
    learner TEXT, exercise TEXT, key TEXT NOT NULL, PRIMARY KEY (learner, exercise)
);
CREATE TABLE anew (what TEXT PRIMARY KEY, run INTEGER NOT NULL);
"""


class StoreError(Exception):
    """Verdicts cannot be kept. The text is one sentence, with what to do."""


class Store:
    """The verdicts in a folder, by key. It belongs to the thread that opens it.

    A context manager. Every method raises StoreError when the disk fails.
    """

    def __init__(self, folder: Path) -> None:
        """Open or begin the store in `folder`.

        Raises StoreError where that is not possible, or another process has it open.
        """
        self.path = folder / NAME
        self.told = ""
        """What was found and kept aside, in a sentence; empty when all was well."""
        with self._sentences():
            folder.mkdir(parents=True, exist_ok=True)
            try:
                self._open()
            except _Unusable as error:
                aside = self._keep_aside()
                self.told = (
                    f"{self.path} {error}; it is kept as {aside.name}, and all is marked anew."
                )
                self._open()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    # --- verdicts --------------------------------------------------------------------------------

    def verdict(self, key: str, run: int = 0) -> Verdict | None:
        """The verdict of `key`, if there is one that was made in `run` or later."""
        with self._sentences():
            row = self._database.execute(
                "SELECT verdict FROM verdicts WHERE key = ? AND run >= ?", (key, run)
            ).fetchone()
        try:
            return row and Verdict.from_dict(json.loads(zlib.decompress(row[0])))
        except (zlib.error, ValueError, LookupError, TypeError):
            return None  # damaged: it is marked again

    def keep(self, made: Mapping[str, dict[str, Any]]) -> None:
        """Keep verdicts, by key; when this returns, they are on the disk."""
        packed = [
            (key, zlib.compress(json.dumps(verdict).encode())) for key, verdict in made.items()
        ]
        with self._whole():
            self._database.executemany(
                "INSERT OR REPLACE INTO verdicts VALUES (?, (SELECT max(run) FROM anew), ?)", packed
            )

    # --- whose they are --------------------------------------------------------------------------

    def note(self, handed_in: Iterable[tuple[str, str, str]]) -> None:
        """Remember what was handed in: learners, exercises, and the keys."""
        with self._whole():
            self._database.executemany(
                "INSERT OR REPLACE INTO handed_in VALUES (?, ?, ?)", handed_in
            )

    def last(self, learner: str, exercise: str) -> str | None:
        """The key of what `learner` had handed in when it was noted last."""
        with self._sentences():
            row = self._database.execute(
                "SELECT key FROM handed_in WHERE learner = ? AND exercise = ?", (learner, exercise)
            ).fetchone()
        return row and str(row[0])

    # --- marking anew ----------------------------------------------------------------------------

    def begin_anew(self, what: str) -> int:
        """The number of a run that marks `what` anew. Begun before and not ended, it goes on: what
        it has marked is not marked another time.
        """
        with self._sentences():
            self._database.execute(
                "INSERT OR IGNORE INTO anew VALUES (?, (SELECT max(run) FROM anew) + 1)", (what,)
            )
            row = self._database.execute("SELECT run FROM anew WHERE what = ?", (what,)).fetchone()
        return int(row[0])

    def end_anew(self, what: str) -> None:
        """The run that marks `what` anew has come to its end."""
        with self._whole():
            self._database.execute(
                "UPDATE anew SET run = (SELECT max(run) FROM anew) WHERE what = ''"
            )
            self._database.execute("DELETE FROM anew WHERE what = ?", (what,))

    # --- the file --------------------------------------------------------------------------------

    def _open(self) -> None:
        """Raises _Unusable for a file that is no sound store of ours."""
        self._database = sqlite3.connect(self.path, timeout=0, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    def _prepare(self) -> None:
        ask = self._database.execute
        try:
            ask("PRAGMA locking_mode=EXCLUSIVE")
            is_new = not ask("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if not is_new:
                self._check()
            ask("PRAGMA journal_mode=WAL")
            ask("PRAGMA synchronous=FULL")
            ask("BEGIN EXCLUSIVE")
            if is_new:
                for table in _TABLES.split(";"):
                    ask(table)
                ask("INSERT INTO anew VALUES ('', 1)")
                ask(f"PRAGMA application_id={_OURS}")
                ask(f"PRAGMA user_version={VERSION}")
            ask("COMMIT")
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                raise _Unusable("is damaged") from error
            raise

    def _check(self) -> None:
        ask = self._database.execute
        if ask("PRAGMA application_id").fetchone()[0] != _OURS:
            raise _Unusable("is no file of verdicts")
        if ask("PRAGMA user_version").fetchone()[0] != VERSION:
            raise _Unusable("was written by another version of the workshop")
        if ask("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise _Unusable("is damaged")

    def _keep_aside(self) -> Path:
        number = 1
        while (aside := self.path.with_name(f"verdicts-kept-{number}.sqlite")).exists():
            number += 1
        self.path.replace(aside)
        for end in ("-wal", "-shm"):  # they belong to it
            beside = self.path.with_name(self.path.name + end)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + end))
        return aside

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """All of it or nothing."""
        with self._sentences(), self._database:
            self._database.execute("BEGIN")
            yield

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(_sentence(self.path, error)) from error
        except OSError as error:
            raise StoreError(
                f"The folder {self.path.parent} cannot be written to ({error.strerror}); name "
                "another one with --out."
            ) from error


class _Unusable(Exception):
    """A file that is there and cannot be used. The text says why, as half a sentence."""


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _sentence(path: Path, error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return (
            f"Another `workshop grade` is at work in {path.parent}: wait until it has ended, or "
            "name another folder with --out."
        )
    if code == sqlite3.SQLITE_FULL:
        return (
            f"The disk that holds {path.parent} is full; what was marked is kept. Make room, and "
            "type the same command again."
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return f"{path} was damaged meanwhile; type the same command again, which begins a new one."
    return (
        f"{path} cannot be written ({error}); name a folder on another disk with --out, a local "
        "one if this is on the network."
    )
