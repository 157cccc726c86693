"""misconception: async-unblocks

time.sleep is meant to give the task time, and holds the very loop that would run it.
"""

import asyncio
import time
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
    task = asyncio.create_task(fetch(name))
    time.sleep(0.01)
    return task.result()["fact"]


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
    return await asyncio.gather(*(one_fact(fetch, name) for name in names))
