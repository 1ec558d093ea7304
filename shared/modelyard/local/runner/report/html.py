"""Markup that can't be made by accident: a text becomes part of it only escaped."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from html import escape
from urllib.parse import quote, urlsplit

_EMPTY = frozenset({"br", "hr", "meta", "input", "line", "path", "rect", "circle"})
"""Elements without content."""


class Html(str):
    """Markup. Only this module and constants of the report make it."""

    __slots__ = ()


Child = str | Html | None
"""A text, or markup; None is nothing."""


def text(value: object) -> Html:
    """Any text as markup that shows it. Characters that can't be seen or that turn the line's
    direction are left out."""
    shown = "".join(one for one in str(value) if one in "\n\t" or not _is_hidden(one))
    return Html(escape(shown))


def join(children: Iterable[Child]) -> Html:
    """Several after another."""
    return Html(
        "".join(one if isinstance(one, Html) else text(one) for one in children if one is not None)
    )


def tag(name: str, /, *children: Child, **attributes: object) -> Html:
    """An element. ``class_`` is ``class``, ``stroke_width`` is ``stroke-width``; an attribute that
    is None or False is left out, one that is True has no value."""
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _EMPTY:
        return Html(
            f"<{name}{told}>" if name in ("br", "hr", "meta", "input") else f"<{name}{told}/>"
        )
    return Html(f"<{name}{told}>{join(children)}</{name}>")


def outside_link(url: str, *children: Child) -> Html:
    """A link to http or https; else only what it shows."""
    try:
        safe = urlsplit(url).scheme in ("http", "https") and not any(map(_is_hidden, url))
    except ValueError:
        safe = False
    return tag("a", *children, href=url, rel="noreferrer") if safe else join(children)


def file_link(path: str, *children: Child) -> Html:
    """A link to a file below the report's own folder; else only what it shows."""
    parts = path.split("/")
    if not path or path.startswith("/") or ".." in parts or "\\" in path:
        return join(children)
    return tag("a", *children, href=quote(path, safe="/", errors="replace"))


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{text(value)}"'


def _is_hidden(one: str) -> bool:
    return unicodedata.category(one) in ("Cc", "Cf", "Cs")
