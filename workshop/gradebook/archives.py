"""Opens archives that strangers packed, in memory: nothing of them is ever written to a disk.

What is wrong with one is a sentence. A zip and a tar are told apart by their content, not their
names; a tar may be packed by gzip. The format of tar is POSIX.1-2024, pax, "ustar Interchange
Format" and "pax Header Block", with GNU's long names; that of zip is PKWARE's APPNOTE.TXT.
"""

from __future__ import annotations

import gzip
import io
import re
import stat
import tarfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import IO, BinaryIO, cast

from workshop.gradebook.files import MOST, File, Unusable, ignored, refusing, shown
from workshop.isolation.submission import LARGEST

ENDINGS = (".zip", ".tar.gz", ".tgz", ".tar")
"""What is opened."""
UNKNOWN_ENDINGS = (".rar", ".7z", ".gz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zst", ".dmg")
"""Archives too, which are not."""
UNPACKED = 256 * 2**20
"""Bytes that an archive may hold, unpacked."""
RATIO, FROM = 100, 16 * 2**20
"""How many times its own size an archive may hold, once that is more than `FROM` bytes. Source code
packs to a fifth; deflate comes to a thousandth at most."""
TEXT = 32 * 2**20
"""Bytes of Python files that are kept of one archive."""
DIRECTORY = 4 * 2**20
"""Bytes that the list of files in a zip may hold: 40,000 names or so."""

_BLOCK = tarfile.BLOCKSIZE
_LONGEST = 2**16
_DRIVE = re.compile(r"[A-Za-z]:")
_ENCRYPTED = 0x1
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""zipfile unpacks the others without bounds."""


def is_archive(name: str) -> bool:
    """Whether a file of this name means to be an archive, be it of a kind that is not opened."""
    return name.casefold().endswith(ENDINGS + UNKNOWN_ENDINGS)


def listing(archive: File) -> list[File]:
    """The files in `archive`; Python files are read at once.

    Raises Unusable when it is no archive, damaged, encrypted, or not safe to open.
    """
    name = shown(archive.name)
    try:
        with archive.open() as stream:
            return list(_files(stream, name))
    except Unusable:
        raise
    except Exception:  # zipfile and gzip raise whatever damaged bytes happen to lead to
        raise Unusable(
            f"{name} is damaged and cannot be opened; pack it and hand it in again."
        ) from None


def _files(stream: BinaryIO, name: str) -> Iterator[File]:
    start = stream.read(_BLOCK)
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if start.startswith(b"PK"):
        return _from_zip(stream, name, size)
    if start.startswith(b"\x1f\x8b"):
        unzipped = cast(IO[bytes], gzip.GzipFile(fileobj=stream))
        return _from_tar(_Bounded(unzipped, name, size), name)
    if _is_tar(start):
        return _from_tar(_Bounded(stream, name, size), name)
    raise Unusable(f"{name} is no zip or tar archive; hand in a .zip or .tar.gz.")


def safe_path(path: str, archive: str) -> tuple[str, ...]:
    """The names in `path`, of an entry of `archive`.

    Raises Unusable when it leads out of the folder that the archive would be unpacked to.
    """
    parts = _parts(path)
    if parts[0] == "" or _DRIVE.match(parts[0]) or ".." in parts:
        raise Unusable(
            f"{archive} holds a path that leads out of it, {shown(path)}; pack the files anew, "
            "from the folder that they are in."
        )
    return names_in(path)


def names_in(path: str) -> tuple[str, ...]:
    """The names in `path`, be it safe or not. A backslash separates them like a slash."""
    return tuple(one for one in _parts(path) if one not in ("", "."))


def _parts(path: str) -> list[str]:
    return unicodedata.normalize("NFC", path).replace("\\", "/").split("/")


class _Sips:
    """A file that is read in small pieces only, so that no header makes zipfile fill the memory."""

    def __init__(self, stream: IO[bytes], archive: str, limit: int) -> None:
        self._stream = stream
        self._archive = archive
        self._limit = limit
        self.seek, self.tell = stream.seek, stream.tell
        self.seekable, self.close = stream.seekable, stream.close

    def read(self, size: int = -1) -> bytes:
        most = self._limit + 1
        data = self._stream.read(min(size, most) if size >= 0 else most)
        if len(data) == most:
            raise _too_many(self._archive)
        return data


def open_zip(stream: BinaryIO, name: str, directory: int = DIRECTORY) -> zipfile.ZipFile:
    """Raises Unusable when the list of its files holds more than `directory` bytes; else whatever
    zipfile does.
    """
    return zipfile.ZipFile(cast(IO[bytes], _Sips(stream, name, directory)))


def _from_zip(stream: BinaryIO, name: str, size: int) -> Iterator[File]:
    with open_zip(stream, name) as packed:
        entries = packed.infolist()
        _check_sizes(sum(one.file_size for one in entries), name, size)
        _check_overlap(entries, name)
        left, count = TEXT, 0
        for entry in entries:
            path = checked_path(entry, name)
            if entry.is_dir() or not path or ignored(path):
                continue
            count += 1
            if count > MOST:
                raise _too_many(name)
            yield (found := _kept(path, partial(_unpack, packed, entry)))
            left -= min(entry.file_size, LARGEST) if found.name.endswith(".py") else 0
            if left < 0:
                raise _too_large(name)


def checked_path(entry: zipfile.ZipInfo, archive: str) -> tuple[str, ...]:
    """The names in the path of `entry`. Raises Unusable when it is none to be opened."""
    path = safe_path(entry.filename, archive)
    if entry.flag_bits & _ENCRYPTED:
        raise Unusable(f"{archive} is locked with a password; pack it without one.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR) and not ignored(path):
        raise _not_a_file(archive, entry.filename)
    return path


def _unpack(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int = LARGEST) -> bytes:
    """At most one byte more than `limit`, whatever size the headers tell."""
    if entry.compress_type not in _PACKINGS:
        raise NotImplementedError(entry.compress_type)
    with packed.open(entry) as stream:
        return stream.read(limit + 1)


def unpacked(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int = LARGEST) -> BinaryIO:
    """What `entry` of `packed` holds, up to one byte more than `limit`.

    Raises Unusable when it is damaged.
    """
    try:
        return io.BytesIO(_unpack(packed, entry, limit))
    except Exception:  # as in `listing`
        raise Unusable(f"{shown(entry.filename)} is damaged in the archive.") from None


def _check_overlap(entries: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse files that share their bytes, as in a zip bomb of the kind that needs no nesting
    (D. Fifield, "A better zip bomb", WOOT 2019).
    """
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:
            raise Unusable(f"{name} holds files that overlap, so it is not opened.")
        end = entry.header_offset + entry.compress_size


def _is_tar(block: bytes) -> bool:
    with suppress(tarfile.HeaderError):
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        return True
    return False


class _Bounded:
    """The bytes of a tar, counted as they come."""

    def __init__(self, stream: IO[bytes], name: str, packed_size: int) -> None:
        self._stream = stream
        self._name = name
        self._packed_size = packed_size
        self._count = 0

    def read(self, size: int) -> bytes:
        """`size` bytes, or none at the very end."""
        data = self._stream.read(size)
        self._count += len(data)
        _check_sizes(self._count, self._name, self._packed_size)
        if data and len(data) < size:
            raise EOFError
        return data

    def skip(self, size: int) -> None:
        while size > 0:
            if not (data := self.read(min(size, _LONGEST))):
                raise EOFError
            size -= len(data)

    def end(self) -> None:
        """Read what is left, for only then gzip compares its checksum."""
        while data := self._stream.read(_LONGEST):
            self._count += len(data)
            _check_sizes(self._count, self._name, self._packed_size)

    def entry(self, size: int, kept: int) -> bytes:
        """The first `kept` bytes of an entry of `size`, having gone past all of it."""
        kept = min(kept, size)
        data = self.read(kept) if kept else b""
        if len(data) < kept:
            raise EOFError
        self.skip(size + -size % _BLOCK - kept)
        return data


def _from_tar(stream: _Bounded, name: str) -> Iterator[File]:
    """tarfile's own reading trusts what the headers tell of sizes, so only single headers are left
    to it.
    """
    long_name, left, count = "", TEXT, 0
    while block := stream.read(_BLOCK):
        if not block.strip(b"\0"):
            stream.end()
            return
        entry = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if entry.size < 0:
            raise tarfile.HeaderError
        if entry.type in (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE):
            data = _header(stream, entry, name)
            told = _pax_path(data, name) if entry.type == tarfile.XHDTYPE else _text(data)
            long_name = told or long_name
            continue
        if entry.type in (tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGLINK):
            _header(stream, entry, name)
            continue
        entry.name, long_name = long_name or entry.name, ""
        path = safe_path(entry.name, name)
        if entry.isdir():
            continue
        if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE):
            if not ignored(path):
                raise _not_a_file(name, entry.name)
            stream.skip(0 if entry.type in _EMPTY else entry.size + -entry.size % _BLOCK)
            continue
        count += 1
        if count > MOST:
            raise _too_many(name)
        data = stream.entry(entry.size, LARGEST + 1)
        if path and not ignored(path):
            yield (found := _kept(path, partial(bytes, data)))
            left -= len(data) if found.name.endswith(".py") else 0
            if left < 0:
                raise _too_large(name)


_EMPTY = (tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
"""Entries without content, whatever size their headers tell."""


def _header(stream: _Bounded, entry: tarfile.TarInfo, name: str) -> bytes:
    """What an entry holds that tells of the next one."""
    if entry.size > _LONGEST:
        raise _too_large(name)
    return stream.entry(entry.size, entry.size)


def _pax_path(data: bytes, name: str) -> str:
    """The path in an extended header: lines of "length keyword=value"."""
    path = ""
    while data.strip(b"\0"):
        length, space, _ = data.partition(b" ")
        if not space or not length.isdigit() or not len(length) < int(length) <= len(data):
            raise tarfile.HeaderError
        keyword, _, value = data[len(length) + 1 : int(length) - 1].partition(b"=")
        if keyword.startswith(b"GNU.sparse"):
            raise _not_a_file(name, "a file with holes")
        if keyword == b"size":  # larger than 8 GiB
            raise _too_large(name)
        if keyword == b"path":
            path = _text(value)
        data = data[int(length) :]
    return path


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _kept(path: tuple[str, ...], read: partial[bytes]) -> File:
    """The file at `path`; its content only if it can be Python's."""
    if not path[-1].endswith(".py"):
        return File(path, refusing(_inner(path[-1])))
    content = read()
    return File(path, partial(io.BytesIO, content))


def _inner(name: str) -> str:
    return f"{shown(name)} is inside another archive, and is not opened there."


def _check_sizes(unpacked: int, name: str, packed: int) -> None:
    if unpacked > UNPACKED or unpacked > max(FROM, RATIO * packed):
        raise _too_large(name)


def _too_large(name: str) -> Unusable:
    return Unusable(
        f"{name} unpacks to more than is opened here ({UNPACKED // 2**20} MiB, or {RATIO} times "
        "its size); hand in the exercise files alone."
    )


def _too_many(name: str) -> Unusable:
    return Unusable(f"{name} holds more than {MOST:,} files; hand in the exercise files alone.")


def _not_a_file(name: str, entry: str) -> Unusable:
    return Unusable(
        f"{name} holds something that is no ordinary file, such as a link: {shown(entry)}; pack "
        "the files themselves."
    )
