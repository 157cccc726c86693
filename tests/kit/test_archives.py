"""An archive from a stranger is read within limits, or refused in one sentence."""

from __future__ import annotations

import gzip
import io
import random
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import partial

import pytest

from workshop.gradebook import archives
from workshop.gradebook.files import File, Unusable
from workshop.isolation.submission import LARGEST

CODE = b"answer = 42\n"


def packed(content: bytes, name: str = "jane.zip") -> File:
    return File((name,), partial(io.BytesIO, content))


def listed(content: bytes, name: str = "jane.zip") -> dict[str, bytes]:
    """The Python files in the archive that is `content`, by path."""
    files = archives.listing(packed(content, name))
    return {"/".join(one.path): one.read() for one in files if one.name.endswith(".py")}


def problem(content: bytes, name: str = "jane.zip") -> str:
    with pytest.raises(Unusable) as caught:
        archives.listing(packed(content, name))
    return str(caught.value)


def zipped(*members: str | zipfile.ZipInfo, content: bytes = CODE, packing: int = 8) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for member in members:
            archive.writestr(member, content)
    return stream.getvalue()


def tarred(*members: str | tarfile.TarInfo, format: int = tarfile.PAX_FORMAT) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format) as archive:
        for member in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            if info.isfile():
                info.size = len(CODE)
            archive.addfile(info, io.BytesIO(CODE))
    return stream.getvalue()


def special(name: str, type: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = type, target
    return info


def zip_link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def tampered(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(zipped("a/ex02_upload.py", "b.txt"), id="zip"),
        pytest.param(zipped("a/ex02_upload.py", packing=zipfile.ZIP_STORED), id="stored zip"),
        pytest.param(zipped("a\\ex02_upload.py"), id="zip with backslashes"),
        pytest.param(zipped("./a//ex02_upload.py"), id="zip with empty names"),
        pytest.param(tarred("a/ex02_upload.py", "b.txt"), id="tar"),
        pytest.param(gzip.compress(tarred("./a/ex02_upload.py")), id="tar.gz"),
        pytest.param(gzip.compress(tarred("a/ex02_upload.py")[:2048]), id="tar without an end"),
    ],
)
@pytest.mark.parametrize("name", ["jane.zip", "jane.tar.gz", "jane.tgz", "jane.tar"])
def test_tells_what_an_archive_is_by_its_content(content: bytes, name: str) -> None:
    assert listed(content, name) == {"a/ex02_upload.py": CODE}


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_reads_long_names_in_a_tar(format: int) -> None:
    long = "d" * 120 + "/ex02_upload.py"
    assert listed(tarred(long, "é.py", format=format)) == {long: CODE, "é.py": CODE}


def test_reads_what_git_archive_packs() -> None:
    stream = io.BytesIO()
    headers = {"comment": "0123456789abcdef" * 3}
    with tarfile.open(fileobj=stream, mode="w", pax_headers=headers) as archive:
        archive.addfile(tarfile.TarInfo("x"))
        info = tarfile.TarInfo("ex02_upload.py")
        info.size = len(CODE)
        archive.addfile(info, io.BytesIO(CODE))
    assert listed(stream.getvalue()) == {"ex02_upload.py": CODE}


def test_names_are_composed_whatever_system_packed_them() -> None:
    assert listed(zipped("e\u0301.py")) == {"\u00e9.py": CODE}


def test_leaves_out_what_systems_and_tools_leave_behind() -> None:
    litter = [
        "__MACOSX/ex02_upload.py",
        "._ex02_upload.py",
        ".git/ex02_upload.py",
        "venv/lib/ex02_upload.py",
        "__pycache__/ex02_upload.py",
        "solutions/ex02_upload.py",
        "a/b/c/d/e/f/ex02_upload.py",
    ]
    assert listed(zipped("kept.py", *litter)) == {"kept.py": CODE}
    assert listed(tarred("kept.py", *litter)) == {"kept.py": CODE}


def test_an_environment_in_it_may_hold_links() -> None:
    link = special(".venv/bin/python", tarfile.SYMTYPE, "/usr/bin/python")
    assert listed(tarred(link, "kept.py")) == {"kept.py": CODE}
    assert listed(zipped(zip_link(".venv/bin/python"), "kept.py")) == {"kept.py": CODE}


def test_an_archive_inside_stays_closed() -> None:
    (inner,) = archives.listing(packed(zipped("more.zip", content=zipped("ex02_upload.py"))))
    with pytest.raises(Unusable, match=r"^more.zip is inside another archive"):
        inner.read()


OUTSIDE = [
    "/etc/x.py",
    "../x.py",
    "a/../../x.py",
    "C:/x.py",
    "C:x.py",
    "\\\\host\\x.py",
    "..\\x.py",
]


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_refuses_a_path_that_leads_out(pack: Callable[..., bytes], path: str) -> None:
    assert problem(pack("ex02_upload.py", path)).startswith(
        "jane.zip holds a path that leads out of it, "
    )


HUGE = b"\0" * (40 * 2**20)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(
            tarred(special("x.py", tarfile.SYMTYPE, "/etc/passwd")), "a link: x.py", id="1"
        ),
        pytest.param(
            tarred(special("x.py", tarfile.LNKTYPE, "y.py")), "link: x.py", id="hard link"
        ),
        pytest.param(
            tarred(special("a", tarfile.SYMTYPE, "/"), "a/x.py"), "link: a;", id="link to a folder"
        ),
        pytest.param(tarred(special("x.py", tarfile.FIFOTYPE)), "no ordinary file", id="pipe"),
        pytest.param(tarred(special("x.py", tarfile.CHRTYPE)), "no ordinary file", id="device"),
        pytest.param(
            tarred(special("x.py", tarfile.GNUTYPE_SPARSE)), "no ordinary file", id="holes"
        ),
        pytest.param(zipped(zip_link("x.py")), "a link: x.py", id="link in a zip"),
    ],
)
def test_refuses_what_is_no_file(content: bytes, words: str) -> None:
    assert words in problem(content)


def test_refuses_a_sparse_file_as_pax_tells_of_it() -> None:
    info = tarfile.TarInfo("x.py")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": str(2**40)}
    assert "no ordinary file" in problem(tarred(info))


def test_refuses_what_is_locked() -> None:
    locked = tampered(
        zipped("x.py"), b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )
    assert problem(locked) == "jane.zip is locked with a password; pack it without one."


def test_refuses_packings_that_are_unpacked_without_bounds() -> None:
    assert "damaged" in problem(zipped("x.py", packing=zipfile.ZIP_BZIP2))
    assert "damaged" in problem(zipped("x.py", packing=zipfile.ZIP_LZMA))


@pytest.mark.parametrize("content", [b"", b"Rar!\x1a\x07\x01\x00" * 100, b"hello\n", b"\0" * 1024])
def test_refuses_what_is_no_archive(content: bytes) -> None:
    assert problem(content) == "jane.zip is no zip or tar archive; hand in a .zip or .tar.gz."


def test_a_zip_that_tells_less_than_it_holds_is_damaged() -> None:
    content = zipped("x.py", content=b"x" * 5000)
    assert "damaged" in problem(tampered(content, struct.pack("<L", 5000), struct.pack("<L", 50)))


def test_refuses_a_zip_that_tells_of_too_much() -> None:
    content = zipped("x.bin", content=b"x" * 5000)
    told = tampered(content, struct.pack("<L", 5000), struct.pack("<L", 2**31))
    assert "unpacks to more than is opened here" in problem(told)


def test_a_file_that_is_too_large_is_not_read_further() -> None:
    (file,) = archives.listing(packed(zipped("x.py", content=b"#" * (3 * LARGEST))))
    with pytest.raises(Unusable, match=r"^x.py is larger than 1 MiB\.$"):
        file.read()


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_refuses_too_many_files(
    pack: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST", 20)
    assert "holds more than 20 files" in problem(pack(*[f"{i}.txt" for i in range(21)]))
    assert len(archives.listing(packed(pack(*[f"{i}.txt" for i in range(20)])))) == 20


def test_refuses_a_list_of_files_that_would_fill_the_memory() -> None:
    names = [f"{i:060}" for i in range(100)]
    with pytest.raises(Unusable, match="holds more than"):
        archives.open_zip(io.BytesIO(zipped(*names)), "jane.zip", 5_000)


def test_refuses_files_that_share_their_bytes() -> None:
    content = zipped("a.txt", "b.txt")
    second = content.index(b"PK\x03\x04", 4)
    end = content.index(b"PK\x01\x02")
    directory = content[end:].replace(struct.pack("<L", second) + b"b.txt", b"\0\0\0\0b.txt")
    assert "overlap" in problem(content[:end] + directory)


def test_a_bomb_costs_neither_memory_nor_time() -> None:
    bombs = [
        gzip.compress(HUGE, 1),
        gzip.compress(tarred("x.txt")[:512] + HUGE, 1),
        gzip.compress(_of_size("x.txt", len(HUGE)) + HUGE, 1),
        gzip.compress(_of_size("x", len(HUGE), tarfile.XHDTYPE) + HUGE, 1),
        zipped("x.txt", content=HUGE),
    ]
    tracemalloc.start()
    try:
        for bomb in bombs:
            with pytest.raises(Unusable):
                archives.listing(packed(bomb))
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_a_gzip_whose_checksum_is_wrong_is_damaged() -> None:
    content = bytearray(gzip.compress(tarred("x.py")))
    content[-5] ^= 1
    assert "damaged" in problem(bytes(content))


def _of_size(name: str, size: int, type: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, type
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(zipped("x.py")[:-10], id="zip"),
        pytest.param(gzip.compress(tarred("x.py"))[:-10], id="gzip"),
        pytest.param(tarred("x.py", "y.py")[:700], id="tar"),
        pytest.param(_of_size("x.py", 2**40) + b"x" * 512, id="a tar that tells of more"),
        pytest.param(_of_size("x.py", -512, tarfile.REGTYPE), id="a negative size"),
    ],
)
def test_what_is_cut_short_is_damaged(content: bytes) -> None:
    assert problem(content) == (
        "jane.zip is damaged and cannot be opened; pack it and hand it in again."
    )


SEEDS = {
    "zip": zipped("a/ex02_upload.py", "b.txt", "exercises/é.py"),
    "stored zip": zipped("a/ex02_upload.py", "b.txt", packing=zipfile.ZIP_STORED),
    "tar": tarred("a/ex02_upload.py", "b" * 150, special("d", tarfile.DIRTYPE)),
    "gnu tar": tarred("a/ex02_upload.py", "b" * 150, format=tarfile.GNU_FORMAT),
    "tar.gz": gzip.compress(tarred("a/ex02_upload.py", "b.txt"), mtime=0),
}


@pytest.mark.parametrize("seed", SEEDS)
def test_damage_of_any_kind_is_a_sentence(seed: str) -> None:
    chance = random.Random(20_260)
    sentences = []
    for _ in range(300):
        content = _mutated(SEEDS[seed], chance)
        try:
            for file in archives.listing(packed(content)):
                assert ".." not in file.path and "/" not in "".join(file.path)
        except Unusable as problem:
            sentences.append(str(problem))
    assert len(sentences) > 30
    assert all(one.startswith("jane.zip ") and one.endswith(".") for one in sentences)


def _mutated(content: bytes, chance: random.Random) -> bytes:
    """`content` with a few bytes changed, taken out or put in, or cut short."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randint(1, 20)]
            case 2:
                data[place:place] = chance.randbytes(chance.randint(1, 20))
            case 3:
                data[place : place + 4] = chance.choice(
                    [b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f"]
                )
    return bytes(data[: chance.randint(1, len(data))] if chance.random() < 0.1 else data)
