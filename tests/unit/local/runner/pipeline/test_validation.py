"""What is refused after expansion. Source: learn.microsoft.com, ``yaml-schema`` and
``pipelines/process/{phases,stages,conditions,expressions}``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modelyard.local.runner.pipeline import KnownInput, KnownTask
from modelyard.local.runner.pipeline.plan import Plan, Step

Lines = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "trigger: none\n",
            "1:1: a pipeline has one of stages, jobs, steps or extends: there is none",
        ),
        ("setps: [{script: x}]\n", "1:1: setps isn't known of a pipeline (did you mean steps?)"),
        ("steps: [{script: x}]\njobs: [{job: A}]\n", "1:1: a pipeline has one of stages, jobs"),
        ("steps: {script: x}\n", "1:8: steps is a list, not a mapping"),
        ("steps: [text]\n", "1:9: a step is a mapping, not a text"),
        ("steps: [{scirpt: x}]\n", "1:10: this is no step: it has none of task, script, bash"),
        (
            "steps: [{script: x, displayNmae: y}]\n",
            "1:21: displayNmae isn't known of a script step (did you mean",
        ),
        ("steps: [{script: x, enabled: maybe}]\n", "1:30: enabled is true or false, not 'maybe'"),
        (
            "steps: [{script: x, timeoutInMinutes: soon}]\n",
            "1:39: timeoutInMinutes is a whole number",
        ),
        (
            "steps: [{script: x, retryCountOnTaskFailure: 11}]\n",
            "1:46: retryCountOnTaskFailure is at",
        ),
        (
            "steps: [{script: x, name: 1st}]\n",
            "1:27: '1st' can't name a step: only letters, digits",
        ),
        ("steps: [{script: [x]}]\n", "1:18: script is a text, not a list"),
        ("steps: [{script: x, env: [a]}]\n", "1:26: env is a mapping, not a list"),
        ("steps: [{script: x, env: {a: [b]}}]\n", "1:30: a of env is a text, not a list"),
        ("steps: [{script: x, env: {a=b: c}}]\n", "1:27: no process can have the variable 'a=b'"),
        ('steps: [{script: x, env: {a: "\\0"}}]\n', "1:27: no process can have the variable 'a'"),
        ("steps: [{task: CmdLine}]\n", "1:16: task is written Name@1, not 'CmdLine'"),
        ("steps: [{checkout: othr}]\n", "1:20: resources.repositories declares no repository othr"),
        (
            "steps: [{download: curent}]\n",
            "1:20: resources.pipelines declares no pipeline curent (did you mean",
        ),
        ("steps: [{reviewApp: x}]\n", "1:9: reviewApp steps can't run on this machine"),
        ("steps: [{downloadBuild: x}]\n", "1:9: downloadBuild steps can't run on this machine"),
        ("steps: [{getPackage: x}]\n", "1:9: getPackage steps can't run on this machine"),
        (
            "steps: [{script: x, target: {commands: all}}]\n",
            "1:40: commands can't be 'all', only any or",
        ),
        (
            "steps: [{script: x, name: a}, {script: y, name: A}]\n",
            "1:31: a step is named A already, at azure-pipelines.yml:1:9",
        ),
        (
            "jobs: [{jbo: A}]\n",
            "1:9: this is no job: it has none of job, deployment or template (did you mean",
        ),
        ("jobs: [{job: A, step: []}]\n", "1:17: step isn't known of a job (did you mean steps?)"),
        ("jobs: [{job: a-b}]\n", "1:14: 'a-b' can't name a job"),
        (
            "jobs: [{job: A}, {job: a}]\n",
            "1:24: a job is named a already, at azure-pipelines.yml:1:14",
        ),
        ("jobs: [{job: A, dependsOn: B}]\n", "1:28: A depends on B, which is no job here"),
        (
            "jobs: [{job: Abc}, {job: B, dependsOn: [Abd]}]\n",
            "1:41: B depends on Abd, which is no job here (did you mean Abc?)",
        ),
        ("jobs: [{job: A, dependsOn: A}]\n", "1:28: A depends on itself"),
        (
            "jobs: [{job: A, dependsOn: C}, {job: B, dependsOn: A}, {job: C, dependsOn: B}]\n",
            "1:28: these jobs wait for each other: A -> C -> B -> A",
        ),
        ("jobs: [{job: A, workspace: {clean: everything}}]\n", "1:36: clean can't be 'everything'"),
        ("jobs: [{job: A, pool: [a]}]\n", "1:23: pool is a name or a mapping, not a list"),
        (
            "jobs: [{job: A, strategy: {matrix: {a: x}}}]\n",
            "1:40: the leg a is a mapping, not a text",
        ),
        (
            "jobs: [{job: A, strategy: {matrix: x}}]\n",
            "1:36: matrix is a mapping of legs or one $[",
        ),
        (
            "jobs: [{job: A, strategy: {matrix: {a: {}}, parallel: 2}}]\n",
            "1:45: a job has a matrix or",
        ),
        (
            "jobs: [{job: A, strategy: {runOnce: {}}}]\n",
            "1:28: runOnce isn't known of the strategy of a job",
        ),
        ("jobs: [{deployment: A, strategy: {}}]\n", "1:8: a deployment needs an environment"),
        (
            "jobs: [{deployment: A, environment: e}]\n",
            "1:8: a deployment needs a strategy: runOnce",
        ),
        (
            "jobs: [{deployment: A, environment: e, strategy: {runOnce: {depoly: {}}}}]\n",
            "1:61: depoly isn't known of the strategy runOnce (did you mean deploy?)",
        ),
        (
            "jobs: [{deployment: A, environment: e, strategy: {canary: {increments: [200], "
            "deploy: {steps: []}}}}]\n",
            "1:73: an increment is a per cent, 1 to 100, not '200'",
        ),
        (
            "jobs: [{deployment: A, environment: e, steps: []}]\n",
            "1:40: steps isn't known of a deployment",
        ),
        (
            "stages: [{satge: A}]\n",
            "1:11: this is no stage: it has neither stage nor template (did you mean",
        ),
        (
            "stages: [{stage: A, jobs: [{job: A}]}, {stage: B, dependsOn: C, jobs: [{job: A}]}]\n",
            "1:62: B depends on C, which is no stage here",
        ),
        ("stages:\n", "1:8: a pipeline needs at least one stage"),
        ("stages: []\n", "1:9: a pipeline needs at least one stage"),
        ("jobs: []\n", "1:7: a pipeline needs at least one job"),
        (
            "variables: [{nmae: a}]\nsteps: [{script: x}]\n",
            "1:14: nmae isn't known of a variable (did you mean",
        ),
        ("variables: {a: [b]}\nsteps: [{script: x}]\n", "1:16: value is a text, not a list"),
        ("variables: {a(b): c}\nsteps: [{script: x}]\n", "1:13: 'a(b)' can't name a variable"),
        (
            "resources: {contianers: []}\nsteps: [{script: x}]\n",
            "1:13: contianers isn't known of resources",
        ),
        (
            "resources: {containers: [{container: a}]}\nsteps: [{script: x}]\n",
            "1:26: a container needs",
        ),
        (
            "resources: {repositories: [{repository: a, type: svn}]}\nsteps: [{script: x}]\n",
            "1:50: type can't be 'svn', only git, github",
        ),
        ("lockBehavior: x\nsteps: [{script: x}]\n", "1:15: lockBehavior can't be 'x'"),
    ],
)
def test_shapes(problems: Lines, text: str, expected: str) -> None:
    found = problems(text)
    assert any(line.startswith(f"azure-pipelines.yml:{expected}") for line in found), found


def test_all_problems_of_all_files_come_at_once(problems: Lines) -> None:
    found = problems(
        "variables: {a: [1]}\njobs:\n- job: A\n  dependsOn: Z\n  steps:\n  - scirpt: x\n"
        "  - template: t.yml\n  - script: ${{ nothing }}\n- job: A\n- bjo: C\n",
        {"t.yml": "steps:\n- bsah: x\n- script: y\n  condition: eq(\n"},
    )
    assert [line.split(": ")[0] for line in found] == [
        "azure-pipelines.yml:1:16",
        "azure-pipelines.yml:4:14",
        "azure-pipelines.yml:6:5",
        "azure-pipelines.yml:8:17",
        "azure-pipelines.yml:9:8",
        "azure-pipelines.yml:10:3",
        "t.yml:2:3",
        "t.yml:4:14",
    ]


TWO_STAGES = """\
stages:
- stage: Build
  jobs:
  - job: A
  - job: B
    dependsOn: A
- stage: Deploy
  condition: {stage}
  variables: {{v: "{stage_variable}"}}
  jobs:
  - job: C
  - job: D
    dependsOn: C
    condition: {job}
    variables: {{w: "{variable}"}}
    steps:
    - script: x
      condition: {step}
"""
FINE = {
    "stage": "and(succeeded('Build'), eq(dependencies.Build.outputs['A.s.v'], 'x'))",
    "stage_variable": "$[ stageDependencies.Build.A.outputs['s.v'] ]",
    "job": "or(failed('C'), eq(stageDependencies.Build.B.result, 'Failed'))",
    "variable": "$[ dependencies.C.outputs['s.v'] ]",
    "step": "and(always(), ne(variables['x'], 'y'))",
}


def test_expressions_of_the_run_are_kept(planned: Callable[..., Plan]) -> None:
    found = planned(TWO_STAGES.format(**FINE))
    assert found.pipeline.stages[1].condition == FINE["stage"]
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("where", "expression", "message"),
    [
        ("step", "succeeded('C')", "18:18: succeeded takes no arguments, not 1"),
        ("step", "eq(dependencies.C.result, 1)", "18:21: there is no dependencies here"),
        ("step", "eq(variables.a", "18:18: eq( isn't closed"),
        ("step", "suceeded()", "18:18: there is no function suceeded (did you mean succeeded?)"),
        ("job", "eq(dependencies.Build.result, 'x')", "14:19: there is no job Build"),
        ("job", "succeeded('X')", "14:16: there is no job X"),
        ("job", "eq(resources.x, 'y')", "14:19: there is no resources here"),
        ("stage", "eq(resources.x, 'y')", "8:17: there is no resources here"),
        ("step", "eq(pipeline.startTime, 'y')", "18:21: there is no pipeline here"),
        (
            "job",
            "eq(stageDependencies.Biuld.A.result, 'x')",
            "14:19: there is no stage Biuld (did you mean",
        ),
        ("job", "eq(stageDependencies.Build.X.result, 'x')", "14:19: the stage Build has no job X"),
        ("job", "counter('a')", "14:16: counter can only be used in variables"),
        ("stage", "eq(dependencies.A.result, 'x')", "8:17: there is no stage A"),
        ("variable", "$[ dependencies.X.result ]", "15:24: there is no job X"),
        ("variable", "$[ succeeded() ]", "15:24: succeeded can only be used in conditions"),
        ("variable", "$[ counter('a', 1, 2) ]", "counter takes 0 to 2 arguments, not 3"),
        ("stage_variable", "$[ stageDependencies.X.A.result ]", "9:22: there is no stage X"),
    ],
)
def test_expressions_of_the_run_are_checked(
    problems: Lines, where: str, expression: str, message: str
) -> None:
    (line,) = problems(TWO_STAGES.format(**{**FINE, where: expression}))
    assert message in line
    assert line.startswith("azure-pipelines.yml:")


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            "jobs: [{job: A}, {job: B, condition: \"eq(dependencies.A.result, 'x')\"}]\n",
            "the job B doesn't wait for A: nothing is known of it then",
        ),
        (
            "stages:\n- {stage: A, jobs: [{job: J}]}\n- stage: B\n  dependsOn: []\n  jobs:\n"
            '  - {job: J, variables: {v: "$[ stageDependencies.A.J.result ]"}}\n',
            "the stage B doesn't wait for A: nothing is known of it then",
        ),
        (
            "jobs:\n- deployment: deploy\n  environment: e\n"
            "  strategy: {runOnce: {deploy: {steps: []}}}\n",
            "the documentation calls deploy unsupported as the name of a deployment",
        ),
        ("stages: [{stage: A}]\n", "the stage A has no jobs"),
        (
            "variables: {v: '$[ resources.pipeline.other.runID ]'}\nsteps: [{script: x}]\n",
            "resources holds repositories and containers only: "
            "write variables['resources.pipeline.ALIAS.NAME']",
        ),
    ],
)
def test_what_runs_but_hardly_as_meant(
    planned: Callable[..., Plan], text: str, warning: str
) -> None:
    assert [message for _, message in planned(text).warnings] == [warning]


def test_a_job_may_name_all_it_waits_for_indirectly(planned: Callable[..., Plan]) -> None:
    text = (
        "jobs: [{job: A}, {job: B, dependsOn: A}, "
        "{job: C, dependsOn: B, condition: \"eq(dependencies.A.result, 'x')\"}]\n"
    )
    assert planned(text).warnings == ()


TASKS = {
    "train@1": KnownTask(
        "Train",
        "1",
        (
            KnownInput("workspaceUrl", required=True, aliases=("url",)),
            KnownInput("mode", values=("file", "inline"), default="file", required=True),
            KnownInput("filePath", required=True, visible="mode = file"),
            KnownInput("script", required=True, visible="mode = inline"),
        ),
    )
}


def task(inputs: str, reference: str = "Train@1") -> str:
    return f"steps:\n- task: {reference}\n  inputs: {inputs}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            task("{url: u, filePath: f}", "Trian@1"),
            [
                "2:9: the task Trian@1 isn't known here (did you mean "
                "Train@1?). Give its folder with --task Trian=FOLDER"
            ],
        ),
        (
            task("{url: u, filePath: f}", "Train@2"),
            [
                "2:9: the task Train@2 isn't known here; there is "
                "Train@1. Give its folder with --task Train=FOLDER"
            ],
        ),
        (
            task("{url: u, filePath: f, scirpt: x}"),
            ["3:33: Train@1 has no input scirpt (did you mean script?)"],
        ),
        (task("{filePath: f}"), ["2:9: Train@1 needs the input workspaceUrl"]),
        (task("{url: '', filePath: f}"), ["3:17: Train@1 needs the input workspaceUrl"]),
        (task("{url: u}"), ["2:9: Train@1 needs the input filePath"]),
        (task("{url: u, mode: inline}"), ["2:9: Train@1 needs the input script"]),
        (
            task("{url: u, mode: both, filePath: f}"),
            ["3:26: mode can't be 'both', only file or inline"],
        ),
        (
            task("{url: u, workspaceUrl: u, filePath: f}"),
            ["3:20: the input workspaceUrl is given twice, also at azure-pipelines.yml:3:17"],
        ),
        (
            task("{url: [u], filePath: f}"),
            [
                "2:9: Train@1 needs the input workspaceUrl",
                "3:17: the input url is a text, not a list",
            ],
        ),
    ],
)
def test_task_inputs(problems: Lines, text: str, expected: list[str]) -> None:
    assert problems(text, tasks=TASKS) == [f"azure-pipelines.yml:{line}" for line in expected]


@pytest.mark.parametrize(
    "inputs",
    [
        "{url: u, filePath: f}",
        "{URL: u, FilePath: f}",
        "{workspaceUrl: $(u), mode: $(m)}",
        "{url: u, mode: Inline, script: x}",
    ],
)
def test_task_inputs_that_fit(
    planned: Callable[..., Plan], steps: Callable[[Plan], list[Step]], inputs: str
) -> None:
    for reference in ("train@1", "publisher.extension.Train@1", "Train@1.2.3"):
        (step,) = steps(planned(task(inputs, reference), tasks=TASKS))
        assert (step.task, step.inputs["workspaceUrl"] in ("u", "$(u)")) == ("Train", True)


def test_expressions_of_compile_time_know_no_resources(problems: Lines) -> None:
    """The service refuses the name: PGielniak/azdo-pipeline-emulator at c13a24e4, C-E02-080."""
    (line,) = problems("steps: [{script: '${{ resources.repositories.self.ref }}'}]\n")
    assert line.startswith("azure-pipelines.yml:1:23: there is no resources here"), line
