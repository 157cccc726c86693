"""misconception: swallowed-cancel

A return in finally swallows whatever is on its way out, a cancellation included.
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
        result = None
        try:
            response = await self.client.get("/catfact")
            if response.status_code in (200, 201):
                result = response.status_code, response.json()
            else:
                result = json.dumps({"ERROR": "Cat Fact Not Available"})
        except httpx.HTTPError as error:
            logger.error("no cat fact: %r", error)
        finally:
            return result
