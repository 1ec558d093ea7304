"""instance-pool: a pool as it was asked for, or no pool any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelyard.context import Context
from modelyard.databricks.clusters import cluster_spec, pools, preflight
from modelyard.databricks.clusters.pools import Pool
from modelyard.errors import InputError, ServiceError
from modelyard.http import Session
from modelyard.operation import Operation, Structure, given, result
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs, connect


@dataclass(frozen=True, kw_only=True)
class Inputs(WorkspaceInputs):
    pool_name: str = given("Exact name of the instance pool.")
    ensure: str = given(
        "present: get, create or update the pool. absent: delete it for ever.",
        default="present",
        choices=("present", "absent"),
    )
    node_type: str | None = given(
        "Node type of its instances. Needed to create it; a pool keeps it for ever.",
        default=None,
        visible_when="ensure = present",
    )
    min_idle_instances: int | None = given(
        "Instances kept ready, at no use too.",
        default=None,
        visible_when="ensure = present",
    )
    max_capacity: int | None = given(
        "Most instances, idle ones included.",
        default=None,
        visible_when="ensure = present",
    )
    idle_autotermination_minutes: int | None = given(
        "Minutes after which an idle instance beyond the kept ones goes, 0 to 10000.",
        default=None,
        visible_when="ensure = present",
    )
    preloaded_spark_version: str | None = given(
        "Runtime that its instances have loaded already. A pool keeps it for ever.",
        default=None,
        visible_when="ensure = present",
    )
    elastic_disk: bool | None = given(
        "Attach disks when they fill up. A pool keeps it for ever.",
        default=None,
        visible_when="ensure = present",
    )
    custom_tags: Structure | None = given(
        "Tags of the machines: a mapping.",
        default=None,
        multiline=True,
        visible_when="ensure = present",
    )
    azure_availability: str | None = given(
        "Whether spot instances are used.",
        default=None,
        choices=("ON_DEMAND_AZURE", "SPOT_AZURE", "SPOT_WITH_FALLBACK_AZURE"),
        visible_when="ensure = present",
    )


@dataclass(frozen=True)
class Outputs:
    pool_id: str | None = result("Id of the pool; set as soon as it is known.")
    action: str | None = result("created, updated, deleted or left-alone; set at the end.")
    error: str | None = result("What went wrong; set when the step failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    asked = _asked_for(inputs)
    session = connect(inputs, context)
    pool = pools.find(session, inputs.pool_name)
    if pool is not None:
        context.publish(pool_id=pool.pool_id)
    if inputs.ensure == "absent":
        return _delete(session, inputs.pool_name, pool, context)
    if pool is None:
        return _create(session, asked, context)
    differing = pools.differences(asked, pool)
    if not differing:
        context.log.info("instance pool %s (%s): left alone", pool.name, pool.pool_id)
        return Outputs(action="left-alone")
    fields = "; ".join(one.text for one in differing)
    pools.check_mendable(pool, differing)
    if session.read_only:
        context.log.info("instance pool %s: would update it: %s", pool.name, fields)
        return Outputs(action="updated")
    pools.edit(session, pool, asked)
    _check_taken(session, pool, asked)
    context.log.info("instance pool %s (%s): updated: %s", pool.name, pool.pool_id, fields)
    return Outputs(action="updated")


def _asked_for(inputs: Inputs) -> dict[str, Any]:
    least, most = inputs.min_idle_instances, inputs.max_capacity
    minutes = inputs.idle_autotermination_minutes
    if not 1 <= len(inputs.pool_name) <= 100:
        raise InputError(f"pool-name has {len(inputs.pool_name)} characters; 1 to 100 are allowed")
    if (least is not None and least < 0) or (most is not None and most < 1):
        raise InputError("min-idle-instances is below 0, or max-capacity below 1")
    if least is not None and most is not None and least > most:
        raise InputError(f"min-idle-instances is {least}, more than max-capacity, {most}")
    if minutes is not None and not 0 <= minutes <= 10000:
        raise InputError(f"idle-autotermination-minutes is {minutes}, not between 0 and 10000")
    version, availability = inputs.preloaded_spark_version, inputs.azure_availability
    tags = inputs.custom_tags
    asked = {
        "instance_pool_name": inputs.pool_name,
        "node_type_id": inputs.node_type,
        "min_idle_instances": least,
        "max_capacity": most,
        "idle_instance_autotermination_minutes": minutes,
        "preloaded_spark_versions": [version] if version else None,
        "enable_elastic_disk": inputs.elastic_disk,
        "custom_tags": None if tags is None else cluster_spec.texts(tags, "custom-tags"),
        "azure_attributes": {"availability": availability} if availability else None,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _create(session: Session, asked: dict[str, Any], context: Context) -> Outputs:
    name = asked["instance_pool_name"]
    if "node_type_id" not in asked:
        raise InputError(
            f"there is no instance pool {name}, and to create it node-type is missing",
            fix="give node-type, or correct the name",
        )
    runtime = next(iter(asked.get("preloaded_spark_versions", ())), None)
    preflight.check_offer(
        session, {"node_type_id": asked["node_type_id"], "spark_version": runtime}
    )
    if session.read_only:
        context.log.info("instance pool %s: would create it", name)
        return Outputs(action="created")
    pool_id = pools.create(session, asked, shield=context.shield)
    context.log.info("instance pool %s (%s): created", name, pool_id)
    return Outputs(pool_id=pool_id, action="created")


def _delete(session: Session, name: str, pool: Pool | None, context: Context) -> Outputs:
    if pool is None:
        context.log.info("instance pool %s: there is none, left alone", name)
        return Outputs(action="left-alone")
    if session.read_only:
        context.log.info("instance pool %s: would delete it for ever", name)
        return Outputs(action="deleted")
    pools.delete(session, pool.pool_id)
    context.log.info("instance pool %s (%s): deleted for ever", name, pool.pool_id)
    return Outputs(action="deleted")


def _check_taken(session: Session, pool: Pool, asked: dict[str, Any]) -> None:
    """A service that silently keeps a field is caught here."""
    still = pools.differences(asked, pools.get(session, pool.pool_id))
    if still:
        raise ServiceError(
            f"the service took the change of the instance pool {pool.name} and kept "
            + "; ".join(one.text for one in still)
        )


OPERATION = Operation(
    name="instance-pool",
    title="Create, update or delete an instance pool",
    description="Gets or creates an instance pool by its exact name, compares it with what is "
    "asked for and updates what a pool can change, or deletes it.",
    group="Databricks",
    task_id="f41ff8f1-fb95-4d47-8968-d1b0dbedf047",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    example="pool-name: training\nnode-type: Standard_DS3_v2\nmin-idle-instances: 0\n"
    "max-capacity: 10\nidle-autotermination-minutes: 15",
)
