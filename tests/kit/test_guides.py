"""README and guides name only what there is: files, headings, commands, options, ideas."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workshop.cli import main
from workshop.diagnosis import catalogue

KIT = Path(__file__).parents[2]
GUIDES = ["README.md", *(f"docs/{path.name}" for path in sorted((KIT / "docs").glob("*.md")))]
each_guide = pytest.mark.parametrize("guide", GUIDES)


def text_of(guide: str) -> str:
    return (KIT / guide).read_text(encoding="utf-8")


def anchors(guide: str) -> set[str]:
    """The fragments that lead to the headings of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", text_of(guide), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@each_guide
def test_a_link_leads_to_a_file_and_a_heading_that_are_there(guide):
    for target in re.findall(r"\[[^]]+\]\((?!https?:)([^)]+)\)", text_of(guide)):
        path, _, fragment = target.partition("#")
        page = (KIT / guide).parent / path if path else KIT / guide
        assert page.is_file(), target
        if fragment:
            assert fragment in anchors(str(page.relative_to(KIT))), target


@each_guide
def test_an_option_of_a_command_that_is_named_is_one(guide):
    checked = 0
    for line in re.findall(r"\bworkshop ([a-z]+ [^`|\n]*--[^`|\n]*)", text_of(guide)):
        name, *words = line.split()
        if name in main.commands:
            known = {option for one in main.commands[name].params for option in one.opts}
            known |= {option for one in main.commands[name].params for option in one.secondary_opts}
            asked = {word.strip("[]") for word in words if word.strip("[").startswith("--")}
            assert asked <= known, line
            checked += 1
    assert checked


@each_guide
def test_an_idea_that_is_named_is_in_the_catalogue(guide):
    for named in re.findall(r"\((`[a-z-]+`(?:, `[a-z-]+`)*)\)", text_of(guide)):
        assert set(re.findall(r"[a-z-]+", named)) <= set(catalogue())


@each_guide
def test_a_check_that_is_named_is_one(guide):
    checks = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.rglob("*.py")
    )
    for name in set(re.findall(r"`(test_\w+)`", text_of(guide))):
        assert f"def {name}(" in checks, name


@each_guide
def test_nothing_is_called_simple(guide):
    assert not re.search(r"\bsimply\b", text_of(guide), re.IGNORECASE)
