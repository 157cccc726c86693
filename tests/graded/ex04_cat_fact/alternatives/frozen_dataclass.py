"""A frozen dataclass: the generated __init__ takes the client."""

import json
import logging
from dataclasses import dataclass
from typing import ClassVar

import httpx


@dataclass(frozen=True)
class CatFact:
    """Facts about cats."""

    client: httpx.AsyncClient

    GOOD: ClassVar[tuple[int, ...]] = (200, 201)

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact."""
        logger = logging.getLogger(type(self).__name__)
        try:
            response = await self.client.get("/catfact")
        except httpx.TimeoutException as error:
            logger.error("too slow: %r", error)
        except httpx.RequestError as error:
            logger.error("out of reach: %r", error)
        else:
            if response.status_code in self.GOOD:
                return response.status_code, response.json()
            return json.dumps({"ERROR": "Cat Fact Not Available"})
        return None
