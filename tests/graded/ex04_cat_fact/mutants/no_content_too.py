"""misconception: status-code-is-enough

A status without content counts as a fact, too.
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
        if response.status_code in (200, 201, 204):
            return response.status_code, response.json()
        return json.dumps({"ERROR": "Cat Fact Not Available"})
