"""misconception: async-unblocks

requests asks for the fact, and the loop waits with it.
"""

import json
import logging

import httpx
import requests

logger = logging.getLogger(__name__)


class CatFact:
    """Facts about cats."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact."""
        try:
            url = str(self.client.base_url).rstrip("/") + "/catfact"
            response = requests.get(url, timeout=5)
        except requests.RequestException as error:
            logger.error("no cat fact: %r", error)
            return None
        if response.status_code in (200, 201):
            return response.status_code, response.json()
        return json.dumps({"ERROR": "Cat Fact Not Available"})
