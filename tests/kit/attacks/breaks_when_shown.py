"""exercise: ex03_save
Raises and gives what cannot be shown: its text and its repr raise, too.
"""


class Broken(Exception):
    def __str__(self):
        raise Broken

    __repr__ = __str__


async def save_to_disk(directory):
    raise Broken
