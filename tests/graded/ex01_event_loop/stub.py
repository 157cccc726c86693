"""Exercise 01: facts, one after the other and all at once.

`fetch` is handed to every function here, so that the caller decides where the facts come from.
It takes a name and gives a dict such as `{"name": "otter", "fact": "Otters hold hands."}`.
For the blocking functions it is a plain function; for yours it is an `async` function.

Mark your work with `workshop check ex01_event_loop`; `workshop hint ex01_event_loop` gives a hint.
"""

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


# Your turn: the same with an `async` fetch.


async def one_fact(fetch: Callable[[str], Awaitable[dict[str, str]]], name: str) -> str:
    """Fetch what is known about `name` and return its fact.

    `fetch` is called once. An exception that it raises reaches the caller.
    """
    raise NotImplementedError(
        "Start one_fact by copying the two lines of one_fact_blocking, "
        "then ask which of them has to wait for an answer."
    )


async def facts_in_a_row(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    """Fetch one fact after the other and return them in the order of `names`.

    The next fetch starts only when the previous one has ended. `fetch` is called once for each
    entry of `names`, also when a name is there twice. An exception that it raises reaches the
    caller. An empty list gives an empty list.
    """
    raise NotImplementedError(
        "Start facts_in_a_row with the loop of facts_blocking, and call your own one_fact in it."
    )


async def facts_at_once(
    fetch: Callable[[str], Awaitable[dict[str, str]]], names: list[str]
) -> list[str]:
    """Fetch all facts at the same time and return them in the order of `names`.

    All fetches are in flight together, and the function returns when all of them have ended:
    nothing is left running. `fetch` is called once for each entry of `names`, also when a name is
    there twice. An exception that it raises reaches the caller, as it is or inside an
    ExceptionGroup. An empty list gives an empty list.
    """
    raise NotImplementedError(
        "Start facts_at_once by making one call of one_fact for each name without waiting for any, "
        "then hand all of them to the event loop together."
    )
