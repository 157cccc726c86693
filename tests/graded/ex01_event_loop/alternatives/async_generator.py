"""An asynchronous generator gives the row, and async for collects it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable


def one_fact_blocking(fetch: Callable[[str], dict[str, str]], name: str) -> str:
    answer = fetch(name)
    return answer["fact"]


def facts_blocking(fetch: Callable[[str], dict[str, str]], names: list[str]) -> list[str]:
    facts = []
    for name in names:
        facts.append(one_fact_blocking(fetch, name))
    return facts


async def each_fact(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> AsyncIterator[str]:
    for name in names:
        yield await one_fact(fetch, name)


async def one_fact(fetch: Callable[[str], Awaitable[dict[str, str]]], name: str) -> str:
    answer = await fetch(name)
    return answer["fact"]


async def facts_in_a_row(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    return [fact async for fact in each_fact(fetch, names)]


async def facts_at_once(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    tasks = []
    for name in names:
        tasks.append(asyncio.ensure_future(one_fact(fetch, name)))
    facts = []
    for task in tasks:
        facts.append(await task)
    return facts
