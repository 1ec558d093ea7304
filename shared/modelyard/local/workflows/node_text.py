"""A tree of a YAML file as text again."""

from __future__ import annotations

from typing import Any

import yaml

from modelyard.local.runner.pipeline.nodes import Node, Scalar, Sequence

_RESOLVER: Any = yaml.SafeLoader("")


def text_of(node: Node, *, blocks: bool = False) -> str:
    """A tree as YAML.

    :param blocks: whether texts of several lines are easy to read.
    """
    found: str = yaml.serialize(
        _yaml(node, "|" if blocks else '"'),
        Dumper=yaml.SafeDumper,
        allow_unicode=True,
        width=1 << 20,
    )
    return found


def _yaml(node: Node, style: str) -> yaml.Node:
    """A node for the emitter; what was written without quotes keeps its type."""
    if isinstance(node, Scalar):
        if node.quoted or node.block_indent or "\n" in node.text:
            return yaml.ScalarNode(
                "tag:yaml.org,2002:str", node.text, style=style if "\n" in node.text else '"'
            )
        tag = _RESOLVER.resolve(yaml.ScalarNode, node.text, (True, False))
        return yaml.ScalarNode(tag, node.text)
    if isinstance(node, Sequence):
        items = [_yaml(one, style) for one in node.items]
        return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=False)
    pairs = [(_yaml(key, style), _yaml(value, style)) for key, value in node]
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=False)
