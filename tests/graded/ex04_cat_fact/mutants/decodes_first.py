"""misconception: error-escapes

The body is decoded before the status is looked at, and an error page need not be JSON.
"""

import json
import logging

import httpx

logger = logging.getLogger(__name__)


class CatFact:
    """Facts about cats."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact."""
        try:
            response = await self.client.get("/catfact")
        except httpx.HTTPError as error:
            logger.error("no cat fact: %r", error)
            return None
        fact = response.json()
        if response.status_code in (200, 201):
            return response.status_code, fact
        return json.dumps({"ERROR": "Cat Fact Not Available"})
