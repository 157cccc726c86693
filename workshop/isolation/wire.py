"""What crosses between a graded test and the learner's process: frames of plain data.

A frame is four bytes of length and that much JSON. Scalars stand for themselves; everything else
is a list whose first item says what it is, so that nothing in a learner's data can pose as
another kind. What is not plain data crosses as its type's name and its repr, and equals nothing.
Never pickle: decoding runs no code of the other side. What was decoded is of exactly the plain
types, whatever subclass it was made from.
"""

from __future__ import annotations

import base64
import builtins
import contextlib
import json
import os
import re
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any, TypeVar

from workshop.isolation.evidence import plain

FRAME_LIMIT = 8 * 2**20
"""Bytes of one frame. A larger one ends the conversation."""
DEPTH_LIMIT = 60
"""Levels of nesting in one value."""
TEXT_LIMIT = 2000
"""Characters of an error's text or of a repr."""
NAME_LIMIT = 100
"""Characters of a type's name."""
LOGGED = 500
"""Log records of one test that are told, and kept."""
GROUP_LIMIT = 20
"""Errors of a group that cross with it, and classes that an error is said to be of."""

_LENGTH = struct.Struct(">I")


class WireError(Exception):
    """The other side sent what it must not."""


class Gone(WireError):
    """The other side has gone."""


class Flood(WireError):
    """The other side sent more than it may."""


class TooLarge(WireError):
    """A message is larger than one may be."""


_Text = TypeVar("_Text", str, bytes, bytearray)


class Opaque:
    """Something that is no plain data, as it looked on the other side. It equals nothing."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self._text = text

    def __repr__(self) -> str:
        return self._text


Encode = Callable[[Any], list[Any] | None]
"""Turns a value that is no plain data into a tagged list, or gives None."""
Decode = Callable[[str, list[Any]], Any]
"""Turns the rest of a tagged list with an unknown tag into a value. Raises WireError."""


# --- encoding ------------------------------------------------------------------------------------
# The value may be of a learner's class, whose methods may do anything: what is plain is read by
# the methods of the plain type itself.


def encode(value: Any, special: Encode = lambda value: None, depth: int = 0) -> Any:
    """`value` as JSON types, tagged. Raises TooLarge for a text or bytes of more than a frame."""
    kind = type(value)
    if value is None or kind is bool:
        return value
    if issubclass(kind, str):
        return _fitting(str.__str__(value))
    if issubclass(kind, float):
        return float.__float__(value)
    if issubclass(kind, int):
        number = int.__int__(value)
        return number if abs(number) < 2**4096 else ["o", "int", "a very large int"]
    if depth >= DEPTH_LIMIT:
        return ["o", _name(kind), "… nested too deeply …"]
    if issubclass(kind, bytes):
        return ["b", base64.b64encode(_fitting(bytes.__bytes__(value))).decode("ascii")]
    if issubclass(kind, bytearray):
        return ["b", base64.b64encode(_fitting(bytearray.copy(value))).decode("ascii")]
    if issubclass(kind, PurePath):
        return ["p", PurePath.__str__(value)]
    return _encode_made_of_others(kind, value, special, depth + 1)


def _fitting(value: _Text) -> _Text:
    # Copying what is many times too large takes longer than a test has.
    if len(value) > FRAME_LIMIT:
        raise TooLarge("a value too large to send")
    return value


def _encode_made_of_others(kind: type, value: Any, special: Encode, inner: int) -> list[Any]:
    if issubclass(kind, tuple):
        return ["t", *(encode(item, special, inner) for item in tuple.__iter__(value))]
    if issubclass(kind, list):
        return ["l", *(encode(item, special, inner) for item in list.__iter__(value))]
    if issubclass(kind, dict):
        pairs = dict.items(value)
        return ["d", *([encode(k, special, inner), encode(v, special, inner)] for k, v in pairs)]
    if issubclass(kind, BaseException):
        return ["e", *_error_to_plain(value, special, inner)]
    return special(value) or opaque(value)


def opaque(value: Any) -> list[Any]:
    """What crosses of a value that is taken for no plain data, whatever it is."""
    return ["o", _name(type(value)), _text(repr, value)]


def is_opaque(data: Any) -> bool:
    """Was `data` encoded of what is no plain data?"""
    return isinstance(data, list) and data[:1] == ["o"]


def _error_to_plain(error: BaseException, special: Encode, depth: int) -> list[Any]:
    kinds = type.__dict__["__mro__"].__get__(type(error))
    names = [_name(kind) for kind in kinds if kind is not object][:GROUP_LIMIT]
    if not issubclass(type(error), BaseExceptionGroup):
        return [names, _text(str, error)]
    parts = BaseExceptionGroup.__dict__
    message, inner = (parts[part].__get__(error) for part in ("message", "exceptions"))
    # The group's own text repeats the number of its errors.
    return [names, _text(str, message), *(encode(one, special, depth) for one in inner[:20])]


def _name(kind: type) -> str:
    # Not kind.__name__, which a learner's metaclass may have replaced.
    name: str = type.__dict__["__name__"].__get__(kind)
    return name[:NAME_LIMIT]


def _text(show: Callable[[Any], str], value: Any) -> str:
    try:
        return str.__str__(show(value))[:TEXT_LIMIT]
    except BaseException as error:
        return f"<{_name(type(value))} whose {show.__name__} raises {_name(type(error))}>"


# --- decoding ------------------------------------------------------------------------------------


def decode(data: Any, special: Decode | None = None, depth: int = 0) -> Any:
    """What `encode` made `data` from. Raises WireError when it made no such thing."""
    if data is None or isinstance(data, bool | int | float | str):
        return data
    if not isinstance(data, list):
        raise WireError("an untagged object")
    if not data or not isinstance(data[0], str) or depth > DEPTH_LIMIT + 5:
        raise WireError("an untagged list, or one nested too deeply")
    tag, rest = data[0], data[1:]
    try:
        return _decode_tagged(tag, rest, special, depth + 1)
    except (TypeError, ValueError, LookupError) as error:
        raise WireError(f"a malformed {tag[:NAME_LIMIT]!r}: {type(error).__name__}") from None


def _decode_tagged(tag: str, rest: list[Any], special: Decode | None, depth: int) -> Any:
    match tag:
        case "t":
            return tuple(decode(item, special, depth) for item in rest)
        case "l":
            return [decode(item, special, depth) for item in rest]
        case "d":
            # A key that cannot be hashed is a TypeError, and so no dict.
            return {decode(k, special, depth): decode(v, special, depth) for k, v in rest}
        case "b":
            return base64.b64decode(rest[0], validate=True)
        case "p":
            return Path(rest[0])
        case "e":
            return _error_from_plain(rest, special, depth)
        case "o":
            return Opaque(words(rest[0], NAME_LIMIT), words(rest[1], TEXT_LIMIT))
        case _ if special is not None:
            return special(tag, rest)
        case _:
            raise WireError("an unknown tag")


def words(value: Any, limit: int) -> str:
    """`value`, which has to be a text, as at most `limit` characters that can be written anywhere.

    Raises WireError when it is no text.
    """
    if not isinstance(value, str):
        raise WireError("a text that is none")
    return plain(value, limit)


def _error_from_plain(rest: list[Any], special: Decode | None, depth: int) -> BaseException:
    names, said, *inner = rest
    text = words(said, TEXT_LIMIT)
    names = [words(name, NAME_LIMIT) for name in names[:GROUP_LIMIT]]
    if names[0] in ("ExceptionGroup", "BaseExceptionGroup") and inner:
        errors = [decode(one, special, depth) for one in inner[:GROUP_LIMIT]]
        if all(isinstance(one, Exception) for one in errors):
            return ExceptionGroup(text, errors)
    known = _known_errors()
    base = next((known[name] for name in names if name in known), Exception)
    kind: type[BaseException] = base
    if base.__name__ != names[0] and names[0].isidentifier():
        kind = _named(names[0], base)
    # Not through __init__: each kind wants other arguments, and all that is needed is the text.
    error = kind.__new__(kind, text)
    error.args = (text,)
    if isinstance(error, OSError) and (parts := _OF_THE_SYSTEM.fullmatch(text)):
        error.errno, error.strerror = int(parts[1]), parts[2]
        error.filename = parts[3]
    return error


def _named(name: str, base: type[BaseException]) -> type[BaseException]:
    """The learner's own kind of `base` called `name`, as long as there are not too many."""
    if (name, base) not in _made and len(_made) < MOST_KINDS:
        _made[name, base] = type(name, (base,), {})
    return _made.get((name, base), base)


_OF_THE_SYSTEM = re.compile(r"\[Errno (\d{1,4})\] ([^:]*)(?:: '([^']*)')?")
"""The text of an OSError: the number, the words, and perhaps the file."""


def _known_errors() -> dict[str, type[BaseException]]:
    if not _known:
        import asyncio

        import httpx

        everything = {**vars(builtins), **vars(httpx)}
        for name, value in everything.items():
            if isinstance(value, type) and issubclass(value, Exception):
                _known[name] = value
        del _known["ExceptionGroup"]  # which cannot be made of a text alone
        _known["CancelledError"] = asyncio.CancelledError
        _known["JSONDecodeError"] = ValueError
    return _known


_known: dict[str, type[BaseException]] = {}
_made: dict[tuple[str, type[BaseException]], type[BaseException]] = {}
MOST_KINDS = 1000
"""Kinds of errors that learners' code may invent in one process of tests: a kind takes a thousand
times the room of its name."""


# --- frames --------------------------------------------------------------------------------------


class Wire:
    """One end of the connection, a file descriptor: messages of JSON types.

    At most `size` bytes and `number` messages are received in all.
    """

    def __init__(self, end: int, size: float = float("inf"), number: float = float("inf")) -> None:
        self._end = end
        self._size = size
        self._number = number
        # The handler of a signal may send something, too, in the middle of what its thread sends.
        self._lock = threading.RLock()
        self._sending = False
        self._after: list[bytes] = []

    def send(self, message: dict[str, Any]) -> None:
        """Send one message, from any thread or the handler of a signal. Raises Gone when the other
        side has gone, TooLarge when there is too much in it.
        """
        frame = json.dumps(message, ensure_ascii=True, check_circular=False).encode("ascii")
        if len(frame) > FRAME_LIMIT:
            raise TooLarge("a value too large to send")
        with self._lock:
            self._after.append(_LENGTH.pack(len(frame)) + frame)
            while self._after and not self._sending:
                self._sending = True
                try:
                    self._write(self._after.pop(0))
                finally:
                    self._sending = False

    def _write(self, frame: bytes) -> None:
        data = memoryview(frame)
        try:
            while data:
                data = data[self._put(data) :]
        except OSError as error:
            raise Gone("the other side has gone") from error

    def receive(self) -> dict[str, Any]:
        """Wait for the next message.

        Raises Gone when none will come, Flood when it is more than may come, WireError when it is
        no message.
        """
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        if length > FRAME_LIMIT:
            raise WireError("a frame that is too large")
        self._size -= length
        self._number -= 1
        if self._size < 0 or self._number < 0:
            raise Flood("more than may be sent")
        try:
            message = json.loads(self._read(length))
        except (ValueError, RecursionError) as error:
            raise WireError(f"a frame that is no JSON: {type(error).__name__}") from None
        if not isinstance(message, dict) or not isinstance(message.get("op"), str):
            raise WireError("a frame that is no message")
        return message

    def pass_on(self, *fds: int) -> None:
        """Hand descriptors over, before the first message."""
        with socket.socket(fileno=os.dup(self._end)) as end:
            socket.send_fds(end, [b"."], fds)

    def passed_on(self, most: int = 1) -> list[int]:
        """The descriptors that the other side hands over, at least one. Raises Gone when it does
        not.
        """
        with socket.socket(fileno=os.dup(self._end)) as end:
            data, fds, _, _ = socket.recv_fds(end, 1, most)
        if not data or not fds:
            raise Gone("the other side has gone")
        return fds

    def hang_up(self) -> None:
        """End the conversation: whoever receives, on either side, hears that. Never raises."""
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self._end)) as end:
            end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Forget the descriptor, whose owner closes it: its number may come to mean another."""
        self._end = -1

    def _put(self, data: memoryview) -> int:
        return os.write(self._end, data)

    def _get(self, number: int) -> bytes:
        return os.read(self._end, number)

    def _read(self, number: int) -> bytes:
        pieces = []
        while number:
            try:
                piece = self._get(min(number, 2**20))
            except OSError:
                piece = b""
            if not piece:
                raise Gone("the other side has gone")
            pieces.append(piece)
            number -= len(piece)
        return b"".join(pieces)
