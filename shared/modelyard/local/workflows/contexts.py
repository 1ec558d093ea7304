"""Which secrets and variables a file asks for.

Source: docs.github.com, ``actions/reference/workflows-and-actions/contexts``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar
from modelyard.local.runner.pipeline.places import Place
from modelyard.local.workflows.expressions import ExpressionError, Named, spans, uses
from modelyard.local.workflows.expressions.spans import BEGIN

_BARE = ("if",)
"""Keywords whose values are expressions without ``${{ }}``."""


def asked_for(context: str, roots: Iterable[Node]) -> dict[str, Place]:
    """The names that expressions take from a context, in upper case, each with its first place."""
    found: dict[str, Place] = {}
    for root in roots:
        for scalar, whole in _scalars(root):
            for use in _uses(scalar.text, whole=whole):
                if isinstance(use, Named) and use.member and use.name.lower() == context:
                    found.setdefault(use.member.upper(), scalar.place)
    return found


def _uses(text: str, *, whole: bool) -> Iterator[object]:
    """Those of a text, up to where it is wrong: what checks expressions tells of that."""
    try:
        for begin, end in [(0, len(text))] if whole else spans(text):
            yield from uses(text[begin:end])
    except ExpressionError:
        return


def _scalars(node: Node, key: str = "") -> Iterator[tuple[Scalar, bool]]:
    """Every text, and whether it is an expression as it stands."""
    if isinstance(node, Scalar):
        yield node, key in _BARE and BEGIN not in node.text
    elif isinstance(node, Mapping):
        for name, value in node:
            yield from _scalars(value, name.text)
    else:
        for one in node.items:
            yield from _scalars(one, key)
