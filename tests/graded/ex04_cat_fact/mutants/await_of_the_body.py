"""misconception: calling-runs-it

The await reaches for .json() of a coroutine, not of its result.
"""

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
            body = await self.client.get("/catfact").json()
        except httpx.HTTPError as error:
            logger.error("no cat fact: %r", error)
            return None
        return 200, body
