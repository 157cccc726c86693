"""The walls around the learner's process: what is refused behind them, and what goes on working.

Each is tried for real, in a process of its own that the kernel walls in. What a filter of system
calls answers is also read from its instructions, for both machines that it is made for.
"""

import asyncio
import ctypes
import errno
import inspect
import json
import os
import re
import socket
import struct
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from workshop.isolation import audit, capabilities, kernel, landlock, seccomp, system_calls, walls

fcntl, resource = pytest.importorskip("fcntl"), pytest.importorskip("resource")

KIT = Path(walls.__file__).resolve().parents[2]
KERNEL = ("landlock", "seccomp", "limits")
"""Without the audit hook, so that it is the kernel that refuses."""
ALL = (*KERNEL, "audit")
FORBIDDEN = Path(__file__).with_name("forbidden.py")
libc = ctypes.CDLL(None, use_errno=True)

behind_all = pytest.mark.skipif(
    bool(walls.missing(ALL)), reason="not all walls stand on this machine"
)
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root has privileges to lose"
)

PRELUDE = """
from __future__ import annotations
import asyncio, ctypes, errno, fcntl, json, os, resource, socket, struct, sys, threading
from pathlib import Path
KIT, given = sys.argv[1], json.loads(sys.argv[2])
sys.path.insert(0, KIT)
from workshop.isolation import audit, capabilities, kernel, landlock, seccomp, system_calls
from workshop.isolation import walls, zygote
zygote.forget_the_kit()
KERNEL = {kernel!r}
ALL = (*KERNEL, "audit")
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall
"""


def refusal(call: Callable[..., object], *args: Any) -> int | None:
    """The errno with which the call failed; 0 when it did not."""
    try:
        call(*args)
    except OSError as error:
        return error.errno
    return 0


def rules(pid: int) -> list[system_calls.Rule]:
    """All calls of the process `pid` whose arguments decide."""
    return [*system_calls.RULES, *system_calls.own_rules(pid)]


def raw(name: str, *args: int | bytes | None) -> int:
    """The errno of a system call, without Python or the C library in between; 0 for success."""
    tables = (system_calls.REFUSED, system_calls.PRETENDED, system_calls.ABSENT)
    numbers = {name: pair for table in tables for name, pair in table.items()}
    numbers |= {rule.name: rule.numbers for rule in rules(0)}
    wide = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    result = libc.syscall(ctypes.c_long(numbers[name][kernel.column()]), *wide)
    return ctypes.get_errno() if result < 0 else 0


def put_up(names: Iterable[str], readable: Iterable[str] = (), **more: Any) -> None:
    walls.put_up([Path(".")], [Path(path) for path in readable], names, **more)


def run(work: Callable[..., Any], folder: Path, *given: Any) -> Any:
    """What `work` gives in a new process whose current folder is `folder`. Of this module it
    sees what the prelude repeats and the three functions above, and it is given plain data.
    """
    return evaluate(f"{work.__name__}(*given)", folder, work, given=given)


def evaluate(what: str, folder: Path, *defined: Callable[..., Any], given: Any = ()) -> Any:
    """What the expression gives in a new process that has the functions `defined`."""
    parts = [
        textwrap.dedent(inspect.getsource(one)) for one in (refusal, rules, raw, put_up, *defined)
    ]
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-c"),
            "\n".join([PRELUDE.format(kernel=KERNEL), *parts, f"print(json.dumps({what}))"]),
            *(str(KIT), json.dumps(given)),
        ],
        cwd=folder,
        env={"HOME": str(folder), "TMPDIR": str(folder), "PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file outside the scratch folder, as the kit's are."""
    path = tmp_path / "victim.py"
    path.write_text("answer = 42\n")
    path.chmod(0o644)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


STRANGER = 65534
"""The user who has nothing, by convention `nobody`."""


def give_away(folder: Path) -> None:
    """Make it the stranger's. Skips the test where we may not, as in a container without root."""
    try:
        os.chown(folder, STRANGER, STRANGER)
    except OSError:
        pytest.skip("only root may give a folder to another user")


def looks(path: Path) -> tuple[object, ...]:
    """Everything about a file that somebody could change."""
    stat = path.stat()
    return (
        path.read_text(),
        oct(stat.st_mode),
        (stat.st_uid, stat.st_gid, stat.st_nlink),
        (stat.st_mtime_ns, stat.st_size),
        os.listxattr(path),
    )


# What is refused: files


@behind_all
def test_nothing_about_a_file_outside_can_be_changed(scratch: Path, victim: Path) -> None:
    def attack(path):
        put_up(KERNEL)
        name, here, value = path.encode(), -100, struct.pack("QII", 0, 0, 0)
        return {
            "write": refusal(open, path, "a"),
            "unlink": refusal(os.unlink, path),
            "rename": refusal(os.rename, path, "mine"),
            "link": refusal(os.link, path, "mine"),
            "truncate": refusal(os.truncate, path, 0),
            "chmod": refusal(os.chmod, path, 0o600),
            "fchmodat2": raw("fchmodat2", here, name, 0o600, 0),
            "chown": refusal(os.chown, path, -1, -1),
            "lchown": refusal(os.lchown, path, -1, -1),
            "utime": refusal(os.utime, path, (1, 1)),
            "utime now": refusal(os.utime, path),
            "setxattr": refusal(os.setxattr, path, "user.mine", b"1"),
            "setxattrat": raw("setxattrat", here, name, 0, b"user.mine", value, 16),
            "removexattr": refusal(os.removexattr, path, "user.mine"),
            "file_setattr": raw("file_setattr", here, name, bytes(24), 24, 0),
            "name_to_handle_at": raw("name_to_handle_at", here, name, bytes(200), bytes(8), 0),
            "open for nothing": refusal(os.open, path, 3),
            "open to shorten": refusal(os.open, path, os.O_RDONLY | os.O_TRUNC),
        }

    before = looks(victim)
    found = run(attack, scratch, str(victim))
    assert looks(victim) == before
    assert {name for name, number in found.items() if number == 0} == {
        "chmod",
        "fchmodat2",
        "utime",
    }
    assert set(found.values()) <= {0, errno.EACCES, errno.EPERM, errno.EXDEV}


@behind_all
def test_a_handle_from_before_the_walls_changes_nothing(scratch: Path, victim: Path) -> None:
    def attack(path):
        reading = os.open(path, os.O_RDONLY)
        put_up(KERNEL)
        nodump = struct.pack("l", 0x40)
        return [
            refusal(os.fchmod, reading, 0o600),
            refusal(os.utime, reading, (1, 1)),
            refusal(os.utime, reading),
            refusal(os.fchown, reading, -1, -1),
            refusal(os.setxattr, reading, "user.mine", b"1"),
            refusal(fcntl.ioctl, reading, 0x40086602, nodump),  # FS_IOC_SETFLAGS
            refusal(fcntl.ioctl, reading, 0x401C5820, bytes(28)),  # FS_IOC_FSSETXATTR
        ]

    before = looks(victim)
    assert run(attack, scratch, str(victim)) == [0, 0, *[errno.EPERM] * 5]
    assert looks(victim) == before


@behind_all
def test_what_only_may_be_read_cannot_be_shortened(tmp_path: Path, scratch: Path) -> None:
    def attack(path):
        put_up(KERNEL, readable=[path])
        file = Path(path, "answer.txt")
        shortened = refusal(os.open, file, os.O_RDONLY | os.O_TRUNC)
        return [shortened, refusal(os.truncate, file, 0), file.read_text()]

    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "answer.txt").write_text("42")
    found = run(attack, scratch, str(tmp_path / "given"))
    assert found in ([errno.EPERM, refused, "42"] for refused in (errno.EACCES, errno.EPERM))


@behind_all
def test_the_kits_tests_and_references_cannot_be_read(scratch: Path) -> None:
    def attack(kit):
        put_up(KERNEL)
        folders = [Path(kit, name) for name in ("tests", "solutions", "exercises", "workshop")]
        return [refusal(os.listdir, folder) for folder in folders] + [
            refusal(open, Path(kit, "course.toml")),
            refusal(open, "/proc/self/status"),
            refusal(open, "/etc/passwd"),
        ]

    assert set(run(attack, scratch, str(KIT))) == {errno.EACCES}


# What is refused: other processes


@behind_all
def test_another_process_cannot_be_touched(scratch: Path) -> None:
    def attack():
        # With no more rights than ours, so that the kernel itself would let most of this happen.
        (ready, starting), (ending, ours) = os.pipe(), os.pipe()
        if (other := os.fork()) == 0:
            capabilities.give_up([])
            os.close(starting)
            os.close(ours)
            os.read(ending, 1)  # until we end
            os._exit(0)
        os.close(starting)
        os.read(ready, 1)
        cpus = os.sched_getaffinity(0)
        memory = ctypes.create_string_buffer(8)
        vector = struct.pack("QQ", ctypes.addressof(memory), 8)
        put_up(KERNEL)
        return {
            "kill": refusal(os.kill, other, 0),
            "kill the group": refusal(os.kill, 0, 0),
            "kill all": refusal(os.kill, -1, 0),
            "tgkill": raw("tgkill", other, other, 0),
            "rt_sigqueueinfo": raw("rt_sigqueueinfo", other, 0, bytes(128)),
            "pidfd_open": raw("pidfd_open", other, 0),
            "sched_setaffinity": refusal(os.sched_setaffinity, other, cpus),
            "sched_setparam": refusal(os.sched_setparam, other, os.sched_param(0)),
            "sched_setattr": raw("sched_setattr", other, struct.pack("IIQiIQQQ", 48, *[0] * 7), 0),
            "ioprio_set": raw("ioprio_set", 1, other, 2 << 13 | 7),
            "setpriority": refusal(os.setpriority, os.PRIO_PROCESS, other, 1),
            "prlimit": refusal(resource.prlimit, other, resource.RLIMIT_CORE),
            "kcmp": raw("kcmp", os.getpid(), other, 0, 0, 0),
            "process_vm_readv": raw("process_vm_readv", other, vector, 1, vector, 1, 0),
            "ptrace": raw("ptrace", 16, other, 0, 0),
            "move_pages": raw("move_pages", other, 0, None, None, None, 0),
            "shmctl": raw("shmctl", 0, 2, bytes(200)),
            "mq_unlink": raw("mq_unlink", b"workshop-nothing"),
        }

    found = run(attack, scratch)
    assert {name: number for name, number in found.items() if number != errno.EPERM} == {}


@behind_all
def test_no_signal_can_be_arranged_for_another_process(scratch: Path) -> None:
    def attack():
        end, _ = socket.socketpair()
        folder = os.open(".", os.O_RDONLY)
        file = os.open("mine", os.O_RDWR | os.O_CREAT)
        parent = os.getppid()
        put_up(KERNEL)
        return {
            "F_SETOWN": refusal(fcntl.fcntl, end, fcntl.F_SETOWN, parent),
            "F_SETSIG": refusal(fcntl.fcntl, end, 10, 9),
            "F_SETOWN_EX": refusal(fcntl.fcntl, end, 15, struct.pack("ii", 1, parent)),
            "F_SETLEASE": refusal(fcntl.fcntl, file, fcntl.F_SETLEASE, fcntl.F_WRLCK),
            "F_NOTIFY": refusal(fcntl.fcntl, folder, fcntl.F_NOTIFY, fcntl.DN_MODIFY),
            "FIOSETOWN": refusal(fcntl.ioctl, end, 0x8901, struct.pack("i", parent)),
            "SIOCSPGRP": refusal(fcntl.ioctl, end, 0x8902, struct.pack("i", parent)),
        }

    found = run(attack, scratch)
    assert {name: number for name, number in found.items() if number != errno.EPERM} == {}


@behind_all
def test_no_program_and_no_process_can_be_started(scratch: Path) -> None:
    def attack():
        import subprocess

        newns = 0x20000
        put_up(KERNEL)
        return {
            "Popen": refusal(subprocess.run, ["/bin/true"]),
            "fork": refusal(os.fork),
            "spawn": refusal(os.posix_spawn, "/bin/true", ["true"], {}),
            "exec": refusal(os.execv, "/bin/true", ["true"]),
            "thread in other namespaces": raw("clone", 0x3D0F00 | newns, 0, 0, 0, 0),
            "unshare": raw("unshare", newns),
        }

    assert set(run(attack, scratch).values()) == {errno.EPERM}


# What is refused: the network


@behind_all
def test_no_socket_reaches_another_process(scratch: Path) -> None:
    def attack(address):
        end, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        message, vector = ctypes.create_string_buffer(b"mine"), ctypes.create_string_buffer(16)
        name = struct.pack("H", socket.AF_UNIX) + address.encode() + b"\0"
        named = ctypes.create_string_buffer(name)
        vector.raw = struct.pack("QQ", ctypes.addressof(message), 4)
        header = struct.pack(
            "QIxxxxQQQQixxxx",
            ctypes.addressof(named),
            len(name),
            ctypes.addressof(vector),
            1,
            0,
            0,
            0,
        )
        put_up(KERNEL)
        return {
            "sendto": refusal(end.sendto, b"mine", address),
            "sendmsg": raw("sendmsg", end.fileno(), header, 0),
            "sendmmsg": raw("sendmmsg", end.fileno(), header + bytes(8), 1, 0),
            "connect": refusal(end.connect, address),
            "socket": refusal(socket.socket),
            "socketpair": raw("socketpair", 30, 1, 0, bytes(8)),  # AF_TIPC
        }

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as listener:
        listener.bind(str(scratch / "l"))
        found = run(attack, scratch, "l")
        with pytest.raises(BlockingIOError):
            listener.recv(10)
    assert set(found.values()) == {errno.EPERM}


@behind_all
def test_no_host_is_looked_up(scratch: Path) -> None:
    def attack():
        put_up(KERNEL)
        for look_up in (socket.gethostbyname, lambda host: socket.create_connection((host, 80), 1)):
            try:
                look_up("localhost.example")
            except OSError:
                continue
            return "found"
        return "nothing"

    assert run(attack, scratch) == "nothing"


# What is refused: weakening the walls


@behind_all
def test_no_further_filter_and_no_setting_of_the_process(scratch: Path) -> None:
    def attack():
        program = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
        buffer = ctypes.create_string_buffer(program)
        header = struct.pack("HxxxxxxQ", 1, ctypes.addressof(buffer))
        put_up(KERNEL)
        return {
            "PR_SET_SECCOMP": raw("prctl", 22, 2, header),
            "seccomp": raw("seccomp", 1, 0, header),
            "landlock": raw("landlock_create_ruleset", struct.pack("Q", 1), 8, 0),
            "PR_SET_DUMPABLE": raw("prctl", 4, 0, 0, 0, 0),
            "PR_SET_PDEATHSIG": raw("prctl", 1, 0, 0, 0, 0),
            "PR_SET_CHILD_SUBREAPER": raw("prctl", 36, 1, 0, 0, 0),
            "personality": raw("personality", 0x40000),
            "prlimit": raw("prlimit64", 0, resource.RLIMIT_CORE, bytes(16), None),
        }

    found = run(attack, scratch)
    assert {name: number for name, number in found.items() if number != errno.EPERM} == {}


@behind_all
def test_what_is_wanted_before_the_last_filter_is_done_before_it(scratch: Path) -> None:
    def attack():
        number = 99 if kernel.column() == 0 else 179  # sysinfo, which nobody refuses

        def install():
            parts = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x50000 | errno.EBADE)]
            parts.append((0x06, 0, 0, 0x7FFF0000))
            seccomp.install(b"".join(struct.pack("HBBI", *part) for part in parts))

        put_up(ALL, before_last=install)
        result = libc.syscall(ctypes.c_long(number), bytes(200))
        return [result, ctypes.get_errno(), raw("seccomp", 0, 0, None), refusal(os.fork)]

    assert run(attack, scratch) == [-1, errno.EBADE, errno.EPERM, errno.EPERM]


@behind_all
@as_root
def test_root_has_no_privileges_left(scratch: Path) -> None:
    def look():
        put_up(("seccomp",))
        lines = dict(
            line.split(":\t") for line in Path("/proc/self/status").read_text().splitlines()
        )
        return {name: int(value, 16) for name, value in lines.items() if name.startswith("Cap")}

    found = run(look, scratch)
    assert len(found) == 5
    assert set(found.values()) == {0}


@behind_all
def test_root_reads_what_it_needs_in_a_private_home_and_no_more(
    tmp_path: Path, scratch: Path
) -> None:
    def look(home, other):
        put_up(KERNEL, readable=[home])
        lent = Path(home, "package.py").read_text()
        return [lent, refusal(open, Path(home, "package.py"), "w"), refusal(os.listdir, other)]

    for name in ("home", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "package.py").write_text("lent")
        give_away(tmp_path / name)
        (tmp_path / name).chmod(0o700)
    found = run(look, scratch, str(tmp_path / "home"), str(tmp_path / "other"))
    assert found == ["lent", errno.EACCES, errno.EACCES]


@behind_all
def test_the_walls_of_an_ordinary_user_are_as_high(tmp_path: Path) -> None:
    def attack(user):
        import shutil

        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
        cpus = os.sched_getaffinity(0)
        put_up(ALL)
        Path("mine").write_text("1")
        shutil.copy2("mine", "copy")
        return [
            Path("copy").read_text(),
            refusal(os.setxattr, "mine", "user.mine", b"1"),
            refusal(os.chown, "mine", -1, -1),
            refusal(os.sched_setaffinity, 1, cpus),
            refusal(os.listdir, "/etc"),
            refusal(os.fork),
        ]

    folder = tmp_path / "open"
    folder.mkdir()
    give_away(folder)
    expected = ["1", *[errno.EPERM] * 3, errno.EACCES, errno.EPERM]
    assert run(attack, folder, STRANGER) == expected


# What is bounded


@behind_all
def test_thousands_of_small_threads_end_as_an_error(scratch: Path) -> None:
    def attack():
        put_up(ALL)
        threading.stack_size(64 * 1024)
        go, threads, ending = threading.Event(), [], ""
        try:
            for _ in range(5000):
                thread = threading.Thread(target=go.wait, daemon=True)
                thread.start()
                threads.append(thread)
        except RuntimeError as error:
            ending = str(error)
        go.set()
        for thread in threads:
            thread.join()
        threading.stack_size(512 * 1024)
        after = threading.Thread(target=Path("after").touch)
        after.start()
        after.join()
        return [ending, len(threads), Path("after").exists()]

    ending, number, after = run(attack, scratch)
    assert ending == "can't start new thread"
    assert number < 500
    assert after


@behind_all
def test_memory_and_files_have_limits(scratch: Path) -> None:
    def attack():
        put_up(KERNEL)
        found = []
        try:
            bytearray(3 * 2**30)
        except MemoryError:
            found.append("memory")
        try:
            Path("large").write_bytes(bytes(40 * 2**20))
        except OSError as error:
            found.append(error.errno)
        return [*found, resource.getrlimit(resource.RLIMIT_NOFILE)]

    assert run(attack, scratch) == ["memory", errno.EFBIG, [walls.OPEN_FILES] * 2]


# What goes on working


def ordinary() -> dict[str, Callable[[], object]]:
    """What learners' code may do, each with what it has to give. Runs behind the walls."""

    def writes_renames_and_deletes():
        Path("one").write_text("1", encoding="utf-8")
        os.replace("one", "two")
        Path("folder").mkdir()
        Path("two").rename("folder/three")
        Path("folder", "three").unlink()
        Path("folder").rmdir()
        return not Path("folder").exists()

    def copies_with_everything():
        import shutil

        Path("from").write_text("1")
        Path("from").chmod(0o600)
        for number, copy in enumerate((shutil.copy, shutil.copy2, shutil.copyfile, shutil.move)):
            copy("from", f"to{number}")
        Path("tree").mkdir()
        Path("tree", "leaf").touch()
        shutil.copytree("tree", "forest")
        shutil.rmtree("tree")
        return [Path(f"to{number}").read_text() for number in range(4)] == ["1"] * 4

    def touches():
        new, old = Path("new"), Path("old")
        old.write_text("1")
        new.touch()
        old.touch()
        return new.exists() and old.read_text() == "1"

    def makes_temporary_files():
        import tempfile

        with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as file:
            file.write(b"1")
            os.close(tempfile.mkstemp(dir=folder)[0])
            with tempfile.TemporaryFile() as other:
                other.write(b"2")
        return not Path(folder).exists()

    def packs_and_unpacks():
        import tarfile
        import zipfile

        Path("packed").write_text("1")
        with zipfile.ZipFile("z.zip", "w") as archive:
            archive.write("packed")
        with tarfile.open("t.tar", "w") as archive:
            archive.add("packed")
        with zipfile.ZipFile("z.zip") as archive:
            archive.extractall("z")
        with tarfile.open("t.tar") as archive:
            archive.extract("packed", "t")
        return Path("z/packed").read_text() + Path("t/packed").read_text() == "11"

    def logs_to_a_file():
        import logging.handlers

        handler = logging.handlers.RotatingFileHandler("log", maxBytes=10, backupCount=1)
        for _ in range(3):
            handler.handle(logging.makeLogRecord({"msg": "12345678"}))
        handler.close()
        return Path("log.1").read_text() == "12345678\n"

    def keeps_a_database():
        import sqlite3

        for mode in ("delete", "wal"):
            with sqlite3.connect(f"{mode}.db") as database:
                database.execute(f"pragma journal_mode={mode}")
                database.execute("create table facts (text)")
                database.execute("insert into facts values ('1')")
            with sqlite3.connect(f"{mode}.db") as database:
                assert database.execute("select * from facts").fetchall() == [("1",)]
        return True

    def runs_threads():
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(20) as pool:
            return sum(pool.map(int, "1" * 50)) == 50

    def runs_a_loop():
        async def main():
            async with asyncio.timeout(20), asyncio.TaskGroup() as group:
                tasks = [group.create_task(asyncio.to_thread(int, "1")) for _ in range(10)]
            return sum(task.result() for task in tasks) == 10

        return asyncio.run(main(), debug=True)

    def talks_to_itself():
        # More than a socket holds at once, so that the transport writes again when it may.
        pieces = [bytes(2**20)] * 3

        async def main():
            ours, theirs = socket.socketpair()
            assert ours.sendmsg([b"1", bytearray(b"2")]) == len(theirs.recv(10)) == 2
            _, writer = await asyncio.open_connection(sock=ours)
            reader, answering = await asyncio.open_connection(sock=theirs)
            writer.write(pieces[0])
            writer.writelines(pieces[1:])
            received, _ = await asyncio.gather(reader.readexactly(3 * 2**20), writer.drain())
            writer.close()
            answering.close()
            return len(received) == 3 * 2**20

        return asyncio.run(main())

    def handles_signals():
        import signal

        seen = []
        signal.signal(signal.SIGUSR2, lambda number, frame: seen.append(number))
        os.kill(os.getpid(), signal.SIGUSR2)
        signal.raise_signal(signal.SIGUSR2)
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR2)
        return len(seen) == 3

    def knows_time_and_chance():
        import secrets
        import time
        import uuid
        import zoneinfo

        time.tzset()
        return (
            zoneinfo.ZoneInfo("Europe/Vienna").key == "Europe/Vienna"
            and uuid.uuid4() != uuid.uuid1()
            and len(secrets.token_bytes(8)) == 8
            and bool(time.ctime())
        )

    def imports_what_is_installed():
        import decimal
        import hashlib
        import ssl

        import numpy

        ssl.create_default_context()
        return (
            hashlib.sha256(b"1").digest_size == 32
            and decimal.Decimal(1) == 1
            and int(numpy.arange(3).sum()) == 3
        )

    def asks_about_itself():
        return (
            bool(os.cpu_count())
            and resource.getrlimit(resource.RLIMIT_NOFILE) == (256, 256)
            and os.sched_setaffinity(0, os.sched_getaffinity(0)) is None
            and not os.isatty(os.open("/dev/null", os.O_RDWR))
            and bool(Path.home())
        )

    return dict(locals())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """For each ordinary thing, how it went: `True`, or a traceback."""

    def work():
        import traceback

        def result(thing):
            try:
                return str(thing())
            except BaseException:
                return traceback.format_exc()

        things = ordinary()
        put_up(ALL)
        return {name: result(thing) for name, thing in things.items()}

    found: dict[str, str] = evaluate("work()", tmp_path_factory.mktemp("ordinary"), ordinary, work)
    return found


@behind_all
@pytest.mark.parametrize("thing", ordinary())
def test_ordinary_code_works(found: dict[str, str], thing: str) -> None:
    assert found[thing] == "True"


# The audit hook


def test_the_audit_hook_alone_outlasts_naive_attempts(scratch: Path) -> None:
    def attack():
        put_up(("audit",))
        for module in (audit, walls, sys.modules["errno"]):
            for name in list(vars(module)):
                if not name.startswith("__"):
                    setattr(module, name, ())
        found = {"system": refusal(os.system, "true"), "fork": refusal(os.fork)}
        try:
            os.system("true")
        except PermissionError as error:
            frame = error.__traceback__.tb_next.tb_frame
            for name in ("own", "error", "number"):
                frame.f_locals[name] = None
        import gc

        found["frame"] = refusal(gc.get_referents, frame)
        found["objects"] = refusal(gc.get_objects)
        found["code"] = refusal(setattr, refusal, "__code__", raw.__code__)
        found["dlopen"] = refusal(ctypes.CDLL, None)
        found["kill"] = refusal(os.kill, os.getppid(), 0)
        found["still"] = refusal(os.system, "true")
        seen = []
        sys.addaudithook(lambda *event: seen.append(event))  # it is said to be added, and is not
        open(os.devnull).close()
        return [found, seen]

    found, seen = run(attack, scratch)
    assert {name: number for name, number in found.items() if number != errno.EPERM} == {}
    assert seen == []


# What the filter of system calls answers, on both machines

COLUMNS = pytest.mark.parametrize("column", kernel.COLUMNS.values(), ids=kernel.COLUMNS)
ALLOW, REFUSE = seccomp.ALLOW, seccomp.ERRNO + errno.EPERM
PID = 4242


def answer(program: bytes, architecture: int, number: int, *args: int) -> int:
    """Run a program of the classic BPF as the kernel does for a system call."""
    data = struct.pack("=IIQ6Q", number, architecture, 0, *(*args, 0, 0, 0, 0, 0, 0)[:6])
    code = list(struct.iter_unpack("HBBI", program))
    place, register = 0, 0
    while True:
        operation, yes, no, k = code[place]
        place += 1
        match operation:
            case 0x20:
                (register,) = struct.unpack_from("=I", data, k)
            case 0x54:
                register &= k
            case 0x06:
                return k
            case 0x15 | 0x35 | 0x45:
                tests = {0x15: register == k, 0x35: register >= k, 0x45: register & k}
                place += yes if tests[operation] else no
            case _:
                raise AssertionError(f"instruction {operation:#x}")


def asked(column: int, number: int, *args: int) -> int:
    program = seccomp.program(column, PID, also={})
    return answer(program, seccomp.ARCHITECTURES[column], number, *args)


@COLUMNS
def test_every_call_in_the_tables_is_answered_as_they_say(column: int) -> None:
    for table, error in (
        (system_calls.REFUSED, errno.EPERM),
        (system_calls.ABSENT, errno.ENOSYS),
        (system_calls.PRETENDED, 0),
    ):
        for name, numbers in table.items():
            if (number := numbers[column]) is not None:
                assert asked(column, number, PID) == seccomp.ERRNO + error, name
    assert asked(column, system_calls.UNKNOWN) == seccomp.ERRNO + errno.ENOSYS


@COLUMNS
def test_calls_by_another_machines_numbers_are_no_way_round(column: int) -> None:
    program = seccomp.program(column, PID, also={})
    i386, other = 0x40000003, seccomp.ARCHITECTURES[1 - column]
    assert {answer(program, machine, 1) for machine in (i386, other)} == {seccomp.KILL_PROCESS}
    if column == kernel.COLUMNS["x86_64"]:
        assert asked(column, 0x40000000 + 1) == REFUSE


@COLUMNS
def test_a_path_is_not_shortened_where_landlock_is_too_old_to_see_it(column: int) -> None:
    also = system_calls.REFUSED_BEFORE_LANDLOCK_3
    (number,) = (numbers[column] for numbers in also.values())
    program = seccomp.program(column, PID, also)
    assert answer(program, seccomp.ARCHITECTURES[column], number) == REFUSE
    assert asked(column, number) == ALLOW


HIGH = 1 << 32
CASES = [
    ("clone", ALLOW, 0x3D0F00),
    ("clone", ALLOW, 0x7D0F00),
    ("clone", REFUSE, 17),  # a process: SIGCHLD and nothing shared
    ("clone", REFUSE, 0x4111),  # a process: as vfork
    ("clone", REFUSE, 0x3D0F00 | 0x20000000),
    ("clone", REFUSE, 0x3D0F00 & ~0x200),
    ("kill", ALLOW, PID, 9),
    ("kill", REFUSE, PID + 1, 0),
    ("kill", REFUSE, 0, 0),
    ("tgkill", ALLOW, PID, PID + 1),
    ("tgkill", REFUSE, PID + 1, PID + 1),
    ("sched_setaffinity", ALLOW, 0),
    ("sched_setaffinity", ALLOW, PID),
    ("sched_setaffinity", REFUSE, 1),
    ("prlimit64", ALLOW, 0, 7, 0, 4096),
    ("prlimit64", ALLOW, PID, 7, 0, 4096),
    ("prlimit64", REFUSE, 1, 7, 0, 4096),
    ("prlimit64", REFUSE, 0, 7, 4096, 0),
    ("prlimit64", REFUSE, 0, 7, HIGH, 0),
    ("prctl", ALLOW, 15),
    *(
        ("prctl", REFUSE, option)
        for option in (1, 4, 22, 24, 26, 28, 31, 33, 35, 47, 59, 0x59616D61)
    ),
    ("socketpair", ALLOW, 1, 1),
    ("socketpair", REFUSE, 30, 1),
    ("sendto", ALLOW, 3, 4096, 1, 0, 0, 0),
    ("sendto", REFUSE, 3, 4096, 1, 0, 4096, 16),
    ("sendto", REFUSE, 3, 4096, 1, 0, HIGH, 16),
    *(("fcntl", ALLOW, 3, command) for command in (0, 1, 2, 3, 4, 5, 6, 7, 1030)),
    *(("fcntl", REFUSE, 3, command) for command in (8, 10, 15, 1024, 1026)),
    *(("ioctl", ALLOW, 3, command) for command in (0x5401, 0x5413, 0x541B, 0x5421, 0x5451)),
    *(
        ("ioctl", REFUSE, 3, command)
        for command in (0x40086602, 0x401C5820, 0x5412, 0x541C, 0x8901, 0x8902, 0x5402)
    ),
    ("openat", ALLOW, 3, 4096, os.O_RDONLY),
    ("openat", ALLOW, 3, 4096, 0o1 | 0o100 | 0o1000),
    ("openat", REFUSE, 3, 4096, 0o1000),
    ("openat", REFUSE, 3, 4096, 0o3),
    ("utimensat", seccomp.ERRNO, 3, 4096, 4096),
    ("utimensat", seccomp.ERRNO, 3, 4096, HIGH),
    ("utimensat", REFUSE, 3, 4096, 0),
    ("mmap", ALLOW, 0, 4096, 0, 0x22),
    ("mmap", ALLOW, 0, system_calls.LEAST_STACK, 0, 0x20022),
    ("mmap", ALLOW, 0, HIGH, 0, 0x20022),
    ("mmap", REFUSE, 0, system_calls.LEAST_STACK - 1, 0, 0x20022),
]


@COLUMNS
@pytest.mark.parametrize(("name", "expected", "args"), [(n, e, a) for n, e, *a in CASES])
def test_arguments_decide(column: int, name: str, expected: int, args: list[int]) -> None:
    (rule,) = (rule for rule in rules(PID) if rule.name == name)
    number = rule.numbers[column]
    assert number is not None
    assert asked(column, number, *args) == expected


HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}


@pytest.mark.parametrize("machine", kernel.COLUMNS)
def test_the_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    header = next((path for name in HEADERS[machine] if (path := Path(name)).exists()), None)
    if header is None:
        pytest.skip("the kernel's headers are not installed")
    lines = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    known = {name: int(number) for name, number in lines}
    tables = (
        system_calls.REFUSED,
        system_calls.REFUSED_BEFORE_LANDLOCK_3,
        system_calls.ABSENT,
        system_calls.PRETENDED,
        {rule.name: rule.numbers for rule in rules(PID)},
        {name: told.numbers for name, told in system_calls.TOLD.items()},
    )
    ours = {n: pair[kernel.COLUMNS[machine]] for table in tables for n, pair in table.items()}
    newest = max(known.values())  # of two columns, one may well be newer than the headers
    compared = {n: number for n, number in ours.items() if number is None or number <= newest}
    assert len(compared) > 100
    assert compared == {name: known.get(name) for name in compared}


# Which walls stand

WHAT_IS_MISSING = """
import json
from workshop.isolation import walls
print(json.dumps({wall: walls.obstacle(wall).errno for wall in walls.missing(walls.ALL)}))
"""


@behind_all
@pytest.mark.parametrize(
    ("forbidden", "missing"),
    [
        ([], {}),
        (["landlock=ENOSYS"], {"landlock": errno.ENOSYS}),
        (["landlock=EOPNOTSUPP"], {"landlock": errno.EOPNOTSUPP}),
        (["restrict=EPERM"], {"landlock": errno.EPERM}),
        (["seccomp=EINVAL"], {"seccomp": errno.EINVAL}),
        (["notify=EPERM"], {"notify": errno.EPERM}),
        (["landlock=EPERM", "seccomp=EPERM"], {"landlock": errno.EPERM, "seccomp": errno.EPERM}),
    ],
)
def test_a_wall_stands_only_where_the_kernel_lets_it(
    forbidden: list[str], missing: dict[str, int]
) -> None:
    done = subprocess.run(
        [sys.executable, FORBIDDEN, *forbidden, "--", sys.executable, "-c", WHAT_IS_MISSING],
        capture_output=True,
        text=True,
        check=True,
    )
    always = {wall: walls.obstacle(wall).errno for wall in walls.missing(walls.ALL)}
    assert json.loads(done.stdout) == always | missing


@behind_all
def test_finding_out_what_stands_leaves_no_wall_behind(scratch: Path) -> None:
    def look():
        import subprocess

        stands = walls.standing()
        Path("link").symlink_to("/etc")
        subprocess.run(["/bin/true"], check=True)
        status = dict(
            line.split(":\t") for line in Path("/proc/self/status").read_text().splitlines()
        )
        return [stands, status["NoNewPrivs"], status["Seccomp"]]

    before = Path("/proc/self/status").read_text()
    outside = [re.search(rf"{name}:\s+(\d)", before)[1] for name in ("NoNewPrivs", "Seccomp")]
    stands, *inside = run(look, scratch)
    assert set(ALL) <= set(stands) <= set(walls.ALL)
    assert [value.strip() for value in inside] == outside


@behind_all
def test_a_wall_that_cannot_be_put_up_is_an_error_and_never_left_out(scratch: Path) -> None:
    def work():
        for _ in range(20):  # more rules than the kernel takes on top of each other
            try:
                put_up(("landlock",))
            except OSError as error:
                return error.errno
        return 0

    assert run(work, scratch) == errno.E2BIG


def test_the_walls_asked_for_are_known_ones() -> None:
    assert walls.named("landlock, audit") == ["landlock", "audit"]
    for text in ("landlock,moat", "", "landlock,", "Landlock"):
        with pytest.raises(walls.UnknownWall, match=", ".join(walls.ALL)):
            walls.named(text)


@behind_all
def test_nothing_is_missing_where_all_stand() -> None:
    assert walls.missing(ALL) == []
    walls.require(ALL)


def test_what_can_be_read_does_not_hold_the_kit(scratch: Path) -> None:
    def look():
        return landlock.libraries()

    readable = [Path(path).resolve() for path in run(look, scratch)]
    assert len(readable) > 5
    assert not [path for path in readable if (KIT / "tests").is_relative_to(path)]
