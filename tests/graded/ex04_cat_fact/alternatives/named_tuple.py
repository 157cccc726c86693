"""The result is a named tuple, which is a tuple of status and JSON."""

import json
import logging
from typing import NamedTuple

import httpx

logger = logging.getLogger(__name__)


class Fact(NamedTuple):
    """A fact with the status that it came with."""

    status: int
    body: dict


class CatFact:
    """Facts about cats."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get_cat_fact(self) -> Fact | str | None:
        """Ask for one fact."""
        response = await self._ask()
        if response is None:
            return None
        if response.status_code in range(200, 202):
            return Fact(response.status_code, response.json())
        return json.dumps({"ERROR": "Cat Fact Not Available"})

    async def _ask(self) -> httpx.Response | None:
        try:
            return await self.client.get("/catfact")
        except httpx.RequestError as error:
            logger.error("asking failed", exc_info=error)
            return None
