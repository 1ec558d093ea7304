"""From a workflow's file to the plan: what it calls is read too, and all of it checked.

What is looked at: the YAML, keywords, expressions, the graph of jobs, that called workflows are
there and get the inputs and secrets that they declare, and the same of actions that lie on this
machine. What expressions give isn't known here: act evaluates them.

Source: docs.github.com, ``actions/how-tos/reuse-automations/reuse-workflows`` and
``actions/reference/workflows-and-actions/metadata-syntax``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from modelyard.local.runner.pipeline.nodes import Mapping as MappingNode
from modelyard.local.runner.pipeline.places import Place
from modelyard.local.runner.pipeline.planning import repository_root
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.local.workflows import checking, declarations, reading, references
from modelyard.local.workflows.contexts import asked_for
from modelyard.local.workflows.expressions.spans import BEGIN
from modelyard.local.workflows.files import Files
from modelyard.local.workflows.given import check_given
from modelyard.local.workflows.model import (
    Action,
    Job,
    Plan,
    Source,
    Step,
    Workflow,
)
from modelyard.local.workflows.permissions import IDENTITY, granted
from modelyard.local.workflows.stand_ins import STAND_INS
from modelyard.local.workflows.typed_values import typed_value
from modelyard.reading import nearest
from modelyard.runner_errors import PipelineError

LEVELS = 10
"""Of workflows that call each other, the first one counted."""
CHECKOUT = "actions/checkout"
_DEFINITIONS = ("action.yml", "action.yaml")


def plan(file: Path, repositories: Mapping[str, Path], root: Path | None = None) -> Plan:
    """The plan of a workflow.

    :param repositories: folders of other repositories, by ``OWNER/NAME``.
    :param root: the repository's folder; else the nearest above the file that has ``.git``.
    :raises PipelineError: with everything that is wrong.
    """
    problems = Problems()
    root = root or repository_root(file)
    folders = {name.lower(): folder for name, folder in repositories.items()}
    files = Files(root, folders, problems)
    found = _Planning(files).main(file.resolve().relative_to(root.resolve()).as_posix())
    if problems.found or found is None:
        raise PipelineError.of(problems.found)
    sources = tuple(one for one in files.sources.values() if one is not None)
    return replace(
        found,
        repositories=folders,
        sources=sources,
        warnings=tuple(problems.warnings),
    )


class _Planning:
    def __init__(self, files: Files) -> None:
        self.files = files
        self.problems = files.problems
        self.unchecked: list[tuple[Place, str]] = []
        self._actions: set[tuple[str, str]] = set()
        """Those whose own expressions are checked: several steps may use one."""

    def main(self, path: str) -> Plan | None:
        source = self.files.read("", path, Place(path, 1, 1))
        if source is None:
            return None
        workflow = self._followed(reading.workflow(source, self.problems), (), None)
        everything = [one.root for one in self.files.sources.values() if one is not None]
        return Plan(
            workflow,
            self.files.root,
            {},
            (),
            secrets=asked_for("secrets", [source.root]),
            variables=asked_for("vars", everything),
            unchecked=tuple(self.unchecked),
        )

    def _followed(
        self, workflow: Workflow, above: tuple[tuple[str, str], ...], identity: bool | None
    ) -> Workflow:
        """
        :param identity: whether the job that calls it may ask for identity tokens; None: nobody
            calls it.
        """
        here = (workflow.source.repository.lower(), workflow.source.path)
        jobs = []
        for job in workflow.jobs:
            if job.reference is not None:
                called = self._called(job, workflow, (*above, here), identity)
                jobs.append(replace(job, workflow=called))
            else:
                steps = tuple(self._step(one, workflow) for one in job.steps)
                jobs.append(replace(job, steps=steps))
        return replace(workflow, jobs=tuple(jobs))

    def _called(
        self,
        job: Job,
        caller: Workflow,
        above: tuple[tuple[str, str], ...],
        identity: bool | None,
    ) -> Workflow | None:
        assert job.reference is not None
        repository = job.reference.repository or caller.source.repository
        if self.files.folder(repository) is None:
            self.problems.add(
                job.place, unknown_repository(repository, f"{job.id} calls {job.uses}")
            )
            return None
        if (repository.lower(), job.reference.path) in above:
            self.problems.add(job.place, f"{job.uses} calls itself")
            return None
        if len(above) >= LEVELS:
            self.problems.add(job.place, f"more than {LEVELS} workflows call each other")
            return None
        source = self.files.read(repository, job.reference.path, job.place)
        if source is None:
            return None
        called = reading.workflow(source, self.problems)
        if "workflow_call" not in called.events:
            self.problems.add(job.place, f"{job.uses} has no on: workflow_call")
        what = f"the workflow {job.uses}"
        check_given(self.problems, job.place, job.given, called.inputs, f"input of {what}")
        for one in job.given:
            declared = called.inputs.get(one.name.lower())
            if declared is not None and BEGIN not in one.value:
                typed_value(one.value, declared, one.place, self.problems)
        if job.inherits:
            pass  # which there are only GitHub knows
        else:
            check_given(self.problems, job.place, job.secrets, called.secrets, f"secret of {what}")
        given = granted(job.identity, identity)
        asking = next((one for one in called.jobs if one.identity), None)
        if asking is not None and not given:
            self.problems.add(
                job.place,
                f"{job.id} calls {job.uses}, whose job {asking.id} asks for the permission "
                f"{IDENTITY}: write, and doesn't have it itself: add it to its permissions",
            )
            given = True  # told: what it calls in turn has no mistake of its own
        return self._followed(called, above, given)

    def _step(self, step: Step, workflow: Workflow) -> Step:
        reference = step.reference
        if reference is None:
            return step
        name = reference.repository.lower()
        if name == CHECKOUT:
            return step
        if name in STAND_INS:
            inputs = STAND_INS[name].inputs
            if reference.path:
                self.problems.add(step.place, f"{step.uses} can't run here")
            check_given(self.problems, step.place, step.given, inputs, f"input of {step.uses}")
            return step
        in_workspace = step.uses.startswith(references.WORKSPACE)
        repository = reference.repository
        if not repository and not in_workspace:
            repository = workflow.source.repository
        folder = self.files.folder(repository)
        if folder is None:
            self.unchecked.append((step.place, step.uses))
            return step
        definition = self._definition(folder / reference.path)
        if definition is None:
            where = f"looked for {_DEFINITIONS[0]} in {folder / reference.path}"
            near = _near(folder, reference.path)
            message = f"there is no action {step.uses}{near}, {where}"
            if in_workspace:  # the job may put it there
                self.problems.warn(step.place, message)
            else:
                self.problems.add(step.place, message)
            return step
        source = self.files.read(
            repository, f"{reference.path}/{definition}".lstrip("/"), step.place
        )
        if source is None:
            return step
        self._check_action(source)
        node = source.root.get("inputs")
        mapping = node if isinstance(node, MappingNode) else None
        inputs = declarations.of_action(mapping, self.problems)
        check_given(
            self.problems, step.place, step.given, inputs, f"input of {step.uses}", strict=False
        )
        return replace(step, action=Action(source, folder / reference.path, inputs))

    @staticmethod
    def _definition(folder: Path) -> str | None:
        return next((one for one in _DEFINITIONS if (folder / one).is_file()), None)

    def _check_action(self, source: Source) -> None:
        key = (source.repository.lower(), source.path)
        if key not in self._actions:
            self._actions.add(key)
            checking.check_action(source.root, self.problems)


def unknown_repository(repository: str, what: str) -> str:
    """What to say of a repository that isn't on this machine.

    :param what: who needs it.
    """
    return (
        f"{what}: where {repository} lies on this machine isn't known: "
        f"give it with --repository {repository}=PATH"
    )


def _near(folder: Path, path: str) -> str:
    """The nearest action beside the one that isn't there."""
    parent = (folder / path).parent
    if not parent.is_dir():
        return ""
    names = [one.parent.name for one in parent.glob("*/action.y*ml")]
    return nearest(Path(path).name, names)
