"""Jobs, from their expanded mappings.

Source: learn.microsoft.com, ``yaml-schema/jobs-job``, ``jobs-deployment``; ``process/phases``.
"""

from __future__ import annotations

from modelyard.local.runner.pipeline.building import Building
from modelyard.local.runner.pipeline.containers import container, services
from modelyard.local.runner.pipeline.dependencies import Named, named, resolve_jobs
from modelyard.local.runner.pipeline.deployments import deployment
from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, Sequence, kind_of
from modelyard.local.runner.pipeline.plan import CHECKOUT, Job, Pool, Step
from modelyard.local.runner.pipeline.pools import pool
from modelyard.local.runner.pipeline.steps import has_keyword, steps
from modelyard.local.runner.pipeline.strategies import strategy
from modelyard.local.runner.pipeline.variable_sources import variable_sources
from modelyard.reading import nearest

KINDS = ("job", "deployment", "template")
COMMON = (
    "displayName",
    "dependsOn",
    "condition",
    "continueOnError",
    "timeoutInMinutes",
    "cancelTimeoutInMinutes",
    "variables",
    "strategy",
    "pool",
    "container",
    "services",
    "workspace",
    "uses",
    "templateContext",
)
CLEAN = ("outputs", "resources", "all")


def jobs(node: Node | None, inherited: Pool | None, building: Building) -> tuple[Job, ...]:
    """The jobs of a stage, each with all it depends on.

    :param inherited: the pool of the stage or pipeline.
    """
    if node is None or (isinstance(node, Scalar) and not node.text.strip()):
        return ()
    if not isinstance(node, Sequence):
        building.problems.add(node.place, f"jobs is a list, not {kind_of(node)}")
        return ()
    found: list[tuple[Mapping, str]] = []
    for item in node.items:
        if (mapping := building.expect_mapping(item, "a job")) is None or not mapping.entries:
            continue
        kind = next((key.text for key, _ in mapping if key.text in KINDS), "")
        if not kind:
            key = mapping.entries[0][0]
            message = "this is no job: it has none of job, deployment or template"
            building.problems.add(key.place, message + nearest(key.text, KINDS))
            continue
        building.first_key(mapping, kind, "a job")
        found.append((mapping, kind))
    names = named([(item, kind) for item, kind in found], "Job", building)
    built = [_job(one, inherited, building) for one in names]
    return resolve_jobs(built, names, building.problems)


def _job(one: Named, inherited: Pool | None, building: Building) -> Job:
    is_deployment = one.kind == "deployment"
    own = ("environment",) if is_deployment else ("steps",)
    known = (one.kind, *own, *COMMON)
    what = "a deployment" if is_deployment else "a job"
    fields = Fields(one.node, what, known, building.problems)
    if is_deployment and one.name.lower() == "deploy":
        message = "the documentation calls deploy unsupported as the name of a deployment"
        building.problems.warn(fields.place, message)
    return job(fields, one.name, inherited, building, is_deployment=is_deployment)


def job(
    fields: Fields,
    name: str,
    inherited: Pool | None,
    building: Building,
    *,
    is_deployment: bool = False,
) -> Job:
    """One job. Its dependencies are still as written: :func:`.dependencies.resolve_jobs`.

    :param fields: of the job, or of a pipeline that is one.
    """
    building.job = name
    where = pool(fields.node_of("pool"), building) or inherited
    workspace = fields.mapping("workspace")
    clean = ""
    if workspace is not None:
        clean = Fields(workspace, "workspace", ("clean",), building.problems).choice("clean", CLEAN)
    uses = fields.mapping("uses")
    used = Fields(uses, "uses", ("repositories", "pools"), building.problems) if uses else None
    for key in ("timeoutInMinutes", "cancelTimeoutInMinutes", "continueOnError"):
        building.runtime(fields.node_of(key))
    result = Job(
        name,
        fields.place,
        display_name=fields.text("displayName"),
        depends_on=fields.texts("dependsOn"),
        condition=building.condition(fields.scalar("condition"), "job"),
        steps=() if is_deployment else _steps(fields, where, building),
        deployment=deployment(fields, building) if is_deployment else None,
        strategy=None if is_deployment else strategy(fields.mapping("strategy"), building),
        pool=where,
        container=container(fields.node_of("container"), building),
        services=services(fields.mapping("services"), building),
        variables=variable_sources(fields.node_of("variables"), building),
        timeout_minutes=fields.number("timeoutInMinutes", 60),
        cancel_timeout_minutes=fields.number("cancelTimeoutInMinutes", 5),
        continue_on_error=fields.truth("continueOnError", False),
        workspace_clean=clean,
        uses_repositories=used.texts("repositories") if used else (),
        uses_pools=used.texts("pools") if used else (),
    )
    building.job = ""
    return result


def _steps(fields: Fields, where: Pool | None, building: Building) -> tuple[Step, ...]:
    node = fields.node_of("steps")
    found = steps(node, building)
    if (where and where.server) or has_keyword(node, "checkout"):
        return found
    checkout = Step(
        CHECKOUT,
        "",
        fields.place,
        keyword="checkout",
        subject="self",
        inputs={"repository": "self"},
        implicit=True,
    )
    return (checkout, *found)
