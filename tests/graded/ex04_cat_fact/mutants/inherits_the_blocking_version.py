"""misconception: async-unblocks

The blocking method of a base class is called from inside async def.
"""

import json
import logging

import httpx
import requests

logger = logging.getLogger(__name__)


class CatFactBlocking:
    """Facts about cats, with requests."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")

    def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact."""
        try:
            response = requests.get(f"{self.base_url}/catfact", timeout=5)
        except requests.RequestException as error:
            logger.error("no cat fact: %r", error)
            return None
        if response.status_code in (200, 201):
            return response.status_code, response.json()
        return json.dumps({"ERROR": "Cat Fact Not Available"})


class CatFact(CatFactBlocking):
    """Facts about cats."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__(str(client.base_url))

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact."""
        return super().get_cat_fact()
