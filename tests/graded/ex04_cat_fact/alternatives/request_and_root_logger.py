"""client.request with a path that has no leading slash, and the root logger."""

import json
import logging

import httpx


class CatFact:
    """Facts about cats."""

    def __init__(self, client):
        self._client = client

    async def get_cat_fact(self):
        """One fact, with its status."""
        try:
            answer = await self._client.request("GET", "catfact")
        except httpx.HTTPError as error:
            logging.error("no fact: %s", type(error).__name__)
            return None
        if answer.status_code == 200 or answer.status_code == 201:
            return (answer.status_code, answer.json())
        return json.dumps({"ERROR": "Cat Fact Not Available"})
