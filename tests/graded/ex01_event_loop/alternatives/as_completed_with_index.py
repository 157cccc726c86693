"""as_completed, with the place of each fact carried along."""

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


async def one_fact(fetch: Callable[[str], Awaitable[dict[str, str]]], name: str) -> str:
    answer = await fetch(name)
    return answer["fact"]


async def facts_in_a_row(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    waiting = iter(names)
    facts = []
    while (name := next(waiting, None)) is not None:
        facts += [await one_fact(fetch, name)]
    return facts


async def facts_at_once(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    async def placed(place: int, name: str) -> tuple[int, str]:
        return place, await one_fact(fetch, name)

    facts = [""] * len(names)
    for finished in asyncio.as_completed([placed(*pair) for pair in enumerate(names)]):
        place, fact = await finished
        facts[place] = fact
    return facts
