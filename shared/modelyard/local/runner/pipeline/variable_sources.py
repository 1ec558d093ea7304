"""The variables of a pipeline, stage or job, from their expanded list.

Source: learn.microsoft.com, ``yaml-schema/variables``, ``variables-name``, ``variables-group``.
"""

from __future__ import annotations

from modelyard.local.runner.pipeline.building import Building
from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, Sequence, kind_of
from modelyard.local.runner.pipeline.plan import Variable, VariableGroup, VariableSource


def variable_sources(node: Node | None, building: Building) -> tuple[VariableSource, ...]:
    """The variables and groups, in order."""
    if node is None or (isinstance(node, Scalar) and not node.text.strip()):
        return ()
    if not isinstance(node, Sequence):
        what = f"variables is a mapping or a list, not {kind_of(node)}"
        building.problems.add(node.place, what)
        return ()
    found = (_source(item, building) for item in node.items)
    return tuple(one for one in found if one is not None)


def _source(node: Node, building: Building) -> VariableSource | None:
    item = building.expect_mapping(node, "a variable")
    if item is None or not item.entries:
        return None
    problems = building.problems
    if item.get("group") is not None:
        fields = Fields(item, "a variable group", ("group",), problems)
        return VariableGroup(fields.required("group"), fields.place)
    fields = Fields(
        item, "a variable", ("name", "value", "readonly", "group", "template"), problems
    )
    name = fields.required("name")
    if not name.strip():
        return None
    _check_name(name, item, building)
    value = fields.scalar("value")
    building.runtime(value)
    read_only = fields.truth("readonly", False)
    text = value.text if value else ""
    return Variable(name, text, fields.place_of("name"), read_only is True)


def _check_name(name: str, item: Mapping, building: Building) -> None:
    place = next(key.place for key, _ in item if key.text == "name")
    if any(character in name for character in "()$%"):
        building.problems.add(place, f"{name!r} can't name a variable: no $, % or parenthesis")
