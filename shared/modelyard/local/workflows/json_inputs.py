"""Inputs that a workflow reads as JSON: what can't be read is known before anything runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar

_READ = re.compile(r"fromJSON\(\s*inputs\.([\w-]+)\s*\)", re.IGNORECASE)
_BEGINNINGS = ("[", "{")


def names(node: Node) -> frozenset[str]:
    """The inputs that ``fromJSON`` gets as they are, in lower case.

    :param node: the root of a workflow's file.
    """
    return frozenset(name.lower() for text in _texts(node) for name in _READ.findall(text))


def mistake(value: str) -> str:
    """What is wrong with a value as JSON; empty: nothing. One that doesn't begin like a list or a
    mapping may be meant as it is: ``runs-on`` takes a label or a list."""
    if not value.lstrip().startswith(_BEGINNINGS):
        return ""
    try:
        json.loads(value)
    except ValueError as error:
        return str(error)
    return ""


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node, Scalar):
        yield node.text
        return
    for one in node.items if not isinstance(node, Mapping) else (value for _, value in node):
        yield from _texts(one)
