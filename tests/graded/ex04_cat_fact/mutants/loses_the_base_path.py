"""misconception: wrong-request

urljoin with a leading slash throws the path of the base URL away.
"""

import json
import logging
from urllib.parse import urljoin

import httpx

logger = logging.getLogger(__name__)


class CatFact:
    """Facts about cats."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact."""
        try:
            url = urljoin(str(self.client.base_url), "/catfact")
            response = await self.client.get(url)
        except httpx.HTTPError as error:
            logger.error("no cat fact: %r", error)
            return None
        if response.status_code in (200, 201):
            return response.status_code, response.json()
        return json.dumps({"ERROR": "Cat Fact Not Available"})
