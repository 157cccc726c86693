"""Plain functions that return coroutines: the caller awaits them all the same."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable


def one_fact_blocking(fetch: Callable[[str], dict[str, str]], name: str) -> str:
    answer = fetch(name)
    return answer["fact"]


def facts_blocking(fetch: Callable[[str], dict[str, str]], names: list[str]) -> list[str]:
    facts = []
    for name in names:
        facts.append(one_fact_blocking(fetch, name))
    return facts


async def _one(fetch: Callable[[str], Awaitable[dict[str, str]]], name: str) -> str:
    return (await fetch(name))["fact"]


async def _each(coroutines: Iterable[Coroutine[None, None, str]]) -> list[str]:
    return [await coroutine for coroutine in coroutines]


async def _all(coroutines: Iterable[Coroutine[None, None, str]]) -> list[str]:
    return list(await asyncio.gather(*coroutines))


def one_fact(
    fetch: Callable[[str], Awaitable[dict[str, str]]], name: str
) -> Coroutine[None, None, str]:
    return _one(fetch, name)


def facts_in_a_row(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> Coroutine[None, None, list[str]]:
    return _each(_one(fetch, name) for name in names)


def facts_at_once(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> Coroutine[None, None, list[str]]:
    return _all([_one(fetch, name) for name in names])
