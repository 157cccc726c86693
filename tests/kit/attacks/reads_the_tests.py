"""exercise: ex03_save
Reads tests, references and marks from the disk, by every way to name a file.
"""

import importlib.machinery
import io
import linecache
import mmap
import os
import pkgutil
import runpy
import shutil
import sqlite3
import zipimport
from pathlib import Path

import workshop

KIT = Path(workshop.__file__).resolve().parents[1]
FILES = (
    KIT / "solutions" / "ex03_save.py",
    KIT / "tests" / "graded" / "ex03_save" / "test_marker.py",
    KIT / "course.toml",
)
HERE = Path(__file__).parent


def by_folder(path):
    folder = os.open(path.parent, os.O_PATH)
    return os.open(path.name, os.O_RDONLY, dir_fd=folder)


def by_mapping(path):
    return mmap.mmap(os.open(path, os.O_RDONLY), 0, prot=mmap.PROT_READ)[:]


def by_link(make):
    def read(path):
        own = Path.home() / f"own-{path.name}"
        make(path, own)
        return own.read_bytes()

    return read


def by_moving(path):
    os.rename(path, Path.home() / path.name)
    os.rename(Path.home() / path.name, path)


WAYS = (
    lambda path: path.read_bytes(),
    lambda path: open(os.path.relpath(path)).read(),  # noqa: SIM115
    lambda path: io.FileIO(path).read(),
    lambda path: os.open(path, os.O_RDONLY | os.O_NOFOLLOW),
    lambda path: os.open(path, os.O_WRONLY | os.O_APPEND),
    lambda path: os.open(f"/proc/self/root{path}", os.O_RDONLY),
    lambda path: os.listdir(path.parent),
    lambda path: next(os.scandir(path.parent)),
    lambda path: linecache.getlines(str(path))[0],
    lambda path: pkgutil.get_data("workshop", os.path.relpath(path, KIT / "workshop"))[0],
    lambda path: runpy.run_path(str(path)),
    lambda path: importlib.machinery.SourceFileLoader("x", str(path)).load_module(),
    lambda path: zipimport.zipimporter(str(path)),
    lambda path: shutil.copyfile(path, Path.home() / "copy"),
    lambda path: sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("pragma user_version"),
    lambda path: os.truncate(path, path.stat().st_size),
    by_folder,
    by_mapping,
    by_link(os.link),
    by_link(os.symlink),
    by_moving,
)
MARKS = [HERE.parent / "log", *HERE.parent.glob("marks-*"), HERE.parent / "marks-0.jsonl"]
for path in (*FILES, *MARKS):
    for number, way in enumerate(WAYS):
        try:
            way(path)
        except (OSError, ImportError, IndexError, TypeError, AttributeError, sqlite3.Error):
            continue
        print("breach: way", number, "to", path.name, flush=True)
for name in ("mine.py", Path(__file__).name):
    try:
        (HERE / name).write_text("")
        print("breach: wrote", name, flush=True)
    except OSError:
        pass


async def save_to_disk(directory):
    raise OSError("nothing saved")
