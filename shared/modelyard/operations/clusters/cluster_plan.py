"""What cluster-start will do: decided, and checked, before it does anything."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.clusters import (
    cluster_comparison,
    cluster_spec,
    clusters,
    policies,
    pools,
    preflight,
)
from modelyard.databricks.clusters.cluster_states import Phase
from modelyard.databricks.clusters.clusters import TOKEN_TAG, Cluster
from modelyard.databricks.clusters.policies import Policy
from modelyard.databricks.clusters.preflight import Limits
from modelyard.errors import AlreadyExists, NotFound, PermissionDenied
from modelyard.http import Session
from modelyard.operations.clusters.cluster_inputs import ClusterInputs

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """The decision."""

    action: str
    """created, updated, started or left-alone."""
    existing: Cluster | None
    spec: Mapping[str, Any]
    """The definition to create or to update to; empty when there is nothing to write."""
    token: str
    """Marks what this step creates."""

    @property
    def is_ours(self) -> bool:
        """Whether an earlier try of this very step created the cluster."""
        return self.existing is not None and self.existing.token == self.token


def make_plan(
    session: Session,
    inputs: ClusterInputs,
    asked: dict[str, Any],
    *,
    name: str | None,
    token: str,
    on_difference: str,
    limits: Limits,
) -> Plan:
    """Look, compare and check; nothing is written.

    :raises Ambiguous: when several clusters have the name.
    :raises PolicyViolation, InputError: when what would be created or started isn't allowed.
    :raises AlreadyExists: when the cluster differs and ``on_difference`` is ``fail``.
    """
    if name is None:
        existing: Cluster | None = clusters.get(session, str(inputs.cluster_id))
    else:
        existing = clusters.find(session, name)
    asked = _with_ids(session, inputs, asked)
    policy = _policy(session, asked, existing)
    imposed = policy.imposed if policy else {}
    if existing is None:
        cluster_spec.check_complete(asked, imposed)
        _check(session, asked, asked, policy, limits, token)
        return Plan("created", None, asked, token)
    differing = cluster_comparison.differences(asked, existing.body, imposed)
    fields = "; ".join(difference.text for difference in differing)
    if differing and on_difference == "fail":
        raise AlreadyExists(
            f"{existing.title} differs from what is asked for: {fields}",
            fix="change the inputs or the cluster, or set on-difference to update or leave",
        )
    if differing and on_difference == "update":
        whole = cluster_comparison.merged(asked, existing.body)
        changed = {difference.field: asked[difference.field] for difference in differing}
        cluster_spec.check(whole)
        _check(session, whole, changed, policy, limits, token)
        log.info("%s differs: %s", existing.title, fields)
        return Plan("updated", existing, whole, token)
    if differing:
        log.info("%s differs and is left as it is: %s", existing.title, fields)
    if existing.phase in (Phase.STOPPED, Phase.STOPPING):
        preflight.check_limits(existing.body, limits)
        return Plan("started", existing, {}, token)
    return Plan("left-alone", existing, {}, token)


def _check(
    session: Session,
    whole: Mapping[str, Any],
    changed: Mapping[str, Any],
    policy: Policy | None,
    limits: Limits,
    token: str,
) -> None:
    if policy is not None:
        tags = {TOKEN_TAG: token, **(whole.get("custom_tags") or {})}
        policies.check({**whole, "custom_tags": tags}, policy)
    preflight.check_limits(whole, limits, policy.imposed if policy else None)
    preflight.check_offer(session, changed)


def _with_ids(session: Session, inputs: ClusterInputs, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Names of a policy and a pool made ids; defaults of a policy asked for."""
    found = dict(asked)
    if inputs.policy_name:
        found["policy_id"] = policies.find(session, inputs.policy_name).policy_id
    if inputs.instance_pool_name:
        found["instance_pool_id"] = pools.required(session, inputs.instance_pool_name).pool_id
        cluster_spec.check(found)
    if found.get("policy_id"):
        found.setdefault("apply_policy_default_values", True)
    return found


def _policy(session: Session, asked: Mapping[str, Any], existing: Cluster | None) -> Policy | None:
    if asked.get("policy_id"):
        return policies.get(session, str(asked["policy_id"]))
    has = existing.body.get("policy_id") if existing is not None else None
    if not has:
        return None
    try:
        return policies.get(session, str(has))
    except (NotFound, PermissionDenied) as error:
        log.debug("the cluster's policy can't be read, so the service checks it: %s", error.what)
        return None
