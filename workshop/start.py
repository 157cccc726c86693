"""`workshop start`: the services and JupyterLab, together, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import webbrowser
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from workshop.course import Course, load_course
from workshop.services import DEFAULT_PORT, LOOPBACK, ServicesError, serve

PORTS_TRIED = 100
"""How many ports are tried, counted from the one asked for, before `start` gives up."""
LAUNCHES = 10
"""How often JupyterLab is launched while others take its port before it listens there."""
ANSWER_LIMIT = 120.0
"""Seconds that JupyterLab may take to answer. A cold start on a slow laptop takes about 20."""
FAREWELL = 10.0
"""Seconds that JupyterLab gets to end its kernels and terminals. Then they are ended for it."""

OFFLINE = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)
"""What stops JupyterLab from asking the internet for news, newer versions and extensions.
Without news it does not ask the learner about them either."""


class StartError(Exception):
    """Why `start` cannot go on. The text is one sentence."""


def run(kit: Path, browser: bool, port: int) -> int:
    """Serve until Ctrl-C or SIGTERM. `port` is the first that is tried for JupyterLab.

    Returns the exit code: 0 when it was asked to end, 1 when something kept it from starting.
    Raises CourseError when `kit` has no readable course.toml.
    """
    with _signals_as_keyboard_interrupt():
        try:
            return asyncio.run(_start(kit.resolve(), browser, port))
        except (KeyboardInterrupt, asyncio.CancelledError):
            return 0
        except (StartError, ServicesError) as error:
            print(error, file=sys.stderr, flush=True)
            return 1


async def _start(kit: Path, browser: bool, port: int) -> int:
    _cancel_on_signals()
    page = _first_lesson(load_course(kit))
    _say("Starting the services and JupyterLab. The first time takes longest.")
    async with _services() as services, _jupyter(kit, port, services, page) as jupyter:
        _say(
            "",
            "The first lesson, in JupyterLab:",
            jupyter.page,
            "What the services see:",
            f"{services}/",
            "",
            "Both run until you press Ctrl-C here.",
        )
        if browser:
            _open_browser(jupyter.page)
        code = await asyncio.to_thread(jupyter.process.wait)
        if code != 0:
            raise StartError(f"JupyterLab ended by itself. {jupyter.last_words()}")
        _say("JupyterLab was shut down from its own menu, so the services end too.")
        return 0


def _first_lesson(course: Course) -> str:
    """The path of the first notebook, as JupyterLab names it."""
    return course.lessons[0].notebook.relative_to(course.kit).as_posix()


def _say(*lines: str) -> None:
    """Print plainly: a URL that a terminal library wrapped could not be clicked or copied."""
    print(*lines, sep="\n", flush=True)


# Signals


def _stop_signals() -> Iterator[int]:
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        # `nohup` asks that SIGHUP be ignored; a background job's ignored SIGINT is no wish.
        if number and not (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            yield number


@contextmanager
def _signals_as_keyboard_interrupt() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in _stop_signals()}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cancel_on_signals() -> None:
    """From here on a signal cancels the main task, and its `finally` clauses tidy up.

    A second one interrupts the tidying's patience, not the tidying.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def cancel(*_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: all is tidy already
            loop.call_soon_threadsafe(task.cancel)

    for number in _stop_signals():
        signal.signal(number, cancel)


# The services


@asynccontextmanager
async def _services() -> AsyncIterator[str]:
    """Serve from this process, unless WORKSHOP_URL names services that run already."""
    if url := os.environ.get("WORKSHOP_URL", "").rstrip("/"):
        if await _status(url + "/") != 200:
            raise StartError(
                f"WORKSHOP_URL is set to {url}, which does not answer. "
                "Unset it to use services on this computer."
            )
        yield url
        return
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(LOOPBACK, DEFAULT_PORT, ready.set_result))
    either: list[asyncio.Future[Any]] = [ready, serving]
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()  # raises ServicesError
        url = ready.result()
        _say_if_moved("the services", DEFAULT_PORT, int(url.rpartition(":")[2]))
        yield url
    finally:
        serving.cancel()
        await asyncio.wait([serving])


# JupyterLab


@dataclass(frozen=True)
class _Jupyter:
    process: subprocess.Popen[bytes]
    log: Path
    page: str
    """The URL of the first lesson, with the token that lets one in."""
    status: str
    """The URL that only this server answers with 200, for only it knows the token."""

    def last_words(self) -> str:
        """The last line of its log, in a sentence."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        lines = re.sub(r"\x1b\[[0-9;]*m", "", text).split("\n")
        line = next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
        return f"The last line of {self.log} is: {line}"


@asynccontextmanager
async def _jupyter(kit: Path, first: int, services: str, page: str) -> AsyncIterator[_Jupyter]:
    """JupyterLab, answering. Leaving ends it and whatever it started."""
    port = _free_port(first)
    for left in reversed(range(LAUNCHES)):
        jupyter = _launch(kit, port, services, page)
        try:
            if await _answers(jupyter):
                _say_if_moved("JupyterLab", first, port)
                yield jupyter
                return
        finally:
            await _end(jupyter.process)
        # It died. If somebody else took the port meanwhile, that is why; it may be free again.
        last, port = port, _free_port(port)
        taken = port != last or f"port {last} is not available" in jupyter.last_words()
        if not (taken and left):
            raise StartError(f"JupyterLab ended while starting. {jupyter.last_words()}")


def _launch(kit: Path, port: int, services: str, page: str) -> _Jupyter:
    token = secrets.token_hex(16)
    own = kit / ".workshop"
    log = own / "jupyter.log"
    # -P: a learner's `json.py` in this folder must not stand in for the real one. -u: its last
    # words are the last in its log.
    command = [sys.executable, "-P", "-u", "-m", "jupyterlab", *_options(kit, port)]
    try:
        own.mkdir(exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=kit,
                env=_environment(own, token, services),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Windows: the terminal's Ctrl-C is for us alone, as with a new session elsewhere.
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
    except OSError as error:
        raise StartError(
            f"{error.filename} cannot be used: {error.strerror}. "
            "Put the kit in a folder that you may write to, then start again."
        ) from error
    root = f"http://{LOOPBACK}:{port}"
    return _Jupyter(
        process,
        log,
        page=f"{root}/lab/tree/{page}?token={token}",
        status=f"{root}/api/status?token={token}",
    )


def _options(kit: Path, port: int) -> list[str]:
    options = [
        f"--ServerApp.ip={LOOPBACK}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={kit}",
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
        *OFFLINE,
    ]
    if os.name == "posix":
        # Named, because JupyterLab would start a login shell, and /etc/profile sets PATH anew.
        shell = os.environ.get("SHELL") or shutil.which("bash") or "/bin/sh"
        options.append(f"--ServerApp.terminado_settings={{'shell_command': [{shell!r}]}}")
    return options


def _environment(own: Path, token: str, services: str) -> dict[str, str]:
    """What JupyterLab, its kernels and its terminals find in their environment.

    The token goes this way because every user of the computer can read a command line.
    """
    scripts = sysconfig.get_path("scripts")
    no_proxy = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    direct = ",".join(filter(None, [no_proxy, "127.0.0.1,localhost"]))
    return os.environ | {
        "PATH": os.pathsep.join(filter(None, [scripts, os.environ.get("PATH")])),
        "WORKSHOP_URL": services,
        "JUPYTER_TOKEN": token,
        # Somebody's own settings, tabs and extensions could keep a lesson from opening.
        "JUPYTER_CONFIG_DIR": str(own / "jupyter"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


async def _answers(jupyter: _Jupyter) -> bool:
    """Wait until it answers: True, or False when it ended instead."""
    try:
        async with asyncio.timeout(ANSWER_LIMIT):
            while jupyter.process.poll() is None:
                if await _status(jupyter.status) == 200 and await _status(jupyter.page) == 200:
                    return True
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise StartError(
            f"JupyterLab has not answered for {ANSWER_LIMIT:.0f} s. {jupyter.last_words()}"
        ) from None
    return False


async def _status(url: str) -> int | None:
    """The status of the answer after redirects; None when nothing answers.

    Cookies are not kept, so that what answers here answers any tool that gets the same URL.
    """
    try:
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(url, timeout=aiohttp.ClientTimeout(total=10)) as response,
        ):
            return response.status
    except (aiohttp.ClientError, OSError, ValueError):  # TimeoutError is an OSError
        return None


async def _end(process: subprocess.Popen[bytes]) -> None:
    """End JupyterLab, and every process below it that it leaves behind.

    It is asked first. Being cancelled twice (a second Ctrl-C) ends the patience.
    """
    below: set[psutil.Process] = set()
    task = asyncio.current_task()
    hurry = task is not None and task.cancelling() > 1  # the second came along with the first
    try:
        async with asyncio.timeout(0 if hurry else FAREWELL):
            asked = False
            while process.poll() is None:
                # Looked up again and again: a dead parent's children cannot be found any more.
                with contextlib.suppress(psutil.NoSuchProcess):
                    below.update(psutil.Process(process.pid).children(recursive=True))
                if not asked:
                    process.terminate()
                    asked = True
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for left in below:
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
        psutil.wait_procs(below, timeout=5)


# Ports and the browser


def _free_port(first: int) -> int:
    """The first port from `first` on that nothing on this computer's loopback listens on.

    Raises StartError when none of the next `PORTS_TRIED` is free.
    """
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            if os.name == "posix":  # elsewhere it would let two servers share a port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise StartError(f"No port from {first} on is free. Choose another with --port.")


def _say_if_moved(who: str, wanted: int, got: int) -> None:
    if got != wanted:
        _say(f"Port {wanted} is taken, so the port of {who} is {got}.")


def _open_browser(url: str) -> None:
    """Open the learner's browser where there is a screen; a text browser would take the terminal.

    In a thread, because some browsers keep the caller waiting.
    """
    screen = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    if os.name == "nt" or sys.platform == "darwin" or any(map(os.environ.get, screen)):
        threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()
