"""A match statement judges the status; the logger gets its level as a number."""

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
            response = await self.client.get(url="/catfact")
        except httpx.HTTPError as error:
            logger.log(logging.ERROR, "failed: %r", error)
            return None
        match response.status_code:
            case 200 | 201 as status:
                return status, response.json()
            case _:
                return json.dumps({"ERROR": "Cat Fact Not Available"})
