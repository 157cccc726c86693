"""A task of its own, awaited under a time-out that is longer than the client's."""

import asyncio
import json
import logging

import httpx

logger = logging.LoggerAdapter(logging.getLogger("facts"), {"animal": "cat"})


class CatFact:
    """Facts about cats."""

    LONGEST = 120.0

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact, and give up in the end."""
        asking = asyncio.create_task(self.client.get("/catfact"), name="cat fact")
        try:
            response = await asyncio.wait_for(asking, timeout=self.LONGEST)
        except (httpx.HTTPError, TimeoutError) as error:
            logger.error("no fact: %r", error)
            return None
        if response.status_code in (200, 201):
            return response.status_code, response.json()
        return json.dumps({"ERROR": "Cat Fact Not Available"})
