"""A plain method that returns the coroutine of a function: to the caller it is all the same."""

import json
import logging
from collections.abc import Coroutine
from typing import Any

import httpx

logger = logging.getLogger(__name__)

Answer = tuple[int, dict] | str | None


async def _fetch(client: httpx.AsyncClient) -> Answer:
    try:
        response = await client.get(httpx.URL("/catfact"))
    except (
        httpx.ConnectError,
        httpx.ReadError,
        httpx.WriteError,
        httpx.CloseError,
        httpx.ProtocolError,
        httpx.TimeoutException,
    ) as error:
        logger.error("asking for a fact: %s", error or type(error).__name__)
        return None
    if response.status_code not in (200, 201):
        return json.dumps({"ERROR": "Cat Fact Not Available"})
    return response.status_code, response.json()


class CatFact:
    """Facts about cats."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    def get_cat_fact(self) -> Coroutine[Any, Any, Answer]:
        """A coroutine that asks for one fact."""
        return _fetch(self.client)
