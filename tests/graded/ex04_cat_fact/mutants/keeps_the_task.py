"""misconception: cached-answer

__init__ prepares one task, and every call awaits that same one.
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
        self.asking: asyncio.Task[httpx.Response] | None = None

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact."""
        try:
            if self.asking is None:
                self.asking = asyncio.create_task(self.client.get("/catfact"))
            response = await self.asking
        except httpx.HTTPError as error:
            logger.error("no cat fact: %r", error)
            return None
        if response.status_code in (200, 201):
            return response.status_code, response.json()
        return json.dumps({"ERROR": "Cat Fact Not Available"})
