"""gather returns the exception as a value, and a match statement sorts the outcomes."""

import asyncio
import json
import logging

import httpx

logger = logging.getLogger("cat.facts")


class CatFact:
    """Facts about cats."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask for one fact, and look at the outcome whatever it is."""
        [outcome] = await asyncio.gather(self.client.get("/catfact"), return_exceptions=True)
        match outcome:
            case httpx.Response(status_code=200 | 201):
                return outcome.status_code, outcome.json()
            case httpx.Response():
                return json.dumps({"ERROR": "Cat Fact Not Available"})
            case httpx.RequestError():
                logger.error("nothing came back: %r", outcome)
                return None
            case _:
                raise outcome
