"""Seccomp: the kernel runs a small program for each system call, which refuses it or not.

https://docs.kernel.org/userspace-api/seccomp_filter.html. The program's instructions are those of
the classic BPF. It sees the call's number and arguments, and nothing that they point to.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable

from workshop.isolation.kernel import COLUMNS, Kernel, column
from workshop.isolation.system_calls import (
    ABSENT,
    PRETENDED,
    REFUSED,
    RULES,
    TOLD,
    UNKNOWN,
    WRITING,
    Condition,
    Given,
    NoSmallStack,
    Null,
    OneOf,
    Rule,
    Table,
    Told,
    Without,
    own_rules,
)

ALLOW, TELL, ERRNO, KILL_PROCESS = 0x7FFF0000, 0x7FC00000, 0x00050000, 0x80000000
"""What a program answers; an error's number is added to ERRNO, and 0 there means success."""
ARCHITECTURES = (0xC000003E, 0xC00000B7)
"""AUDIT_ARCH of the machines in `kernel.COLUMNS`."""

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_SECCOMP, _SET_FILTER, _NEW_LISTENER = (317, 277), 1, 8
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_JUMP_EQUAL, _JUMP_NOT_LESS, _JUMP_ANY_BIT = 0x15, 0x35, 0x45
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000
_PLACE_OF_FLAGS, _PLACE_OF_LENGTH, _MAP_STACK = 3, 1, 0x20000

Code = list[bytes]


def put_up(also: Table) -> None:
    """Put up this wall around the calling thread and all that it starts; no further one after it.

    What is in `also` is refused as well. Raises OSError where it cannot be put up, and where
    no_new_privs is not set.
    """
    install(program(_column(), os.getpid(), also))


def tell() -> int:
    """Have the kernel hold each call of `TOLD` until whoever listens lets it go on.

    Returns the descriptor to listen at. Raises OSError where that cannot be, and where
    no_new_privs is not set.
    """
    where = _column()
    code = [_instruction(_LOAD, k=_NUMBER)]
    for told in TOLD.values():
        code += _for_number(told.numbers[where], _told(told))
    header, _buffer = _filter(b"".join([*code, _return(ALLOW)]))
    return Kernel().call(_SECCOMP[where], _SET_FILTER, _NEW_LISTENER, header)


def try_out() -> None:
    """Put up a wall around the calling thread that keeps it from nothing. Raises OSError."""
    _column()
    install(_return(ALLOW))


def _column() -> int:
    where = column()
    if where is None:
        raise OSError(errno.ENOSYS, "the system calls of this machine are not known")
    return where


def install(program: bytes) -> None:
    """Have the kernel run `program` for each system call of the calling thread from now on.

    Raises OSError where it cannot be, and where no_new_privs is not set.
    """
    header, _buffer = _filter(program)
    Kernel().prctl(_PR_SET_SECCOMP, _MODE_FILTER, header)


def _filter(program: bytes) -> tuple[bytes, object]:
    """How the kernel is given `program`; the second part has to be kept until it is."""
    buffer = ctypes.create_string_buffer(program)
    return struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer)), buffer


def program(column: int, pid: int, also: Table) -> bytes:
    """The program for the machine in `column` and the process `pid`; see `put_up` for `also`."""
    code = [
        _instruction(_LOAD, k=_ARCHITECTURE),
        _instruction(_JUMP_EQUAL, 1, 0, ARCHITECTURES[column]),
        _return(KILL_PROCESS),
        _instruction(_LOAD, k=_NUMBER),
    ]
    code += _FIXED[column]
    for numbers in also.values():
        code += _for_number(numbers[column], [_return(ERRNO | errno.EPERM)])
    code += _for_rules(own_rules(pid), column)
    return b"".join([*code, _return(ALLOW)])


def _fixed(column: int) -> Code:
    """The part that is the same for every process."""
    code = []
    if column == 0:  # the x32 numbers are another door to the same calls
        code += [_instruction(_JUMP_NOT_LESS, 0, 1, _X32), _return(ERRNO | errno.EPERM)]
    code += [_instruction(_JUMP_NOT_LESS, 0, 1, UNKNOWN), _return(ERRNO | errno.ENOSYS)]
    for answer, table in ((errno.EPERM, REFUSED), (errno.ENOSYS, ABSENT), (0, PRETENDED)):
        for numbers in table.values():
            code += _for_number(numbers[column], [_return(ERRNO | answer)])
    return code + _for_rules(RULES, column)


def _for_rules(rules: Iterable[Rule], column: int) -> Code:
    return [line for rule in rules for line in _for_number(rule.numbers[column], _judged(rule))]


def _for_number(number: int | None, body: Code) -> Code:
    """`body`, which answers, for the call `number`; for another, nothing."""
    return [] if number is None else [_instruction(_JUMP_EQUAL, 0, len(body), number), *body]


def _told(told: Told) -> Code:
    if told.flags is None:
        return [_return(TELL)]
    return [
        _low(told.flags),
        _instruction(_JUMP_ANY_BIT, 0, 1, WRITING),
        _return(TELL),
        _return(ALLOW),
    ]


def _judged(rule: Rule) -> Code:
    refuse = _return(ERRNO | errno.EPERM)
    checks = [line for one in rule.conditions for line in [*_check(one), refuse]]
    return [*checks, _return(ERRNO if rule.pretended else ALLOW)]


def _check(condition: Condition) -> Code:
    """Code that jumps over the next instruction after it if the condition holds."""
    match condition:
        case OneOf(place, values):
            last = len(values) - 1
            tests = [_instruction(_JUMP_EQUAL, last - i + 1, 0, v) for i, v in enumerate(values)]
            return [_low(place), *tests]
        case Null(place):
            high = _instruction(_JUMP_EQUAL, 0, 2, 0)
            return [_high(place), high, _low(place), _instruction(_JUMP_EQUAL, 1, 0, 0)]
        case Given(place):
            high = _instruction(_JUMP_EQUAL, 0, 3, 0)
            return [_high(place), high, _low(place), _instruction(_JUMP_EQUAL, 0, 1, 0)]
        case Without(place, mask, bits):
            masked = _instruction(_AND, k=mask)
            return [_low(place), masked, _instruction(_JUMP_EQUAL, 0, 1, bits)]
        case NoSmallStack(least):
            return [
                _low(_PLACE_OF_FLAGS),
                _instruction(_JUMP_ANY_BIT, 0, 5, _MAP_STACK),
                _high(_PLACE_OF_LENGTH),
                _instruction(_JUMP_EQUAL, 0, 3, 0),
                _low(_PLACE_OF_LENGTH),
                _instruction(_JUMP_NOT_LESS, 1, 0, least),
            ]


def _low(place: int) -> bytes:
    """Load the lower half of an argument: the whole of an int. Both machines store it first."""
    return _instruction(_LOAD, k=_ARGUMENTS + 8 * place)


def _high(place: int) -> bytes:
    return _instruction(_LOAD, k=_ARGUMENTS + 8 * place + 4)


def _return(answer: int) -> bytes:
    return _instruction(_RETURN, k=answer)


def _instruction(code: int, yes: int = 0, no: int = 0, k: int = 0) -> bytes:
    """One instruction; `yes` and `no` are how many to skip after a test that holds, or does not."""
    return struct.pack("HBBI", code, yes, no, k)


# Built once, by whoever imports this, and not by each of the processes that it forks.
_FIXED = tuple(_fixed(column) for column in COLUMNS.values())
