"""What exists against what was asked for: which fields differ, and the definition that mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.clusters.cluster_spec import (
    FIELDS,
    FROM_POOL,
    MAPPINGS,
    SINGLE_NODE_CONF,
    SINGLE_NODE_TAGS,
    is_single_node,
)
from modelyard.databricks.clusters.clusters import TOKEN_TAG

NOT_DESCRIBED = frozenset({"apply_policy_default_values", "init_scripts_safe_mode"})
"""Fields of a request that no description of a cluster has."""
SIZE = ("num_workers", "autoscale")
_SAME = {
    "DATA_SECURITY_MODE_STANDARD": "USER_ISOLATION",
    "DATA_SECURITY_MODE_DEDICATED": "SINGLE_USER",
}
"""Aliases in the reference; the service may answer with either."""


@dataclass(frozen=True)
class Difference:
    """A field that isn't as it was asked for."""

    field: str
    text: str
    """``num_workers 1, asked for 2``. Of mappings the names only: the values may be secrets."""


def differences(
    asked: Mapping[str, Any], existing: Mapping[str, Any], imposed: Mapping[str, str] | None = None
) -> tuple[Difference, ...]:
    """The fields of ``asked`` that differ in an existing cluster; others aren't looked at.

    :param existing: the answer of ``clusters/get``.
    :param imposed: what a policy adds by itself, by path (``spark_conf.spark.speculation``).
    """
    found = []
    for name in sorted(asked):
        if name in NOT_DESCRIBED:
            continue
        wanted, has = asked[name], _existing(name, existing)
        if name in MAPPINGS:
            names = _differing_names(name, wanted, has or {}, imposed or {})
            if names:
                found.append(Difference(name, f"{name} in {', '.join(names)}"))
        elif not _fits(name, wanted, has) and not _was_resolved(name, wanted, existing):
            shown = "unset" if has is None else has
            found.append(Difference(name, f"{name} {shown}, asked for {wanted}"))
    return tuple(found)


def merged(asked: Mapping[str, Any], existing: Mapping[str, Any]) -> dict[str, Any]:
    """A whole definition for ``clusters/edit``: what exists, with what was asked for put in."""
    source = existing.get("spec") or existing
    base = {name: source[name] for name in FIELDS if source.get(name) is not None}
    if any(name in asked for name in SIZE):
        for name in SIZE:
            base.pop(name, None)
        if is_single_node(base) and not is_single_node(asked):
            _drop(base, "spark_conf", SINGLE_NODE_CONF)
            _drop(base, "custom_tags", SINGLE_NODE_TAGS)
            base.pop("is_single_node", None)
    elif "autoscale" in base:
        base.pop("num_workers", None)  # then it is how many there are now
    if "node_type_id" in asked and "instance_pool_id" not in asked:
        base.pop("instance_pool_id", None)
        base.pop("driver_instance_pool_id", None)
    result = {**base, **asked}
    if result.get("instance_pool_id"):
        for name in FROM_POOL:
            if name not in asked:
                result.pop(name, None)
    mark = (existing.get("custom_tags") or {}).get(TOKEN_TAG)
    if mark and "custom_tags" in asked:
        result["custom_tags"] = {**asked["custom_tags"], TOKEN_TAG: mark}
    return result


def _existing(name: str, existing: Mapping[str, Any]) -> Any:
    if name == "num_workers" and existing.get("autoscale"):
        return "autoscale"
    if name == "driver_node_type_id":
        return existing.get(name) or existing.get("node_type_id")
    if name == "driver_instance_pool_id":
        return existing.get(name) or existing.get("instance_pool_id")
    return existing.get(name)


def _was_resolved(name: str, wanted: Any, existing: Mapping[str, Any]) -> bool:
    """Whether the service was given just this and made something else of it."""
    given = (existing.get("spec") or {}).get(name)
    return name not in SIZE and given is not None and _fits(name, wanted, given)


def _fits(name: str, wanted: Any, has: Any) -> bool:
    if has is None:
        return not wanted  # the service leaves out what is 0, false or empty
    if isinstance(wanted, Mapping):
        return isinstance(has, Mapping) and all(
            _fits(key, value, has.get(key))
            for key, value in wanted.items()
            if key != "basic_auth"  # never shown again
        )
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return (
            isinstance(has, Sequence)
            and len(has) == len(wanted)
            and all(_fits(name, one, other) for one, other in zip(wanted, has, strict=True))
        )
    return bool(_SAME.get(str(wanted), wanted) == _SAME.get(str(has), has))


def _differing_names(
    field: str, wanted: Mapping[str, str], has: Mapping[str, str], imposed: Mapping[str, str]
) -> list[str]:
    differing = {name for name, value in wanted.items() if has.get(name) != value}
    differing |= {
        name
        for name in has
        if name not in wanted and name != TOKEN_TAG and f"{field}.{name}" not in imposed
    }
    return sorted(differing)


def _drop(base: dict[str, Any], field: str, entries: Mapping[str, str]) -> None:
    kept = {
        name: value for name, value in (base.get(field) or {}).items() if entries.get(name) != value
    }
    base[field] = kept
