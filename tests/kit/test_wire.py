"""The frames of the wire, whoever sends in the middle of what."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable

import pytest

from workshop.isolation import wire
from workshop.isolation.wire import Wire


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs signals")
def test_what_the_handler_of_a_signal_sends_comes_after_the_message_it_interrupts(monkeypatch):
    ours, theirs = socket.socketpair()
    real: Callable[[int, bytes], int] = os.write
    sending, receiving = Wire(ours.fileno()), Wire(theirs.fileno())

    def write(fd: int, data: bytes) -> int:
        written = real(fd, bytes(data[:3]))  # the rest is still to come
        if len(data) > 20:
            signal.raise_signal(signal.SIGUSR1)
        return written

    previous = signal.signal(signal.SIGUSR1, lambda *_: sending.send({"op": "b"}))
    try:
        monkeypatch.setattr(wire.os, "write", write)
        sending.send({"op": "a", "more": "x" * 5})
        monkeypatch.undo()
        sending.send({"op": "last"})
    finally:
        signal.signal(signal.SIGUSR1, previous)
    with ours, theirs:
        got = [receiving.receive()["op"]]
        while got[-1] != "last":
            got.append(receiving.receive()["op"])

    assert got[0] == "a" and set(got[1:-1]) == {"b"} and len(got) > 2
