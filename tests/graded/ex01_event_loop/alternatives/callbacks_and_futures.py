"""A future for each fact, filled in by the task's callback."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial


def one_fact_blocking(fetch: Callable[[str], dict[str, str]], name: str) -> str:
    answer = fetch(name)
    return answer["fact"]


def facts_blocking(fetch: Callable[[str], dict[str, str]], names: list[str]) -> list[str]:
    facts = []
    for name in names:
        facts.append(one_fact_blocking(fetch, name))
    return facts


def pass_on(future: asyncio.Future[str], task: asyncio.Task[str]) -> None:
    if task.cancelled():
        future.cancel()
    elif error := task.exception():
        future.set_exception(error)
    else:
        future.set_result(task.result())


async def one_fact(fetch: Callable[[str], Awaitable[dict[str, str]]], name: str) -> str:
    answer = await fetch(name)
    return answer["fact"]


async def facts_in_a_row(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    loop = asyncio.get_running_loop()
    facts = []
    for name in names:
        facts.append(await loop.create_task(one_fact(fetch, name)))
    return facts


async def facts_at_once(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in names]
    tasks = []
    for future, name in zip(futures, names, strict=True):
        task = loop.create_task(one_fact(fetch, name))
        task.add_done_callback(partial(pass_on, future))
        tasks.append(task)
    return [await future for future in futures]
