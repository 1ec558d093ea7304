"""The templates: each expands as its golden file says, in both ways to get the tasks; both CI
systems get the same chain; the schema accepts what comes of them.

`MODELYARD_GOLDEN=write pytest tests/contract/test_templates.py` renews the golden files.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract import azure_schema
from modelyard import manifest
from modelyard.local.runner.engine.tasks import available
from modelyard.local.runner.pipeline import PipelineError, plan, render
from modelyard.local.runner.pipeline.plan import Plan, Step
from modelyard.manifest import templates
from modelyard.operation import camel_case, members
from modelyard.operations.inputs.identity_inputs import IdentityInputs
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs

ROOT = manifest.ROOT
AZURE = ROOT / "templates/azure-pipelines"
GOLDEN = Path(__file__).parent / "golden/templates"
EXAMPLE = ROOT / "examples/wine-quality"
FILES = sorted(one.relative_to(AZURE).as_posix() for one in AZURE.glob("*/*.yml"))
MODES = ("extension", "checkout")
SIGN_IN = {"azure-client-id", "azure-client-secret", "azure-tenant-id", "token"}
"""What signs in on GitHub, where Azure Pipelines has a service connection or a variable."""

GIVEN: dict[str, dict[str, Any]] = {
    "stages/train.yml": {"model": "wine", "metric": "rmse", "onlyBranch": "main", "data": "data"},
    "stages/train-azure-ml.yml": {
        "model": "wine",
        "onlyBranch": "main",
        "azureServiceConnection": "ml-dev",
        "parameters": {"alpha": 0.3},
        "computeName": "cpu",
        "datastores": {"own": {"type": "blob", "account": "wine", "container": "data"}},
        "datastoreKeyVariable": "datastore-key",
    },
    "stages/build-image.yml": {"model": "wine", "registryPasswordVariable": "registry-password"},
    "stages/deploy.yml": {"model": "wine", "environment": "a-b", "approve": True, "rows": "r.json"},
    "stages/pipeline.yml": {
        "model": "wine",
        "variableGroups": ["ml"],
        "pool": {"name": "own"},
        "databricksTokenVariable": "databricks-token",
        "train": {"metric": "rmse", "sweep": {"alpha": [1, 2]}, "libraries": ["skops"]},
        "buildImage": {"registry": "example.azurecr.io"},
        "environments": [
            {"environment": "test-2"},
            {"environment": "test", "rows": "rows.json"},
            {"environment": "production", "onlyBranch": "main", "pool": {"name": "inside"}},
        ],
    },
    "jobs/train.yml": {"model": "wine", "metric": "r2", "better": "higher", "container": "python"},
    "jobs/train-azure-ml.yml": {"model": "wine", "action": "validate"},
    "jobs/build-image.yml": {"model": "wine"},
    "jobs/deploy.yml": {
        "model": "wine",
        "environment": "test",
        "target": "managed",
        "azureServiceConnection": "ml-dev",
        "rows": "rows.json",
        "strategy": "canary",
        "environmentVariables": {"LEVEL": "debug"},
        "settings": "settings.yml",
    },
    "jobs/approve.yml": {"environment": "test"},
    "jobs/run-published.yml": {
        "pipelineId": "$[ dependencies.publish.outputs['publish.pipelineId'] ]",
        "dependsOn": ["publish"],
        "experiment": "features",
        "pipelineParameters": {"rate": 0.1, "word": "a b"},
        "workspaceId": "/subscriptions/S/resourceGroups/G/providers/M/workspaces/W",
        "serviceConnection": "azure-ml",
        "azureServiceConnection": "ml-dev",
        "pool": {"name": "own"},
    },
    "steps/train.yml": {"model": "wine", "metric": "rmse", "azureServiceConnection": "ml-dev"},
    "steps/train-azure-ml.yml": {"model": "wine", "parameters": "alpha.yml", "output": ""},
    "steps/build-image.yml": {"model": "wine"},
    "steps/deploy.yml": {"model": "wine", "environment": "test", "image": "r/wine@sha256:0"},
    "steps/sources.yml": {},
    "steps/operation.yml": {
        "task": "ModelyardJobRun@1",
        "name": "train",
        "displayName": "Train",
        "inputs": {"job": "wine", "sweep": "", "firstAlone": False},
        "secrets": {"DATABRICKS_TOKEN": "databricks-token", "OTHER": ""},
    },
    "steps/release.yml": {
        "steps": [{"task": "ModelyardJobRun@1", "name": "train", "inputs": {"job": "wine"}}]
    },
    "steps/launch.yml": {
        "command": "run",
        "task": "ModelyardJobRun@1",
        "name": "train",
        "displayName": "Train",
        "inputs": {"job": "wine"},
        "azureServiceConnection": "ml-dev",
    },
    "variables/defaults.yml": {"variableGroups": ["ml"]},
}


def document(path: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((AZURE / path).read_text("utf-8"))
    return found


def parameters(path: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in document(path)["parameters"]}


def used(path: str, given: dict[str, Any], folder: Path, branch: str = "main") -> Plan:
    """The plan of a pipeline of another repository that uses one template, in a run of a branch."""
    (folder / ".git").mkdir(exist_ok=True)
    repository = {"repository": "modelyard", "type": "github", "name": "OWNER/modelyard"}
    resources = {"repositories": [{**repository, "endpoint": "github"}]}
    use = {"template": f"/templates/azure-pipelines/{path}@modelyard", "parameters": given}
    kind = path.partition("/")[0]
    pipeline: dict[str, Any] = {"trigger": "none", "resources": resources}
    if kind == "variables":
        pipeline |= {"variables": [use], "steps": [{"script": "echo $(CLUSTER_NAME)"}]}
    elif path == "jobs/deploy.yml":
        pipeline |= {"stages": [{"stage": "deploy", "dependsOn": [], "jobs": [use]}]}
    elif path == "jobs/run-published.yml":
        before = {"job": "publish", "steps": [{"bash": "echo", "name": "publish"}]}
        pipeline |= {"jobs": [before, use]}
    elif path == "stages/deploy.yml":
        before = {"job": "build_image", "steps": [{"bash": "echo", "name": "image"}]}
        pipeline |= {"stages": [{"stage": "build_image", "jobs": [before]}, use]}
    elif path == "stages/build-image.yml":
        before = {"job": "train", "steps": [{"bash": "echo"}]}
        pipeline |= {"stages": [{"stage": "train", "jobs": [before]}, use]}
    else:
        pipeline |= {kind: [use]}
    if "container" in given:
        resources["containers"] = [{"container": given["container"], "image": "python:3.11"}]
    file = folder / "azure-pipelines.yml"
    file.write_text(yaml.safe_dump(pipeline, sort_keys=False))
    return plan(
        file,
        repositories={"modelyard": ROOT},
        tasks=available({}).known,
        predefined={"Build.SourceBranch": f"refs/heads/{branch}"},
        root=folder,
    )


def cases() -> Iterator[tuple[str, str]]:
    for path in FILES:
        yield from ((path, mode) for mode in (MODES if "tasks" in parameters(path) else ("",)))


def steps(found: Plan) -> list[Step]:
    return [
        step for stage in found.pipeline.stages for job in stage.jobs for step in job.all_steps()
    ]


@pytest.mark.parametrize(("path", "mode"), list(cases()))
def test_a_template_expands_as_its_golden_file_says(path: str, mode: str, tmp_path: Path) -> None:
    given = {**GIVEN[path], **({"tasks": mode} if mode else {})}
    text = render(used(path, given, tmp_path))
    name = path.replace("/", "-").removesuffix(".yml") + (f"-{mode}" if mode else "") + ".yml"
    if os.environ.get("MODELYARD_GOLDEN") == "write":
        (GOLDEN / name).write_text(text, encoding="utf-8")

    assert text == (GOLDEN / name).read_text("utf-8")
    assert azure_schema.findings(text) == []


def test_there_is_no_golden_file_of_nothing() -> None:
    expected = {
        path.replace("/", "-").removesuffix(".yml") + (f"-{mode}" if mode else "") + ".yml"
        for path, mode in cases()
    }
    assert {one.name for one in GOLDEN.iterdir()} == expected


def test_the_official_language_service_accepts_every_one() -> None:
    texts = {one.name: one.read_text("utf-8") for one in sorted(GOLDEN.iterdir())}

    assert azure_schema.service_findings(texts) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ModelyardClusterStart@1", "ModelyardClusterStrat@1"),
        ("      clusterName:", "      clusterNam:"),
        ("      better: lower", "      better: least"),
        ("  condition:", "  condtion:"),
    ],
)
def test_the_schema_catches_what_is_wrong(old: str, new: str) -> None:
    text = (GOLDEN / "stages-train-extension.yml").read_text("utf-8")
    assert old in text

    broken = text.replace(old, new, 1)

    assert azure_schema.findings(broken) != []
    assert azure_schema.service_findings({"a.yml": broken}) != []


@pytest.mark.parametrize("path", FILES)
def test_every_parameter_says_what_it_is_and_is_the_same_everywhere(path: str) -> None:
    for name, one in parameters(path).items():
        assert one.get("displayName"), name
        assert not re.search(r"(token|password|secret|key)$", name, re.IGNORECASE), name
        for other in FILES:
            declared = parameters(other).get(name)
            if declared and name not in (
                "image",
                "stage",
                "dependsOn",
                "timeoutInMinutes",
                "train",
            ):
                assert declared == one, (name, other)


@pytest.mark.parametrize("path", FILES)
def test_what_is_missing_or_misspelt_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="nosuchparameter"):
        used(path, {**GIVEN[path], "nosuchparameter": "x"}, tmp_path)
    required = [name for name, one in parameters(path).items() if "default" not in one]
    for name in required:
        less = {key: value for key, value in GIVEN[path].items() if key != name}
        with pytest.raises(PipelineError, match=name):
            used(path, less, tmp_path)


def test_a_stages_own_parameters_are_checked_through_the_pipeline(tmp_path: Path) -> None:
    given = {**GIVEN["stages/pipeline.yml"], "train": {"metric": "rmse", "treshold": "1"}}

    with pytest.raises(PipelineError, match="treshold"):
        used("stages/pipeline.yml", given, tmp_path)


def test_every_default_can_be_overridden() -> None:
    for one in document("variables/defaults.yml")["variables"]:
        if "name" in one:
            assert one["value"].startswith(f"$[coalesce(variables['{one['name']}_OVERRIDE'], ")
    named = {
        one["name"] for one in document("variables/defaults.yml")["variables"] if "name" in one
    }
    texts = "".join((AZURE / path).read_text("utf-8") for path in FILES)
    assert named == set(re.findall(r"default: \$\(([A-Z_]+)\)", texts))


@pytest.mark.parametrize("mode", MODES)
def test_secrets_are_only_in_the_environment_of_the_steps_that_need_them(
    mode: str, tmp_path: Path
) -> None:
    given = {**GIVEN["stages/pipeline.yml"], "tasks": mode}
    found = used("stages/pipeline.yml", given, tmp_path)

    holders = {step.title for step in steps(found) if "$(databricks-token)" in step.env.values()}
    released = {"Release train", "Release cluster"} if mode == "checkout" else set()
    assert holders == {
        "Import notebooks", "Start the cluster", "Train", "Select the best run", *released,
    }  # fmt: skip
    assert render(found).count("$(databricks-token)") == len(holders)


def test_what_a_job_holds_is_released_whatever_happens(tmp_path: Path) -> None:
    given = {**GIVEN["stages/train.yml"], "tasks": "checkout"}
    found = steps(used("stages/train.yml", given, tmp_path))

    released = [step for step in found if step.title.startswith("Release ")]
    assert [step.title for step in released] == ["Release train", "Release cluster"]
    assert released == found[-2:]
    assert {step.condition for step in released} == {"always()"}


def test_a_fork_runs_no_stage(tmp_path: Path) -> None:
    found = used("stages/pipeline.yml", GIVEN["stages/pipeline.yml"], tmp_path)

    fork = "ne(variables['System.PullRequest.IsFork'], 'True')"
    assert all(fork in stage.condition for stage in found.pipeline.stages)
    only = [one.name for one in found.pipeline.stages if "refs/heads/main" in one.condition]
    assert only == ["production"]


def test_what_a_stage_is_given_itself_comes_before_what_the_chain_is_given(tmp_path: Path) -> None:
    def own() -> dict[str, Any]:
        return {"pool": {"name": "inside"}, "onlyBranch": "main", "container": "python:3.12"}

    given = {
        **GIVEN["stages/pipeline.yml"],
        "container": "python",
        "onlyBranch": "next",
        "train": {"metric": "rmse", "workspaceUrl": "", **own()},
        "buildImage": own(),
        "environments": [
            {"environment": "test", **own()},
            {"environment": "live", "container": "", "pool": ""},
        ],
    }
    *others, live = yaml.safe_load(render(used("stages/pipeline.yml", given, tmp_path)))["stages"]

    for stage in others:
        assert "refs/heads/main" in stage["condition"]
        [job] = stage["jobs"]
        assert (job["container"], job["pool"]["name"]) == ("python:3.12", "inside")
    [job] = live["jobs"]
    assert "refs/heads/next" in live["condition"]
    assert (job["container"], job["pool"]["name"]) == ("python", "own")


def test_environments_wait_for_those_before_them(tmp_path: Path) -> None:
    found = used("stages/pipeline.yml", GIVEN["stages/pipeline.yml"], tmp_path)

    assert {one.name: one.depends_on for one in found.pipeline.stages} == {
        "train": (),
        "build_image": ("train",),
        "test_2": ("build_image",),
        "test": ("build_image", "test_2"),
        "production": ("build_image", "test_2", "test"),
    }


def test_both_ways_run_the_same_tasks_with_the_same_inputs(tmp_path: Path) -> None:
    extension, checkout = (
        steps(
            used("stages/pipeline.yml", {**GIVEN["stages/pipeline.yml"], "tasks": mode}, tmp_path)
        )
        for mode in MODES
    )
    tasks = {
        one.name: (one.task, {key.lower(): value for key, value in one.inputs.items()})
        for one in extension
        if one.task.startswith("Modelyard")
    }
    scripts = {}
    for one in checkout:
        if found := re.search(r'launch\.js" run (\w+)V1 (\w+)', one.inputs.get("script", "")):
            given = {
                key.removeprefix("MODELYARD_INPUT_").lower(): value
                for key, value in one.env.items()
                if key.startswith("MODELYARD_INPUT_")
            }
            assert one.name == found[2]
            scripts[one.name] = (found[1], given)
    assert scripts == tasks
    assert tasks


def deployed(tmp_path: Path, **given: Any) -> dict[str, Step]:
    """The steps of one deployment, by name."""
    base = {"model": "wine", "environment": "test", "rows": "r.json"}
    found = steps(used("stages/deploy.yml", {**base, **given}, tmp_path))
    return {one.name: one for one in found if one.task.startswith("Modelyard")}


@pytest.mark.parametrize("target", ["managed", "kubernetes"])
def test_azure_ml_gets_the_model_of_the_artifact_unless_one_is_named(
    target: str, tmp_path: Path
) -> None:
    made = deployed(tmp_path, target=target)
    assert list(made) == ["register", "deploy", "test"]
    assert made["register"].inputs["model"] == "$(Pipeline.Workspace)/model"
    assert made["deploy"].inputs["model"] == "$(register.model)"
    assert "image" not in made["deploy"].inputs
    named = deployed(tmp_path, target=target, registeredModel="wine:3")
    assert list(named) == ["deploy", "test"]
    assert named["deploy"].inputs["model"] == "wine:3"


def test_a_canary_has_its_steps_and_run_once_has_none(tmp_path: Path) -> None:
    canary = {"strategy": "canary", "increments": [5, 25]}
    for given, traffic in (({}, "100"), (canary, "[5, 25]")):
        inputs = deployed(tmp_path, target="managed", **given)["deploy"].inputs
        assert re.sub(r"\s+", "", inputs["traffic"]) == traffic.replace(" ", "")
    # the local target refuses them
    assert "traffic" not in deployed(tmp_path)["deploy"].inputs
    assert "25" in deployed(tmp_path, **canary)["deploy"].inputs["traffic"]


def test_a_service_connection_signs_in_where_azure_is_asked(tmp_path: Path) -> None:
    for target, asked in (("managed", 3), ("local", 0)):
        made = deployed(tmp_path, target=target, azureServiceConnection="ml-dev").values()
        assert sum("azureServiceConnection" in one.inputs for one in made) == asked


def test_without_a_scoring_image_a_deployment_waits_for_the_training(tmp_path: Path) -> None:
    given = {
        **GIVEN["stages/pipeline.yml"],
        "azureServiceConnection": "ml-dev",
        "scoringImage": False,
        "environments": [
            {"environment": "test", "target": "managed"},
            {"environment": "live", "target": "managed", "azureServiceConnection": "ml-live"},
        ],
    }
    found = used("stages/pipeline.yml", given, tmp_path)

    assert {one.name: one.depends_on for one in found.pipeline.stages} == {
        "train": (),
        "test": ("train",),
        "live": ("train", "test"),
    }
    signs_in = [
        step.inputs["azureServiceConnection"]
        for step in steps(found)
        if step.task == "ModelyardModelDeploy"
    ]
    assert signs_in == ["ml-dev", "ml-live"]


def trained(tmp_path: Path, branch: str, **given: Any) -> tuple[Plan, dict[str, Step]]:
    """The stage that trains on Azure ML in a run of a branch, and its steps by title."""
    base = {"model": "wine", "onlyBranch": "main", "computeName": "cpu"}
    plan = used("stages/train-azure-ml.yml", {**base, **given}, tmp_path, branch)
    return plan, {one.title: one for one in steps(plan)}


def test_elsewhere_a_definition_is_only_validated_where_that_is_asked(tmp_path: Path) -> None:
    submit = {"Get or create the compute", "Train", "Publish the model"}
    for branch, given, titles in (
        ("main", {"validateElsewhere": True}, submit),
        ("next", {"validateElsewhere": True}, {"Validate the pipeline"}),
        ("next", {"validateElsewhere": True, "onlyBranch": ""}, submit),
        ("next", {}, submit),
    ):
        plan, found = trained(tmp_path, branch, **given)
        assert set(found) == {"Checkout self", *titles}, branch
        [stage] = plan.pipeline.stages
        only_there = "refs/heads/main" in stage.condition
        assert only_there is (given == {})


def test_the_chain_trains_on_azure_ml_where_that_is_asked(tmp_path: Path) -> None:
    given = {
        **GIVEN["stages/pipeline.yml"],
        "azureServiceConnection": "ml-dev",
        "trainOn": "azure-ml",
        "train": {"definition": "train.yml", "workspaceName": "wine"},
    }
    found = used("stages/pipeline.yml", given, tmp_path)

    assert {one.name: one.depends_on for one in found.pipeline.stages}["build_image"] == ("train",)
    [train] = [one for one in steps(found) if one.task == "ModelyardAmlPipeline"]
    assert train.inputs["definition"] == "train.yml"
    assert train.inputs["azureServiceConnection"] == "ml-dev"
    assert not any(one.task == "ModelyardJobRun" for one in steps(found))


# The two CI systems.


def workflow(name: str) -> dict[str, Any]:
    text = (ROOT / f".github/workflows/{name}.yml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - "on" stays a text
    return found


def on_azure(name: str) -> list[tuple[str, str, set[str]]]:
    """Step, operation and input names of a template of steps."""
    return [
        (one["name"], one["task"], _flat(one["inputs"]))
        for one in _operations(document(f"steps/{name}.yml")["steps"])
    ]


def _flat(inputs: dict[str, Any]) -> set[str]:
    """Names of inputs, also of those that are given only in some cases."""
    names: set[str] = set()
    for key, value in inputs.items():
        names |= _flat(value) if key.startswith("${{") else {key}
    return names


def _operations(found: list[Any]) -> Iterator[dict[str, Any]]:
    for one in found:
        if one.get("template") == "operation.yml":
            yield one["parameters"]
        for value in one.values():
            if isinstance(value, list):
                yield from _operations(value)


@pytest.mark.parametrize("name", ["train", "train-azure-ml", "build-image", "deploy"])
def test_both_ci_systems_run_the_same_operations_with_the_same_inputs(name: str) -> None:
    [(job_name, job)] = workflow(name)["jobs"].items()
    [azure_job] = document(f"jobs/{name}.yml")["jobs"]
    assert (azure_job.get("job") or azure_job["deployment"]).replace("_", "-") == job_name
    found = []
    for step in job["steps"]:
        if step["uses"].startswith("$/actions/"):
            action = step["uses"].removeprefix("$/actions/")
            task = "Modelyard" + "".join(map(str.capitalize, action.split("-"))) + "@1"
            inputs = {camel_case(one) for one in step["with"] if one not in SIGN_IN}
            found.append((step["id"], task, inputs - {"registryPassword"}))

    assert found == on_azure(name)


@pytest.mark.parametrize("name", ["train", "train-azure-ml", "build-image", "deploy", "pipeline"])
def test_both_ci_systems_have_the_same_parameters(name: str) -> None:
    inputs = {camel_case(one) for one in workflow(name)["on"]["workflow_call"]["inputs"]}
    declared = set(parameters(f"stages/{name}.yml"))
    only_github = {"azureClientId", "azureTenantId", "runsOn", "timeoutMinutes"}
    only_azure = {
        "tasks", "modelyard", "pool", "container", "timeoutInMinutes", "stage", "dependsOn",
        "variableGroups", "azureServiceConnection", "databricksTokenVariable",
        "registryPasswordVariable", "approve", "train", "buildImage", "datastoreKeyVariable",
        "trainOn",  # on GitHub the workflows of Azure ML are chained by their caller
    }  # fmt: skip
    if name == "pipeline":  # GitHub has no objects: it takes the stages' own inputs
        declared |= set(parameters("stages/train.yml")) | set(parameters("stages/build-image.yml"))
    assert inputs - only_github == declared - only_azure


@pytest.mark.parametrize("name", ["train", "train-azure-ml", "build-image", "deploy", "pipeline"])
def test_both_ci_systems_have_the_same_defaults(name: str) -> None:
    inputs = workflow(name)["on"]["workflow_call"]["inputs"]
    declared = parameters(f"stages/{name}.yml")
    if name == "pipeline":
        for other in ("train", "build-image"):
            declared = {**parameters(f"stages/{other}.yml"), **declared}
    both = {key: one for key, one in inputs.items() if camel_case(key) in declared}

    assert {key: one.get("default") for key, one in both.items()} == {
        key: _as_on_github(declared[camel_case(key)]) for key in both
    }
    assert both


def _as_on_github(parameter: dict[str, Any]) -> str | None:
    """The text of a default; a variable's is that of the workflow's ``vars``."""
    value = parameter.get("default")
    if value is None or isinstance(value, str):
        return None if value is None else re.sub(r"\$\([A-Z_]+\)", "", value)
    return json.dumps(value)


def test_an_environment_gets_all_that_a_deployment_takes_and_its_defaults() -> None:
    handed_on = workflow("pipeline")["jobs"]["deploy"]["with"]
    inputs = workflow("deploy")["on"]["workflow_call"]["inputs"]
    of_all = set(workflow("pipeline")["on"]["workflow_call"]["inputs"])

    assert set(handed_on) == set(inputs)
    for name, value in handed_on.items():
        assert f"matrix.one.{name}" in value, name
        fallback = value.removesuffix(" }}").rpartition(" || ")[2]
        if name in of_all:
            assert fallback == f"inputs.{name}"
        elif name == "image":
            assert fallback == "needs.build-image.outputs.image"
        elif "required" not in inputs[name]:
            assert fallback.strip("'") == inputs[name]["default"], name


def test_the_example_asks_both_for_the_same() -> None:
    pipeline = (EXAMPLE / "azure-pipelines.yml").read_text("utf-8")
    for one in yaml.safe_load(pipeline)["parameters"]:
        pipeline = pipeline.replace(f"${{{{ parameters.{one['name']} }}}}", str(one["default"]))
    azure = yaml.safe_load(pipeline)["extends"]
    text = (EXAMPLE / ".github/workflows/main.yml").read_text("utf-8")
    given = yaml.safe_load(text)["jobs"]["pipeline"]["with"]
    asked = {camel_case(name): value for name, value in given.items()}
    for name in ("parameters", "environments"):
        asked[name] = yaml.safe_load(asked[name])
    asked["environments"] = [
        {camel_case(name): value for name, value in one.items()} for one in asked["environments"]
    ]
    asked["threshold"] = float(asked["threshold"])
    expected = {**azure["parameters"].pop("train"), **azure["parameters"]}
    for name in ("tasks", "azureServiceConnection"):
        del expected[name]
    assert asked == expected


def test_artifacts_have_the_same_names() -> None:
    uploads = [
        step["with"]["name"]
        for name in ("train", "train-azure-ml", "build-image")
        for job in workflow(name)["jobs"].values()
        for step in job["steps"]
        if step["uses"].startswith("actions/upload-artifact@")
    ]
    # The tasks themselves keep runs-JOB and image on Azure Pipelines; JOB is env.JOB here.
    model = "${{ inputs.model-artifact }}"
    assert uploads == ["runs-${{ env.JOB }}", model, model, "image"]


def test_actions_of_others_are_pinned_by_commit() -> None:
    for file in ROOT.glob(".github/workflows/*.yml"):
        for line in file.read_text("utf-8").splitlines():
            if found := re.search(r"uses: (?!\$/)(\S+)(.*)", line):
                assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", found[1]), line
                assert re.fullmatch(r" # v\d+\.\d+\.\d+", found[2]), line


def test_a_deployment_is_never_cancelled_half_way() -> None:
    [job] = workflow("deploy")["jobs"].values()

    assert job["concurrency"]["cancel-in-progress"] == "false"
    assert "inputs.environment" in job["concurrency"]["group"]
    assert job["environment"]["name"] == "${{ inputs.environment }}"


def test_only_what_signs_in_to_azure_may_have_an_identity_token() -> None:
    for name in ("train", "train-azure-ml", "build-image", "deploy"):
        found = workflow(name)
        assert found["permissions"] == {}
        [job] = found["jobs"].values()
        more = {} if name == "build-image" else {"id-token": "write"}
        assert job["permissions"] == {"contents": "read", **more}
        handed_on = workflow("pipeline")["jobs"].get(name, job)
        assert handed_on["permissions"] == job["permissions"]


def test_the_variables_of_signing_in_reach_the_actions_and_are_inputs() -> None:
    guide = (ROOT / "docs/identity.md").read_text("utf-8")
    _, _, part = guide.partition("## In the templates\n")
    rows = re.findall(r"^\| (`[^|]*) \|", part.partition("\n## ")[0], re.MULTILINE)
    told = set(re.findall(r"`(\w+)`", " ".join(rows)))
    [train], [deploy] = (workflow(name)["jobs"].values() for name in ("train", "deploy"))
    own = {name for name, value in train["env"].items() if value == f"${{{{ vars.{name} }}}}"}

    assert told == own
    known = {name for one in members(WorkspaceInputs) for name in one.spec.environment}
    assert told <= known
    entra = {name for one in members(IdentityInputs) for name in one.spec.environment}
    assert told & entra <= set(deploy["env"])


def test_every_template_has_a_page() -> None:
    pages = templates.pages(ROOT)

    assert len(pages) == len(FILES) + len(list(ROOT.glob(".github/workflows/*.yml"))) + 1
    for path in FILES:
        page = pages[f"docs/reference/templates/{path.replace('/', '-').removesuffix('.yml')}.md"]
        assert all(f"| `{name}` |" in page for name in parameters(path))


def published(tmp_path: Path, **given: Any) -> list[dict[str, Any]]:
    """The two jobs that run a published pipeline."""
    path = "jobs/run-published.yml"
    rendered = yaml.safe_load(render(used(path, {**GIVEN[path], **given}, tmp_path)))
    [stage] = rendered["stages"]
    found: list[dict[str, Any]] = stage["jobs"][1:]
    return found


@pytest.mark.parametrize("written", ["publish", ["publish"], [], ""])
def test_the_jobs_of_a_published_pipeline_wait_for_one_name_or_a_list(
    written: str | list[str], tmp_path: Path
) -> None:
    pipeline = "11111111-2222-4333-8444-555555555555"
    signs_in, runs = published(tmp_path, dependsOn=written, pipelineId=pipeline)

    before = ["publish"] if written else []
    assert signs_in.get("dependsOn", []) == before
    assert runs["dependsOn"] == [*before, "sign_in"]


def test_a_suffix_is_in_all_that_names_the_jobs_of_a_published_pipeline(tmp_path: Path) -> None:
    signs_in, runs = published(tmp_path, suffix="_2")

    assert (signs_in["job"], runs["job"]) == ("sign_in_2", "run_published_2")
    assert runs["dependsOn"] == ["publish", "sign_in_2"]
    [token] = [one["value"] for one in runs["variables"] if one["name"] == "azureMlToken"]
    assert token == "$[ dependencies.sign_in_2.outputs['token.value'] ]"


def test_the_body_that_runs_a_published_pipeline_is_json_whatever_it_is_given(
    tmp_path: Path,
) -> None:
    given = {"experiment": 'a "b" \\c', "pipelineParameters": {"word": 'd "e"'}}
    [step] = published(tmp_path, **given)[1]["steps"]

    body = json.loads(step["inputs"]["body"])
    assert body["ExperimentName"] == given["experiment"]
    assert body["ParameterAssignments"] == given["pipelineParameters"]
