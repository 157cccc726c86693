"""Exercise 01: twice as much."""


async def double(number: int) -> int:
    """Return twice `number`."""
    raise NotImplementedError("Begin with return.")
