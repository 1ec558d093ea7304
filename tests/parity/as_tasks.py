"""Steps as tasks, with what the agent of Azure Pipelines gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard import operations
from modelyard.local.runner.job import Job, start_job
from modelyard.local.runner.predefined_variables import Build, Folders
from modelyard.local.runner.task_definition import read
from modelyard.local.runner.task_environment import TaskStep
from modelyard.local.runner.variables import Variable, Variables
from modelyard.operation import Operation
from parity.checkout import new_repository
from parity.task_run import run_post_job, run_task
from parity.ways import OUTPUT, Outcome, Outcomes, Place, Step, copied


def run_as_tasks(place: Place, steps: Sequence[Step]) -> Outcomes:
    """Tasks of one job, one after the other, then their post-job handlers."""
    return _Tasks(place).run(steps)


@dataclass(frozen=True)
class TaskJob:
    """A job of an Azure Pipelines agent with the files of a project checked out."""

    job: Job
    checkout: Path

    def task(self, operation: Operation[Any, Any]) -> Path:
        return self.checkout / "tasks" / f"{operation.task_name}V1"


def start_task_job(place: Place, name: str = "Job") -> TaskJob:
    """A job in the place's folder; its secrets are secret variables."""
    folders = Folders(place.folder / "work", place.tools)
    secrets = [Variable(name, value, secret=True) for name, value in place.secrets.items()]
    job = start_job(folders, Build(job=name), variables=secrets, inherited=place.environment())
    copied(place.files, folders.sources)
    return TaskJob(job, place.checkout)


class _Tasks:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.running = start_task_job(place)
        new_repository(self.running.job.folders.sources)

    def run(self, steps: Sequence[Step]) -> Outcomes:
        outcomes: dict[str, Outcome] = {}
        kept: list[tuple[Step, Variables]] = []
        job = self.running.job
        for step in steps:
            operation = operations.load(step.operation)
            start = self.place.cloud.requests.total
            log: list[str] = []
            done = run_task(read(self.running.task(operation)), task_step(step), job, log.append)
            job.set_result(done.result)
            kept.append((step, done.task_variables))
            names = {one.camel: one.kebab for one in operation.output_members}
            outcomes[step.name] = Outcome(
                done.exit_code,
                {names.get(name, name): value for name, value in done.outputs.items()},
                "".join(path.read_text(encoding="utf-8") + "\n" for path in done.summaries),
                "\n".join(log),
                self.place.since(start),
            )
        start, logs = self.place.cloud.requests.total, []
        for step, variables in reversed(kept):
            definition = read(self.running.task(operations.load(step.operation)))
            post = run_post_job(definition, task_step(step), job, logs.append, variables)
            assert post is None or post.exit_code == 0, logs
        folders = {
            str(job.folders.sources): "<files>",
            str(job.folders.temporary): "<temporary>",
            str(self.place.tools / "modelyard"): "<tools>",
        }
        shown = "\n".join([*(one.log for one in outcomes.values()), *logs])
        return Outcomes(
            outcomes,
            self.place.since(start),
            "\n".join(logs),
            folders,
            shown,
            {one.name: one.value for one in job.variables},
        )


def task_step(step: Step) -> TaskStep:
    """The step of a job of Azure Pipelines, its names as they are written there."""
    members = {one.kebab: one.camel for one in operations.load(step.operation).input_members}
    return TaskStep(
        name=camel(step.name),
        inputs={
            members.get(name, camel(name)): OUTPUT.sub(_azure_output, text)
            for name, text in step.inputs.items()
        },
        environment={
            name: OUTPUT.sub(_azure_output, text) for name, text in step.environment.items()
        },
        id="11111111-2222-3333-4444-555555555555",
    )


def camel(name: str) -> str:
    """``cluster-start`` is ``clusterStart``."""
    head, *tail = name.split("-")
    return head + "".join(map(str.capitalize, tail))


def _azure_output(found: re.Match[str]) -> str:
    return f"$({camel(found[1])}.{camel(found[2])})"
