"""library-install: the libraries of a cluster as they were asked for, all usable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.context import Context
from modelyard.databricks.clusters import cluster_waiting, clusters, libraries, library_spec
from modelyard.databricks.clusters.cluster_states import Phase
from modelyard.databricks.clusters.clusters import Cluster
from modelyard.databricks.clusters.library_spec import Library
from modelyard.errors import ClusterFailed, NotFound
from modelyard.http import Session
from modelyard.operation import Operation, Structure, given, result
from modelyard.operations.clusters.cluster_inputs import NamedCluster, full_name
from modelyard.operations.inputs import times
from modelyard.operations.inputs.workspace_inputs import connect


@dataclass(frozen=True, kw_only=True)
class Inputs(NamedCluster):
    libraries: Structure = given(
        "A list of requirements (name==1.0), of paths of wheels where the cluster sees them, or "
        "of objects of the REST API; or a file with it.",
        file=True,
        multiline=True,
    )
    prune: bool = given(
        "Uninstall the cluster's other libraries. They go when it restarts.", default=False
    )
    timeout_minutes: float = given("Minutes until every library has to be usable.", default=20.0)


@dataclass(frozen=True)
class Outputs:
    cluster_id: str | None = result("Id of the cluster; set as soon as it is known.")
    installed: int | None = result(
        "Number of libraries installed by this step; set when all are ready."
    )
    already_there: int | None = result(
        "Number of libraries that were there; set when all are ready."
    )
    restart_needed: bool | None = result(
        "Whether libraries are marked that only go when the cluster restarts."
    )
    error: str | None = result("What went wrong; set when the step failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    name = full_name(inputs, context.environment)
    wanted = library_spec.parse(inputs.libraries)
    timeout = times.time_out(inputs.timeout_minutes)
    session = connect(inputs, context)
    cluster = _running(session, inputs, name)
    context.publish(cluster_id=cluster.cluster_id)
    there = libraries.statuses(session, cluster.cluster_id)
    absent = libraries.missing(wanted, there)
    unwanted = libraries.unasked(wanted, there) if inputs.prune else ()
    _warn_of_other_versions(context, wanted, libraries.unasked(wanted, there), inputs.prune)
    present = len(wanted) - len(absent)
    if session.read_only:
        _say(context, cluster, "would install", absent)
        _say(context, cluster, "would uninstall at its next restart", unwanted)
        return Outputs(installed=0, already_there=present, restart_needed=bool(unwanted))
    if unwanted:
        libraries.uninstall(session, cluster.cluster_id, unwanted)
        _say(context, cluster, "uninstalls at its next restart", unwanted)
    if absent:
        libraries.install(session, cluster.cluster_id, absent)
    libraries.log_plan(cluster.title, absent, present)
    last = libraries.until_usable(
        session,
        cluster.cluster_id,
        wanted,
        timeout=timeout,
        requested=absent,
    )
    leaving = libraries.leaving(last)
    if leaving:
        context.log.warning(
            "%s has to restart before %s is gone",
            cluster.title,
            ", ".join(library.title for library in leaving),
        )
    return Outputs(installed=len(absent), already_there=present, restart_needed=bool(leaving))


def _running(session: Session, inputs: Inputs, name: str | None) -> Cluster:
    if name is None:
        cluster = clusters.get(session, str(inputs.cluster_id))
    else:
        found = clusters.find(session, name)
        if found is None:
            raise NotFound(
                f"there is no cluster {name} in {session.base}",
                fix="correct the name, or start the cluster with cluster-start first",
            )
        cluster = found
    if cluster.phase in (Phase.READY, Phase.STARTING):
        if session.read_only:
            return cluster
        timeout = times.time_out(inputs.timeout_minutes)
        return cluster_waiting.until_running(
            session, cluster.cluster_id, timeout=timeout, created=True
        )
    raise ClusterFailed(
        f"{cluster.title} is {cluster.state}: libraries are installed on a running cluster only",
        cause=cluster.detail,
        fix="start it with cluster-start first (it takes libraries itself, too)",
    )


def _warn_of_other_versions(
    context: Context, wanted: Sequence[Library], others: Sequence[Library], prune: bool
) -> None:
    projects = {library.project for library in wanted if library.project}
    for other in others:
        if other.project in projects and not prune:
            context.log.warning(
                "the cluster has %s too; prune: true removes it, and which one wins isn't certain",
                other.title,
            )


def _say(context: Context, cluster: Cluster, verb: str, which: Sequence[Library]) -> None:
    for library in which:
        context.log.info("%s: %s %s", cluster.title, verb, library.title)


OPERATION = Operation(
    name="library-install",
    title="Install libraries on a running cluster",
    description="Installs the libraries that a cluster doesn't have yet, waits until every "
    "library can be used, and reports each that failed with what pip said.",
    group="Databricks",
    task_id="216623a8-8f4b-4b38-8aeb-a57b31f25161",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    example="cluster-name: training\nlibraries: examples/wine-quality/libraries.yml",
)
