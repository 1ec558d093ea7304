"""Which secrets and variables a file asks for.

Source: docs.github.com, ``actions/reference/workflows-and-actions/contexts``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar
from modelyard.local.runner.pipeline.places import Place

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_BARE = ("if",)
"""Keywords whose values are expressions without ``${{ }}``."""


def asked_for(context: str, roots: Iterable[Node]) -> dict[str, Place]:
    """The names that expressions take from a context, in upper case, each with its first place."""
    named = re.compile(
        rf"(?<![\w.-]){context}\s*(?:\.\s*([A-Za-z_][\w-]*)|\[\s*'([^']+)'\s*\])", re.IGNORECASE
    )
    found: dict[str, Place] = {}
    for root in roots:
        for scalar, whole in _scalars(root):
            texts = [scalar.text] if whole else _EXPRESSION.findall(scalar.text)
            for text in texts:
                for match in named.finditer(text):
                    if not _in_literal(text, match.start()):
                        found.setdefault((match[1] or match[2]).upper(), scalar.place)
    return found


def _in_literal(text: str, offset: int) -> bool:
    return any(one.start() <= offset < one.end() for one in _LITERAL.finditer(text))


def _scalars(node: Node, key: str = "") -> Iterator[tuple[Scalar, bool]]:
    """Every text, and whether it is an expression as it stands."""
    if isinstance(node, Scalar):
        yield node, key in _BARE and "${{" not in node.text
    elif isinstance(node, Mapping):
        for name, value in node:
            yield from _scalars(value, name.text)
    else:
        for one in node.items:
            yield from _scalars(one, key)
