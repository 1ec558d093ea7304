"""Checked before anything is created or started: cost, and what the workspace has to offer.

A cluster that nobody stops costs money until somebody notices, and a wrong node type is found out
by the service only minutes later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.clusters.cluster_spec import most_workers
from modelyard.errors import InputError, PolicyViolation
from modelyard.http import Session
from modelyard.reading import nearest

API = "/api/2.1/clusters"
_UNCHECKED = ("custom:", "auto:")
"""Beginnings of runtimes that the list of versions doesn't have."""
_UNAVAILABLE = frozenset({"NotAvailableInRegion", "NotEnabledOnSubscription"})


@dataclass(frozen=True)
class Limits:
    """What this project allows itself."""

    autotermination_required: bool = True
    most_autotermination_minutes: int | None = None
    most_workers: int | None = None


def check_limits(
    spec: Mapping[str, Any], limits: Limits, imposed: Mapping[str, str] | None = None
) -> None:
    """Whether the cluster will stop by itself, and stays small enough.

    :param spec: the whole definition of the cluster that will run.
    :param imposed: what a policy puts in where the spec leaves it out.
    :raises PolicyViolation: with everything that is wrong.
    """
    imposed = imposed or {}
    problems = [
        *_minutes_problems(spec, limits, imposed),
        *_workers_problems(spec, limits, imposed),
    ]
    if problems:
        raise PolicyViolation(
            "; ".join(problems),
            cause="the inputs of this step set these limits; nothing was created or started",
            fix="change autotermination-minutes or the number of workers, or the limit",
        )


def _minutes_problems(
    spec: Mapping[str, Any], limits: Limits, imposed: Mapping[str, str]
) -> list[str]:
    minutes = spec.get("autotermination_minutes", imposed.get("autotermination_minutes"))
    number = int(minutes or 0)
    if not number:
        if limits.autotermination_required:
            return ["autotermination-minutes isn't set: an idle cluster would run for ever"]
        return []
    most = limits.most_autotermination_minutes
    if most is not None and number > most:
        return [f"it terminates after {number} idle minutes; max-autotermination-minutes is {most}"]
    return []


def _workers_problems(
    spec: Mapping[str, Any], limits: Limits, imposed: Mapping[str, str]
) -> list[str]:
    most, workers = limits.most_workers, most_workers(spec)
    if workers is None:
        workers = int(imposed.get("num_workers", imposed.get("autoscale.max_workers", 0)))
    if most is None or workers <= most:
        return []
    return [f"it may grow to {workers} workers; max-workers-allowed is {most}"]


def check_offer(session: Session, spec: Mapping[str, Any]) -> None:
    """Whether the workspace offers the node types and the runtime.

    :raises InputError: with everything that it doesn't.
    """
    problems = []
    wanted = {str(spec[name]) for name in ("node_type_id", "driver_node_type_id") if spec.get(name)}
    if wanted:
        types = _node_types(session)
        problems += [text for one in sorted(wanted) if (text := _type_problem(one, types))]
    version = str(spec.get("spark_version") or "")
    if version and not version.startswith(_UNCHECKED):
        listed = session.get(f"{API}/spark-versions").get("versions") or []
        keys = [str(one.get("key")) for one in listed]
        if version not in keys:
            problems.append(
                f"spark-version {version} isn't offered{nearest(version, keys)}; offered are "
                + ", ".join(keys)
            )
    if problems:
        raise InputError(f"{session.base} can't make this cluster: " + "; ".join(problems))


def _node_types(session: Session) -> dict[str, frozenset[str]]:
    """Node types with what keeps them from being used."""
    listed = session.get(f"{API}/list-node-types").get("node_types") or []
    return {
        str(one.get("node_type_id")): frozenset((one.get("node_info") or {}).get("status") or ())
        for one in listed
    }


def _type_problem(name: str, types: Mapping[str, frozenset[str]]) -> str:
    if name not in types:
        return f"there is no node type {name}{nearest(name, types)}"
    status = types[name] & _UNAVAILABLE
    return f"node type {name}: {', '.join(sorted(status))}" if status else ""
