"""The jobs that a deployment's strategy makes of its life-cycle hooks, and their order.

Source: learn.microsoft.com, ``process/deployment-jobs`` ("Deployment strategies", "Support for
output variables") and ``build/variables`` ("Deployment job variables").
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from modelyard.local.runner.engine.copies import Copy
from modelyard.local.runner.pipeline.plan import Deployment, Hook, Job, Number
from modelyard.local.runner.pipeline.structure import HOOKS

LOCAL = "local"
"""The resource that an environment has of which nobody said any."""
_FIRST, _LAST = ("preDeploy",), ("success", "failure")
_CYCLES = {"preDeploy": "PreIteration", "success": "PostIteration", "failure": "PostIteration"}
_ACTIONS = {"success": "promote", "failure": "reject"}


@dataclass(frozen=True)
class Rollout:
    """A deployment as rounds of jobs: the next begins when all of one have succeeded."""

    rounds: tuple[tuple[Copy, ...], ...]
    success: tuple[Copy, ...]
    failure: tuple[Copy, ...]


def rollout(
    job: Job,
    deployment: Deployment,
    environment: str,
    resources: Sequence[str],
    whole_number: Callable[[Number], int],
) -> Rollout:
    """What a deployment does.

    :param environment: the environment's name, macros filled in.
    :param resources: of the environment, those that it deploys to.
    """
    maker = _Maker(job, deployment, environment)
    hooks = [deployment.hooks[name] for name in HOOKS if name in deployment.hooks]
    endings = {name: deployment.hooks.get(name) for name in _LAST}
    if deployment.strategy == "rolling":
        targets = list(resources) or [LOCAL]
        rounds = [
            tuple(maker.copy(hook, resource=one) for one in batch)
            for batch in _batches(targets, deployment.max_parallel, whole_number)
            for hook in hooks
        ]
        ends = {
            name: tuple(maker.copy(hook, resource=one) for one in targets) if hook else ()
            for name, hook in endings.items()
        }
        return Rollout(tuple(rounds), ends["success"], ends["failure"])
    resource = resources[0] if resources else ""
    ends = {
        name: (maker.copy(hook, resource=resource),) if hook else ()
        for name, hook in endings.items()
    }
    if deployment.strategy == "canary":
        first = [(maker.copy(one, resource=resource),) for one in hooks if one.name in _FIRST]
        rest = [
            (maker.copy(one, resource=resource, increment=str(whole_number(increment))),)
            for increment in deployment.increments
            for one in hooks
            if one.name not in _FIRST
        ]
        return Rollout((*first, *rest), ends["success"], ends["failure"])
    once = tuple((maker.copy(one, resource=resource),) for one in hooks)
    return Rollout(once, ends["success"], ends["failure"])


def _batches(
    targets: list[str], share: str, whole_number: Callable[[Number], int]
) -> Iterator[list[str]]:
    """So many at a time; of a share at least one."""
    size = len(targets)
    if share.endswith("%"):
        size = max(1, math.floor(len(targets) * whole_number(share[:-1]) / 100))
    elif share:
        size = max(1, whole_number(share))
    for start in range(0, len(targets), size):
        yield targets[start : start + size]


def _number(*names: str) -> str:
    """A number for what the service would number: the same in every run."""
    return str(zlib.crc32("/".join(names).lower().encode()))


class _Maker:
    def __init__(self, job: Job, deployment: Deployment, environment: str) -> None:
        self._job, self._deployment, self._environment = job, deployment, environment

    def copy(self, hook: Hook, *, resource: str = "", increment: str = "") -> Copy:
        strategy = self._deployment.strategy
        rolling = strategy == "rolling"
        part = increment or (resource if rolling else "")
        name = f"{hook.name}_{part}" if part else hook.name
        alone = len(self._deployment.hooks) == 1 and not part
        pool = hook.pool or self._job.pool
        return Copy(
            name=self._job.name if alone else name,
            title=self._job.title if alone else f"{self._job.title} {name}",
            steps=hook.steps,
            facts=self._facts(hook, resource, increment),
            prefixes=self._prefixes(hook, name, resource),
            server=pool is not None and pool.server,
        )

    def _prefixes(self, hook: Hook, name: str, resource: str) -> tuple[str, ...]:
        """``A.`` and ``Deploy.`` of a deployment A that runs once: the documentation has both."""
        found = [f"{name}."]
        if self._deployment.strategy == "runOnce":
            if hook.name == "deploy":
                found.append(f"{self._job.name}.")
            if resource:
                found.append(f"{hook.name}_{resource}.")
        return tuple(found)

    def _facts(self, hook: Hook, resource: str, increment: str) -> dict[str, str]:
        facts = {
            "Environment.Id": _number(self._environment),
            "Environment.Name": self._environment,
            "Strategy.Name": self._deployment.strategy,
            "Strategy.CycleName": _CYCLES.get(hook.name, "Iteration"),
            "Strategy.Action": _ACTIONS.get(hook.name, "deploy"),
        }
        if resource:
            facts["Environment.ResourceId"] = _number(self._environment, resource)
            facts["Environment.ResourceName"] = resource
        if increment:
            facts["Strategy.Increment"] = increment
        return facts
