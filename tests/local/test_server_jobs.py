"""A pipeline of SDK v1, published by a job and run by a server job that Azure ML calls back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.aml_v1_workplace import MISSING_V1, SDK_V1, V1Workplace
from local.aml_workplace import PATH
from local.connections import make_generic
from local.stage_project import Project, Ran, opened
from modelyard import manifest
from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm", "devops", "storage", "aml", "databricks")
pytestmark = pytest.mark.skipif(MISSING_V1, reason="MODELYARD_AZUREML_V1 names no environment")
CONNECTION = "azure-ml"
DEFINITION = """
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.runconfig import RunConfiguration
from azureml.pipeline.steps import PythonScriptStep


def pipeline(workspace, computes, parameters, helper):
    run = RunConfiguration()
    conda = CondaDependencies()
    for one in list(conda.pip_packages):
        conda.remove_pip_package(one)
    run.environment.python.conda_dependencies = conda
    return PythonScriptStep(
        name="train", script_name="train.py", source_directory="steps", runconfig=run,
        arguments=["--ratio", helper.parameter("ratio", "0.5")], allow_reuse=False,
        compute_target=helper.cluster("cpu", "STANDARD_D2_V2", max_nodes=1),
    )
"""
TRAIN = """
import sys
ratio = float(sys.argv[2])
print("trained with", ratio, flush=True)
sys.exit("no model comes of this" if ratio > 1 else 0)
"""


@pytest.fixture(scope="module")
def project(
    cloud: LocalCloud, library_path: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A workspace, the generic connection to its region's API, and a repository."""

    def fill(folder: Path) -> None:
        for name, text in (("ml/build.py", DEFINITION), ("steps/train.py", TRAIN)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)

    folder = tmp_path_factory.mktemp("server") / "repository"
    with opened(cloud, library_path, folder, fill) as found:
        make_generic(cloud, CONNECTION, "https://westeurope.api.azureml.ms")
        yield found


def run(project: Project, name: str, publish: dict[str, Any], *given: dict[str, Any]) -> Ran:
    """Run a pipeline that publishes, and runs what was published, once for each that is given."""
    use = {
        "pipelineId": "$[ dependencies.publish.outputs['publish.pipelineId'] ]",
        "experiment": "features",
        "serviceConnection": CONNECTION,
        "azureServiceConnection": "ml-dev",
        "workspaceId": PATH,
        "dependsOn": ["publish"],
    }
    repository = {"repository": "modelyard", "type": "github", "name": "OWNER/modelyard"}
    template = "templates/azure-pipelines/jobs/run-published.yml@modelyard"
    document = {
        "resources": {"repositories": [repository | {"endpoint": "github"}]},
        "variables": {"MODELYARD_AZUREML_V1": str(SDK_V1)},
        "jobs": [
            {"job": "publish", "steps": [publish]},
            *({"template": template, "parameters": {**use, **one}} for one in given),
        ],
    }
    (project.folder / "azure-pipelines.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    return project.local_run("azure-pipelines.yml", f"modelyard={manifest.ROOT}", name)


def test_a_job_publishes_and_a_server_job_runs_it_and_waits(project: Project) -> None:
    publish = {
        "task": "ModelyardAmlPipeline@1",
        "name": "publish",
        "inputs": {
            "action": "publish-pipeline",
            "definition": "ml/build.py:pipeline",
            "pipelineName": "features",
            "workspaceName": "wine",
            "resourceGroup": "modelyard-local",
            "azureServiceConnection": "ml-dev",
        },
    }
    once = {"pipelineParameters": {"ratio": 0.8}}
    more = {"suffix": "_2", "experiment": "more", "dependsOn": "publish"}
    done = run(project, "good", publish, once, more)
    assert done.code == 0, done.output
    assert "waits until the service calls back" in done.output
    for job in ("run_published", "run_published_2"):
        assert f"[{job}] the service called back: succeeded" in done.output
    assert "Bearer" not in done.output
    found = [one.get("outputs", {}).get("pipelineId") for one in done.steps("__default")]
    [published] = filter(None, found)
    place = V1Workplace(project.cloud, project.place.environment, project.folder)
    told = place.sdk(f"""
        import requests
        from azureml.pipeline.core import PublishedPipeline
        [run] = Experiment(ws, "features").get_runs()
        [step] = run.get_children()
        log = requests.get(step.get_details()["logFiles"]["user_logs/std_log.txt"]).text
        version = PublishedPipeline.get(ws, {published!r}).version
        [other] = Experiment(ws, "more").get_runs()
        tell(
            status=run.get_status(), tags=run.get_tags(), log=log, version=version,
            other=other.get_status(),
        )
        """).told
    assert (told["status"], told["other"]) == ("Finished", "Finished")
    assert told["log"] == "trained with 0.8\n"
    assert told["tags"]["build"].endswith(f"/{told['version']}")  # the build's number is both

    def again(name: str, pipeline: str, **given: Any) -> Ran:
        echo = f"echo '##vso[task.setvariable variable=pipelineId;isOutput=true]{pipeline}'"
        return run(project, name, {"bash": echo, "name": "publish"}, given)

    failed = again("failed", published, pipelineParameters={"ratio": 2})
    assert failed.code == 1, failed.output
    assert "##[error]the service called back: failed" in failed.output

    nobody = again("nobody", "11111111-2222-4333-8444-555555555555")
    assert nobody.code == 1, nobody.output
    assert "##[error]POST was answered with 404 NOT FOUND: " in nobody.output
    assert sum("##[error]POST" in line for line in nobody.output.splitlines()) == 1
