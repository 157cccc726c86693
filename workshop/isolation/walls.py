"""The walls around the learner's process: what the kernel refuses it, then what Python does.

In order of strength: Landlock (files), seccomp (network, other processes, other programs),
resource limits, and an audit hook. Each is put up from inside the process, before any of the
learner's code is imported, and none can be taken down again. A wall that this machine does not
have is left out and named by nobody: `standing()` tells which there are.

Landlock has no library and needs three system calls:
https://docs.kernel.org/userspace-api/landlock.html. Seccomp needs one, and a program of a few
instructions: https://docs.kernel.org/userspace-api/seccomp_filter.html.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import struct
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MEMORY = 2 * 2**30
"""Bytes of address space. An idle learner's process has about 0.4 GiB of it."""
CPU_SECONDS = 20
FILE_SIZE = 32 * 2**20
OPEN_FILES = 256

ALL = ("landlock", "seccomp", "limits", "audit")
"""The names of the walls, the strongest first."""

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38


def standing() -> list[str]:
    """The walls that this machine can put up."""
    walls = []
    if _landlock_version() >= 1:
        walls.append("landlock")
    if _syscall_numbers() and hasattr(os, "fork"):
        walls.append("seccomp")
    if os.name == "posix":
        walls.append("limits")
    return [*walls, "audit"]


def put_up(scratch: Iterable[Path], readable: Iterable[Path], walls: Iterable[str]) -> None:
    """Put up `walls` around this process. It may write in the folders `scratch` alone, and read
    there, in `readable`, and where the interpreter and its libraries are.

    Raises OSError when one of them cannot be put up.
    """
    walls = set(walls)
    if "limits" in walls:
        _limit()
    if walls & {"landlock", "seccomp"}:
        _call_prctl(_PR_SET_NO_NEW_PRIVS, 1, 0)
    if "landlock" in walls:
        _landlock(list(scratch), list(readable))
    if "seccomp" in walls:
        _seccomp()
    if "audit" in walls:
        sys.addaudithook(_refuse)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, where it can (Linux)."""
    if sys.platform == "linux":
        _call_prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0)


# --- resource limits ---------------------------------------------------------------------------


def _limit() -> None:
    import resource

    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_SIZE),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


# --- Landlock ----------------------------------------------------------------------------------

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
# Everything that changes a file or a folder, by the version of Landlock that brought it.
_CHANGES = {1: 0b1111111110000 | _WRITE_FILE, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
# Of these, what no folder of the learner's gets: devices, sockets, pipes and symbolic links. The
# tests look into these folders, and would follow a link to anywhere.
_MAKE_SPECIAL = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12
_SCOPES = 0b11  # abstract sockets, signals: version 6
_NETWORK = 0b11  # bind and connect TCP: version 4


def _landlock_version() -> int:
    if sys.platform != "linux":
        return 0
    version: int = _libc().syscall(_LANDLOCK_CREATE, None, 0, 1)
    return max(version, 0)


def _landlock(scratch: list[Path], readable: list[Path]) -> None:
    version = _landlock_version()
    changes = sum(bits for since, bits in _CHANGES.items() if version >= since)
    files = changes | _EXECUTE | _READ_FILE | _READ_DIR
    attributes = struct.pack(
        "QQQ", files, _NETWORK if version >= 4 else 0, _SCOPES if version >= 6 else 0
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = _call(_LANDLOCK_CREATE, attributes[:size], size, 0)
    try:
        for path in [*_libraries(), *readable]:
            _allow(rules, path, _READ_FILE | _READ_DIR | _EXECUTE)
        for path in scratch:
            _allow(rules, path, files & ~_EXECUTE & ~_MAKE_SPECIAL)
        for name in ("null", "zero", "urandom"):
            _allow(rules, Path("/dev") / name, _READ_FILE | _WRITE_FILE)
        _call(_LANDLOCK_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _libraries() -> list[Path]:
    """The interpreter, its libraries and what is installed, and nothing of the kit."""
    paths = {Path(p) for p in sysconfig.get_paths().values()}
    paths |= {Path(sys.base_prefix) / "lib", Path("/usr/lib"), Path("/lib"), Path("/lib64")}
    paths |= {Path("/usr/share/zoneinfo"), Path("/etc/localtime"), Path("/etc/ld.so.cache")}
    kit = Path(__file__).resolve().parents[2]
    return [p for p in paths if p.exists() and p.resolve() != kit and p.resolve() != Path("/")]


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            rights &= _EXECUTE | _WRITE_FILE | _READ_FILE
        _call(_LANDLOCK_ADD, rules, 1, struct.pack("=Qi", rights, fd), 0)
    finally:
        os.close(fd)


# --- seccomp -----------------------------------------------------------------------------------

# Numbers of the system calls that are refused, per machine: (x86_64, aarch64).
# From arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux.
_REFUSED = {
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendmmsg": (307, 269),
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "setsid": (112, 157),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "mount": (165, 40),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "setns": (308, 268),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "sethostname": (170, 161),
    "setpriority": (141, 140),
    "sched_setscheduler": (144, 119),
    "prlimit64": (302, 261),
    "setrlimit": (160, 164),
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
_CLONE, _CLONE3, _KILL, _TGKILL = (56, 220), (435, 435), (62, 129), (234, 131)
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_CLONE_THREAD = 0x10000
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000


def _syscall_numbers() -> tuple[int, int] | None:
    """This machine's column in the tables above and its AUDIT_ARCH, where they are known."""
    if sys.platform != "linux" or sys.maxsize < 2**32:
        return None
    return _ARCHITECTURES.get(platform.machine())


def _seccomp() -> None:
    known = _syscall_numbers()
    if known is None:
        raise OSError(errno.ENOSYS, "no table of system calls for this machine")
    program = b"".join(_filter(*known))
    buffer = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    _call_prctl(_PR_SET_SECCOMP, 2, header)


def _filter(column: int, architecture: int) -> list[bytes]:
    """The program: refuse what is in the tables, and processes and signals other than one's own."""
    load = 0x20  # BPF_LD | BPF_W | BPF_ABS: number at 0, architecture at 4, arguments from 16
    code = [_bpf(load, k=4), _bpf(0x15, 1, 0, architecture), _bpf(0x06, k=_KILL_PROCESS)]
    code.append(_bpf(load, k=0))
    if column == 0:  # the x32 numbers are another door to the same calls
        code += [_bpf(0x35, 0, 1, 0x40000000), _bpf(0x06, k=_ERRNO | errno.EPERM)]
    for numbers in _REFUSED.values():
        if (number := numbers[column]) is not None:
            code += [_bpf(0x15, 0, 1, number), _bpf(0x06, k=_ERRNO | errno.EPERM)]
    # clone3 hides its flags from us; told that there is none, the C library uses clone.
    code += [_bpf(0x15, 0, 1, _CLONE3[column]), _bpf(0x06, k=_ERRNO | errno.ENOSYS)]
    code += _unless_argument(_CLONE[column], lambda: [_bpf(0x45, 1, 0, _CLONE_THREAD)])
    for number in (_KILL[column], _TGKILL[column]):
        code += _unless_argument(number, lambda: [_bpf(0x15, 1, 0, os.getpid())])
    return [*code, _bpf(0x06, k=_ALLOW)]


def _unless_argument(number: int, test: Any) -> list[bytes]:
    """Refuse call `number` unless `test` of its first argument's low half jumps over."""
    body = [_bpf(0x20, k=16), *test(), _bpf(0x06, k=_ERRNO | errno.EPERM), _bpf(0x06, k=_ALLOW)]
    return [_bpf(0x15, 0, len(body), number), *body]


def _bpf(code: int, yes: int = 0, no: int = 0, k: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, k)


# --- the audit hook ----------------------------------------------------------------------------

_FORBIDDEN = (
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "pty.spawn",
    "ctypes.dlopen",
    "ctypes.dlsym",
    "sys.addaudithook",
)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event in _FORBIDDEN:
        raise PermissionError(errno.EPERM, f"{event} is refused while your code is marked")


# --- system calls ------------------------------------------------------------------------------


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *args: Any) -> int:
    result: int = _libc().syscall(number, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _call_prctl(option: int, second: int, third: Any) -> None:
    if _libc().prctl(option, second, third, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
