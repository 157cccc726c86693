"""The first fact and then the others: by recursion, in a row and at once."""

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
    answer = await asyncio.create_task(fetch(name))
    fact = answer["fact"]
    return fact


async def facts_in_a_row(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    if not names:
        return []
    first = await one_fact(fetch, names[0])
    return [first, *await facts_in_a_row(fetch, names[1:])]


async def facts_at_once(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    if not names:
        return []
    first, others = await asyncio.gather(one_fact(fetch, names[0]), facts_at_once(fetch, names[1:]))
    return [first, *others]
