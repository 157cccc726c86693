"""A base class asks, and the class for cats says what and how to judge the answer."""

import json
import logging
from abc import ABC, abstractmethod

import httpx


class Api(ABC):
    """A JSON API behind a client that belongs to somebody else."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._logger = logging.getLogger(f"api.{type(self).__name__}")

    @abstractmethod
    def judge(self, response: httpx.Response) -> object: ...

    async def fetch(self, path: str) -> object:
        """GET `path` and judge the answer; None, and a line in the log, when there is none."""
        try:
            return self.judge(await self._client.get(path))
        except httpx.RequestError:
            self._logger.exception("GET %s failed", path)
            return None


class CatFact(Api):
    """Facts about cats."""

    def judge(self, response: httpx.Response) -> tuple[int, dict] | str:
        if response.status_code not in (200, 201):
            return json.dumps({"ERROR": "Cat Fact Not Available"})
        return response.status_code, response.json()

    async def get_cat_fact(self) -> object:
        """Ask for one fact."""
        return await self.fetch("/catfact")
