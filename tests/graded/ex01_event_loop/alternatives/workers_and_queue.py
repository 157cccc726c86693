"""One worker for each name takes its work from a queue; a single worker makes the row."""

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


async def work_through(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str], workers: int
) -> list[str]:
    queue: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
    for numbered in enumerate(names):
        queue.put_nowait(numbered)
    facts = [""] * len(names)

    async def worker() -> None:
        while not queue.empty():
            place, name = queue.get_nowait()
            facts[place] = await one_fact(fetch, name)

    await asyncio.gather(*(worker() for _ in range(min(workers, len(names)))))
    return facts


async def one_fact(fetch: Callable[[str], Awaitable[dict[str, str]]], name: str) -> str:
    answer = await fetch(name)
    return answer["fact"]


async def facts_in_a_row(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    return await work_through(fetch, names, workers=1)


async def facts_at_once(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    return await work_through(fetch, names, workers=len(names))
