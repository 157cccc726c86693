"""How much the memory of the services grows while a 200 MB file is uploaded to them.

Run it by hand: `python tests/bench/services_memory.py`. The server has a process of its own;
its resident memory is read at every piece that the client sends. Exits 1 when it grows by
20 MB or more, which is what the course promises to stay below.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from typing import IO, Any

import httpx
import psutil

SIZE = 200_000_000
PROMISE = 20_000_000
SERVER = "import asyncio, workshop.services as s; asyncio.run(s.serve('127.0.0.1', 0, announce))"
ANNOUNCE = "def announce(url): print(url, flush=True)\n"


class Watched:
    """A file that notes the server's memory, in bytes, whenever a piece of it is read."""

    def __init__(self, file: IO[bytes], server: psutil.Process) -> None:
        self._file = file
        self._server = server
        self.most = 0
        self.pieces = 0

    def read(self, size: int = -1) -> bytes:
        self.most = max(self.most, self._server.memory_info().rss)
        self.pieces += 1
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def upload(url: str, file: Any) -> dict[str, Any]:
    with httpx.Client(base_url=url, trust_env=False, timeout=120) as client:
        metadata = client.post("/upload", files={"file": file}).json()["data"]["file"]["metadata"]
        return dict(metadata)


def measure(url: str, server: psutil.Process) -> int:
    """Bytes by which the server's memory grew at most."""
    upload(url, b"the first request loads what every later one needs")
    before = server.memory_info().rss
    with tempfile.TemporaryFile() as big:
        big.truncate(SIZE)
        watched = Watched(big, server)
        metadata = upload(url, watched)
    assert metadata["size"] == SIZE
    assert metadata["sha256"] == hashlib.sha256(bytes(SIZE)).hexdigest()
    growth = max(watched.most, server.memory_info().rss) - before
    print(f"server before the upload     {before / 1e6:8.1f} MB")
    print(f"server at most during it     {(before + growth) / 1e6:8.1f} MB")
    print(f"grown by                     {growth / 1e6:8.1f} MB   ({watched.pieces:,} readings)")
    return growth


def main() -> int:
    command = [sys.executable, "-c", ANNOUNCE + SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            growth = measure(url, psutil.Process(process.pid))
        finally:
            process.terminate()
    return 0 if growth < PROMISE else 1


if __name__ == "__main__":
    sys.exit(main())
