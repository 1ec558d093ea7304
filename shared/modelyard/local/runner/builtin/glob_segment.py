"""One part of a file pattern between two slashes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

GLOBSTAR = "**"
"""The part that stands for any number of folders. Compare with ``is``."""
Segment = str | re.Pattern[str]
"""Plain text, or an expression for a whole name."""

_MARKS = "?*+@!"


@dataclass(frozen=True)
class _Text:
    """An expression that has nothing to do with what follows."""

    expression: str


@dataclass(frozen=True)
class _Group:
    """An extended pattern."""

    mark: str
    choices: tuple[tuple[_Node, ...], ...]


_Node = _Text | _Group


def parse_segment(text: str) -> Segment:
    """Plain text without its escapes, :data:`GLOBSTAR`, or an expression."""
    if text == GLOBSTAR:
        return GLOBSTAR
    nodes, _, magic = _parse(text, 0, inside=False)
    if not magic:
        plain = re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
        return "".join(plain)
    # `.` and `..` are never meant, nor is the empty name that precedes the first slash.
    return re.compile(rf"(?!\.{{1,2}}$)(?=.){_expression(nodes)}", re.DOTALL)


def _parse(text: str, at: int, *, inside: bool) -> tuple[list[_Node], int, bool]:
    """Nodes from ``at`` on, up to the ``|`` or ``)`` that ends the choice when inside a group."""
    nodes: list[_Node] = []
    magic = False
    while at < len(text):
        one = text[at]
        if inside and one in "|)":
            break
        if one in _MARKS and text[at + 1 : at + 2] == "(" and (group := _group(text, at)):
            nodes.append(group[0])
            at, magic = group[1], True
        elif one in "*?":
            nodes.append(_Text("[^/]*?" if one == "*" else "[^/]"))
            at, magic = at + 1, True
        elif one == "[" and (found := _class(text, at)):
            nodes.append(_Text(found[0]))
            at, magic = found[1], True
        else:
            if one == "\\" and at + 1 < len(text):
                at += 1
            nodes.append(_Text(re.escape(text[at])))
            at += 1
    return nodes, at, magic


def _group(text: str, at: int) -> tuple[_Group, int] | None:
    """The group at this place and the place behind it; None where it isn't closed."""
    choices: list[tuple[_Node, ...]] = []
    place = at + 1
    while place < len(text):
        nodes, place, _ = _parse(text, place + 1, inside=True)
        choices.append(tuple(nodes))
        if text[place : place + 1] == ")":
            return _Group(text[at], tuple(choices)), place + 1
    return None


def _class(text: str, at: int) -> tuple[str, int] | None:
    """A set of characters as an expression; None where it isn't one."""
    start = at + 1
    negated = text[start : start + 1] in ("!", "^") and start < len(text)
    start += negated
    end = text.find("]", start + 1)
    if end < 0:
        return None
    inner = text[start:end].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
    expression = f"[{'^' if negated else ''}{inner}]"
    try:
        re.compile(expression)
    except re.error:  # as minimatch: a range that runs backwards is only text
        return None
    return (f"(?!/){expression}" if negated else expression), end + 1


def _expression(nodes: Sequence[_Node]) -> str:
    """From the right to the left: what a ``!(...)`` leaves out depends on all that follows it."""
    rest = ""
    for node in reversed(nodes):
        if isinstance(node, _Text):
            rest = node.expression + rest
            continue
        choices = "|".join(_expression(choice) for choice in node.choices)
        if node.mark == "!":
            rest = f"(?!(?:{choices}){rest}$)[^/]*?{rest}"
        else:
            rest = f"(?:{choices}){'' if node.mark == '@' else node.mark}{rest}"
    return rest
