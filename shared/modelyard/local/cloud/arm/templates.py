"""Deployment templates: parameters, variables, conditions, resources in order, nested deployments.

Source: learn.microsoft.com, "Understand the structure and syntax of ARM templates".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.arm.expressions import Scope, evaluate

Json = dict[str, Any]
NESTED = "microsoft.resources/deployments"


@dataclass(frozen=True)
class Place:
    """Where a template is deployed to."""

    subscription: Mapping[str, Any]
    group: Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """One resource of a template, with its expressions evaluated."""

    group: str
    kind: str
    name: str
    body: Json


def resources(template: Any, given: Mapping[str, Any], place: Place) -> Iterator[Wanted]:
    """The resources to make, in an order that heeds ``dependsOn``. Raises ArmError."""
    if not isinstance(template, dict) or not isinstance(template.get("resources"), list):
        raise exceptions.invalid_template("the template has no list of resources")
    scope = _scope(template, given, place)
    wanted = [one for one in template["resources"] if evaluate(one.get("condition", True), scope)]
    for one in _ordered(wanted, scope):
        kind = str(one["type"])
        group = str(evaluate(one.get("resourceGroup", place.group["name"]), scope))
        if kind.lower() == NESTED:
            yield from _nested(one, scope, place, group)
            continue
        kept = {name: value for name, value in one.items() if name not in _OWN}
        yield Wanted(group, kind, str(evaluate(one["name"], scope)), evaluate(kept, scope))


_OWN = ("type", "apiVersion", "name", "condition", "dependsOn", "resources", "resourceGroup")


def _nested(one: Json, scope: Scope, place: Place, group: str) -> Iterator[Wanted]:
    properties = one["properties"]
    options = properties.get("expressionEvaluationOptions") or {}
    inner = str(options.get("scope", "outer")).lower() == "inner"
    given = evaluate(properties.get("parameters") or {}, scope)
    template = properties["template"] if inner else evaluate(properties["template"], scope)
    below = Place(place.subscription, {**place.group, "name": group})
    yield from resources(template, given, below)


def _scope(template: Json, given: Mapping[str, Any], place: Place) -> Scope:
    declared = template.get("parameters") or {}
    variables = template.get("variables") or {}
    if unknown := sorted(set(given) - set(declared)):
        raise exceptions.invalid_template(
            f"the following parameters were supplied, but do not correspond to any parameters "
            f"defined in the template: {', '.join(unknown)}"
        )

    def parameter(name: str) -> Any:
        if name not in declared:
            raise exceptions.invalid_template(f"the template parameter '{name}' is not found")
        return _parameter(name, declared[name], given, scope)

    def variable(name: str) -> Any:
        if name not in variables:
            raise exceptions.invalid_template(f"the template variable '{name}' is not found")
        return evaluate(variables[name], scope)

    def reference(what: str) -> Any:
        raise exceptions.invalid_template(f"reference('{what}') isn't emulated")

    scope = Scope(parameter, variable, place.subscription, place.group, reference)
    for name in declared:
        parameter(name)  # a missing one is an error, also where nobody uses it
    return scope


def _parameter(name: str, declared: Json, given: Mapping[str, Any], scope: Scope) -> Any:
    if name in given and given[name].get("value") is not None:
        value = given[name]["value"]
    elif "defaultValue" in declared:
        value = evaluate(declared["defaultValue"], scope)
    else:
        raise exceptions.invalid_template(
            f"The value for the template parameter '{name}' is not provided"
        )
    allowed = declared.get("allowedValues")
    if allowed and value not in allowed:
        raise exceptions.invalid_template(
            f"The provided value '{value}' for the template parameter '{name}' is not valid; "
            f"allowed are {', '.join(map(str, allowed))}"
        )
    return value


def _ordered(wanted: list[Json], scope: Scope) -> list[Json]:
    """Each after those it depends on; a dependency is named by its id or its name."""
    names = [str(evaluate(one["name"], scope)) for one in wanted]
    needs = []
    for one in wanted:
        asked = [str(evaluate(each, scope)) for each in one.get("dependsOn") or ()]
        needs.append({each.rsplit("/", 1)[-1].lower() for each in asked})
    done: list[Json] = []
    left = list(range(len(wanted)))
    while left:
        open_names = {names[number].lower() for number in left}
        ready = [n for n in left if not needs[n] & (open_names - {names[n].lower()})]
        if not ready:
            raise exceptions.invalid_template("circular dependency detected on resource")
        done += [wanted[number] for number in ready]
        left = [number for number in left if number not in ready]
    return done
