"""Steps that are tasks in folders: their handlers, release steps, connections."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from modelyard.local.runner.engine import tasks as task_catalogue
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.events import Event, Line
from modelyard.local.runner.pipeline import PipelineError
from modelyard.runner_errors import TaskError

MAIN = """
const name = process.env.INPUT_NAME;
console.log(`> main ${name} ${process.env.INPUT_MODE}`);
console.log(`##vso[task.settaskvariable variable=state]of ${name}`);
console.log(`##vso[task.setvariable variable=made;isOutput=true]by ${name}`);
if (name === 'bad') console.log('##vso[task.complete result=Failed]it broke');
if (name === 'wait') { console.log('> waits'); setTimeout(() => {}, 60000); }
"""
POST = "console.log(`> post ${process.env.VSTS_TASKVARIABLE_STATE}`);"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A task ``Demo@1`` with a release step."""
    found = tmp_path / "demo"
    found.mkdir()
    (found / "main.js").write_text(MAIN)
    (found / "post.js").write_text(POST)
    document = {
        "id": str(uuid.uuid4()),
        "name": "Demo",
        "version": {"Major": 1, "Minor": 2, "Patch": 3},
        "inputs": [
            {"name": "name", "type": "string", "label": "n", "required": True, "aliases": ["who"]},
            {
                "name": "mode", "type": "pickList", "label": "m", "defaultValue": "fast",
                "options": {"fast": "Fast", "slow": "Slow"},
            },
            {"name": "azure", "type": "connectedService:AzureRM", "label": "a"},
        ],
        "execution": {"Node20_1": {"target": "main.js"}},
        "postjobexecution": {"Node20_1": {"target": "post.js"}},
    }  # fmt: skip
    (found / "task.json").write_text(json.dumps(document))
    return found


def test_release_steps_run_in_reverse_order_also_after_a_failure(run: Any, folder: Path) -> None:
    done = run(
        """
        steps:
        - checkout: none
        - {task: Demo@1, inputs: {name: one}, name: first}
        - {task: Demo@1, inputs: {who: bad, mode: slow}, displayName: break it}
        - {task: Demo@1, inputs: {name: never}}
        - bash: echo '> $(first.made)'
          condition: always()
        """,
        tasks={"Demo": folder},
    )

    # The third has not run: its release step does, with nothing to release (JobExtension.cs).
    assert done.printed == [
        "> main one fast",
        "> main bad slow",
        "> by one",
        "> post undefined",
        "> post of bad",
        "> post of one",
    ]
    assert done.result == "Failed"
    assert done.results()["__default/Job/Post-job: break it"] == "Succeeded"
    assert done.node("__default", "Job", "2").note == "it broke"


def test_release_steps_run_when_the_run_is_cancelled(run: Any, folder: Path) -> None:
    cancellation = RunCancellation()

    def listen(event: Event) -> None:
        if isinstance(event, Line) and event.text == "> waits":
            cancellation.cancel()

    done = run(
        """
        steps:
        - checkout: none
        - {task: Demo@1, inputs: {name: one}}
        - {task: Demo@1, inputs: {name: wait}}
        """,
        tasks={"Demo": folder},
        cancellation=cancellation,
        listeners=(listen,),
    )

    assert done.printed[-2:] == ["> post of wait", "> post of one"]
    assert done.result == "Canceled"


def test_a_connection_that_nobody_has_fails_the_step(run: Any, folder: Path) -> None:
    done = run(
        "steps: [{checkout: none}, {task: Demo@1, inputs: {name: one, azure: ml-dev}}]",
        tasks={"Demo": folder},
    )

    assert any("no service connection ml-dev" in line for line in done.lines)
    assert done.result == "Failed"


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("{task: Nobody@1}", "the task Nobody@1 isn't known here"),
        ("{task: Demo@2, inputs: {name: x}}", r"there is Demo@1\. "),
        ("{task: Demo@1}", "Demo@1 needs the input name"),
        ("{task: Demo@1, inputs: {name: x, mode: odd}}", "mode can't be 'odd'"),
        ("{task: ManualValidation@1, inputs: {notifyUsers: ''}}", "pool: server only"),
        ("{checkout: other}", "declares no repository other"),
    ],
)
def test_what_cannot_run_is_found_before_anything_runs(
    run: Any, folder: Path, step: str, problem: str
) -> None:
    with pytest.raises(PipelineError, match=problem):
        run(f"steps: [{{bash: 'echo no'}}, {step}]", tasks={"Demo": folder})


@pytest.mark.parametrize(
    ("pipeline", "settings", "problem"),
    [
        ("jobs: [{job: A, pool: server, steps: [{bash: x}]}]", {}, "can't run in a job with pool"),
        ("variables: [{group: g}]\nsteps: [{bash: x}]", {}, "there is no variable group g"),
        ("jobs: [{job: A, container: ubuntu, steps: [{bash: x}]}]", {"strict_containers": True},
         "runs in a container"),
        ("jobs: [{job: A, services: {db: postgres}, steps: [{bash: x}]}]",
         {"strict_containers": True}, "runs in a container"),
        ("steps: [{bash: x, target: tools}]", {"strict_containers": True},
         "the step runs in the container tools"),
        ("resources: {repositories: [{repository: r, type: git, name: p/r}]}\n"
         "steps: [{checkout: r}]", {}, "--repository r=PATH"),
    ],
)  # fmt: skip
def test_what_this_machine_cannot_do_is_refused(
    run: Any, pipeline: str, settings: Any, problem: str
) -> None:
    with pytest.raises(PipelineError, match=problem):
        run(pipeline, **settings)


def test_a_container_job_runs_here_and_says_so(run: Any) -> None:
    done = run(
        "jobs: [{job: A, container: 'ubuntu:24.04', steps: [{checkout: none}, {bash: echo hi}]}]"
    )

    assert done.result == "Succeeded"
    assert ["ubuntu:24.04" in one.text for one in done.history.notices] == [True]


def test_a_step_in_a_container_runs_here_and_says_so(run: Any) -> None:
    done = run(
        """
        steps:
        - checkout: none
        - {bash: "echo '> here'", target: tools}
        - {bash: "echo '> host'", target: host}
        """,
        strict_containers=False,
    )

    assert done.printed == ["> here", "> host"]
    assert [line for line in done.lines if "##[warning]" in line] == [
        "##[warning]the container tools isn't used: the step runs on this machine"
    ]


def test_a_folder_must_hold_the_task_it_is_given_for(folder: Path) -> None:
    assert task_catalogue.available({"Demo@1": folder}).find("demo", "1.2.3")
    for name in ("Other", "Demo@2"):
        with pytest.raises(TaskError, match=r"holds the task Demo@1"):
            task_catalogue.available({name: folder})


def test_modelyards_own_tasks_are_there() -> None:
    found = task_catalogue.available()

    task = found.find("ModelyardClusterStart", "1")
    assert task is not None
    assert task.needs_cloud({})
    cli = found.find("AzureCLI", "2")
    assert cli is None or not cli.needs_cloud({})
