"""A workflow's file as the model has it: its keywords, jobs, steps and what they name.

Source: docs.github.com, ``actions/reference/workflows-and-actions/workflow-syntax``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from modelyard.local.runner.pipeline.dependencies import check_circle
from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, kind_of
from modelyard.local.runner.pipeline.places import Place
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.local.workflows import (
    checking,
    declarations,
    events,
    keys,
    permissions,
    references,
    strategies,
    typed_values,
)
from modelyard.local.workflows.model import (
    CALL,
    DISPATCH,
    Given,
    Job,
    Source,
    Step,
    Workflow,
)
from modelyard.local.workflows.stand_ins import FIRST_STEP
from modelyard.reading import nearest

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def workflow(source: Source, problems: Problems) -> Workflow:
    """What a file says. Calls and actions aren't followed yet."""
    checking.check(source.root, problems)
    fields = Fields(source.root, "a workflow", keys.WORKFLOW, problems)
    found = events.of(fields)
    call = events.members(found, CALL, keys.CALL, problems)
    dispatch = events.members(found, DISPATCH, keys.DISPATCH, problems)
    identity = permissions.identity(*_permissions(fields), problems)
    jobs = tuple(_jobs(fields, identity, called=CALL in found))
    _check_needs(jobs, problems)
    return Workflow(
        source=source,
        place=source.root.place,
        name=fields.text("name") or PurePosixPath(source.path).name,
        events=frozenset(found),
        jobs=jobs,
        inputs=declarations.inputs(call, CALL) if call else {},
        secrets=declarations.secrets(call) if call else {},
        dispatch=declarations.inputs(dispatch, DISPATCH) if dispatch else {},
    )


def _permissions(fields: Fields) -> tuple[Node | None, Place]:
    return fields.values.get("permissions"), fields.place_of("permissions")


def _jobs(fields: Fields, identity: bool | None, *, called: bool) -> Iterator[Job]:
    """
    :param identity: what the workflow's permissions say.
    """
    node = fields.mapping("jobs")
    if node is None:
        fields.problems.add(fields.place_of("jobs"), "a workflow needs jobs")
        return
    for key, value in node:
        if not _ID.fullmatch(key.text):
            fields.problems.add(
                key.place,
                f"{key.text!r} can't be a job's id: letters, digits, - and _, "
                "and a letter or _ at first",
            )
        if isinstance(value, Mapping):
            job = _job(key, value, fields.problems)
            own = identity if job.identity is None else job.identity
            asks = own or (own is None and called)  # the job that calls it may have them
            begins = not job.uses and bool(job.environment or asks)
            yield replace(job, identity=own, begins_here=begins)
        else:
            fields.problems.add(value.place, f"a job is a mapping, not {kind_of(value)}")


def _job(key: Scalar, node: Mapping, problems: Problems) -> Job:
    fields = Fields(node, "a job", keys.JOB, problems)
    uses = fields.text("uses").strip()
    matrix = strategies.has_matrix(fields)
    _check_limits(fields)
    if uses:
        for name, place in fields.keys.items():
            if name not in keys.CALLING:
                problems.add(place.place, f"{name}: a job that calls a workflow can't have it")
    else:
        for name in ("runs-on", "steps"):
            if fields.node_of(name) is None:
                problems.add(key.place, f"the job {key.text} needs {name} (or uses)")
    secrets = fields.node_of("secrets")
    inherits = isinstance(secrets, Scalar) and secrets.text == "inherit"
    return Job(
        id=key.text,
        place=key.place,
        title=fields.text("name") or key.text,
        needs=fields.texts("needs"),
        condition=fields.text("if"),
        environment=_environment(fields),
        identity=permissions.identity(*_permissions(fields), problems),
        matrix=matrix,
        container=any(fields.node_of(name) is not None for name in ("container", "services")),
        steps=() if uses else tuple(_steps(fields)),
        uses=uses,
        reference=_called(fields, uses),
        given=tuple(given(fields, "with")),
        secrets=() if inherits else tuple(given(fields, "secrets")),
        inherits=inherits,
        node=node,
    )


def _called(fields: Fields, uses: str) -> references.Reference | None:
    reference = references.parse(uses) if uses else None
    if uses and (reference is None or not reference.is_workflow):
        fields.problems.add(
            fields.place_of("uses"),
            f"{uses} isn't a reusable workflow: OWNER/NAME/.github/workflows/FILE.yml@REF, "
            "or ./.github/workflows/FILE.yml",
        )
        return None
    return reference


def _environment(fields: Fields) -> str:
    node = fields.node_of("environment")
    if isinstance(node, Mapping):
        return Fields(node, "environment", keys.ENVIRONMENT, fields.problems).required("name")
    return fields.text("environment").strip()


def _steps(fields: Fields) -> Iterator[Step]:
    ids: dict[str, Place] = {}
    found = fields.list_of("steps")
    for node in found.items if found else ():
        if not isinstance(node, Mapping):
            fields.problems.add(node.place, f"a step is a mapping, not {kind_of(node)}")
            continue
        step = _step(Fields(node, "a step", keys.STEP, fields.problems))
        if step.id and (before := ids.setdefault(step.id.lower(), step.place)) is not step.place:
            fields.problems.add(
                step.place, f"the job has a step {step.id} already, in line {before.line}"
            )
        if step.id.lower() == FIRST_STEP:  # ids are the same in any case
            message = f"the id {step.id} is that of the step which a job begins with here"
            fields.problems.add(step.place, f"{message}: give this one another")
        yield step


def _check_limits(fields: Fields) -> None:
    """The ones that jobs and steps have."""
    typed_values.number(fields, "timeout-minutes")
    typed_values.truth(fields, "continue-on-error")


def _step(fields: Fields) -> Step:
    _check_limits(fields)
    uses, script = fields.text("uses").strip(), fields.text("run")
    if bool(uses) == bool(script):
        both = "run and uses, and can have only one" if uses else "neither run nor uses"
        fields.problems.add(fields.place, f"the step has {both}")
    reference = references.parse(uses) if uses else None
    if uses.startswith(references.DOCKER):
        fields.problems.add(
            fields.place_of("uses"), f"{uses}: a container action can't run on this machine itself"
        )
    elif uses and reference is None:
        fields.problems.add(
            fields.place_of("uses"), f"{uses} isn't an action: OWNER/NAME/FOLDER@REF, or ./FOLDER"
        )
    title = fields.text("name")
    shown = f"Run {uses or next(iter(script.strip().splitlines()), '')}"
    return Step(
        place=fields.place,
        title=title or shown,
        named=bool(title),
        id=fields.text("id"),
        condition=fields.text("if"),
        uses=uses,
        reference=reference,
        given=tuple(given(fields, "with")),
        script=tuple(
            Given(name, fields.text(name), fields.place_of(name))
            for name in ("run", "shell", "working-directory")
            if fields.node_of(name) is not None
        ),
        env=tuple(_env(fields)),
    )


def _env(fields: Fields) -> Iterator[Given]:
    node = fields.node_of("env")
    if isinstance(node, Scalar):
        yield Given("", node.text, node.place)
    elif isinstance(node, Mapping):
        yield from given(fields, "env")


def given(fields: Fields, name: str) -> Iterator[Given]:
    """The members of ``with``, ``secrets`` or ``env``."""
    for key, value in fields.mapping(name) or ():
        if isinstance(value, Scalar):
            yield Given(key.text, value.text, key.place)
        else:
            fields.problems.add(value.place, f"{key.text} is a text, not {kind_of(value)}")


def _check_needs(jobs: tuple[Job, ...], problems: Problems) -> None:
    known = {job.id.lower(): job.id for job in jobs}
    for job in jobs:
        for name in job.needs:
            if name.lower() not in known:
                near = nearest(name, known.values())
                problems.add(job.place, f"{job.id} needs {name}, and there is no such job{near}")
    graph = {
        job.id: tuple(known[name.lower()] for name in job.needs if name.lower() in known)
        for job in jobs
    }
    check_circle(graph, {job.id: job.place for job in jobs}, "job", problems)
