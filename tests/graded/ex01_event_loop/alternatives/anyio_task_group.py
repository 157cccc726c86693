"""anyio's task group; each task puts its fact into a place of its own."""

from collections.abc import Awaitable, Callable

import anyio


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
    facts = []
    for name in names:
        facts.append(await one_fact(fetch, name))
    return facts


async def facts_at_once(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    facts = [""] * len(names)

    async def fill(place: int, name: str) -> None:
        facts[place] = await one_fact(fetch, name)

    async with anyio.create_task_group() as group:
        for place, name in enumerate(names):
            group.start_soon(fill, place, name)
    return facts
