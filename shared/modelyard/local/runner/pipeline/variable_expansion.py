"""The ``variables`` of a pipeline, stage or job: each is seen by the expressions after it.

Source: learn.microsoft.com, ``pipelines/process/variables`` and ``process/templates`` ("Variable
reuse").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelyard.local.runner.pipeline.directives import Chain
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, Sequence
from modelyard.local.runner.pipeline.problems import Stop
from modelyard.local.runner.pipeline.scope import Scope

if TYPE_CHECKING:
    from modelyard.local.runner.pipeline.expansion import Expander


def expand_variables(expander: Expander, node: Node, scope: Scope) -> Node:
    """A list of ``name``/``value`` and ``group`` mappings, from either form of writing them.

    :param scope: its variables grow by those that are found.
    """
    if isinstance(node, Scalar):
        value = expander.scalar(node, scope)
        if isinstance(value, Scalar):
            return value
        return expand_variables(expander, value, scope.expanded())
    found: list[Node] = []
    if isinstance(node, Sequence):
        for item in expander.items(node, "variables", scope):
            _remember(item, scope)
            found.append(item)
        return Sequence(found, node.place)
    for key, value, inside in expander.entries(node, scope, Chain()):
        try:
            item = _named(key, expander.expand(value, "", inside))
        except Stop:
            continue
        _remember(item, scope)
        found.append(item)
    return Sequence(found, node.place)


def _named(key: Scalar, value: Node) -> Mapping:
    return Mapping(
        [(Scalar("name", key.place), key), (Scalar("value", key.place), value)], key.place
    )


def _remember(item: Node, scope: Scope) -> None:
    if not isinstance(item, Mapping):
        return
    name, value = item.get("name"), item.get("value")
    if isinstance(name, Scalar) and (value is None or isinstance(value, Scalar)):
        lower = name.text.lower()
        for known in [one for one in scope.variables if one.lower() == lower]:
            del scope.variables[known]
        scope.variables[name.text] = value.text if value else ""
