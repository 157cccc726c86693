"""`workshop doctor` in healthy and in broken places, each a real one."""

import ast
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

from workshop import doctor
from workshop.isolation import walls

pytestmark = pytest.mark.skipif(os.name != "posix", reason="makes environments as POSIX has them")


def examine(
    python: Path | str, kit: Path, **environment: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run the doctor by its plain path, as a person does whose install failed."""
    env = {name: value for name, value in os.environ.items() if not name.endswith("_proxy")}
    return subprocess.run(
        [python, kit / "workshop" / "doctor.py"],
        cwd=kit,
        env=env | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
    )


def faults(run: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Each fault's name with what is said about it and its mend."""
    assert run.stderr == ""
    parts = run.stdout.split("  FAULT  ")[1:]
    return {part.split(":")[0]: part.split("\n  ok ")[0] for part in parts}


@pytest.fixture
def bare_python(tmp_path: Path) -> Path:
    """The Python of an environment in which nothing is installed."""
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    return tmp_path / "bare" / "bin" / "python"


def lend_packages(python: Path) -> None:
    """Let that Python import what this one has, without its kernelspec."""
    folder = next((python.parent.parent / "lib").glob("python*/site-packages"))
    (folder / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")


def breaking(folder: Path, code: str) -> Path:
    """A folder for PYTHONPATH that has every Python run `code` first."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(code)
    return folder


def test_finds_nothing_wrong_here():
    run = subprocess.run(
        [sys.executable, "-m", "workshop.doctor"], cwd=doctor.KIT, capture_output=True, text=True
    )
    assert run.stdout.endswith("All is well.\n"), run.stdout
    assert run.returncode == 0
    for found in ("Python: 3.", "packages: all", "imports: every", "services: they", "kernel: it"):
        assert f"  ok     {found}" in run.stdout
    assert re.findall(r"^  (\w+) +wall (\w+): ", run.stdout, re.MULTILINE) == [
        ("note" if walls.obstacle(name) else "ok", name) for name in walls.ALL
    ]


def test_names_the_packages_that_are_missing(scratch_kit, bare_python):
    left_by_a_build = scratch_kit / "async_workshop.egg-info"
    left_by_a_build.mkdir()
    (left_by_a_build / "PKG-INFO").write_text("Name: async-workshop\nVersion: 0.1.0\n")
    run = examine(bare_python, scratch_kit)
    assert run.returncode == 1
    found = faults(run)
    assert set(found) == {"packages", "workshop", "kernelspec"}
    assert "aiohttp, anyio, click" in found["packages"]
    mend = f"Mend: Install the kit again: {bare_python} -m pip install -c constraints.txt -e ."
    assert mend in found["packages"]
    assert "services" not in run.stdout


def test_names_a_missing_kernelspec_and_a_kit_that_was_moved(scratch_kit, bare_python):
    lend_packages(bare_python)
    found = faults(examine(bare_python, scratch_kit))
    assert set(found) == {"workshop", "kernelspec"}
    assert f"is in {doctor.KIT}, and this is {scratch_kit}" in found["workshop"]
    assert "there is no kernel called python3" in found["kernelspec"]
    assert f"{bare_python} -m ipykernel install --sys-prefix" in found["kernelspec"]


def test_says_where_the_kits_own_environment_is(scratch_kit):
    (scratch_kit / ".venv" / "bin").mkdir(parents=True)
    [found] = faults(examine(sys._base_executable, scratch_kit)).values()
    assert "the kit has its own environment in .venv" in found
    assert f"Use that one: {scratch_kit}/.venv/bin/python" in found


def test_says_how_to_begin_where_there_is_no_environment(scratch_kit, tmp_path):
    (scratch_kit / "pyproject.toml").write_text("[project]\ndependencies = ['surely-nowhere']\n")
    [found] = faults(examine(sys._base_executable, scratch_kit)).values()
    assert "there is no virtual environment yet" in found
    assert "python3 -m venv .venv" in found


def test_names_packages_that_are_too_old(scratch_kit, bare_python):
    lend_packages(bare_python)
    (scratch_kit / "pyproject.toml").write_text("[project]\ndependencies = ['click>=99.1']\n")
    found = faults(examine(bare_python, scratch_kit))["packages"]
    assert "too old: click 8." in found
    assert "(needs 99.1)" in found


def test_names_what_is_wrong_with_the_computer(scratch_kit, bare_python, tmp_path):
    code = (
        "import shutil, sys\n"
        "def refuse(event, args):\n"
        "    if event == 'socket.connect': raise OSError('a wall')\n"
        "sys.addaudithook(refuse)\n"
        "shutil.disk_usage = lambda path: shutil._ntuple_diskusage(9, 9, 3_000_000)\n"
    )
    shutil.rmtree(scratch_kit / "exercises")
    path = breaking(tmp_path / "broken", code)
    found = faults(examine(bare_python, scratch_kit, PYTHONPATH=path, http_proxy="http://p:1"))
    assert {"write access", "loopback", "proxy", "disk"} < set(found)
    assert f"nothing can be written in {scratch_kit / 'exercises'}" in found["write access"]
    assert "127.0.0.1: a wall" in found["loopback"]
    assert "NO_PROXY=127.0.0.1,localhost" in found["proxy"]
    assert "only 3 MB are free" in found["disk"]


def test_a_proxy_that_spares_loopback_is_no_fault(scratch_kit, bare_python):
    run = examine(
        bare_python, scratch_kit, http_proxy="http://p:1", no_proxy="example.org,127.0.0.1"
    )
    assert "ok     proxy: http://p:1, but not for 127.0.0.1" in run.stdout


def test_names_a_package_that_is_broken(tmp_path):
    broken = tmp_path / "nbval"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('a part is missing')\n")
    found = faults(examine(sys.executable, doctor.KIT, PYTHONPATH=tmp_path))
    assert set(found) == {"imports"}
    assert "nbval is installed but broken: ImportError: a part is missing" in found["imports"]


def test_names_a_kernel_that_does_not_start(tmp_path):
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(
        '{"argv": ["false"], "display_name": "Broken", "language": "python"}'
    )
    found = faults(examine(sys.executable, doctor.KIT, JUPYTER_PATH=tmp_path))
    assert set(found) == {"kernel"}
    assert "the kernel python3 does not start" in found["kernel"]


EXAMINE_THE_WALLS = "from workshop import doctor; print(doctor._examine(doctor.WALLS))"


@pytest.mark.skipif(
    bool(walls.missing(["landlock", "seccomp"])), reason="not all walls stand on this machine"
)
@pytest.mark.parametrize(
    ("forbidden", "wall", "open_without", "mend"),
    [
        (
            "landlock=ENOSYS",
            "landlock",
            "could read the tests and change files",
            f"Use Linux 5.13 or newer (this is {platform.release()}), and let the container",
        ),
        (
            "landlock=EOPNOTSUPP",
            "landlock",
            "could read the tests and change files",
            "Landlock is switched off: add it to `lsm=`",
        ),
        (
            "seccomp=EPERM",
            "seccomp",
            "could reach the network and other processes",
            "The kernel says Operation not permitted: let the container",
        ),
    ],
)
def test_says_what_a_missing_wall_means_for_marks(
    forbidden: str, wall: str, open_without: str, mend: str
) -> None:
    forbid = [sys.executable, Path(__file__).with_name("forbidden.py"), forbidden, "--"]
    run = subprocess.run(
        [*forbid, sys.executable, "-c", EXAMINE_THE_WALLS], capture_output=True, text=True
    )
    assert run.stdout.endswith("\n0\n"), "a note is no fault"
    notes = [note for note in run.stdout.split("  note   ") if note.startswith(f"wall {wall}:")]
    first, second = notes[0].splitlines()[:2]
    assert first == f"wall {wall}: none here, so marked code {open_without}."
    assert second.startswith(f"         Mend: {mend}")


def test_knows_the_oldest_python_that_will_do():
    project = tomllib.loads((doctor.KIT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == ">=" + ".".join(map(str, doctor.OLDEST))


def test_an_old_python_can_read_it():
    source = Path(doctor.__file__).read_text("utf-8")
    assert ast.parse(source, feature_version=(3, 8))
