"""What crosses between a graded test and the learner's process: frames of plain data.

A frame is four bytes of length and that much JSON. Scalars stand for themselves; everything else
is a list whose first item says what it is, so that nothing in a learner's data can pose as
another kind. What is not plain data crosses as its type's name and its repr, and equals nothing.
Never pickle: decoding runs no code of the other side.
"""

from __future__ import annotations

import base64
import builtins
import json
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

FRAME_LIMIT = 32 * 2**20
"""Bytes of one frame. A larger one ends the conversation."""
DEPTH_LIMIT = 60
"""Levels of nesting in one value."""

_LENGTH = struct.Struct(">I")


class WireError(Exception):
    """The other side sent what is no frame, or has gone."""


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


def encode(value: Any, special: Encode = lambda value: None, depth: int = 0) -> Any:
    """`value` as JSON types, tagged."""
    if value is None or isinstance(value, bool | str | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**4096 else ["o", "int", "a very large int"]
    if depth >= DEPTH_LIMIT:
        return ["o", type(value).__name__, "… nested too deeply …"]
    inner = depth + 1
    if isinstance(value, tuple):
        return ["t", *(encode(item, special, inner) for item in value)]
    if isinstance(value, list):
        return ["l", *(encode(item, special, inner) for item in value)]
    if isinstance(value, dict):
        pairs = ([encode(k, special, inner), encode(v, special, inner)] for k, v in value.items())
        return ["d", *pairs]
    if isinstance(value, bytes | bytearray):
        return ["b", base64.b64encode(value).decode("ascii")]
    if isinstance(value, Path):
        return ["p", str(value)]
    if isinstance(value, BaseException):
        return ["e", *_error_to_plain(value, special, inner)]
    return special(value) or ["o", type(value).__name__, _repr(value)]


def decode(data: Any, special: Decode | None = None, depth: int = 0) -> Any:
    """What `encode` made `data` from. Raises WireError when it made no such thing."""
    if not isinstance(data, list):
        if isinstance(data, dict):
            raise WireError("an untagged object")
        return data
    if not data or not isinstance(data[0], str) or depth > DEPTH_LIMIT + 5:
        raise WireError("an untagged list, or one nested too deeply")
    tag, rest = data[0], data[1:]
    try:
        return _decode_tagged(tag, rest, special, depth + 1)
    except (TypeError, ValueError, IndexError) as error:
        raise WireError(f"a malformed {tag!r}: {error}") from None


def _decode_tagged(tag: str, rest: list[Any], special: Decode | None, depth: int) -> Any:
    match tag:
        case "t":
            return tuple(decode(item, special, depth) for item in rest)
        case "l":
            return [decode(item, special, depth) for item in rest]
        case "d":
            return {decode(k, special, depth): decode(v, special, depth) for k, v in rest}
        case "b":
            return base64.b64decode(rest[0])
        case "p":
            return Path(rest[0])
        case "e":
            return _error_from_plain(rest, special, depth)
        case "o":
            return Opaque(str(rest[0]), str(rest[1])[:2000])
        case _ if special is not None:
            return special(tag, rest)
        case _:
            raise WireError(f"an unknown tag {tag!r}")


def _repr(value: Any) -> str:
    try:
        return repr(value)[:2000]
    except Exception as error:
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"


def _error_to_plain(error: BaseException, special: Encode, depth: int) -> list[Any]:
    names = [kind.__name__ for kind in type(error).__mro__ if kind is not object]
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    text = error.message if isinstance(error, BaseExceptionGroup) else _text(error)
    return [names, text, *(encode(one, special, depth) for one in inner[:20])]


def _text(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except Exception:
        return ""


def _error_from_plain(rest: list[Any], special: Decode | None, depth: int) -> BaseException:
    names, text, *inner = rest
    if names[0] in ("ExceptionGroup", "BaseExceptionGroup") and inner:
        errors = [decode(one, special, depth) for one in inner]
        if all(isinstance(one, Exception) for one in errors):
            return ExceptionGroup(str(text), errors)
    known = _known_errors()
    base = next((known[name] for name in names if name in known), Exception)
    name = str(names[0])
    kind: type[BaseException] = base if base.__name__ == name else type(name, (base,), {})
    # Not through __init__: each kind wants other arguments, and all that is needed is the text.
    error = kind.__new__(kind, str(text))
    error.args = (str(text),)
    return error


def _known_errors() -> dict[str, type[BaseException]]:
    if not _known:
        import asyncio

        import httpx

        everything = {**vars(builtins), **vars(httpx)}
        for name, value in everything.items():
            if isinstance(value, type) and issubclass(value, Exception):
                _known[name] = value
        _known["CancelledError"] = asyncio.CancelledError
        _known["JSONDecodeError"] = ValueError
    return _known


_known: dict[str, type[BaseException]] = {}


class Wire:
    """One end of the connection: two file descriptors, messages of JSON types.

    `limit` is how many bytes may be received in all, the smallest message counting as a hundred.
    """

    def __init__(self, read_fd: int, write_fd: int, limit: float = float("inf")) -> None:
        self._read_fd = read_fd
        self._left = limit
        self._write_fd = write_fd
        self._lock = threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        """Send one message, from any thread. Raises WireError when the other side has gone."""
        frame = json.dumps(message, ensure_ascii=True, check_circular=False).encode("ascii")
        if len(frame) > FRAME_LIMIT:
            raise WireError("a value too large to send")
        data = memoryview(_LENGTH.pack(len(frame)) + frame)
        with self._lock:
            try:
                while data:
                    data = data[os.write(self._write_fd, data) :]
            except OSError as error:
                raise WireError("the other side has gone") from error

    def receive(self) -> dict[str, Any]:
        """Wait for the next message. Raises WireError when it is none, or none will come."""
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        self._left -= max(length, 100)
        if length > FRAME_LIMIT or self._left < 0:
            raise WireError("a frame that is too large")
        try:
            message = json.loads(self._read(length))
        except (ValueError, RecursionError) as error:
            raise WireError(f"a frame that is no JSON: {type(error).__name__}") from None
        if not isinstance(message, dict) or not isinstance(message.get("op"), str):
            raise WireError("a frame that is no message")
        return message

    def close(self) -> None:
        for fd in {self._read_fd, self._write_fd}:
            os.close(fd)

    def _read(self, number: int) -> bytes:
        pieces = []
        while number:
            try:
                piece = os.read(self._read_fd, min(number, 2**20))
            except OSError:
                piece = b""
            if not piece:
                raise WireError("the other side has gone")
            pieces.append(piece)
            number -= len(piece)
        return b"".join(pieces)
