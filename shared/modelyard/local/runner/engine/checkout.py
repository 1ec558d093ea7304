"""The checkout step.

Source: learn.microsoft.com, ``repos/multi-repo-checkout`` ("Checkout path") and
``yaml-schema/steps-checkout``; the agent's ``PluginInternalCommandExtension.cs`` (which variables
follow a path).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from modelyard.local.runner.engine import working_copy
from modelyard.local.runner.engine.value_expansion import set_fact
from modelyard.local.runner.engine.working_copy import CheckoutFailed
from modelyard.local.runner.job import Job
from modelyard.local.runner.pipeline.plan import CHECKOUT, Plan, Step

SELF = "self"


def repository_folder(plan: Plan, alias: str) -> Path | None:
    """Where a repository lies on this machine; None where nobody said."""
    if alias.lower() == SELF:
        return plan.root
    for one in plan.pipeline.resources.repositories:
        if one.alias.lower() == alias.lower():
            return one.folder
    return None


def check_out(
    step: Step,
    steps: tuple[Step, ...],
    plan: Plan,
    job: Job,
    log: Callable[[str], None],
    *,
    in_place: bool,
) -> None:
    """Bring a repository into the job's folder.

    :param steps: all of the job: where several repositories are checked out, each has a folder of
        its own.
    :raises CheckoutFailed: when it isn't there or its path leads out of the job's folder.
    """
    alias = step.inputs.get("repository", step.subject).strip() or SELF
    folder = repository_folder(plan, alias)
    if folder is None:
        raise CheckoutFailed(
            f"where the repository {alias} lies isn't known: give it with --repository {alias}=PATH"
        )
    several = sum(one.task == CHECKOUT for one in steps) > 1
    target = _target(step, alias, plan, job, several)
    if in_place and alias.lower() == SELF:
        _link(target, folder)
        log(f"{target} is {folder} itself: the job works in place")
    else:
        count = working_copy.copy(folder, target)
        log(f"{count} files of {folder} are in {target}")
    if not several:
        for name in ("Build.SourcesDirectory", "System.DefaultWorkingDirectory"):
            set_fact(job.variables, name, str(target))
    if not several or alias.lower() == SELF:
        set_fact(job.variables, "Build.Repository.LocalPath", str(target))


def _target(step: Step, alias: str, plan: Plan, job: Job, several: bool) -> Path:
    path = job.variables.expand(step.inputs.get("path", "")).strip()
    if path:
        target = (job.folders.build / path).resolve()
        if not target.is_relative_to(job.folders.build.resolve()):
            raise CheckoutFailed(f"path: {path} leads out of the job's folder")
        return target
    return job.folders.sources / _name(alias, plan) if several else job.folders.sources


def _name(alias: str, plan: Plan) -> str:
    """The last part of the repository's name."""
    if alias.lower() == SELF:
        return working_copy.source(plan.root).name
    for one in plan.pipeline.resources.repositories:
        if one.alias.lower() == alias.lower() and one.name:
            return one.name.rpartition("/")[2]
    return alias


def _link(target: Path, folder: Path) -> None:
    if target.is_symlink():
        return
    if target.exists():
        target.rmdir()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(folder.resolve(), target_is_directory=True)
