"""exercise: ex05_together
Gives a list that is nested 200,000 deep.
"""


async def upload_and_save(client, file_name, directory):
    value = []
    for _ in range(200_000):
        value = [value]
    return value
