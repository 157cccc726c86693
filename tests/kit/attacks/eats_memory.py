"""exercise: ex05_together
Takes as much memory as it gets, and touches all of it.
"""


async def upload_and_save(client, file_name, directory):
    held = []
    for _ in range(64):
        held.append(bytearray(b"x") * 2**26)
    print("breach: more than four gigabytes", flush=True)
    raise OSError("nothing saved")
