"""A plan as YAML: what the service's preview calls ``finalYaml``.

Every stage, job and step is there with what it says, short forms as their tasks, inputs by the
names they were written by; steps that the service adds to a job are not. Reading the text gives the
same plan again.

Source: learn.microsoft.com, REST ``pipelines/preview`` (``finalYaml``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from modelyard.local.runner.pipeline.plan import (
    CHECKOUT,
    Deployment,
    Job,
    Matrix,
    Pipeline,
    Plan,
    Pool,
    Stage,
    Step,
    Target,
    Variable,
    VariableSource,
)
from modelyard.local.runner.pipeline.render_resources import container, resources, said
from modelyard.local.runner.pipeline.structure import HOOKS


class _Dumper(yaml.SafeDumper):
    """Texts over several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML calls it so
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def render(plan: Plan) -> str:
    """The expanded YAML."""
    return yaml.dump(
        _pipeline(plan.pipeline), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000
    )


def _pipeline(one: Pipeline) -> dict[str, Any]:
    return said(
        name=one.name,
        appendCommitMessageToRunName=None if one.append_commit_message else False,
        **one.triggers,
        resources=resources(one.resources),
        variables=_variables(one.variables),
        pool=_pool(one.pool),
        lockBehavior=one.lock_behavior,
        stages=[_stage(stage, one.pool) for stage in one.stages],
    )


def _variables(found: Iterable[VariableSource]) -> list[dict[str, Any]] | None:
    result: list[dict[str, Any]] = []
    for one in found:
        if isinstance(one, Variable):
            read_only = {"readonly": True} if one.read_only else {}
            result.append({"name": one.name, "value": one.value, **read_only})
        else:
            result.append({"group": one.name})
    return result or None


def _pool(one: Pool | None) -> Any:
    if one is None:
        return None
    if one.server:
        return "server"
    return said(name=one.name, vmImage=one.vm_image, demands=list(one.demands) or None)


def _stage(one: Stage, inherited: Pool | None) -> dict[str, Any]:
    return {
        "stage": one.name,
        **said(displayName=one.display_name),
        "dependsOn": list(one.depends_on),
        **said(
            condition=one.condition,
            trigger=one.trigger if one.trigger != "automatic" else None,
            isSkippable=None if one.skippable else False,
            lockBehavior=one.lock_behavior,
            variables=_variables(one.variables),
            pool=_pool(one.pool) if one.pool != inherited else None,
        ),
        "jobs": [_job(job, one.pool) for job in one.jobs],
    }


def _job(one: Job, inherited: Pool | None) -> dict[str, Any]:
    head = {"deployment" if one.deployment else "job": one.name}
    uses = said(
        repositories=list(one.uses_repositories) or None, pools=list(one.uses_pools) or None
    )
    fields = said(
        displayName=one.display_name,
        dependsOn=list(one.depends_on) or None,
        condition=one.condition,
        continueOnError=one.continue_on_error or None,
        timeoutInMinutes=one.timeout_minutes if one.timeout_minutes != 60 else None,
        cancelTimeoutInMinutes=(
            one.cancel_timeout_minutes if one.cancel_timeout_minutes != 5 else None
        ),
        variables=_variables(one.variables),
        pool=_pool(one.pool) if one.pool != inherited else None,
        container=container(one.container),
        services={name: container(each) for name, each in one.services.items()},
        workspace=said(clean=one.workspace_clean),
        uses=uses,
    )
    if one.deployment:
        return {**head, **fields, **_deployment(one.deployment)}
    strategy = _strategy(one)
    written = [step for step in one.steps if not step.implicit]
    body = [_step(step) for step in written]
    if not one.server and not any(step.task == CHECKOUT for step in one.steps):
        body.insert(0, {"checkout": "none"})
    return {**head, **fields, **said(strategy=strategy), "steps": body}


def _strategy(one: Job) -> dict[str, Any]:
    if one.strategy is None:
        return {}
    most = one.strategy.max_parallel or None
    if isinstance(one.strategy, Matrix):
        legs = one.strategy.legs
        matrix = f"$[{legs}]" if isinstance(legs, str) else {k: dict(v) for k, v in legs.items()}
        return said(matrix=matrix, maxParallel=most)
    return said(parallel=one.strategy.count, maxParallel=most)


def _deployment(one: Deployment) -> dict[str, Any]:
    environment = one.environment
    strategy: dict[str, Any] = said(
        maxParallel=one.max_parallel, increments=list(one.increments) or None
    )
    endings: dict[str, Any] = {}
    for name, hook in one.hooks.items():
        steps = [_step(step) for step in hook.steps if not step.implicit]
        downloads = any(step.task == "DownloadPipelineArtifact" for step in hook.steps)
        server = hook.pool is not None and hook.pool.server
        if name == "deploy" and not downloads and not server:
            steps.insert(0, {"download": "none"})
        target = strategy if name in HOOKS else endings
        target[name] = said(pool=_pool(hook.pool)) | {"steps": steps}
    if endings:
        strategy["on"] = endings
    return {
        "environment": said(
            name=environment.name,
            resourceName=environment.resource_name,
            resourceType=environment.resource_type,
            tags=",".join(environment.tags),
        ),
        "strategy": {one.strategy: strategy},
    }


def _step(one: Step) -> dict[str, Any]:
    if one.task == CHECKOUT:
        inputs = {key: value for key, value in one.inputs.items() if key != "repository"}
        head: dict[str, Any] = {"checkout": one.subject, **inputs}
    else:
        inputs = {one.written.get(name, name): value for name, value in one.inputs.items()}
        head = {"task": one.reference, **said(inputs=inputs)}
    return head | said(
        name=one.name,
        displayName=one.display_name,
        condition=one.condition,
        enabled=None if one.enabled is True else one.enabled,
        continueOnError=one.continue_on_error or None,
        timeoutInMinutes=one.timeout_minutes or None,
        retryCountOnTaskFailure=one.retry_count or None,
        env=dict(one.env),
        target=_target(one.target),
    )


def _target(one: Target | None) -> Any:
    if one is None:
        return None
    settable: Any = None
    if one.settable_variables is not None:
        settable = list(one.settable_variables) or "none"
    if settable is None and one.commands == "any":
        return one.container
    return said(
        container=one.container,
        commands=one.commands if one.commands != "any" else None,
        settableVariables=settable,
    )
