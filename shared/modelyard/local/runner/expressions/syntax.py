"""The syntax tree of an expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Literal:
    """A value as written."""

    value: Any
    offset: int


@dataclass(frozen=True)
class Context:
    """A named value: ``variables``, ``parameters``, a loop variable."""

    name: str
    offset: int


@dataclass(frozen=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[Node, ...]
    offset: int


@dataclass(frozen=True)
class Wildcard:
    """``*`` after a dot or in brackets."""

    offset: int


@dataclass(frozen=True)
class Access:
    """Members taken one after another: ``a.b[0].*.c``.

    They are a row, not a tree: there may be any number of them, and nothing recurses.
    """

    root: Context | Call
    members: tuple[Node | Wildcard, ...]
    """What each is found by; ``.name`` is the literal ``'name'``."""
    offset: int


Node = Literal | Context | Call | Access
