"""Attribute paths of a policy definition, read from and written to a cluster specification.

``spark_conf.spark.task.cpus`` is the key ``spark.task.cpus`` of ``spark_conf``; everywhere else a
dot goes one level down. ``*`` stands for every item of a list.
"""

from __future__ import annotations

from typing import Any

MAPS = frozenset({"spark_conf", "spark_env_vars", "custom_tags"})
"""Fields whose keys may hold dots themselves."""

SYNTHETIC = frozenset({"cluster_type", "dbus_per_hour"})
"""Attributes of a policy that are no fields of a cluster."""


def values_at(specification: dict[str, Any], path: str) -> list[Any]:
    """All values at a path; none when it isn't there."""
    found: list[Any] = [specification]
    for step in _steps(path):
        below: list[Any] = []
        for value in found:
            if isinstance(value, list) and step == "*":
                below += value
            elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
                below.append(value[int(step)])
            elif isinstance(value, dict) and value.get(step) is not None:
                below.append(value[step])
        found = below
    return found


def set_at(specification: dict[str, Any], path: str, value: Any) -> None:
    """Set a value where nothing is; paths that lead into anything but objects are left alone."""
    *outer, last = _steps(path)
    target: Any = specification
    for step in outer:
        if step == "*" or step.isdigit():
            return
        target = target.setdefault(step, {})
        if not isinstance(target, dict):
            return
    target[last] = value


def _steps(path: str) -> list[str]:
    first, _, rest = path.partition(".")
    if first in MAPS and rest:
        return [first, rest]
    return path.split(".")
