"""A small class holds fetch, and the functions ask it."""

import asyncio
from collections.abc import Awaitable, Callable


def one_fact_blocking(fetch: Callable[[str], dict[str, str]], name: str) -> str:
    answer = fetch(name)
    return answer["fact"]


def facts_blocking(fetch: Callable[[str], dict[str, str]], names: list[str]) -> list[str]:
    facts = []
    for name in names:
        facts.append(one_fact_blocking(fetch, name))
    return facts


class Facts:
    def __init__(self, fetch: Callable[[str], Awaitable[dict[str, str]]]) -> None:
        self.fetch = fetch

    async def about(self, name: str) -> str:
        match await self.fetch(name):
            case {"fact": fact}:
                return fact
            case answer:
                raise KeyError(f"no fact in {answer}")


async def one_fact(fetch: Callable[[str], Awaitable[dict[str, str]]], name: str) -> str:
    return await Facts(fetch).about(name)


async def facts_in_a_row(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    facts = Facts(fetch)
    return [await facts.about(name) for name in names]


async def facts_at_once(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    facts = Facts(fetch)
    return list(await asyncio.gather(*map(facts.about, names)))
