"""anyio: whoever ends first cancels the scope that both run in."""

import anyio


async def answer_or_none(ask, patience):
    answer = None

    async def wait():
        await patience()
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        answer = await ask()
        group.cancel_scope.cancel()
    return answer
