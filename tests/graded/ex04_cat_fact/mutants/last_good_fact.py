"""misconception: status-code-is-enough

When the server fails, the last good fact is returned again.
"""

import json
import logging

import httpx

logger = logging.getLogger(__name__)


class CatFact:
    """Facts about cats."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.last: tuple[int, dict] | None = None

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact."""
        try:
            response = await self.client.get("/catfact")
        except httpx.HTTPError as error:
            logger.error("no cat fact: %r", error)
            return None
        if response.status_code in (200, 201):
            self.last = response.status_code, response.json()
            return self.last
        if self.last is not None:
            return self.last
        return json.dumps({"ERROR": "Cat Fact Not Available"})
