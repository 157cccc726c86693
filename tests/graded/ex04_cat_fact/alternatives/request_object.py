"""An httpx.Request made by hand for each call, with its full URL."""

import json
import logging

import httpx

log = logging.getLogger("cats")

SORRY = json.dumps({"ERROR": "Cat Fact Not Available"})


class CatFact:
    """Knows the full address from the start, and asks anew each time."""

    __slots__ = ("_client", "_url")

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._url = str(client.base_url).rstrip("/") + "/catfact"

    async def get_cat_fact(self) -> tuple[int, dict] | str | None:
        """Send a new request."""
        try:
            response = await self._client.send(httpx.Request("GET", self._url))
        except (httpx.NetworkError, httpx.ProtocolError, httpx.TimeoutException) as error:
            log.error("%r", error)
            return None
        good = response.status_code in (httpx.codes.OK, httpx.codes.CREATED)
        return (response.status_code, response.json()) if good else SORRY
