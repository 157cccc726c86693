"""`workshop start`, as a person uses it: real processes, real ports, real signals."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
import sysconfig
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.skipif(os.name != "posix", reason="signals processes as a terminal does"),
]

PATIENCE = 120
"""Seconds after which a hanging start fails its test. No test waits for this long to pass."""
READY = "Both run until you press Ctrl-C here."
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Running:
    """A `workshop start`, its output so far, and every process that was seen below it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.below: set[psutil.Process] = set()

    async def read_until(self, text: str) -> None:
        assert self.process.stdout is not None
        while not any(text in line for line in self.lines):
            line = await self.process.stdout.readline()
            assert line, f"it ended with {await self.process.wait()} after {self.lines}"
            self.lines.append(line.decode().rstrip("\n"))

    @property
    def urls(self) -> list[str]:
        return [line for line in self.lines if "://" in line]

    def look_below(self) -> set[psutil.Process]:
        self.below.update(psutil.Process(self.process.pid).children(recursive=True))
        return self.below

    def kernel(self, identity: str) -> psutil.Process:
        [process] = [each for each in self.look_below() if identity in command_line(each)]
        return process

    async def end_by(self, number: int) -> int:
        """Signal it, as a terminal does; gives its exit code."""
        self.look_below()
        self.process.send_signal(number)
        return await self.process.wait()

    def left(self) -> list[str]:
        """What still runs of the processes that were below it."""
        return [command_line(process) for process in self.below if runs(process)]


def command_line(process: psutil.Process) -> str:
    """Empty when it is gone, as the short-lived ones of a shell that starts soon are."""
    with suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def runs(process: psutil.Process) -> bool:
    """Whether it does. A dead one that nobody asked about yet (a zombie) does not."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@asynccontextmanager
async def starting(kit: Path, *options: str, **environment: str) -> AsyncIterator[Running]:
    env = {name: value for name, value in os.environ.items() if name != "WORKSHOP_URL"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workshop", "start", "--no-browser", *options),
        cwd=kit,
        env=env | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    running = Running(process)
    try:
        async with asyncio.timeout(PATIENCE):
            yield running
    finally:
        if process.returncode is None:
            for each in (*running.look_below(), psutil.Process(process.pid)):
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            await process.wait()


async def fetch(url: str, body: bytes | None = None) -> str:
    """The answer's text, after redirects and without cookies, as `curl -L` gets it.

    Raises urllib.error.HTTPError unless its status is 2xx.
    """
    request = urllib.request.Request(url, data=body)
    return await asyncio.to_thread(lambda: DIRECT.open(request, timeout=30).read().decode())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


async def test_both_urls_answer_and_everything_ends_with_ctrl_c(
    scratch_kit, first_notebook, tmp_path
):
    first_notebook("1")
    asked = tmp_path / "asked"
    async with starting(scratch_kit, WORKSHOP_OFFLINE_LOG=str(asked)) as running:
        await running.read_until(READY)
        lesson, services = running.urls
        assert "01_event_loop.ipynb" in lesson
        page = await fetch(lesson)
        assert "<html" in await fetch(services)
        root, token = re.fullmatch(r"(\S+)/lab/\S+\?token=(\w+)", lesson).groups()

        kernel = json.loads(await fetch(f"{root}/api/kernels?token={token}", b"{}"))
        await fetch(f"{root}/api/terminals?token={token}", b"{}")
        process = running.kernel(kernel["id"])
        assert process.environ()["WORKSHOP_URL"] == services.rstrip("/")
        assert process.environ()["PATH"].split(":")[0] == sysconfig.get_path("scripts")

        config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page)[1])
        assert config["news"] == {"disabled": True}
        assert json.loads(await fetch(f"{root}/lab/api/news?token={token}")) == {"news": []}
        update = await fetch(f"{root}/lab/api/update?token={token}")
        assert json.loads(update) == {"notification": None}
        extensions = f"{root}/lab/api/extensions?query=git&page=1&per_page=5&token={token}"
        assert json.loads(await fetch(extensions)) == []
        assert not asked.exists(), asked.read_text()

        assert await running.end_by(signal.SIGINT) == 0
        assert len(running.below) >= 3, "JupyterLab, a kernel and a shell were seen"
        assert running.left() == []


async def test_taken_ports_are_no_error(scratch_kit, first_notebook):
    first_notebook("1")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        async with starting(scratch_kit, "--port", str(taken)) as running:
            await running.read_until(READY)
            lesson, services = running.urls
            port = re.match(r"http://127\.0\.0\.1:(\d+)/", lesson)[1]
            note = f"Port {taken} is taken, so the port of JupyterLab is {port}."
            assert note in running.lines
            await fetch(lesson)

            # A second one beside it finds both of the first one's ports taken.
            async with starting(scratch_kit, "--port", port) as second:
                await second.read_until(READY)
                assert not set(second.urls) & {lesson, services}
                assert any(line.startswith("Port 8765 is taken") for line in second.lines)
                await asyncio.gather(*map(fetch, second.urls))
                assert await second.end_by(signal.SIGTERM) == 0
                assert second.left() == []
            await asyncio.gather(*map(fetch, running.urls))
            assert await running.end_by(signal.SIGTERM) == 0
            assert running.left() == []


async def test_a_signal_before_jupyterlab_runs_ends_it(scratch_kit):
    async with starting(scratch_kit) as running:
        await running.read_until("Starting")
        assert await running.end_by(signal.SIGTERM) == 0
        assert running.left() == []


async def test_a_signal_while_jupyterlab_starts_ends_both(scratch_kit):
    # Its log is a pipe here: the first line in it says that JupyterLab is on its way.
    log = scratch_kit / ".workshop" / "jupyter.log"
    log.parent.mkdir()
    os.mkfifo(log)
    async with starting(scratch_kit) as running:
        with await asyncio.to_thread(log.open, "rb") as lines:
            assert await asyncio.to_thread(lines.readline)
            assert running.look_below(), "JupyterLab runs"
            assert await running.end_by(signal.SIGINT) == 0
            await asyncio.to_thread(lines.read)  # ends when no process has the log open any more
        assert running.left() == []
        assert READY not in running.lines


async def test_a_stuck_jupyterlab_ends_with_its_kernel_all_the_same(scratch_kit, first_notebook):
    first_notebook("1")
    async with starting(scratch_kit) as running:
        await running.read_until(READY)
        root, token = re.fullmatch(r"(\S+)/lab/\S+\?token=(\w+)", running.urls[0]).groups()
        kernel = json.loads(await fetch(f"{root}/api/kernels?token={token}", b"{}"))
        process = running.kernel(kernel["id"])
        process.parent().suspend()
        process.suspend()  # or it would notice by itself that JupyterLab is gone
        running.process.send_signal(signal.SIGINT)
        assert await running.end_by(signal.SIGTERM) == 0
        assert running.left() == []


async def test_a_jupyterlab_that_dies_is_quoted(scratch_kit, tmp_path):
    dying = tmp_path / "modules" / "jupyterlab.py"
    dying.parent.mkdir()
    dying.write_text("print('first')\nraise SystemExit('the disk is made of cheese')\n")
    path = f"{dying.parent}{os.pathsep}{os.environ['PYTHONPATH']}"
    async with starting(scratch_kit, PYTHONPATH=path) as running:
        await running.read_until("JupyterLab ended while starting.")
        assert running.lines[-1].endswith("jupyter.log is: the disk is made of cheese")
        assert await running.process.wait() == 1


async def test_a_port_that_somebody_had_for_a_moment_is_tried_again(scratch_kit, tmp_path):
    dying = tmp_path / "modules" / "jupyterlab.py"
    dying.parent.mkdir()
    dying.write_text(
        "import pathlib, re, sys\n"
        "port = re.search(r'ServerApp.port=(\\d+)', ' '.join(sys.argv))[1]\n"
        "begun = pathlib.Path(__file__).with_name('begun')\n"
        "if begun.exists(): raise SystemExit(f'{port} was tried again')\n"
        "begun.touch()\n"
        "raise SystemExit(f'ERROR: it could not be started because port {port} is not available.')"
    )
    path = f"{dying.parent}{os.pathsep}{os.environ['PYTHONPATH']}"
    async with starting(scratch_kit, PYTHONPATH=path) as running:
        await running.read_until("JupyterLab ended while starting.")
        assert running.lines[-1].endswith("was tried again")
        assert await running.process.wait() == 1


async def test_services_elsewhere_are_used_instead_of_own(scratch_kit, first_notebook):
    from workshop.services import serving

    first_notebook("1")
    with serving() as url:
        async with starting(scratch_kit, WORKSHOP_URL=url) as running:
            await running.read_until(READY)
            assert running.urls[1] == f"{url}/"
            assert await running.end_by(signal.SIGTERM) == 0


async def test_services_elsewhere_that_do_not_answer_are_named(scratch_kit):
    url = f"http://127.0.0.1:{free_port()}"
    async with starting(scratch_kit, WORKSHOP_URL=url) as running:
        await running.read_until(f"WORKSHOP_URL is set to {url}, which does not answer.")
        assert await running.process.wait() == 1
