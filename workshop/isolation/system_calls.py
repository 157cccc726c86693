"""What a walled process may ask of the kernel, as data: the numbers of system calls and the
rules for them.

Each has two numbers, for x86_64 and aarch64, from arch/x86/entry/syscalls/syscall_64.tbl and
include/uapi/asm-generic/unistd.h of Linux; None where that machine has no such call. From 424 on
all machines share theirs. Values of arguments are those of the headers below include/uapi.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Numbers = tuple[int | None, int | None]
Table = Mapping[str, Numbers]

REFUSED: Table = {
    # The network, and messages to other processes.
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Other programs and processes.
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "uselib": (134, None),
    "setsid": (112, 157),
    "ptrace": (101, 117),
    "kcmp": (312, 272),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    "setrlimit": (160, 164),
    # Owners and extended attributes of files, which Landlock knows nothing of.
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    # Times of files, by calls that no current C library makes; see RULES for the one it makes.
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    # Other ways to a file, a folder or a file system.
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    # Notices of what others do in a folder, names and all, even where it cannot be read.
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27),
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    # What would weaken the walls, or deceive those who look over them.
    "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
    "lsm_set_self_attr": (460, 460),
    "personality": (135, 92),
    "unshare": (272, 97),
    "setns": (308, 268),
    # Wide doors into the kernel that no lesson goes through.
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "lookup_dcookie": (212, 18),
    "modify_ldt": (154, None),
    # The computer as a whole.
    "iopl": (172, None),
    "ioperm": (173, None),
    "syslog": (103, 116),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "vhangup": (153, 58),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
}
"""Refused with EPERM, whatever their arguments."""

REFUSED_BEFORE_LANDLOCK_3: Table = {"truncate": (76, 45)}
"""Refused as well where Landlock does not know yet that shortening a file changes it."""

ABSENT: Table = {"clone3": (435, 435), "openat2": (437, 437)}
"""These keep what they are asked for in memory, where no filter looks. Told that there is no such
call (ENOSYS), whoever makes them falls back to one that shows it."""
UNKNOWN = 470
"""The first number that is not known here, so that what later kernels bring is absent too."""

PRETENDED: Table = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "flock": (73, 32),
}
"""Nothing is done, and success is reported. A filter cannot tell a file of the learner's from one
of the kit's, for it sees no paths; and `shutil.copy`, `zipfile` and the like set permissions of
what they have written, so that refusing would fail code that is right. No mark hangs on them.
Locks by `flock` are granted on files that may only be read, such as the libraries that all
processes share: who locks one, and who asks, could talk to each other."""


@dataclass(frozen=True)
class Told:
    """A call of which the test's side is told, if it is one to tell of."""

    numbers: Numbers
    path: int | None = None
    """The place of the path among the arguments, counted from 0."""
    flags: int | None = None
    """The place of the flags. Without `WRITING` among them nothing is told."""
    folder: int | None = None
    """The place of the descriptor of the folder that the path starts from, where there is one."""


TOLD = {
    "openat": Told((257, 56), path=1, flags=2, folder=0),
    "open": Told((2, None), path=0, flags=1),
    "creat": Told((85, None), path=0),
    "rename": Told((82, None), path=1),
    "renameat": Told((264, 38), path=3, folder=2),
    "renameat2": Told((316, 276), path=3, folder=2),
    "link": Told((86, None), path=1),
    "linkat": Told((265, 37), path=3, folder=2),
    "nanosleep": Told((35, 101)),
    "clock_nanosleep": Told((230, 115)),
}
"""How files come to be in a folder, opened for writing or moved there, and how a thread sleeps."""
WRITING = 0o1 | 0o2 | 0o100 | 0o1000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC."""


@dataclass(frozen=True)
class OneOf:
    """The argument at `place` (counted from 0), an int, is one of `values`."""

    place: int
    values: Sequence[int]


@dataclass(frozen=True)
class Null:
    """The pointer at `place` is null."""

    place: int


@dataclass(frozen=True)
class Given:
    """The pointer at `place` is not null."""

    place: int


@dataclass(frozen=True)
class Without:
    """Of the bits `mask` in the int at `place`, those that are set are not exactly `bits`."""

    place: int
    mask: int
    bits: int


@dataclass(frozen=True)
class NoSmallStack:
    """This is mmap, and not for a thread's stack of less than `least` bytes."""

    least: int


Condition = OneOf | Null | Given | Without | NoSmallStack


@dataclass(frozen=True)
class Rule:
    """A call that is refused unless all of `conditions` hold. Then it is carried out or, if
    `pretended`, only said to be.
    """

    name: str
    numbers: Numbers
    conditions: tuple[Condition, ...]
    pretended: bool = False


# The flags with which glibc's pthread_create calls clone, and those of musl.
_THREAD = (0x3D0F00, 0x7D0F00)
_AF_UNIX = 1
# F_DUPFD to F_SETLKW, F_OFD_GETLK to F_OFD_SETLKW, F_DUPFD_QUERY, F_DUPFD_CLOEXEC, F_GETPIPE_SZ.
# Left out are those that name a process to be signalled, leases, and notices about folders.
_FCNTL = (*range(8), 36, 37, 38, 1027, 1030, 1032)
# TCGETS, TCGETS2, TIOCGPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, FICLONE.
_IOCTL = (0x5401, 0x802C542A, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x40049409)
# PR_GET_DUMPABLE, PR_{SET,GET}_NAME, PR_GET_SECCOMP, PR_CAPBSET_READ, PR_{SET,GET}_TIMERSLACK,
# PR_{SET,GET}_NO_NEW_PRIVS, PR_SET_VMA (names for pieces of memory).
_PRCTL = (3, 15, 16, 21, 23, 29, 30, 38, 39, 0x53564D41)
_O_ACCMODE, _O_TRUNC = 0b11, 0o1000
LEAST_STACK = 512 * 2**10
"""Bytes that a thread's stack has to have: with the limit on memory, a limit on threads. The
usual stack has 8 MiB."""


def _opens(flags: int) -> tuple[Condition, ...]:
    """What has to hold of an open whose flags are the argument at place `flags`.

    Two odd ways to open a file change one that may only be read: O_TRUNC with O_RDONLY, before
    the third version of Landlock; and the access mode 3, which asks for no right at all and gives
    a handle to change attributes with.
    """
    return (
        Without(flags, _O_ACCMODE | _O_TRUNC, _O_TRUNC),
        Without(flags, _O_ACCMODE, _O_ACCMODE),
    )


def own_rules(pid: int) -> list[Rule]:
    """The calls whose arguments decide, and for which the process `pid` is told from others."""
    own = OneOf(0, (pid,))
    own_or_self = OneOf(0, (0, pid))
    return [
        Rule("kill", (62, 129), (own,)),
        Rule("tgkill", (234, 131), (own,)),
        Rule("sched_setaffinity", (203, 122), (own_or_self,)),
        Rule("prlimit64", (302, 261), (own_or_self, Null(2))),
    ]


RULES = [
    Rule("clone", (56, 220), (OneOf(0, _THREAD),)),
    Rule("prctl", (157, 167), (OneOf(0, _PRCTL),)),
    Rule("socketpair", (53, 199), (OneOf(0, (_AF_UNIX,)),)),
    Rule("sendto", (44, 206), (Null(4),)),
    Rule("fcntl", (72, 25), (OneOf(1, _FCNTL),)),
    Rule("ioctl", (16, 29), (OneOf(1, _IOCTL),)),
    Rule("open", (2, None), _opens(1)),
    Rule("openat", (257, 56), _opens(2)),
    # As PRETENDED, for `shutil.copy2` sets times. Without times it means "now", and fails:
    # `Path.touch` asks that first, and makes the file when it is refused.
    Rule("utimensat", (280, 88), (Given(2),), pretended=True),
    # With a mode, it takes room on the disk beyond the size of the file, and so beyond its limit.
    Rule("fallocate", (285, 47), (OneOf(1, (0,)),)),
    Rule("mmap", (9, 222), (NoSmallStack(LEAST_STACK),)),
]
"""The calls whose arguments decide, the same in every process."""
