"""gather over fetch itself; the facts are taken out of the answers afterwards."""

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
    return (await fetch(name))["fact"]


async def facts_in_a_row(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    return [(await fetch(name))["fact"] for name in names]


async def facts_at_once(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    answers = await asyncio.gather(*[fetch(name) for name in names])
    return [answer["fact"] for answer in answers]
