"""The files that an install reads say the same, and the README's commands are what they are."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

KIT = Path(__file__).parents[2]
INSTALL = "python3 -m venv .venv && .venv/bin/pip install -c constraints.txt -e . && "
PROJECT = tomllib.loads((KIT / "pyproject.toml").read_text("utf-8"))["project"]
ELSEWHERE = {"matplotlib": "matplotlib-base"}
"""What conda-forge calls differently: its `matplotlib` brings a whole window system along."""


def name(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement)[0]


def pinned() -> list[str]:
    return (KIT / "constraints.txt").read_text("utf-8").splitlines()


def test_the_readme_opens_with_the_two_commands():
    blocks = re.findall(r"^```sh\n(.*?)^```", (KIT / "README.md").read_text("utf-8"), re.S | re.M)
    assert blocks[:2] == [f"{INSTALL}.venv/bin/workshop start\n", f"{INSTALL}.venv/bin/pytest\n"]


def test_every_dependency_is_pinned():
    wanted = sum(PROJECT["optional-dependencies"].values(), PROJECT["dependencies"])
    assert {name(line) for line in wanted} <= {name(line) for line in pinned()}


@pytest.mark.parametrize("line", pinned())
def test_a_pin_is_a_plain_version(line):
    assert re.fullmatch(r"[a-z0-9.-]+==[0-9][\w.]*( ; [\w ='<>!.()]+)?", line)


def test_conda_gets_the_same_packages():
    environment = yaml.safe_load((KIT / "environment.yml").read_text("utf-8"))
    *listed, through_pip = environment["dependencies"]
    wanted = {ELSEWHERE.get(name(line), name(line)) for line in PROJECT["dependencies"]}
    assert {name(line) for line in listed} == wanted | {"python", "pip"}
    assert through_pip == {"pip": ["-e ."]}
    assert environment["channels"] == ["conda-forge", "nodefaults"]


def test_a_dev_container_installs_what_the_readme_installs():
    container = json.loads((KIT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert container["postCreateCommand"] + " && " == INSTALL


def test_both_licences_are_there():
    for file in PROJECT["license-files"]:
        assert (KIT / file).read_text("utf-8").strip()
