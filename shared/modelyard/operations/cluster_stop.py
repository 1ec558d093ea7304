"""cluster-stop: terminate a cluster, or delete it for ever."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.context import Context
from modelyard.databricks.clusters import cluster_stopping, clusters, libraries
from modelyard.databricks.clusters.clusters import Cluster
from modelyard.errors import NotFound
from modelyard.http import Session
from modelyard.operation import Operation, given, result
from modelyard.operations.clusters.cluster_inputs import NamedCluster, full_name
from modelyard.operations.inputs import times
from modelyard.operations.inputs.workspace_inputs import connect


@dataclass(frozen=True, kw_only=True)
class Inputs(NamedCluster):
    permanent: bool = given(
        "Delete the cluster for ever when it is terminated, its definition included.",
        default=False,
    )
    uninstall_libraries: bool = given(
        "Uninstall its libraries before, so that its next start begins without them.",
        default=False,
    )
    missing: str = given(
        "What to do when there is no such cluster: fail, or take it for stopped (ok). With ok "
        "naming no cluster at all is fine too: the step that should have started it failed.",
        default="fail",
        choices=("fail", "ok"),
    )
    timeout_minutes: float = given("Minutes until the cluster has to be terminated.", default=20.0)


@dataclass(frozen=True)
class Outputs:
    cluster_id: str | None = result("Id of the cluster; set when there is one.")
    state: str | None = result("TERMINATED, or DELETED when it is gone; set at the end.")
    action: str | None = result("terminated, deleted or left-alone; set at the end.")
    error: str | None = result("What went wrong; set when the step failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    if inputs.missing == "ok" and not inputs.cluster_id and not inputs.cluster_name:
        context.log.info("no cluster is named: there is nothing to stop")
        return Outputs(action="left-alone")
    timeout = times.time_out(inputs.timeout_minutes)
    name = full_name(inputs, context.environment)
    session = connect(inputs, context)
    cluster = _find(session, inputs, name)
    if cluster is None:
        context.log.info("cluster %s: there is none, left alone", name or inputs.cluster_id)
        return Outputs(action="left-alone")
    context.publish(cluster_id=cluster.cluster_id)
    if inputs.uninstall_libraries:
        _uninstall(session, cluster, context)
    stopped = cluster_stopping.stop(session, cluster, permanent=inputs.permanent, timeout=timeout)
    return Outputs(state=stopped.state, action=stopped.action)


def _find(session: Session, inputs: Inputs, name: str | None) -> Cluster | None:
    try:
        if name is None:
            return clusters.get(session, str(inputs.cluster_id))
    except NotFound:
        if inputs.missing == "ok":
            return None
        raise
    found = clusters.find(session, name)
    if found is None and inputs.missing == "fail":
        raise NotFound(
            f"there is no cluster {name} in {session.base}",
            cause="the name is wrong, or the cluster was deleted or terminated long ago",
            fix="correct the name, or set missing to ok",
        )
    return found


def _uninstall(session: Session, cluster: Cluster, context: Context) -> None:
    unwanted = libraries.unasked((), libraries.statuses(session, cluster.cluster_id))
    if not unwanted:
        context.log.info("%s: it has no libraries to uninstall", cluster.title)
        return
    if not session.read_only:
        libraries.uninstall(session, cluster.cluster_id, unwanted)
    verb = "would uninstall" if session.read_only else "uninstalled"
    context.log.info("%s: %s %d libraries", cluster.title, verb, len(unwanted))


OPERATION = Operation(
    name="cluster-stop",
    title="Terminate a cluster or delete it for ever",
    description="Terminates a cluster and waits until it is terminated. It can uninstall the "
    "cluster's libraries before, and delete the cluster for ever after.",
    group="Databricks",
    task_id="d612a0cb-b2a9-4709-96a9-e4da45a1852c",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    example="cluster-name: training\nmissing: ok",
)
