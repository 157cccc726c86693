"""misconception: calling-runs-it

Nothing is awaited anywhere, so coroutines come back and not facts.
"""

from collections.abc import Awaitable, Callable


def one_fact_blocking(fetch: Callable[[str], dict[str, str]], name: str) -> str:
    answer = fetch(name)
    return answer["fact"]


def facts_blocking(fetch: Callable[[str], dict[str, str]], names: list[str]) -> list[str]:
    facts = []
    for name in names:
        facts.append(one_fact_blocking(fetch, name))
    return facts


async def await_later(answer: Awaitable[dict[str, str]]) -> str:
    return (await answer)["fact"]


async def one_fact(fetch: Callable[[str], Awaitable[dict[str, str]]], name: str) -> str:
    return await_later(fetch(name))


async def facts_in_a_row(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    return [one_fact(fetch, name) for name in names]


async def facts_at_once(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    return [one_fact(fetch, name) for name in names]
