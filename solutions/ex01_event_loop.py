"""Our answer to exercise 01: facts, one after the other and all at once.

`fetch` is handed to every function here, so that the caller decides where the facts come from.
It takes a name and gives a dict such as `{"name": "otter", "fact": "Otters hold hands."}`.
For the blocking functions it is a plain function; for yours it is an `async` function.
"""

import asyncio
from collections.abc import Awaitable, Callable

# The blocking version, complete. While it waits for a fact, this thread does nothing else.


def one_fact_blocking(fetch: Callable[[str], dict[str, str]], name: str) -> str:
    """Fetch what is known about `name` and return its fact."""
    answer = fetch(name)
    return answer["fact"]


def facts_blocking(fetch: Callable[[str], dict[str, str]], names: list[str]) -> list[str]:
    """Fetch one fact after the other and return them in the order of `names`."""
    facts = []
    for name in names:
        facts.append(one_fact_blocking(fetch, name))
    return facts


# The async version.


async def one_fact(fetch: Callable[[str], Awaitable[dict[str, str]]], name: str) -> str:
    """Fetch what is known about `name` and return its fact.

    `fetch` is called once. An exception that it raises reaches the caller.
    """
    # `fetch(name)` alone makes a coroutine, which has no "fact". Two lines instead of
    # `(await fetch(name))["fact"]`: without its parentheses that one subscripts the coroutine.
    answer = await fetch(name)
    return answer["fact"]


async def facts_in_a_row(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    """Fetch one fact after the other and return them in the order of `names`.

    The next fetch starts only when the previous one has ended. `fetch` is called once for each
    entry of `names`, also when a name is there twice. An exception that it raises reaches the
    caller. An empty list gives an empty list.
    """
    # An await inside a loop is right here: each one waits until its fetch has ended, so the next
    # has not even been called yet. The event loop may serve other tasks in the meantime.
    facts = []
    for name in names:
        facts.append(await one_fact(fetch, name))
    return facts


async def facts_at_once(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    """Fetch all facts at the same time and return them in the order of `names`.

    All fetches are in flight together, and the function returns when all of them have ended:
    nothing is left running. `fetch` is called once for each entry of `names`, also when a name is
    there twice. An exception that it raises reaches the caller, as it is or inside an
    ExceptionGroup. An empty list gives an empty list.
    """
    # gather starts every coroutine before it waits for any, and gives the answers in the order of
    # its arguments, whichever ended first. It also gives the list that we want, even for no names.
    # When one fetch fails, gather hands its exception on at once and does not stop the others;
    # lesson 05 comes to a way that does.
    return await asyncio.gather(*(one_fact(fetch, name) for name in names))
