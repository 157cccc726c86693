"""exercise: ex03_save
Connects, listens and looks up names, through sockets and through libraries.
"""

import socket

import httpx
import requests

FAMILIES = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, getattr(socket, "AF_NETLINK", 16))


def attempt(what, function, *args):
    try:
        function(*args)
    except (OSError, httpx.HTTPError, requests.RequestException):
        return
    print("breach:", what, flush=True)


for family in FAMILIES:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        attempt(f"socket {family} {kind}", socket.socket, family, kind)
attempt("a server", socket.create_server, ("127.0.0.1", 0))
attempt("a connection", socket.create_connection, ("127.0.0.1", 22), 1)
attempt("a name", socket.getaddrinfo, "localhost", 80)
attempt("httpx", httpx.get, "http://127.0.0.1:22")
attempt("requests", requests.get, "http://127.0.0.1:22")


async def save_to_disk(directory):
    raise OSError("nothing saved")
