"""The answer is streamed, and its JSON decoded with the json module."""

import json
import logging

import httpx

logger = logging.getLogger(__name__)


class CatFact:
    """Facts about cats, read piece by piece."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """A body that nobody wants is not even read."""
        try:
            async with self.client.stream("GET", "/catfact") as response:
                if response.status_code not in (200, 201):
                    return '{"ERROR": "Cat Fact Not Available"}'
                return response.status_code, json.loads(await response.aread())
        except httpx.RequestError:
            logger.exception("the fact did not arrive")
            return None
