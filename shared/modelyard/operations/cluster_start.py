"""cluster-start: a cluster as it was asked for, running, with all its libraries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modelyard.context import Context
from modelyard.databricks.clusters import (
    cluster_editing,
    cluster_stopping,
    cluster_waiting,
    clusters,
    libraries,
    library_spec,
    preflight,
)
from modelyard.databricks.clusters.clusters import Cluster
from modelyard.databricks.clusters.library_spec import Library
from modelyard.http import Session
from modelyard.operation import Operation, Structure, given, result
from modelyard.operations.clusters.cluster_inputs import ClusterInputs, asked_for, full_name
from modelyard.operations.clusters.cluster_keeping import Keeper
from modelyard.operations.clusters.cluster_plan import Plan, make_plan
from modelyard.operations.inputs import times
from modelyard.operations.inputs.workspace_inputs import connect

_LIMITS = "Limits"


@dataclass(frozen=True, kw_only=True)
class Inputs(ClusterInputs):
    libraries: Structure | None = given(
        "Libraries to install: a list of requirements (name==1.0), of paths of wheels, or of "
        "objects of the REST API; or a file with it.",
        default=None,
        file=True,
        multiline=True,
    )
    on_difference: str = given(
        "What to do when the cluster exists and differs from what is given here: update it (a "
        "running one restarts, which interrupts what others run on it), leave it as it is, or "
        "fail.",
        default="update",
        choices=("update", "leave", "fail"),
    )
    release: str = given(
        "What happens at the end of the job. A cluster that this step created or started is "
        "terminated; one that it created is deleted for ever with permanent-delete, and with auto "
        "when it has a name-suffix. A cluster that was running already is never touched.",
        default="auto",
        choices=("auto", "terminate", "permanent-delete", "none"),
    )
    max_workers_allowed: int | None = given(
        "Refuse a cluster that may grow beyond this.", default=None, group=_LIMITS
    )
    max_autotermination_minutes: int | None = given(
        "Refuse a cluster that may be idle for longer.", default=None, group=_LIMITS
    )
    allow_no_autotermination: bool = given(
        "Accept a cluster that never terminates itself.", default=False, group=_LIMITS
    )
    timeout_minutes: float = given(
        "Minutes until the cluster has to be ready, libraries included.", default=30.0
    )


@dataclass(frozen=True)
class Outputs:
    cluster_id: str | None = result("Id of the cluster; set as soon as it is known.")
    cluster_url: str | None = result("Its page; set with cluster-id.")
    state: str | None = result("Its state, such as RUNNING; set when known, also on failure.")
    created: bool | None = result("Whether this step created it; set with cluster-id.")
    action: str | None = result(
        "created, updated, started or left-alone; in a dry run what would be done."
    )
    error: str | None = result("What went wrong; set when the step failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    name = full_name(inputs, context.environment)
    asked = asked_for(inputs, name)
    wanted = library_spec.parse(inputs.libraries) if inputs.libraries is not None else ()
    session = connect(inputs, context)
    plan = make_plan(
        session,
        inputs,
        asked,
        name=name,
        token=context.idempotency_token("cluster-start", session.base, name or inputs.cluster_id),
        on_difference=inputs.on_difference,
        limits=preflight.Limits(
            autotermination_required=not inputs.allow_no_autotermination,
            most_autotermination_minutes=inputs.max_autotermination_minutes,
            most_workers=inputs.max_workers_allowed,
        ),
    )
    seconds = times.time_out(inputs.timeout_minutes)
    if session.read_only:
        return _foretell(plan, session, wanted, context)
    left = _timer(context, seconds)
    keeper = Keeper(context, inputs.release, for_this_run=bool(inputs.name_suffix))
    with keeper.terminating_when_cancelled(session):
        cluster = _bring_up(plan, keeper, session, context, left)
        if _bring_libraries(session, cluster, wanted, left):
            cluster = clusters.get(session, cluster.cluster_id)
            context.publish(state=cluster.state)
            cluster_waiting.require_ready(cluster)
    return Outputs(state=cluster.state)


def release(state: dict[str, str], inputs: Inputs, context: Context) -> None:
    cluster_stopping.release(connect(inputs, context), state)


def _bring_up(
    plan: Plan, keeper: Keeper, session: Session, context: Context, left: Callable[[], float]
) -> Cluster:
    if plan.existing is None:
        cluster_id, edited = _create(plan, keeper, session, context), None
    else:
        cluster_id, edited = _update(plan, plan.existing, keeper, session, context, left)

    action = "created" if plan.is_ours else plan.action
    if action in ("created", "updated"):
        context.publish(action=action)

    def starting(cluster: Cluster) -> None:
        keeper.existing(cluster, created=False)
        context.log.info("%s: starting it", cluster.title)
        if "action" not in context.published:
            context.publish(action="started")

    cluster = cluster_waiting.until_running(
        session,
        cluster_id,
        timeout=left(),
        created=plan.existing is None,
        edited=edited,
        starting=starting,
    )
    if "action" not in context.published:
        context.log.info("%s: running already, left alone", cluster.title)
        context.publish(action="left-alone")
    context.publish(state=cluster.state)
    return cluster


def _create(plan: Plan, keeper: Keeper, session: Session, context: Context) -> str:
    name = str(plan.spec["cluster_name"])
    keeper.new(name, plan.token)
    cluster_id = clusters.create(session, plan.spec, plan.token, shield=context.shield)
    keeper.known(cluster_id)
    _publish(context, session, cluster_id, created=True)
    context.log.info("cluster %s (%s): created, %s", name, cluster_id, _url(session, cluster_id))
    return cluster_id


def _update(
    plan: Plan,
    existing: Cluster,
    keeper: Keeper,
    session: Session,
    context: Context,
    left: Callable[[], float],
) -> tuple[str, Cluster | None]:
    """The id, and what the cluster was when an edit restarts it."""
    _publish(context, session, existing.cluster_id, created=plan.is_ours)
    context.publish(state=existing.state)
    if plan.is_ours:
        context.log.info("%s: an earlier try of this step created it", existing.title)
        keeper.existing(existing, created=True)
    if plan.action != "updated":
        return existing.cluster_id, None
    before = cluster_waiting.until_editable(session, existing, timeout=left())
    cluster_editing.edit(session, existing.cluster_id, plan.spec)
    restarts = before.state == "RUNNING"
    context.log.info("%s: updated%s", existing.title, ", it restarts" if restarts else "")
    return existing.cluster_id, before if restarts else None


def _bring_libraries(
    session: Session, cluster: Cluster, wanted: Sequence[Library], left: Callable[[], float]
) -> bool:
    """Whether the cluster has any library, all of which can be used now."""
    there = libraries.statuses(session, cluster.cluster_id)
    if not wanted and not there:
        return False
    absent = libraries.missing(wanted, there)
    if absent:
        libraries.install(session, cluster.cluster_id, absent)
    libraries.log_plan(cluster.title, absent, len(wanted) - len(absent))
    libraries.until_usable(session, cluster.cluster_id, wanted, timeout=left(), requested=absent)
    return True


def _foretell(plan: Plan, session: Session, wanted: Sequence[Library], context: Context) -> Outputs:
    """What a dry run says."""
    if plan.existing is None:
        name = plan.spec["cluster_name"]
        context.log.info("cluster %s: would create it", name)
        for library in wanted:
            context.log.info("cluster %s: would install %s", name, library.title)
        return Outputs(created=False, action=plan.action)
    cluster = plan.existing
    _publish(context, session, cluster.cluster_id, created=False)
    verb = {"updated": "would update it", "started": "would start it"}.get(plan.action)
    context.log.info("%s: %s", cluster.title, verb or "would leave it alone")
    absent = libraries.missing(wanted, libraries.statuses(session, cluster.cluster_id))
    for library in absent:
        context.log.info("%s: would install %s", cluster.title, library.title)
    return Outputs(state=cluster.state, action=plan.action)


def _publish(context: Context, session: Session, cluster_id: str, *, created: bool) -> None:
    context.publish(cluster_id=cluster_id, cluster_url=_url(session, cluster_id), created=created)


def _url(session: Session, cluster_id: str) -> str:
    return clusters.url(session, cluster_id)


def _timer(context: Context, seconds: float) -> Callable[[], float]:
    """Seconds that are left."""
    end = context.clock.monotonic() + seconds
    return lambda: end - context.clock.monotonic()


OPERATION = Operation(
    name="cluster-start",
    title="Create, update or start a cluster and wait until it is ready",
    description="Finds a cluster by its id or exact name, creates or updates it to what is asked "
    "for, starts it, installs libraries, and waits until it runs and every library can be used. "
    "What it created or started is stopped at the end of the job.",
    group="Databricks",
    task_id="066a07b6-101e-4c54-b4f5-322338bc9019",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    release=release,
    example="cluster-name: training\n"
    "spark-version: 15.4.x-cpu-ml-scala2.12\nnode-type: Standard_DS3_v2\n"
    "min-workers: 1\nmax-workers: 4\nautotermination-minutes: 30\n"
    "libraries: examples/wine-quality/libraries.yml",
)
