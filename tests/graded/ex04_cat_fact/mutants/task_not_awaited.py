"""misconception: fire-and-forget

The request is started as a task; whatever an earlier one left is returned.
"""

import asyncio
import json
import logging

import httpx

logger = logging.getLogger(__name__)


class CatFact:
    """Facts about cats."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.latest: tuple[int, dict] | str | None = None

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact."""
        asyncio.create_task(self._fetch())
        return self.latest

    async def _fetch(self) -> None:
        try:
            response = await self.client.get("/catfact")
        except httpx.HTTPError as error:
            logger.error("no cat fact: %r", error)
            return
        if response.status_code in (200, 201):
            self.latest = response.status_code, response.json()
        else:
            self.latest = json.dumps({"ERROR": "Cat Fact Not Available"})
