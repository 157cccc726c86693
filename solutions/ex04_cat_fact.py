"""Our answer to exercise 04: fetch cat facts with a client that is shared.

Compare the two classes line by line. What differs is what they are given (an address, or a client
that knows one), who sends the request, and the word `await` where the answer is waited for.
"""

import json
import logging

import httpx
import requests

logger = logging.getLogger(__name__)

TIMEOUT = 5.0
"""Seconds to wait for the server. An httpx client waits as long unless it is told otherwise."""

NOT_AVAILABLE = json.dumps({"ERROR": "Cat Fact Not Available"})
"""The JSON text that stands for an answer with any status other than 200 and 201."""


class CatFactBlocking:
    """Cat facts from the server at `base_url`."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")

    def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask the server for a cat fact: each call GETs `/catfact` anew.

        Status 200 or 201 gives the status and the decoded JSON. Any other status gives the JSON
        text `{"ERROR": "Cat Fact Not Available"}`. A connection error or a timeout is logged at
        ERROR and gives None.
        """
        try:
            response = requests.get(
                f"{self.base_url}/catfact",
                timeout=TIMEOUT,  # requests would wait for ever
                allow_redirects=False,  # a redirect is a status other than 200 and 201
            )
        except requests.RequestException as error:
            logger.error("No cat fact came: %r", error)
            return None
        if response.status_code in (200, 201):
            return response.status_code, response.json()
        return NOT_AVAILABLE


class CatFact:
    """Cat facts through `client`, whose base URL says where the server is.

    The client belongs to the caller, who shares it and closes it.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        # Nothing is fetched here: __init__ cannot await, and a fact fetched once would be the
        # same fact for ever. Nor is a client made here: the one we are given has its connections
        # open already, and a test can decide what it reaches.
        self.client = client

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask the server for a cat fact: each call GETs `/catfact` anew.

        Status 200 or 201 gives the status and the decoded JSON. Any other status gives the JSON
        text `{"ERROR": "Cat Fact Not Available"}`. A connection error or a timeout is logged at
        ERROR and gives None.
        """
        try:
            response = await self.client.get("/catfact")
        # RequestError covers connections that fail or break off, and timeouts. A cancellation is
        # none of these and has to get through.
        except httpx.RequestError as error:
            # %r, because str() of a timeout is often empty: the error's name says what happened.
            logger.error("No cat fact came: %r", error)
            return None
        # The answer stays in local variables: with self.response, two calls that run at once
        # would share it.
        if response.status_code in (200, 201):
            return response.status_code, response.json()
        return NOT_AVAILABLE
