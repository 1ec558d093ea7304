"""What the plan says of stages, jobs and steps. Source: learn.microsoft.com, ``yaml-schema`` and
``pipelines/process/{stages,phases,deployment-jobs}``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modelyard.local.runner.pipeline.plan import (
    CHECKOUT,
    DEFAULT_JOB,
    DEFAULT_STAGE,
    Job,
    Matrix,
    Parallel,
    Plan,
    Step,
    Target,
)

Planned = Callable[..., Plan]
Lines = Callable[..., list[str]]


def only_job(found: Plan) -> Job:
    (stage,) = found.pipeline.stages
    (job,) = stage.jobs
    return job


def step(planned: Planned, text: str) -> Step:
    (found,) = [one for one in only_job(planned(f"steps:\n{text}")).steps if not one.implicit]
    return found


def test_a_file_of_steps_is_one_job_of_one_stage(planned: Planned) -> None:
    found = planned(
        "pool: p\ncontinueOnError: true\nworkspace: {clean: all}\ncontainer: image:1\n"
        "strategy: {parallel: 2}\nsteps: [{script: x}]\n"
    )
    job = only_job(found)
    assert (found.pipeline.stages[0].name, job.name) == (DEFAULT_STAGE, DEFAULT_JOB)
    assert job.pool is not None
    assert job.container is not None
    assert (job.pool.name, job.continue_on_error, job.workspace_clean) == ("p", True, "all")
    assert job.container.image == "image:1"
    assert job.strategy == Parallel(2)


@pytest.mark.parametrize(
    ("text", "task", "inputs"),
    [
        (
            "- script: x\n  workingDirectory: d\n",
            "CmdLine@2",
            {"script": "x", "workingDirectory": "d"},
        ),
        (
            "- bash: x\n  failOnStderr: true\n",
            "Bash@3",
            {"targetType": "inline", "script": "x", "failOnStderr": "true"},
        ),
        (
            "- pwsh: x\n  errorActionPreference: continue\n  ignoreLASTEXITCODE: true\n",
            "PowerShell@2",
            {
                "targetType": "inline",
                "pwsh": "true",
                "script": "x",
                "errorActionPreference": "continue",
                "ignoreLASTEXITCODE": "true",
            },
        ),
        ("- powershell: x\n", "PowerShell@2", {"targetType": "inline", "script": "x"}),
        (
            "- publish: dir\n  artifact: a\n",
            "PublishPipelineArtifact@1",
            {"targetPath": "dir", "artifact": "a"},
        ),
        (
            "- download: current\n  artifact: a\n  patterns: '*.txt'\n",
            "DownloadPipelineArtifact@2",
            {
                "buildType": "current",
                "artifactName": "a",
                "itemPattern": "*.txt",
                "targetPath": "$(Pipeline.Workspace)/a",
            },
        ),
        ("- task: My.Own-Task@1.2.3\n  inputs: {a: b}\n", "My.Own-Task@1.2.3", {"a": "b"}),
        (
            "- checkout: self\n  fetchDepth: 1\n  path: s\n",
            CHECKOUT,
            {"repository": "self", "fetchDepth": "1", "path": "s"},
        ),
    ],
)
def test_short_forms_are_tasks(
    planned: Planned, text: str, task: str, inputs: dict[str, str]
) -> None:
    found = step(planned, text)
    assert (found.reference, found.inputs) == (task, inputs)


def test_the_keys_that_every_step_has(planned: Planned) -> None:
    found = step(
        planned,
        "- script: x\n  name: n\n  displayName: d\n  condition: failed()\n  enabled: no\n"
        "  continueOnError: on\n  timeoutInMinutes: 5\n  retryCountOnTaskFailure: 10\n"
        "  env: {A: $(b)}\n"
        "  target: {container: c, commands: restricted, settableVariables: none}\n",
    )
    assert (found.name, found.display_name, found.condition) == ("n", "d", "failed()")
    assert (found.enabled, found.continue_on_error) == (False, True)
    assert (found.timeout_minutes, found.retry_count) == (5, 10)
    assert found.env == {"A": "$(b)"}
    assert found.target == Target("c", "restricted", ())
    assert str(found.place) == "azure-pipelines.yml:2:3"


def test_a_download_of_a_pipeline_resource(planned: Planned) -> None:
    found = planned(
        "resources:\n  pipelines:\n  - {pipeline: App, source: build, branch: main, project: q}\n"
        "steps:\n- {download: app, artifact: a}\n- download: none\n"
    )
    (download,) = [one for one in only_job(found).steps if not one.implicit]
    assert download.inputs == {
        "buildType": "specific",
        "project": "q",
        "definition": "build",
        "buildVersionToDownload": "latestFromBranch",
        "branchName": "main",
        "artifactName": "a",
        "targetPath": "$(Pipeline.Workspace)/App/a",
    }


@pytest.mark.parametrize(
    ("text", "checkouts"),
    [
        ("steps: [{script: x}]", ["implicit"]),
        ("steps: [{checkout: none}, {script: x}]", []),
        ("steps: [{script: x}, {checkout: self}]", ["written"]),
        ("pool: server\nsteps: [{task: Delay@1}]", []),
    ],
)
def test_a_job_without_a_checkout_gets_one(
    planned: Planned, text: str, checkouts: list[str]
) -> None:
    steps = only_job(planned(text)).steps
    found = ["implicit" if one.implicit else "written" for one in steps if one.task == CHECKOUT]
    assert found == checkouts


def test_matrix_and_services(planned: Planned) -> None:
    job = only_job(
        planned(
            "resources:\n  containers:\n"
            "  - {container: pg, image: 'postgres:16', ports: ['5432:5432']}\n"
            "jobs:\n- job: A\n  strategy:\n"
            "    maxParallel: 2\n    matrix:\n      one: {v: '1', w: $(x)}\n"
            "      two: {v: '2'}\n  services: {db: pg, cache: 'redis:7'}\n"
            "  container: {image: i, env: {A: b}, options: -v, mountReadOnly: {work: true}}\n"
        )
    )
    assert job.strategy == Matrix({"one": {"v": "1", "w": "$(x)"}, "two": {"v": "2"}}, 2)
    assert (job.services["db"].image, job.services["db"].alias) == ("postgres:16", "pg")
    assert (job.services["cache"].image, job.services["cache"].alias) == ("redis:7", "")
    assert job.container is not None
    assert job.container.mount_read_only == {"work"}
    assert job.container.env == {"A": "b"}


def test_a_matrix_known_when_it_runs(planned: Planned) -> None:
    found = planned(
        "jobs:\n- job: a\n- job: b\n  dependsOn: A\n  strategy:\n"
        "    matrix: $[ dependencies.a.outputs['s.legs'] ]\n    maxParallel: $[ variables.n ]\n"
    )
    strategy = found.pipeline.stages[0].jobs[1].strategy
    assert isinstance(strategy, Matrix)
    assert strategy.legs == " dependencies.a.outputs['s.legs'] "
    assert strategy.max_parallel == "$[ variables.n ]"
    assert found.pipeline.stages[0].jobs[1].depends_on == ("a",)


def test_what_a_job_says(planned: Planned) -> None:
    job = only_job(
        planned(
            "jobs:\n- job: A\n  displayName: d\n  condition: always()\n  timeoutInMinutes: 0\n"
            "  cancelTimeoutInMinutes: 2\n  continueOnError: $[ variables.c ]\n"
            "  uses: {repositories: [r], pools: p}\n  templateContext: {anything: [1]}\n"
            "  pool: {name: n, vmImage: v, demands: [a, b -equals c]}\n"
        )
    )
    assert (job.title, job.condition, job.timeout_minutes) == ("d", "always()", 0)
    assert (job.cancel_timeout_minutes, job.continue_on_error) == (2, "$[ variables.c ]")
    assert (job.uses_repositories, job.uses_pools) == (("r",), ("p",))
    assert job.pool is not None
    assert (job.pool.name, job.pool.vm_image) == ("n", "v")
    assert job.pool.demands == ("a", "b -equals c")


def test_the_pool_is_the_jobs_else_the_stages_else_the_pipelines(planned: Planned) -> None:
    found = planned(
        "pool: a\nstages:\n- stage: S\n  pool: b\n  jobs:\n  - {job: J, pool: c}\n  - job: K\n"
        "- stage: T\n  jobs: [{job: L}]\n"
    )
    pools = [job.pool.name for stage in found.pipeline.stages for job in stage.jobs if job.pool]
    assert pools == ["c", "b", "a"]


DEPLOYMENT = """\
jobs:
- deployment: D
  environment: {environment}
  strategy:
    {strategy}:
      {rest}
      preDeploy: {{steps: [{{script: pre}}]}}
      deploy: {{steps: [{{script: main}}]}}
      routeTraffic: {{steps: [{{script: route}}]}}
      postRouteTraffic: {{pool: server, steps: [{{task: Delay@1}}]}}
      on:
        failure: {{steps: [{{script: bad}}]}}
        success: {{steps: [{{script: good}}]}}
"""


@pytest.mark.parametrize(
    ("strategy", "rest"),
    [("runOnce", ""), ("rolling", "maxParallel: 25%"), ("canary", "increments: [10, 20]")],
)
def test_deployments(planned: Planned, strategy: str, rest: str) -> None:
    text = DEPLOYMENT.format(environment="prod.web", strategy=strategy, rest=rest)
    job = only_job(planned(text))
    assert job.deployment is not None
    assert job.steps == ()
    assert (job.deployment.environment.name, job.deployment.environment.resource_name) == (
        "prod",
        "web",
    )
    assert job.deployment.strategy == strategy
    assert list(job.deployment.hooks) == [
        "preDeploy",
        "deploy",
        "routeTraffic",
        "postRouteTraffic",
        "success",
        "failure",
    ]
    assert job.deployment.max_parallel == ("25%" if strategy == "rolling" else "")
    assert job.deployment.increments == ((10, 20) if strategy == "canary" else ())
    server = job.deployment.hooks["postRouteTraffic"].pool
    assert server is not None
    assert server.server


def test_an_environment_written_out(planned: Planned) -> None:
    environment = "{name: e, resourceName: r, resourceType: VirtualMachine, tags: 'a,b'}"
    job = only_job(planned(DEPLOYMENT.format(environment=environment, strategy="runOnce", rest="")))
    assert job.deployment is not None
    found = job.deployment.environment
    assert (found.name, found.resource_name, found.resource_type, found.tags) == (
        "e",
        "r",
        "VirtualMachine",
        ("a", "b"),
    )


@pytest.mark.parametrize(
    ("steps", "implicit"),
    [
        ("[{script: x}]", ["current", "App"]),
        ("[{download: none}, {script: x}]", []),
        ("[{download: current, artifact: a}]", []),
        ("[{task: DownloadPipelineArtifact@2}]", []),
    ],
)
def test_a_deployment_downloads_and_does_not_check_out(
    planned: Planned, steps: str, implicit: list[str]
) -> None:
    """ "Download artifact task will be auto injected only in the deploy hook"."""
    job = only_job(
        planned(
            "resources: {pipelines: [{pipeline: App, source: s}]}\njobs:\n- deployment: D\n"
            f"  environment: e\n  strategy: {{runOnce: {{deploy: {{steps: {steps}}}}}}}\n"
        )
    )
    assert [one.subject for one in job.all_steps() if one.implicit] == implicit
    assert all(one.task != CHECKOUT for one in job.all_steps())


def test_the_old_form_of_resources_changes_nothing(planned: Planned) -> None:
    """Starter pipelines of 2018 and 2019 begin with it."""
    assert only_job(planned("resources:\n- repo: self\nsteps: [{script: x}]\n")).steps
    more = "resources:\n- {repo: self, clean: true, fetchDepth: 1}\nsteps: [{script: x}]\n"
    assert only_job(planned(more)).steps


def test_stages_wait_for_the_one_before(planned: Planned) -> None:
    found = planned(
        "stages:\n- stage: A\n  jobs: [{job: J}]\n- stage: B\n  jobs: [{job: J}]\n"
        "- stage: C\n  dependsOn: []\n  jobs: [{job: J}]\n- stage: D\n  dependsOn: [a, B]\n"
        "  trigger: manual\n  isSkippable: false\n  lockBehavior: runLatest\n  jobs: [{job: J}]\n"
    )
    assert [stage.depends_on for stage in found.pipeline.stages] == [(), ("A",), (), ("A", "B")]
    last = found.pipeline.stages[-1]
    assert (last.trigger, last.skippable, last.lock_behavior) == ("manual", False, "runLatest")


def test_a_step_says_what_it_is_with_its_first_key(planned: Planned) -> None:
    """yaml-schema (index): "depends on seeing [...] as the first key in a mapping"."""
    found = planned("steps:\n- displayName: d\n  script: x\n")
    (warning,) = found.warnings
    assert warning[1] == "script should be the first key of a step"
