"""Runs a program with calls to the kernel forbidden, as the profile of a container forbids them.

    python forbidden.py landlock=ENOSYS seccomp=EPERM -- PROGRAM ARGUMENT...

The names are those of CALLS; each call then fails with the error that is named.
"""

import errno
import os
import struct
import sys

from workshop.isolation import kernel, seccomp, system_calls

COLUMN = kernel.column()
(PRCTL,) = (
    rule.numbers[COLUMN]
    for rule in (*system_calls.RULES, *system_calls.own_rules(0))
    if rule.name == "prctl"
)
CALLS = {
    "landlock": (444, None),
    "restrict": (446, None),
    "seccomp": (PRCTL, 22),
    "notify": (system_calls.REFUSED["seccomp"][COLUMN], None),
}
"""The number of each call, and the first argument that it is forbidden with, if not all are."""
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06


def forbidding(number: int, argument: int | None, error: int) -> list[tuple[int, int, int, int]]:
    refuse = [(RETURN, 0, 0, seccomp.ERRNO | error)]
    if argument is not None:
        refuse = [(LOAD, 0, 0, 16), (EQUAL, 0, 1, argument), *refuse, (LOAD, 0, 0, 0)]
    return [(EQUAL, 0, len(refuse), number), *refuse]


def main(forbidden: list[str], program: list[str]) -> None:
    code = [(LOAD, 0, 0, 0)]
    for name, error in (one.split("=") for one in forbidden):
        code += forbidding(*CALLS[name], getattr(errno, error))
    code.append((RETURN, 0, 0, seccomp.ALLOW))
    kernel.Kernel().prctl(38, 1)  # PR_SET_NO_NEW_PRIVS
    seccomp.install(b"".join(struct.pack("HBBI", *instruction) for instruction in code))
    os.execvp(program[0], program)


if __name__ == "__main__":
    end = sys.argv.index("--")
    main(sys.argv[1:end], sys.argv[end + 1 :])
