"""misconception: wrong-shape
Gives what is below zero back as it is.
"""


async def double(number: int) -> int:
    """Return twice `number`."""
    return max(number, 2 * number)
