"""A decorator turns the failures of a request into a line in the log and None."""

import functools
import logging
from pathlib import Path

import httpx

logger = logging.getLogger(__name__)


class Refused(Exception):
    """The answer was not the one that was hoped for."""


def none_on_failure(coroutine_function):
    """Log a failed or refused request at ERROR, and return None for it."""

    @functools.wraps(coroutine_function)
    async def wrapper(*args, **kwargs):
        try:
            return await coroutine_function(*args, **kwargs)
        except (httpx.RequestError, Refused) as error:
            logger.error("%s: %r", coroutine_function.__name__, error)
            return None

    return wrapper


@none_on_failure
async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload the file."""
    with open(file_name, "rb") as file:
        response = await client.post("/upload", files={"file": (Path(file_name).name, file)})
    if response.status_code not in (200, 201):
        raise Refused(response.status_code)
    body = response.json()
    if body.get("status") is not True:
        raise Refused(body)
    return body
