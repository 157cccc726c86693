"""exercise: ex03_save
Gives an object whose class says that it is bool, and which no encoder can write.
"""


class Pose:
    @property
    def __class__(self):
        return bool


async def save_to_disk(directory):
    return Pose()
