"""Parameters of a pipeline or template: declared, given, checked.

Source: learn.microsoft.com, ``pipelines/process/template-parameters`` (types, required),
``process/runtime-parameters`` (those of a pipeline) and ``yaml-schema/parameters-parameter``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from modelyard.local.runner.expressions import RequiredDict
from modelyard.local.runner.pipeline.expansion import Expander
from modelyard.local.runner.pipeline.files import Source
from modelyard.local.runner.pipeline.nodes import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    kind_of,
    to_value,
)
from modelyard.local.runner.pipeline.parameter_types import TYPES, converted
from modelyard.local.runner.pipeline.plan import Place
from modelyard.local.runner.pipeline.problems import Problems, Stop, listed
from modelyard.local.runner.pipeline.scope import Scope
from modelyard.reading import nearest

KEYS = ("name", "displayName", "type", "default", "values")


@dataclass(frozen=True)
class Declaration:
    """One parameter as a file declares it."""

    name: str
    place: Place
    type: str = "string"
    """Empty in the old form, a mapping of names to defaults: any value fits."""
    default: Node | None = None
    values: tuple[Scalar, ...] = ()
    display_name: str = ""


@dataclass(frozen=True)
class Binding:
    """What binding values needs beside them."""

    problems: Problems
    expander: Expander
    scope: Scope
    """Where the values are given."""
    template: str
    """The file that declares them; empty for the pipeline's own."""


def declarations(source: Source, problems: Problems) -> tuple[Declaration, ...]:
    """The parameters of a file."""
    node = source.root.get("parameters")
    if node is None or (isinstance(node, Scalar) and not node.text.strip()):
        return ()
    found: list[Declaration] = []
    if isinstance(node, Mapping):
        found = [Declaration(key.text, key.place, "", value) for key, value in node]
    elif isinstance(node, Sequence):
        for item in node.items:
            try:
                found.append(_declaration(item, problems))
            except Stop:
                continue
    else:
        problems.add(node.place, f"parameters is a list, not {kind_of(node)}")
    names: set[str] = set()
    for one in found:
        if one.name.lower() in names:
            problems.add(one.place, f"the parameter {one.name} is declared twice")
        names.add(one.name.lower())
    return tuple(found)


def _declaration(item: Node, problems: Problems) -> Declaration:
    if not isinstance(item, Mapping):
        raise problems.stop(item.place, f"a parameter is a mapping, not {kind_of(item)}")
    for key, value in item:
        if key.text not in KEYS:
            message = f"{key.text} isn't known of a parameter{nearest(key.text, KEYS)}"
            problems.add(key.place, message)
        if key.text != "default" and isinstance(value, Mapping):
            problems.add(value.place, f"{key.text} isn't a mapping")
    name, kind, values = item.get("name"), item.get("type"), item.get("values")
    if not isinstance(name, Scalar) or not name.text.strip():
        raise problems.stop(item.place, "a parameter needs a name")
    type_name = "string"
    if isinstance(kind, Scalar):
        type_name = next((one for one in TYPES if one.lower() == kind.text.lower()), "")
        if not type_name:
            message = f"{kind.text} isn't a type of parameters{nearest(kind.text, TYPES)}"
            problems.add(kind.place, f"{message}. There are {listed(TYPES)}")
    display = item.get("displayName")
    default = item.get("default")
    if default is not None:
        _literal(default, problems)
    allowed = values.items if isinstance(values, Sequence) else []
    return Declaration(
        name.text,
        name.place,
        type_name,
        default,
        tuple(one for one in allowed if isinstance(one, Scalar)),
        display.text if isinstance(display, Scalar) else "",
    )


def _literal(node: Node, problems: Problems) -> None:
    """Defaults are read before anything is known that an expression could use."""
    if isinstance(node, Scalar):
        if isinstance(node.value, str) and "${{" in node.value:
            problems.add(node.place, "a default is a literal: no expression is expanded in it")
    elif isinstance(node, Sequence):
        for item in node.items:
            _literal(item, problems)
    else:
        for key, value in node:
            _literal(key, problems)
            _literal(value, problems)


def bound(
    declared: tuple[Declaration, ...],
    given: Iterable[tuple[Scalar, Node]],
    place: Place,
    binding: Binding,
) -> dict[str, Any]:
    """The values of all parameters, by the names declared.

    A template without declarations, or with those of the old form, takes any others too, and has
    null for one that isn't given.

    :param given: names and expanded values.
    :param place: where something is missing, if it is.
    """
    problems = binding.problems
    old_form = not any(one.type for one in declared)
    open_to_all = bool(binding.template) and old_form
    values: dict[str, Any] = {} if old_form else RequiredDict()
    by_name = {one.name.lower(): one for one in declared}
    found: dict[str, tuple[Node, Place]] = {}
    for key, node in given:
        known = by_name.get(key.text.lower())
        if known is None and open_to_all:
            values[key.text] = to_value(node)
        elif known is None:
            whose = f"the template {binding.template}" if binding.template else "the pipeline"
            hint = nearest(key.text, [one.name for one in declared])
            problems.add(key.place, f"{whose} has no parameter {key.text}{hint}")
        else:
            found[known.name.lower()] = (node, node.place)
    for one in declared:
        values[one.name] = None
        value, at = found.get(one.name.lower()) or (_default(one, binding), one.place)
        if value is None:
            of = f" of {binding.template}" if binding.template else ""
            problems.add(place, f"the parameter {one.name}{of} needs a value")
            values[one.name] = _stand_in(one, binding)
            continue
        try:
            values[one.name] = _value(one, value, at, binding)
        except Stop:
            values[one.name] = _stand_in(one, binding)
    return values


def _stand_in(one: Declaration, binding: Binding) -> Any:
    """Something that fits, so that what only follows from the mistake isn't told as well."""
    node = one.values[0] if one.values else one.default
    if node is None:
        return one.name if one.type == "string" else None
    try:
        return converted(one.name, one.type, node, binding.expander, binding.scope)
    except Stop:
        return None


def _default(one: Declaration, binding: Binding) -> Node | None:
    if one.default is None and one.values and not binding.template:
        return one.values[0]
    return one.default


def _value(one: Declaration, node: Node, place: Place, binding: Binding) -> Any:
    if not one.type:
        return to_value(node)
    if one.type == "stringList" and binding.template:
        message = "stringList isn't there for templates: use object"
        raise binding.problems.stop(one.place, message)
    value = converted(one.name, one.type, node, binding.expander, binding.scope)
    if one.values:
        allowed = [each.text.lower() for each in one.values]
        texts = (
            value if isinstance(value, list) else [node.text if isinstance(node, Scalar) else ""]
        )
        for text in texts:
            if text.lower() not in allowed:
                message = f"{one.name} can't be {text!r}, only {listed(v.text for v in one.values)}"
                raise binding.problems.stop(place, message)
    return value
