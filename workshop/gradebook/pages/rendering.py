"""From a template to a page in which a stranger's text stays text.

Three walls: every expression is cleaned of control sequences, then escaped by Jinja; and a
Content Security Policy lets nothing run or load but the page's own style and script, which it
knows by their hashes (https://www.w3.org/TR/CSP3/#hash-source).
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from workshop.plural import plural
from workshop.stranger import clean

GENERATOR = "async-workshop gradebook"
"""What a page of ours says in its head that it was made by."""

_CODE = re.compile(r"`([^`\n]+)`")


def page(template: str, **context: Any) -> str:
    """The page that `template` makes of `context`."""
    return _environment().get_template(template).render(context)


def ticked(text: str) -> Markup:
    """`text`, a stranger's or ours, with what stands between backquotes as code."""
    pieces = _CODE.split(_cleaned(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
    )


def markdown(text: str) -> Markup:
    """Markdown as HTML. HTML within it is shown as text, and nothing is loaded from elsewhere."""
    return Markup(_markdown().render(clean(text)))


def points(number: float) -> str:
    """`7`, or `7.5`."""
    return f"{number:.1f}".removesuffix(".0")


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("js-default").disable("image")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("workshop.gradebook.pages", "templates"),
        autoescape=True,
        finalize=_cleaned,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = _own("style.css"), _own("index.js")
    environment.filters.update(ticked=ticked, points=points)
    environment.globals.update(
        generator=GENERATOR,
        plural=plural,
        style=Markup(style),
        script=Markup(script),
        style_source=Markup(f"'{_hash(style)}'"),
        script_source=Markup(f"'{_hash(script)}'"),
    )
    return environment


def _cleaned(value: Any) -> Any:
    """A stranger's text without control sequences; what is markup, or no text, as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return value if value.isascii() and value.isprintable() else clean(value)


def _own(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
