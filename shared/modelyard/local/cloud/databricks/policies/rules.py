"""What a policy's definition means for a cluster (Azure Databricks documentation, "Compute policy
reference"): fixed and default values are filled in, everything is checked.

Not enforced: ``dbus_per_hour``, because the local cloud has no prices.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from modelyard.local.cloud.databricks import exceptions, shapes
from modelyard.local.cloud.databricks.clusters import catalogue
from modelyard.local.cloud.databricks.policies.attributes import SYNTHETIC, set_at, values_at

TYPES = ("fixed", "forbidden", "allowlist", "blocklist", "regex", "range", "unlimited")
Rule = dict[str, Any]
SHAPE = {"type": str, "values": [None], "pattern": str, "isOptional": bool}


def check_definition(definition: Any) -> dict[str, Rule]:
    """A parsed definition; raises INVALID_PARAMETER_VALUE naming the attribute that is wrong."""
    if not isinstance(definition, dict):
        raise exceptions.invalid_parameter("The policy definition must be a JSON object")
    needed = {"fixed": "value", "allowlist": "values", "blocklist": "values", "regex": "pattern"}
    for path, rule in definition.items():
        shapes.check(rule, SHAPE, f"Policy definition for {path}")
        kind = rule.get("type")
        if kind not in TYPES:
            raise exceptions.invalid_parameter(
                f"Policy definition for {path} must have a type out of: {', '.join(TYPES)}"
            )
        if kind in needed and needed[kind] not in rule:
            raise exceptions.invalid_parameter(
                f"Policy definition for {path}: a {kind} element needs '{needed[kind]}'"
            )
        if kind == "regex":
            _compiled(path, rule["pattern"])
        for bound in ("minValue", "maxValue"):
            if kind == "range" and not _is_number(rule.get(bound, 0)):
                raise exceptions.invalid_parameter(
                    f"Policy definition for {path}: {bound} must be a number"
                )
    return definition


def apply(
    definition: dict[str, Rule],
    specification: dict[str, Any],
    cluster_type: str,
) -> dict[str, Any]:
    """The specification with the policy's values. Raises INVALID_PARAMETER_VALUE with every
    violation.

    Fixed values are filled in always, defaults only with ``apply_policy_default_values``.
    ``cluster_type`` is ``all-purpose`` or ``job``.
    """
    filled = copy.deepcopy(specification)
    with_defaults = bool(specification.get("apply_policy_default_values"))
    for path, rule in definition.items():
        value = rule.get("value") if rule["type"] == "fixed" else None
        if value is None and with_defaults:
            value = rule.get("defaultValue")
        if value is not None and path not in SYNTHETIC and not values_at(filled, path):
            set_at(filled, path, _resolved(path, value))
    violations = [
        f"Validation failed for {path}, {problem}"
        for path, rule in definition.items()
        if path != "dbus_per_hour"
        for problem in _problems(path, rule, {**filled, "cluster_type": cluster_type})
    ]
    if violations:
        raise exceptions.invalid_parameter(f"Cluster validation error: {'; '.join(violations)}")
    return filled


def _problems(path: str, rule: Rule, specification: dict[str, Any]) -> list[str]:
    values = values_at(specification, path)
    kind = rule["type"]
    if kind == "forbidden":
        return ["the value must not be present"] if values else []
    if not values:
        optional = rule.get("isOptional") or kind == "fixed" or "*" in path
        return [] if optional else ["the value must be present"]
    found = (_problem(path, rule, value) for value in values)
    return [problem for problem in found if problem]


def _problem(path: str, rule: Rule, value: Any) -> str:
    kind = rule["type"]
    shown = f'(is "{_text(value)}")'
    if kind == "fixed":
        wanted = _text(_resolved(path, rule["value"]))
        return "" if _text(value) == wanted else f"the value must be {wanted} {shown}"
    if kind == "allowlist":
        allowed = [_text(_resolved(path, item)) for item in rule["values"]]
        return "" if _text(value) in allowed else f"the value must be one of {allowed} {shown}"
    if kind == "blocklist":
        blocked = [_text(item) for item in rule["values"]]
        return f"the value must not be one of {blocked} {shown}" if _text(value) in blocked else ""
    if kind == "regex":
        pattern = rule["pattern"]
        fits = _compiled(path, pattern).fullmatch(_text(value))
        return "" if fits else f"the value must match the regex {pattern} {shown}"
    if kind == "range":
        return _out_of_range(rule, value, shown)
    return ""


def _out_of_range(rule: Rule, value: Any, shown: str) -> str:
    if not _is_number(value):
        return f"the value must be a number {shown}"
    number = float(value)
    if "minValue" in rule and number < float(rule["minValue"]):
        return f"the value must be at least {_text(rule['minValue'])} {shown}"
    if "maxValue" in rule and number > float(rule["maxValue"]):
        return f"the value must be at most {_text(rule['maxValue'])} {shown}"
    return ""


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _resolved(path: str, value: Any) -> Any:
    """``auto:latest-lts`` and its kin as a version that exists."""
    if path == "spark_version" and isinstance(value, str) and value.startswith("auto:"):
        return catalogue.latest_lts("cpu-ml-" if value.endswith("-ml") else "")
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _compiled(path: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise exceptions.invalid_parameter(
            f"Policy definition for {path}: {pattern!r} is not a regular expression: {error}"
        ) from None
