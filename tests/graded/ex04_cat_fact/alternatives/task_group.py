"""The request runs as a task of a TaskGroup; except* unwraps the group."""

import asyncio
import json
import logging

import httpx

logger = logging.getLogger(__name__)


class CatFact:
    """Facts about cats."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact, in a task that never outlives the call."""
        response = None
        try:
            async with asyncio.TaskGroup() as group:
                asking = group.create_task(self.client.get("/catfact"))
            response = asking.result()
        except* httpx.HTTPError as failures:
            logger.error("asking failed: %r", failures.exceptions)
        if response is None:
            return None
        if response.status_code in (200, 201):
            return response.status_code, response.json()
        return json.dumps({"ERROR": "Cat Fact Not Available"})
