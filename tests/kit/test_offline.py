"""The network is off while the kit's tests run, and loopback is not."""

import runpy
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

is_loopback = runpy.run_path(str(Path(__file__).parent / "offline" / "sitecustomize.py"))[
    "is_loopback"
]

ELSEWHERE = "192.0.2.1"
"""An address kept for documentation (RFC 5737): nothing can answer there."""


def test_refuses_a_connection_to_another_computer():
    with socket.socket() as caller, pytest.raises(OSError, match="network is off in these tests"):
        caller.connect((ELSEWHERE, 80))


def test_refuses_to_look_up_a_name():
    with pytest.raises(OSError, match=r"'example\.org' was asked for \(socket\.getaddrinfo\)"):
        socket.getaddrinfo("example.org", 80)


def test_refuses_a_datagram():
    with (
        socket.socket(type=socket.SOCK_DGRAM) as sender,
        pytest.raises(OSError, match="network is off"),
    ):
        sender.sendto(b"hello", (ELSEWHERE, 53))


def test_refuses_in_processes_that_a_test_starts():
    code = "import urllib.request as r; r.urlopen('http://example.org/')"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.returncode == 1
    assert "The network is off in these tests: 'example.org'" in child.stderr


def test_lets_loopback_through():
    with socket.create_server(("localhost", 0)) as listener:
        socket.create_connection(("127.0.0.1", listener.getsockname()[1])).close()
        answerer, address = listener.accept()
        answerer.close()
    assert address[0] == "127.0.0.1"


def test_lets_loopback_through_in_processes_that_a_test_starts():
    code = (
        "import socket; l = socket.create_server(('127.0.0.1', 0)); "
        "socket.create_connection(('localhost', l.getsockname()[1])); print('through')"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.stdout == "through\n", child.stderr


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", b"127.8.0.1", "::1", "::ffff:127.0.0.1", "", None]
)
def test_knows_this_computer(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["example.org", b"example.org", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "127.x"]
)
def test_knows_other_computers(host):
    assert not is_loopback(host)


def test_urllib_is_refused_in_this_process():
    with pytest.raises(OSError, match="network is off"):
        urllib.request.urlopen("http://example.org/")
