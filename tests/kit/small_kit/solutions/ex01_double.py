"""Exercise 01: twice as much."""


async def double(number: int) -> int:
    """Return twice `number`."""
    return 2 * number
