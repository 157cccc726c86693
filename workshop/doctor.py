"""`workshop doctor`: finds what keeps the workshop from running here, and names the mend.

The first stage needs nothing but Python itself (even an old one gets as far as being told
so), so that it also helps where the install failed:

    python3 workshop/doctor.py

The second stage runs only when the first finds no fault, and tries the real things. It also says
which walls stand between code that is marked and this computer: a wall that is missing keeps
nobody from learning, so it is a note and no fault.
"""

from __future__ import annotations

import errno
import functools
import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import ProxyHandler, build_opener, url2pathname

if TYPE_CHECKING:
    from collections.abc import Callable

KIT = Path(__file__).resolve().parent.parent
NAME = "async-workshop"
OLDEST = (3, 11)
"""The oldest Python that will do: `requires-python` in pyproject.toml."""
DISK = 500
"""MB that should be free: uploads of the lessons, outputs, caches."""
KERNEL_LIMIT = 60
"""Seconds that the kernel gets to start, and then to answer."""

INSTALL = "Install the kit again: %s -m pip install -c constraints.txt -e ."


class Fault(Exception):
    """What is wrong and how to mend it, a sentence each."""

    def __init__(self, wrong: str, mend: str) -> None:
        super().__init__(wrong)
        self.mend = mend


class Note(Fault):
    """What the workshop runs without all the same, and how to have it, a sentence each."""


def main() -> int:
    """Examine this computer and print what was found. Returns 0, or 1 when there is a fault."""
    faults = _examine(COMPUTER)
    for stage in (PYTHON, ENVIRONMENT, INSTALLED):
        if found := _examine(stage):
            faults += found
            break  # a fault there would show as many more in the next
    if faults == 0:
        faults = _examine(TRIED) + _examine(WALLS)
    else:
        print("\nNothing else was tried: mend this first.")
    if faults:
        count = "One fault was" if faults == 1 else f"{faults} faults were"
        print(f"\n{count} found. Afterwards, ask the doctor again.")
        return 1
    print("\nAll is well.")
    return 0


def _examine(checks: tuple[tuple[str, Callable[[], str]], ...]) -> int:
    """Run the checks, print a line for each, and count the faults.

    A check gives what it found, in a few words, or raises Fault; or Note, which does not count.
    """
    faults = 0
    for name, check in checks:
        try:
            print(f"  ok     {name}: {check()}", flush=True)
        except Fault as fault:
            faults += not isinstance(fault, Note)
            word = "note " if isinstance(fault, Note) else "FAULT"
            print(f"  {word}  {name}: {fault}\n         Mend: {fault.mend}", flush=True)
    return faults


# First stage: the standard library alone


def _python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        raise Fault(
            f"this is Python {version}, and the workshop needs 3.11 or newer.",
            "Install a newer Python, then make the environment with it: "
            "python3.11 -m venv .venv (or 3.12, 3.13).",
        )
    return f"{version} at {sys.executable}"


def _environment() -> str:
    if sys.prefix != sys.base_prefix or os.environ.get("CONDA_PREFIX") == sys.prefix:
        return sys.prefix
    if own := _scripts_of_the_kit():
        raise Fault(
            f"the kit has its own environment in .venv, but {sys.executable} is outside it.",
            f"Use that one: {own / 'python'} {KIT / 'workshop' / 'doctor.py'}",
        )
    if not _missing():
        return "none, but what the workshop needs is installed beside this Python"
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise Fault(
            "this Python cannot make virtual environments; Debian and Ubuntu leave that part out.",
            "Install it: sudo apt install python3-venv",
        )
    raise Fault(
        "there is no virtual environment yet.",
        f"In {KIT}, make one and install: python3 -m venv .venv && "
        ".venv/bin/pip install -c constraints.txt -e .  "
        "(on Windows: py -m venv .venv, then .venv\\Scripts\\pip)",
    )


def _packages() -> str:
    if missing := _missing():
        raise Fault(f"{_list(missing)} not installed.", INSTALL % sys.executable)
    required = {name: least for name, least in _required().items() if least}
    versions = {name: importlib.metadata.version(name) for name in required}
    if old := [
        f"{name} {versions[name]} (needs {least})"
        for name, least in required.items()
        if _numbers(versions[name]) < _numbers(least)
    ]:
        raise Fault(f"too old: {', '.join(old)}.", INSTALL % sys.executable)
    other = _differing(_pinned())
    note = f"; other than in constraints.txt: {', '.join(other)}" if other else ""
    return f"all {len(required)} are there{note}"


def _installed_kit() -> str:
    # Not here: building leaves a description of the package in this folder, installed or not.
    elsewhere = [entry for entry in sys.path if Path(entry).resolve() != KIT]
    found = next(iter(importlib.metadata.distributions(name=NAME, path=elsewhere)), None)
    if found is None:
        raise Fault("it is not installed.", INSTALL % sys.executable)
    text = found.read_text("direct_url.json")  # as pip leaves it
    url = json.loads(text)["url"] if text else ""
    place = Path(url2pathname(unquote(urlsplit(url).path))) if url.startswith("file:") else None
    if place is not None and place.resolve() != KIT:
        raise Fault(
            f"the one that is installed is in {place}, and this is {KIT}. "
            "The folder was moved or copied.",
            "Make the environment anew: delete .venv, then type the README's first command.",
        )
    return f"{found.version}, from {place or 'a package'}"


def _kernelspec() -> str:
    folder = Path(sys.prefix) / "share" / "jupyter" / "kernels" / "python3"
    mend = f"Make it: {sys.executable} -m ipykernel install --sys-prefix"
    try:
        program = json.loads((folder / "kernel.json").read_text(encoding="utf-8"))["argv"][0]
    except FileNotFoundError:
        raise Fault(f"there is no kernel called python3 in {folder}.", mend) from None
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Fault(f"{folder / 'kernel.json'} cannot be used: {error}.", mend) from None
    own = {"python", "python3", "python{}.{}".format(*sys.version_info)}  # stand for Jupyter's own
    if program not in own and shutil.which(program) is None:
        raise Fault(f"the kernel python3 wants to run {program}, which is not there.", mend)
    return f"python3 in {folder}"


def _writing() -> str:
    for folder in (KIT, KIT / "exercises", KIT / "notebooks"):
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise Fault(
                f"nothing can be written in {folder}: {error.strerror}.",
                "Put the kit in a folder of your own, or ask for the right to write in this one.",
            ) from None
    return f"{KIT} can be written to"


def _loopback() -> str:
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            socket.create_connection(listener.getsockname()[:2], timeout=5).close()
            listener.settimeout(5)
            listener.accept()[0].close()
    except OSError as error:
        raise Fault(
            f"this computer cannot talk to itself at 127.0.0.1: {error}.",
            "Let Python use 127.0.0.1 in the firewall, the VPN or the sandbox that runs here.",
        ) from None
    return "127.0.0.1 answers"


def _proxy() -> str:
    proxy = os.environ.get("http_proxy") or os.environ.get("HTTP_PROXY")
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if not proxy:
        return "none"
    if "*" not in direct and not {"127.0.0.1", "127.0.0.0/8"} & set(re.split(r"[,\s]+", direct)):
        set_it = "set NO_PROXY=" if os.name == "nt" else "export NO_PROXY="
        raise Fault(
            f"requests to this computer itself would go through the proxy {proxy}.",
            f"Except it, in each terminal: {set_it}127.0.0.1,localhost",
        )
    return f"{proxy}, but not for 127.0.0.1"


def _disk() -> str:
    free = shutil.disk_usage(KIT).free // 1_000_000
    if free < DISK:
        raise Fault(f"only {free} MB are free at {KIT}.", f"Free {DISK} MB or more there.")
    return f"{free:,} MB are free"


def _scripts_of_the_kit() -> Path | None:
    """Where the commands of the kit's own environment are, if there is one."""
    folders = (KIT / ".venv" / "bin", KIT / ".venv" / "Scripts")
    return next((folder for folder in folders if folder.is_dir()), None)


def _required() -> dict[str, str]:
    """The packages in pyproject.toml and their least versions, empty where none is asked for."""
    import tomllib  # since Python 3.11, which is known to be there by now

    data = tomllib.loads((KIT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [
        re.match(r"([\w.-]+)(?:>=([\w.]+))?", line) for line in data["project"]["dependencies"]
    ]
    return {part[1]: part[2] or "" for part in parts if part}


def _pinned() -> dict[str, list[str]]:
    """The versions that constraints.txt allows: several where Pythons or systems differ."""
    pinned: dict[str, list[str]] = {}
    path = KIT / "constraints.txt"
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        if part := re.match(r"([\w.-]+)==([\w.]+)", line):
            pinned.setdefault(part[1], []).append(part[2])
    return pinned


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _missing() -> list[str]:
    return [name for name in _required() if _version(name) is None]


def _differing(pinned: dict[str, list[str]]) -> list[str]:
    found = {name: _version(name) for name in pinned}
    return [f"{name} {got}" for name, got in found.items() if got and got not in pinned[name]]


def _numbers(version: str) -> tuple[int, ...]:
    """`8.5.1` as (8, 5, 1): enough to compare the releases that pyproject.toml asks for."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0]))


def _list(names: list[str]) -> str:
    return f"{names[0]} is" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} are"


# Second stage: the real things


_MODULES = {"markdown-it-py": "markdown_it", "pyyaml": "yaml"}
"""Packages that are imported by another name than they are installed by."""


def _imports() -> str:
    for name in _required():
        try:
            importlib.import_module(_MODULES.get(name, name.replace("-", "_")))
        except Exception as error:  # whatever a broken package raises
            raise Fault(
                f"{name} is installed but broken: {type(error).__name__}: {error}.",
                f"Install it again: {sys.executable} -m pip install --force-reinstall "
                f"-c constraints.txt {name}",
            ) from None
    return "every package can be imported"


def _services() -> str:
    from workshop.services import ServicesError, serving

    direct = build_opener(ProxyHandler({}))
    try:
        with serving() as url, direct.open(f"{url}/catfact", timeout=10) as answer:
            fact = json.load(answer)["data"][0]
    except (ServicesError, OSError, ValueError, LookupError) as error:
        raise Fault(
            f"the local services do not answer: {error}.",
            "See whether a firewall keeps Python from listening on 127.0.0.1.",
        ) from None
    return f"they start and answer ({fact})"


def _kernel() -> str:
    from jupyter_client.manager import start_new_kernel

    from workshop.kernels import tried_again

    mend = f"Try it by hand, and read what it says: {sys.executable} -m ipykernel_launcher"
    try:
        manager, client = tried_again(start_new_kernel)(
            startup_timeout=KERNEL_LIMIT, kernel_name="python3", stderr=subprocess.DEVNULL
        )
    except Exception as error:  # jupyter_client has no type of its own for it
        raise Fault(f"the kernel python3 does not start: {error}.", mend) from None
    try:
        reply = client.execute_interactive(
            "import sys", timeout=KERNEL_LIMIT, user_expressions={"prefix": "sys.prefix"}
        )
        prefix = reply["content"]["user_expressions"]["prefix"]["data"]["text/plain"]
    except (TimeoutError, LookupError):
        raise Fault("the kernel python3 starts but does not answer.", mend) from None
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if prefix != repr(sys.prefix):
        raise Fault(
            f"the kernel python3 runs in {prefix}, and not in {sys.prefix}.",
            f"Remove the other one: {sys.executable} -m jupyter kernelspec remove python3, "
            f"then {sys.executable} -m ipykernel install --sys-prefix",
        )
    return "it starts and answers"


def _wall(name: str) -> str:
    from workshop.isolation import walls

    if (obstacle := walls.obstacle(name)) is None:
        return f"marked code {KEPT[name]}"
    raise Note(f"none here, so marked code {FREE[name]}.", _mend_of_wall(name, obstacle))


def _mend_of_wall(name: str, obstacle: OSError) -> str:
    if sys.platform != "linux":
        return "Mark a class on Linux, where all walls stand; to learn with, nothing is missing."
    allow = "let the container that runs here, or whatever else forbids it, allow"
    if name == "landlock":
        if obstacle.errno == errno.EOPNOTSUPP:
            return "Landlock is switched off: add it to `lsm=` on the kernel's command line."
        return (
            f"Use Linux 5.13 or newer (this is {platform.release()}), and {allow} the system calls "
            "landlock_create_ruleset, landlock_add_rule and landlock_restrict_self."
        )
    if obstacle.errno == errno.ENOSYS:
        return f"Mark on x86_64 or aarch64: the wall is not made for {platform.machine()}."
    call = "seccomp (Linux 5.5 or newer)" if name == "notify" else "prctl with PR_SET_SECCOMP"
    return f"The kernel says {obstacle.strerror}: {allow} {call}."


COMPUTER = (
    ("write access", _writing),
    ("loopback", _loopback),
    ("proxy", _proxy),
    ("disk", _disk),
)
PYTHON = (("Python", _python),)
ENVIRONMENT = (("environment", _environment),)
INSTALLED = (
    ("packages", _packages),
    ("workshop", _installed_kit),
    ("kernelspec", _kernelspec),
)
TRIED = (
    ("imports", _imports),
    ("services", _services),
    ("kernel", _kernel),
)
"""The second stage."""
KEPT = {
    "landlock": "reaches no files but its own",
    "seccomp": "reaches no network and no other process",
    "notify": "cannot hide a sleep or a write from its test",
    "limits": "has limits on time, files and, save on macOS, memory",
    "audit": "hears it from Python too, which alone stops nobody",
}
FREE = {
    "landlock": "could read the tests and change files",
    "seccomp": "could reach the network and other processes",
    "notify": "could hide from its test that it blocks the event loop",
    "limits": "could use up this computer",
    "audit": "is refused nothing by Python",
}
"""What each wall does for marks, and what is open without it."""
WALLS = tuple((f"wall {name}", functools.partial(_wall, name)) for name in KEPT)

if __name__ == "__main__":
    if __package__ in (None, ""):
        sys.path[0] = str(KIT)  # run by its path: `workshop` itself was not on the path
    sys.exit(main())
