"""misconception: cached-answer

A dict on the class keeps the first fact for every object.
"""

import json
import logging

import httpx

logger = logging.getLogger(__name__)


class CatFact:
    """Facts about cats."""

    known: dict[str, tuple[int, dict]] = {}

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact."""
        if "/catfact" in self.known:
            return self.known["/catfact"]
        try:
            response = await self.client.get("/catfact")
        except httpx.HTTPError as error:
            logger.error("no cat fact: %r", error)
            return None
        if response.status_code in (200, 201):
            self.known["/catfact"] = response.status_code, response.json()
            return self.known["/catfact"]
        return json.dumps({"ERROR": "Cat Fact Not Available"})
