"""misconception: async-unblocks

A loop without await looks at the tasks again and again, and so they never get a turn.
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
    tasks = [asyncio.create_task(one_fact(fetch, name)) for name in names]
    for _ in range(10):
        if all(task.done() for task in tasks):
            break
        time.sleep(0.001)
    return [task.result() for task in tasks]
