"""What starts a workflow, as its ``on`` says it.

Source: docs.github.com, ``actions/reference/workflows-and-actions/workflow-syntax`` (``on``).
"""

from __future__ import annotations

from collections.abc import Mapping as MappingOf

from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.local.workflows import keys
from modelyard.reading import nearest


def of(fields: Fields) -> dict[str, Node | None]:
    """The events of a workflow, each with what is written of it; None: its name alone."""
    node = fields.node_of("on")
    if node is None:
        fields.problems.add(fields.place_of("on"), "a workflow needs on: what starts it")
        return {}
    entries: list[tuple[Scalar, Node | None]] = (
        [*node] if isinstance(node, Mapping) else [(one, None) for one in fields.scalars("on")]
    )
    for key, _ in entries:
        if key.text not in keys.EVENTS:
            near = nearest(key.text, keys.EVENTS)
            fields.problems.add(key.place, f"on: there is no event {key.text!r}{near}")
    return {key.text: value for key, value in entries}


def members(
    events: MappingOf[str, Node | None], name: str, known: tuple[str, ...], problems: Problems
) -> Fields | None:
    """What one of them has, if it has any.

    :param known: the keywords that it may have.
    """
    node = events.get(name)
    return Fields(node, name, known, problems) if isinstance(node, Mapping) else None
