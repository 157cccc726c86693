"""Exercise 04: fetch cat facts with a client that is shared.

`CatFactBlocking` is complete: each call waits for its answer, and the whole program waits with it.
Your task is `CatFact` below it, which keeps the same promise with an `httpx.AsyncClient` that it
is given, so that many facts can be on their way at once.

Mark your work with `workshop check ex04_cat_fact`; `workshop hint ex04_cat_fact` gives a hint.
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
        raise NotImplementedError(
            "CatFact is yours to write: start here by keeping the client for later, and then "
            "port get_cat_fact from CatFactBlocking."
        )

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Ask the server for a cat fact: each call GETs `/catfact` anew.

        Status 200 or 201 gives the status and the decoded JSON. Any other status gives the JSON
        text `{"ERROR": "Cat Fact Not Available"}`. A connection error or a timeout is logged at
        ERROR and gives None.
        """
        raise NotImplementedError(
            "get_cat_fact is yours to write: copy the body of CatFactBlocking.get_cat_fact here, "
            "let the client send the request, and await its answer."
        )
