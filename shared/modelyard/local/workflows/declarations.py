"""The inputs and secrets that a workflow or an action declares.

Source: docs.github.com, ``actions/reference/workflows-and-actions/workflow-syntax``
(``on.workflow_call.inputs``, ``on.workflow_dispatch.inputs``) and ``metadata-syntax``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.nodes import Mapping, Scalar, kind_of
from modelyard.local.runner.pipeline.problems import Problems, listed
from modelyard.local.workflows import keys, typed_values
from modelyard.local.workflows.expressions.spans import BEGIN
from modelyard.local.workflows.model import CALL, DISPATCH, Declared

_TYPES = {
    CALL: ("string", "number", "boolean"),
    DISPATCH: ("string", "number", "boolean", "choice", "environment"),
}
_Read = Callable[[Scalar, Mapping], Declared]


def inputs(event: Fields, name: str) -> dict[str, Declared]:
    """Those of an event that takes some.

    :param name: of the event.
    """
    problems = event.problems

    def read(key: Scalar, value: Mapping) -> Declared:
        fields = Fields(value, f"the input {key.text}", keys.INPUT, problems)
        one = Declared(
            key.text,
            key.place,
            typed_values.truth(fields, "required"),
            fields.text("default"),
            _type(fields, _TYPES[name]),
            fields.texts("options"),
        )
        if one.default and BEGIN not in one.default:
            typed_values.typed_value(one.default, one, fields.place_of("default"), problems)
        return one

    return _all(event.mapping("inputs"), problems, read)


def secrets(call: Fields) -> dict[str, Declared]:
    """Those of ``on.workflow_call``."""

    def read(key: Scalar, value: Mapping) -> Declared:
        fields = Fields(value, f"the secret {key.text}", keys.SECRET, call.problems)
        return Declared(key.text, key.place, typed_values.truth(fields, "required"))

    return _all(call.mapping("secrets"), call.problems, read)


def of_action(node: Mapping | None, problems: Problems) -> dict[str, Declared]:
    """The inputs of an action, which may say more of them."""

    def read(key: Scalar, value: Mapping) -> Declared:
        known = [name.text for name, _ in value]
        fields = Fields(value, f"the input {key.text}", known, problems)
        required = fields.text("required").lower() == "true"
        return Declared(key.text, key.place, required, fields.text("default"))

    return _all(node, problems, read)


def _all(node: Mapping | None, problems: Problems, read: _Read) -> dict[str, Declared]:
    """By name in lower case."""
    found = {}
    for key, value in node or ():
        if isinstance(value, Mapping):
            one = read(key, value)
        else:
            if not isinstance(value, Scalar) or value.text:
                problems.add(value.place, f"{key.text} is a mapping, not {kind_of(value)}")
            one = Declared(key.text, key.place)
        found[key.text.lower()] = one
    return found


def _type(fields: Fields, types: Sequence[str]) -> str:
    text = fields.text("type", "string")
    if text in types:
        return text
    message = f"type can't be {text!r}, only {listed(types)}"
    fields.problems.add(fields.place_of("type"), message)
    return "string"
