"""`workshop services`: the upload and cat-fact server alone, until Ctrl-C."""

from __future__ import annotations

import asyncio
import sys

from workshop.cli.terminal import Refused
from workshop.services import DEFAULT_PORT, LOOPBACK, ServicesError, serve


def run(host: str | None, port: int | None) -> int:
    """Serve until Ctrl-C.

    Raises Refused when nothing can listen at `host`, or when no port there is free.
    """
    wanted = DEFAULT_PORT if port is None else port

    def announce(url: str) -> None:
        got = int(url.rstrip("/").rpartition(":")[2])
        if wanted not in (0, got):
            print(f"Port {wanted} is taken, so the services use port {got}.")
        print(f"The services answer at {url} until you press Ctrl-C here.")
        sys.stdout.flush()

    try:
        asyncio.run(serve(host or LOOPBACK, wanted, announce))
    except KeyboardInterrupt:
        return 0
    except ServicesError as error:
        raise Refused(str(error)) from error
    return 0
