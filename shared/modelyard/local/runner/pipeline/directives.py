"""The keys that change the structure: ``${{ if }}``, ``elseif``, ``else``, ``each``, ``insert``.

Source: learn.microsoft.com, ``pipelines/process/template-expressions`` ("Conditional insertion",
"Iterative insertion", "Insertion").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, Sequence
from modelyard.local.runner.pipeline.plan import Place
from modelyard.local.runner.pipeline.problems import Problems

_DIRECTIVE = re.compile(
    r"\s*\$\{\{\s*(?P<kind>if|elseif|else|each|insert)(?=[\s}])(?P<rest>.*)\}\}\s*", re.DOTALL
)
_EACH = re.compile(r"\s+(?P<variable>[A-Za-z_][A-Za-z0-9_]*)\s+in\s(?P<collection>.*)", re.DOTALL)


@dataclass(frozen=True)
class Directive:
    """One of them."""

    kind: str
    expression: str
    """The condition or the collection; empty for ``else`` and ``insert``."""
    key: Scalar
    offset: int = 0
    """Of the expression in the key."""
    variable: str = ""
    """The name that each element gets."""

    @property
    def place(self) -> Place:
        return self.key.place


def directive(key: Scalar, problems: Problems) -> Directive | None:
    """What the key directs; None for an ordinary key.

    :raises Stop: when it has not the form of its kind.
    """
    text = key.value
    if not isinstance(text, str) or not text.lstrip().startswith("${{"):
        return None
    found = _DIRECTIVE.fullmatch(text)
    if not found:
        return None
    kind, rest = found["kind"], found["rest"]
    if kind in ("else", "insert"):
        if rest.strip():
            raise problems.stop(key.place, f"{kind} takes nothing, not {rest.strip()}")
        return Directive(kind, "", key)
    if kind == "each":
        each = _EACH.fullmatch(rest)
        if not each:
            raise problems.stop(key.place, "each is written ${{ each name in collection }}")
        offset = found.start("rest") + each.start("collection")
        return Directive(kind, each["collection"], key, offset, each["variable"])
    if not rest.strip():
        raise problems.stop(key.place, f"{kind} needs a condition")
    return Directive(kind, rest, key, found.start("rest"))


def inserts_items(node: Mapping, problems: Problems) -> bool:
    """Whether a member of a list stands for members of it: directives only, over lists or texts."""
    return bool(node.entries) and all(
        directive(key, problems) is not None and _holds_items(value, problems)
        for key, value in node.entries
    )


def _holds_items(value: Node, problems: Problems) -> bool:
    if isinstance(value, Mapping):
        return inserts_items(value, problems)
    return isinstance(value, (Sequence, Scalar))


class Chain:
    """Which branch of ``if``, ``elseif``, ``else`` is taken."""

    def __init__(self) -> None:
        self.open = False
        self.taken = False

    def close(self) -> None:
        """Something else came between."""
        self.open = False

    def wants(self, found: Directive, problems: Problems) -> bool:
        """Whether this branch may be taken, if its condition holds.

        :raises Stop: for an ``elseif`` or ``else`` that follows no ``if``.
        """
        if found.kind == "if":
            self.open, self.taken = True, False
        elif not self.open:
            raise problems.stop(found.place, f"{found.kind} follows no if")
        if found.kind == "else":
            self.open = False
        return not self.taken
