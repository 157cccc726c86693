"""exercise: ex01_event_loop
Calls what the test passes in with wrong arguments, many times at once.
"""

import asyncio


async def one_fact(fetch, name):
    arguments = [(), (1, 2), (object(),), ([], {}), ("x" * 10**5,)] * 10
    await asyncio.gather(*[fetch(*given) for given in arguments], return_exceptions=True)
    raise OSError("nothing known")


facts_in_a_row = facts_at_once = one_fact
