"""exercise: ex03_save
Takes as much memory as it gets, and touches all of it.
"""


async def save_to_disk(directory):
    held = []
    for _ in range(64):
        held.append(bytearray(b"x") * 2**26)
    print("breach: more than four gigabytes", flush=True)
    raise OSError("nothing saved")
