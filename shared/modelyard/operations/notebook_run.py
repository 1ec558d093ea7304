"""notebook-run: one run of a notebook that no job belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from modelyard.context import Context
from modelyard.databricks.files import remote_paths
from modelyard.databricks.jobs import runs, sweep
from modelyard.databricks.notebooks.failing_line import SourceFolder
from modelyard.databricks.notebooks.notebook_presence import check_present
from modelyard.errors import InputError
from modelyard.http import Session
from modelyard.operation import Operation, given, result
from modelyard.operations.inputs import times
from modelyard.operations.inputs.workspace_inputs import connect
from modelyard.operations.runs import run_cancelling, task_inputs
from modelyard.operations.runs.run_finishing import Finish, finish
from modelyard.operations.runs.run_records import Record, labels
from modelyard.operations.runs.run_watch import Policy, watch
from modelyard.operations.runs.task_inputs import TaskInputs
from modelyard.parameters import read_parameters

_GIT = "Git"
TASK_KEY = "main"
PROVIDERS = {
    "github.com": "gitHub",
    "dev.azure.com": "azureDevOpsServices",
    "gitlab.com": "gitLab",
    "bitbucket.org": "bitbucketCloud",
}
ALL_PROVIDERS = (
    *("gitHub", "gitHubEnterprise", "azureDevOpsServices", "gitLab"),
    *("gitLabEnterpriseEdition", "bitbucketCloud", "bitbucketServer", "awsCodeCommit"),
)


@dataclass(frozen=True, kw_only=True)
class Inputs(TaskInputs):
    notebook: str = given(
        "Path of the notebook in the workspace; with git-url its path in that repository."
    )
    parameters: str | None = given(
        "Parameters: lines of key=value, or a mapping as YAML or JSON, or a file with it.",
        default=None,
        multiline=True,
    )
    run_name: str | None = given(
        "Name of the run in the workspace. Left out it is the notebook's.", default=None
    )
    run_timeout_minutes: float | None = given(
        "Time-out that the service gives the run.", default=None
    )
    git_url: str | None = given(
        "Run the notebook from this Git repository and not from the workspace.",
        default=None,
        group=_GIT,
    )
    git_provider: str | None = given(
        "Who hosts the repository. Left out, the address tells.",
        default=None,
        choices=ALL_PROVIDERS,
        group=_GIT,
    )
    git_branch: str | None = given("Branch to run from.", default=None, group=_GIT)
    git_tag: str | None = given("Tag to run from.", default=None, group=_GIT)
    git_commit: str | None = given("Commit to run from.", default=None, group=_GIT)


@dataclass(frozen=True)
class Outputs:
    run_id: int | None = result("Id of the run; set right after the submit.")
    run_url: str | None = result("Its page; set right after the submit.")
    result_state: str | None = result("SUCCESS, FAILED, CANCELED and so on; set always.")
    exit_value: str | None = result(
        "What the notebook gave dbutils.notebook.exit; set when it did."
    )
    mlflow_run_id: str | None = result(
        "The MLflow run that the exit value names; set when it names one."
    )
    metrics: dict[str, float] | None = result("The run's metrics, as JSON; set when it has any.")
    runs: list[dict[str, object]] | None = result("The run with all of this, as JSON; set always.")
    error: str | None = result("What went wrong; set when the step failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    parameters = read_parameters("parameters", inputs.parameters)
    settings = _settings(inputs, parameters)
    timeout = times.time_out(inputs.timeout_minutes)
    source = SourceFolder(".") if inputs.git_url else task_inputs.source(inputs)
    session = connect(inputs, context)
    if not inputs.git_url:
        check_present(session, settings["tasks"][0]["notebook_task"]["notebook_path"])
    if session.read_only:
        context.log.info("would run %s: %s", inputs.notebook, sweep.shown(parameters))
        return Outputs()
    (label,) = labels([parameters])
    records = [Record(1, parameters, label, context.idempotency_token(settings))]

    def launch(careful: Session, record: Record) -> int:
        return runs.submit(careful, settings, token=record.token)

    with finish(
        session,
        context,
        records,
        Finish(name=inputs.notebook, source=source, file=inputs.runs_file),
    ) as done:
        watch(session, context, records, launch, Policy(timeout=timeout))
    return Outputs(**done.outputs)


def release(state: dict[str, str], inputs: Inputs, context: Context) -> None:
    run_cancelling.release(connect(inputs, context), context, state)


def _settings(inputs: Inputs, parameters: dict[str, str]) -> dict[str, Any]:
    """The body of ``runs/submit``."""
    git = _git_source(inputs)
    if git:
        notebook = _in_repository(inputs.notebook)
    else:
        notebook = remote_paths.checked("notebook", inputs.notebook)
    task: dict[str, Any] = {
        "task_key": TASK_KEY,
        "notebook_task": {
            "notebook_path": notebook,
            "source": "GIT" if git else "WORKSPACE",
            "base_parameters": parameters,
        },
        **(task_inputs.compute(inputs) or {}),
    }
    libraries = task_inputs.libraries(inputs)
    if libraries:
        if not (inputs.cluster_id or inputs.new_cluster):
            raise InputError(
                "libraries are given, and the run would be on serverless compute, which takes none",
                fix="give cluster-id or new-cluster, or install them with %pip in the notebook",
            )
        task["libraries"] = libraries
    settings: dict[str, Any] = {
        "run_name": inputs.run_name or notebook.rsplit("/", 1)[-1],
        "tasks": [task],
        "queue": {"enabled": True},
    }
    seconds = times.seconds(inputs.run_timeout_minutes, "run-timeout-minutes")
    if seconds:
        settings["timeout_seconds"] = seconds
    return {**settings, "git_source": git} if git else settings


def _git_source(inputs: Inputs) -> dict[str, str]:
    """``git_source``; empty when the notebook is in the workspace."""
    references = {
        "git_branch": inputs.git_branch,
        "git_tag": inputs.git_tag,
        "git_commit": inputs.git_commit,
    }
    chosen = {name: value for name, value in references.items() if value}
    if not inputs.git_url:
        if chosen or inputs.git_provider:
            raise InputError("git-url is missing, and other git inputs are given")
        return {}
    if len(chosen) != 1:
        raise InputError(
            "exactly one of git-branch, git-tag and git-commit is needed with git-url",
            fix="give git-commit to run what this build was made from",
        )
    parts = urlsplit(inputs.git_url)
    if parts.username or parts.password:
        raise InputError(
            "git-url has a user or password in it",
            fix="store the credential in the workspace (Git integration), and give the plain URL",
        )
    host = parts.hostname or ""
    provider = inputs.git_provider or PROVIDERS.get(host)
    if not provider and host.endswith(".visualstudio.com"):
        provider = "azureDevOpsServices"
    if not provider:
        raise InputError(
            f"git-url is {inputs.git_url!r}, which doesn't tell who hosts it",
            fix=f"give git-provider: one of {', '.join(ALL_PROVIDERS)}",
        )
    return {"git_url": inputs.git_url, "git_provider": provider, **chosen}


def _in_repository(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        raise InputError(
            f"notebook is {path!r}; with git-url it is a path in the repository",
            fix="give it from the repository's root, without / at its beginning",
        )
    return path


OPERATION = Operation(
    name="notebook-run",
    title="Run a notebook once",
    description="Submits a one-off run of a notebook, on an existing cluster, on one of its own or "
    "on serverless compute, from the workspace or from a Git repository; waits for it, and fails "
    "unless it succeeded. When the step is cancelled or times out, the run is cancelled.",
    group="Databricks",
    task_id="96564534-01a1-40dd-9ea7-f4299e6aff16",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    release=release,
    attaches=True,
    example="notebook: /Shared/wine/prepare\n"
    "cluster-id: ${{ steps.cluster-start.outputs.cluster-id }}\n"
    "parameters: |\n  input=/Volumes/main/wine/raw\n  rows=1000",
)
