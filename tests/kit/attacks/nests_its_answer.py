"""exercise: ex03_save
Gives a list that is nested 200,000 deep.
"""


async def save_to_disk(directory):
    value = []
    for _ in range(200_000):
        value = [value]
    return value
