"""Deployment jobs: their environment, strategy and life-cycle hooks.

Source: learn.microsoft.com, ``pipelines/process/deployment-jobs``, ``yaml-schema/jobs-deployment``.
"""

from __future__ import annotations

from dataclasses import replace

from modelyard.local.runner.pipeline.building import Building
from modelyard.local.runner.pipeline.fields import Fields, is_late
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar
from modelyard.local.runner.pipeline.plan import Deployment, Environment, Hook, Number, Place, Step
from modelyard.local.runner.pipeline.pools import pool
from modelyard.local.runner.pipeline.problems import listed
from modelyard.local.runner.pipeline.steps import download_inputs, has_keyword, steps
from modelyard.local.runner.pipeline.structure import HOOKS

STRATEGIES = {"runOnce": (), "rolling": ("maxParallel",), "canary": ("increments",)}
"""And the keys of its own that each has."""
ENDINGS = ("success", "failure")
DOWNLOAD = "DownloadPipelineArtifact"


def deployment(fields: Fields, building: Building) -> Deployment:
    """What a deployment job has beside a job.

    :param fields: those of the job.
    """
    environment = _environment(fields, building)
    node = fields.mapping("strategy")
    if node is None:
        if not isinstance(fields.node_of("strategy"), (Mapping, Scalar)):
            message = f"a deployment needs a strategy: {listed(STRATEGIES)}"
            building.problems.add(fields.place, message)
        return Deployment(environment, "runOnce", {})
    outer = Fields(node, "the strategy of a deployment", STRATEGIES, building.problems)
    names = list(outer.values)
    if len(names) != 1:
        message = f"the strategy of a deployment is one of {listed(STRATEGIES)}"
        building.problems.add(node.place, message)
        return Deployment(environment, names[0] if names else "runOnce", {})
    name = names[0]
    inner = outer.mapping(name)
    if inner is None:
        building.problems.add(outer.place_of(name), f"{name} needs the hook deploy")
        return Deployment(environment, name, {})
    keys = (*STRATEGIES[name], *HOOKS, "on")
    strategy = Fields(inner, f"the strategy {name}", keys, building.problems)
    return Deployment(
        environment,
        name,
        _hooks(strategy, building),
        max_parallel=_share(strategy),
        increments=_increments(strategy),
    )


def _environment(fields: Fields, building: Building) -> Environment:
    node = fields.node_of("environment")
    if isinstance(node, Scalar):
        name, _, resource = node.text.strip().partition(".")
        return Environment(name, node.place, resource)
    if isinstance(node, Mapping):
        keys = ("name", "resourceName", "resourceId", "resourceType", "tags")
        inner = Fields(node, "an environment", keys, building.problems)
        tags = [part.strip() for text in inner.texts("tags") for part in text.split(",")]
        return Environment(
            inner.required("name"),
            node.place,
            inner.text("resourceName"),
            inner.text("resourceType"),
            tuple(tag for tag in tags if tag),
        )
    place = node.place if node else fields.place
    building.problems.add(place, "a deployment needs an environment: its name, or a mapping")
    return Environment("", place)


def _hooks(strategy: Fields, building: Building) -> dict[str, Hook]:
    found: dict[str, Hook] = {}
    for name in HOOKS:
        if (node := strategy.mapping(name)) is not None:
            found[name] = _hook(name, node, building)
    on = strategy.mapping("on")
    if on is not None:
        endings = Fields(on, "on", ENDINGS, building.problems)
        for name in ENDINGS:
            if (node := endings.mapping(name)) is not None:
                found[name] = _hook(name, node, building)
    if not found:
        building.problems.add(strategy.place, f"{strategy.what} needs the hook deploy")
    return found


def _hook(name: str, node: Mapping, building: Building) -> Hook:
    fields = Fields(node, f"the hook {name}", ("steps", "pool"), building.problems)
    listed_steps = fields.node_of("steps")
    found = steps(listed_steps, building)
    where = pool(fields.node_of("pool"), building)
    if name == "deploy" and not (where and where.server):
        found = (*_downloads(listed_steps, found, node.place, building), *found)
    return Hook(name, found, node.place, where)


def _downloads(
    node: Node | None, found: tuple[Step, ...], place: Place, building: Building
) -> list[Step]:
    """The service puts them before a deployment's own steps, unless one of those downloads."""
    if has_keyword(node, "download") or any(one.task.lower() == DOWNLOAD.lower() for one in found):
        return []
    step = Step(DOWNLOAD, "2", place, keyword="download", implicit=True)
    sources = ["current", *(one.alias for one in building.resources.pipelines)]
    return [
        replace(step, subject=one, inputs=download_inputs(one, {}, place, building))
        for one in sources
    ]


def _share(strategy: Fields) -> str:
    text = strategy.text("maxParallel").strip()
    if text and not is_late(text) and not text.removesuffix("%").isdecimal():
        message = f"maxParallel is a number or a share such as 25%, not {text!r}"
        strategy.problems.add(strategy.place_of("maxParallel"), message)
    return text


def _increments(strategy: Fields) -> tuple[Number, ...]:
    found: list[Number] = []
    for one in strategy.scalars("increments"):
        text = one.text.strip()
        if is_late(text):
            found.append(text)
        elif text.isdecimal() and 0 < int(text) <= 100:
            found.append(int(text))
        else:
            strategy.problems.add(one.place, f"an increment is a per cent, 1 to 100, not {text!r}")
    return tuple(found)
