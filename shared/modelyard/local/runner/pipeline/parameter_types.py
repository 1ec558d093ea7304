"""What a parameter of each type takes.

Source: learn.microsoft.com, ``pipelines/process/template-parameters`` ("Parameter data types").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from modelyard.local.runner.pipeline.nodes import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    kind_of,
    to_value,
)
from modelyard.local.runner.pipeline.problems import listed
from modelyard.local.runner.pipeline.shorthand import STEP_KEYWORDS, as_task
from modelyard.local.runner.pipeline.structure import LISTS
from modelyard.local.runner.pipeline.typed_values import typed_value

if TYPE_CHECKING:
    from modelyard.local.runner.pipeline.expansion import Expander
    from modelyard.local.runner.pipeline.scope import Scope

MEMBERS = {
    "step": ("steps", STEP_KEYWORDS),
    "job": ("jobs", ("job", "deployment", "template")),
    "deployment": ("jobs", ("deployment", "template")),
    "stage": ("stages", ("stage", "template")),
}
"""For the types that hold parts of a pipeline: the list such parts stand in, their keywords."""
TYPES = (
    "string",
    "number",
    "boolean",
    "object",
    *(name for member in MEMBERS for name in (member, f"{member}List")),
    "stringList",
)
_NUMBER = re.compile(r"\s*[+-]?(\d[\d,]*\.?\d*|\.\d+)\s*")


def converted(name: str, kind: str, node: Node, expander: Expander, scope: Scope) -> Any:
    """The value of a parameter of this type.

    :raises Stop: when the node isn't one.
    """
    if kind == "object":
        return typed_value(node)
    if kind == "stringList":
        return _strings(name, node, expander)
    if kind in ("string", "number", "boolean"):
        return _scalar(name, kind, node, expander)
    member = kind.removesuffix("List")
    if kind == member:
        if not isinstance(node, Mapping):
            raise _mismatch(name, kind, node, expander)
        parts = _parts(name, member, Sequence([node], node.place), expander, scope)
        return to_value(parts[0] if len(parts) == 1 else Sequence(parts, node.place))
    if isinstance(node, Scalar) and not node.text.strip():
        node = Sequence([], node.place)
    if not isinstance(node, Sequence):
        raise _mismatch(name, kind, node, expander)
    return to_value(Sequence(_parts(name, member, node, expander, scope), node.place))


def _mismatch(name: str, kind: str, node: Node, expander: Expander) -> Exception:
    shown = repr(node.text) if isinstance(node, Scalar) else kind_of(node)
    return expander.problems.stop(node.place, f"{name} takes a {kind}, not {shown}")


def _scalar(name: str, kind: str, node: Node, expander: Expander) -> Any:
    if isinstance(node, Scalar):
        text = node.text
        if kind == "string":
            return text
        if kind == "boolean" and text.strip().lower() in ("true", "false"):
            return text.strip().lower() == "true"
        if kind == "number" and isinstance(node.value, float):
            return node.value
        if kind == "number" and _NUMBER.fullmatch(text):
            return float(text.replace(",", ""))
    raise _mismatch(name, kind, node, expander)


def _strings(name: str, node: Node, expander: Expander) -> Any:
    if isinstance(node, Scalar):
        parts = [part.strip() for part in node.text.split(",")]
        node = Sequence([Scalar(part, node.place) for part in parts if part], node.place)
    if isinstance(node, Mapping) or not all(isinstance(one, Scalar) for one in node.items):
        raise _mismatch(name, "stringList", node, expander)
    return to_value(node)


def _parts(name: str, member: str, node: Sequence, expander: Expander, scope: Scope) -> list[Node]:
    """Members with their templates included and their shorthands as the tasks they stand for."""
    kind, keywords = MEMBERS[member]
    result: list[Node] = []
    for item in expander.items(node, kind, scope.expanded()):
        if not isinstance(item, Mapping) or not any(item.get(word) for word in keywords):
            what = f"{name} takes a {member}: a mapping with {listed(keywords)}"
            expander.problems.add(item.place, what)
            continue
        result.append(_normal(item, member))
    return result


def _normal(item: Mapping, member: str) -> Mapping:
    if member == "step":
        return as_task(item)
    inner = "jobs" if member == "stage" else "steps"
    below = LISTS[inner]
    entries: list[tuple[Scalar, Node]] = []
    for key, value in item:
        if key.text == inner and isinstance(value, Sequence):
            parts = [
                _normal(one, below) if isinstance(one, Mapping) else one for one in value.items
            ]
            entries.append((key, Sequence(parts, value.place)))
        else:
            entries.append((key, value))
    return Mapping(entries, item.place)
