"""Reading an uploaded file: counted and hashed as it streams by, and kept nowhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from ._errors import Rejection

FIELD = "file"
PIECE = 64 * 1024
"""Bytes read at a time: what is in memory of an upload, a few times over."""
ENVELOPE = 64 * 1024
"""Bytes that a multipart body may be longer than its file before its length alone decides."""

UNREADABLE = (
    ValueError,
    AssertionError,
    RuntimeError,
    HttpProcessingError,
    web.RequestPayloadError,
)
"""What aiohttp raises when a multipart body is broken, here or there."""


@dataclass(frozen=True)
class Received:
    """One file field as it arrived."""

    field: str
    file_name: str
    size: int
    sha256: str


async def read_upload(request: web.Request, limit: int) -> list[Received]:
    """The file fields of a multipart request, in their order.

    Raises Rejection: 413 when a file has more than `limit` bytes, 400 when the body is not
    multipart.
    """
    if (request.content_length or 0) > limit + ENVELOPE:
        raise _too_large(limit)
    if request.content_type != "multipart/form-data":
        raise Rejection(
            400,
            f"An upload is a multipart form with a field {FIELD!r}; this request's "
            f"Content-Type is {request.content_type!r}.",
        )
    try:
        return await _read_fields(await request.multipart(), limit)
    except UNREADABLE as error:
        told = " ".join(str(error).split()).rstrip(".")
        raise Rejection(400, f"The multipart body cannot be read: {told}.") from error


async def _read_fields(reader: MultipartReader, limit: int) -> list[Received]:
    received = []
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            raise ValueError("a multipart body inside a multipart body is not a file")
        if part.filename is None:
            await _read_file(part, limit)  # a text field: read to get past it
        else:
            received.append(await _read_file(part, limit))
    return received


async def _read_file(part: BodyPartReader, limit: int) -> Received:
    size, digest = 0, hashlib.sha256()
    while piece := await part.read_chunk(PIECE):
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        digest.update(piece)
    return Received(part.name or "", part.filename or "", size, digest.hexdigest())


def _too_large(limit: int) -> Rejection:
    return Rejection(
        413, f"The file is larger than {limit:,} bytes, which is all that this server takes."
    )
