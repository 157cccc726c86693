"""exercise: ex03_save
Sends datagrams to the sockets of the machine's own services, through a pair that it may make.
"""

import socket


def attempt(send):
    try:
        send()
    except PermissionError:
        return
    except OSError as error:
        print("breach: only the address was wrong:", error, flush=True)
    else:
        print("breach: sent", flush=True)


one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
attempt(lambda: one.sendmsg([b"hello"], [], 0, "/nowhere/at/all"))
attempt(lambda: one.sendto(b"hello", "/nowhere/at/all"))
attempt(lambda: one.sendmsg([b"hello"], [], 0, "\0nobody"))


async def save_to_disk(directory):
    raise OSError("nothing saved")
