"""misconception: status-code-is-enough

raise_for_status stands in for the check, and lets 202 and 204 pass.
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
        try:
            response.raise_for_status()
        except httpx.HTTPStatusError:
            return json.dumps({"ERROR": "Cat Fact Not Available"})
        return response.status_code, response.json() if response.content else {}
