"""Stages and the pipeline itself, from the expanded tree.

Source: learn.microsoft.com, ``yaml-schema/stages-stage`` and ``yaml-schema/pipeline`` (its forms).
"""

from __future__ import annotations

from modelyard.local.runner.pipeline.building import Building
from modelyard.local.runner.pipeline.dependencies import Named, named, resolve_stages
from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.jobs import job, jobs
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, Sequence, kind_of
from modelyard.local.runner.pipeline.plan import (
    DEFAULT_JOB,
    DEFAULT_STAGE,
    Parameter,
    Pipeline,
    Pool,
    Stage,
)
from modelyard.local.runner.pipeline.pools import pool
from modelyard.local.runner.pipeline.problems import listed
from modelyard.local.runner.pipeline.structure import CONSTANT
from modelyard.local.runner.pipeline.variable_sources import variable_sources
from modelyard.reading import nearest

FORMS = ("stages", "jobs", "steps")
LOCKS = ("sequential", "runLatest")
PIPELINE_KEYS = (
    "name",
    "appendCommitMessageToRunName",
    "parameters",
    "resources",
    "variables",
    "lockBehavior",
    "pool",
    *CONSTANT,
)
JOB_KEYS = ("strategy", "continueOnError", "container", "services", "workspace", "uses", "steps")
"""What a pipeline that is one job has of a job."""
STAGE_KEYS = (
    "stage",
    "group",
    "displayName",
    "pool",
    "dependsOn",
    "condition",
    "variables",
    "jobs",
    "lockBehavior",
    "trigger",
    "isSkippable",
    "templateContext",
)


def pipeline(root: Mapping, parameters: tuple[Parameter, ...], building: Building) -> Pipeline:
    """The pipeline of an expanded file."""
    forms = [key.text for key, _ in root if key.text in FORMS]
    form = forms[0] if forms else ""
    if len(forms) != 1:
        what = f"a pipeline has one of {listed((*FORMS, 'extends'))}"
        which = f", not {' and '.join(forms)}" if forms else ": there is none"
        hints = [nearest(key.text, FORMS) for key, _ in root if key.text not in PIPELINE_KEYS]
        building.problems.add(root.place, what + which + next(filter(None, hints), ""))
    known = (*PIPELINE_KEYS, *FORMS, *(JOB_KEYS if form == "steps" else ()))
    fields = Fields(root, "a pipeline", known, building.problems)
    where = pool(fields.node_of("pool"), building)
    return Pipeline(
        root.place,
        _stages(fields, form, where, building),
        name=fields.text("name"),
        parameters=parameters,
        variables=variable_sources(fields.node_of("variables"), building),
        resources=building.resources,
        pool=where,
        lock_behavior=fields.choice("lockBehavior", LOCKS),
        triggers={key: fields.plain(key) for key in CONSTANT if key in fields},
        append_commit_message=fields.truth("appendCommitMessageToRunName", True) is not False,
    )


def _stages(fields: Fields, form: str, where: Pool | None, building: Building) -> tuple[Stage, ...]:
    if form == "stages":
        found_stages = stages(fields.node_of("stages"), where, building)
        if not found_stages and not building.problems.found:
            building.problems.add(fields.place_of(form), "a pipeline needs at least one stage")
        return found_stages
    building.stage = DEFAULT_STAGE
    if form == "jobs":
        found = jobs(fields.node_of("jobs"), where, building)
    elif form == "steps":
        own = Mapping(
            [(key, value) for key, value in fields.node if key.text in JOB_KEYS], fields.place
        )
        inner = Fields(own, "a job", JOB_KEYS, building.problems)
        found = (job(inner, DEFAULT_JOB, where, building),)
    else:
        return ()
    if not found and not building.problems.found:
        building.problems.add(fields.place_of(form), "a pipeline needs at least one job")
    return (Stage(DEFAULT_STAGE, fields.place, found, pool=where),)


def stages(node: Node | None, where: Pool | None, building: Building) -> tuple[Stage, ...]:
    """The stages, each with all it depends on."""
    if not isinstance(node, Sequence):
        if node is not None:
            building.problems.add(node.place, f"stages is a list, not {kind_of(node)}")
        return ()
    found: list[tuple[Mapping, str]] = []
    for item in node.items:
        if (mapping := building.expect_mapping(item, "a stage")) is None or not mapping.entries:
            continue
        if not any(key.text == "stage" for key, _ in mapping):
            key = mapping.entries[0][0]
            message = "this is no stage: it has neither stage nor template"
            building.problems.add(key.place, message + nearest(key.text, ("stage", "template")))
            continue
        building.first_key(mapping, "stage", "a stage")
        found.append((mapping, "stage"))
    names = named(found, "Stage", building)
    return resolve_stages([_stage(one, where, building) for one in names], names, building.problems)


def _stage(one: Named, inherited: Pool | None, building: Building) -> Stage:
    building.stage = one.name
    fields = Fields(one.node, "a stage", STAGE_KEYS, building.problems)
    where = pool(fields.node_of("pool"), building) or inherited
    if isinstance(fields.values.get("jobs"), Scalar | None) and fields.node_of("jobs") is None:
        building.problems.warn(fields.place, f"the stage {one.name} has no jobs")
    return Stage(
        one.name,
        fields.place,
        jobs(fields.node_of("jobs"), where, building),
        display_name=fields.text("displayName"),
        depends_on=fields.texts("dependsOn"),
        condition=building.condition(fields.scalar("condition"), "stage"),
        variables=variable_sources(fields.node_of("variables"), building),
        pool=where,
        lock_behavior=fields.choice("lockBehavior", LOCKS),
        trigger=fields.choice("trigger", ("manual", "automatic"), "automatic"),
        skippable=fields.truth("isSkippable", True) is not False,
    )
