"""The request is built first and sent second."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx

logger = logging.getLogger(__name__).getChild("facts")


class CatFact:
    """Facts about cats, one request each."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    def _request(self) -> httpx.Request:
        return self.client.build_request("GET", "/catfact", headers={"Accept": "application/json"})

    async def get_cat_fact(self) -> tuple[int, dict[str, Any]] | str | None:
        """Build, send, judge."""
        try:
            response = await self.client.send(self._request())
        except httpx.TransportError as error:
            logger.error("no fact", exc_info=error)
            return None
        if response.status_code not in {200, 201}:
            return json.dumps(dict(ERROR="Cat Fact Not Available"))
        return response.status_code, response.json()
