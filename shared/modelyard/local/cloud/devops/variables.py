"""Variables of pipelines and of variable groups: their names count without case.

Source: learn.microsoft.com, "Define variables".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.devops import exceptions

Json = dict[str, Any]


def taken(given: Mapping[str, Any], before: Mapping[str, Any]) -> Json:
    """Variables as they are kept: a secret that comes without a value keeps its own.

    Raises DevOpsError for two that differ in case alone: what the service makes of them isn't
    documented.
    """
    old = {name.lower(): one for name, one in before.items()}
    found: Json = {}
    for name, one in given.items():
        if name.lower() in map(str.lower, found):
            raise exceptions.invalid("variables", f"The variable {name} is there twice.")
        known = old.get(name.lower()) or {}
        found[name] = dict(one or {})
        if is_secret(found[name]) and is_secret(known) and found[name].get("value") is None:
            found[name]["value"] = known.get("value")
    return found


def shown(kept: Mapping[str, Any]) -> Json:
    """Variables as a client gets them: no value of a secret comes out of the service."""
    return {name: {**one, "value": None} if is_secret(one) else one for name, one in kept.items()}


def is_secret(variable: Mapping[str, Any]) -> bool:
    return bool(variable.get("isSecret"))
