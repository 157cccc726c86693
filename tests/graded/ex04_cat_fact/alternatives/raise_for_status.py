"""raise_for_status sorts out the errors; what it lets through is looked at once more."""

import json
import logging

import httpx

logger = logging.getLogger(__name__)


class CatFact:
    """Facts about cats."""

    ERROR_MESSAGE = {"ERROR": "Cat Fact Not Available"}

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact."""
        try:
            response = (await self.client.get("/catfact")).raise_for_status()
        except httpx.HTTPStatusError as error:
            logger.error("the server answered %d", error.response.status_code)
            return json.dumps(self.ERROR_MESSAGE)
        except httpx.RequestError as error:
            logger.error("the server did not answer: %r", error)
            return None
        if response.status_code not in (200, 201):
            return json.dumps(self.ERROR_MESSAGE)
        return response.status_code, response.json()
