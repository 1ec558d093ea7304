"""What fails on Azure ML is told by its innermost cause, and leaves alone what was there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local import serving_project
from local.aml_v1_workplace import MISSING_V1, V1Workplace
from local.aml_workplace import MISSING, WORKSPACE, Done, pip_settings
from modelyard.images.interpreters import own_version
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import RESOURCE_GROUP
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml", "aml_services")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
needs_v1 = pytest.mark.skipif(MISSING_V1, reason="MODELYARD_AZUREML_V1 names no environment")
WHERE = {"workspace_name": WORKSPACE, "resource_group": RESOURCE_GROUP}
OPERATION = "*/mfeOperationsStatus/*"
CAUSE = (
    "Operation could not be completed as it results in exceeding approved standardDSv2Family "
    "Cores quota."
)
_INNERMOST = {"error": {"code": "QuotaExceeded", "message": CAUSE}}
_PASSED_ON = {"error": {"code": "BadArgument", "message": json.dumps(_INNERMOST)}}
REFUSED = {
    "code": "BadRequest",
    "message": "The request is invalid.",
    "details": [
        {"code": "Provisioning", "message": f"It failed. Message: {json.dumps(_PASSED_ON)}\nEnd."}
    ],
}
"""An answer of one provider within that of another, twice, and text around it."""
STEPS = """
type: pipeline
jobs:
  only:
    type: command
    environment: {image: mcr.microsoft.com/azureml/any, CONDA}
    command: python steps/run.py
    code: .
"""
DEFINITION = """
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.runconfig import RunConfiguration
from azureml.pipeline.steps import PythonScriptStep


def pipeline(workspace, computes, parameters, helper):
    environment = RunConfiguration()
    packages = [parameters["package"]] if "package" in parameters else []
    conda = CondaDependencies(_underlying_structure={"dependencies": [{"pip": packages}]})
    environment.environment.python.conda_dependencies = conda
    return PythonScriptStep(
        name="only", script_name="run.py", source_directory="steps", runconfig=environment,
        compute_target=helper.cluster(parameters["cluster"]), allow_reuse=False,
    )
"""


@pytest.fixture(scope="module")
def whole(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[V1Workplace]:
    """A workspace with a model and a cluster, and the files of a project."""
    folder = tmp_path_factory.mktemp("repository")
    serving_project.write(folder, own_version())
    (folder / "steps").mkdir()
    for name, text in (
        ("steps/run.py", f"{serving_project.UNMET}\n"),
        ("bare.yml", STEPS.replace(", CONDA", "")),
        ("conda-missing.yml", STEPS.replace("CONDA", "conda_file: broken.yml")),
        ("a.py", DEFINITION),
    ):
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_settings().items():
            patch.setenv(name, value)
        made = V1Workplace(cloud, program_environment(cloud.environment), folder)
        assert made.run("aml-workspace", **WHERE).code == 0
        done = made.run("model-register", **WHERE, name="double", model="double")
        assert done.code == 0, done.log
        assert cluster(made, "cpu").code == 0
        yield made


@pytest.fixture
def place(whole: V1Workplace) -> Iterator[V1Workplace]:
    """The same, without faults."""
    yield whole
    whole.cloud.faults.clear()


def cluster(place: V1Workplace, name: str) -> Done:
    size = {"compute_type": "amlcompute", "vm_size": "STANDARD_D2_V2"}
    return place.run("aml-compute", **WHERE, compute_name=name, **size)


def pipeline(place: V1Workplace, definition: str, action: str = "submit", **more: str) -> Done:
    return place.run("aml-pipeline", **WHERE, definition=definition, action=action, **more)


def check_quota(done: Done, code: int, *, advised: bool = True) -> None:
    """The cause stands there alone, and where the service has begun what to do about it."""
    assert done.code == code, done.log
    assert done.log.count(CAUSE) == 1, done.log
    for raw in ('"code"', "'code'", "\\", "Traceback", "Headers", "Content"):
        assert raw not in done.log
    assert ("quota of cores" in done.log) == advised
    assert ("ask for more quota" in done.log) == advised


without_quota = pytest.mark.parametrize(
    "rule",
    [
        {"method": "PUT", "path": "*/computes/*", "status": 400, "body": {"error": REFUSED}},
        {
            "path": OPERATION,
            "status": 200,
            "body": {"status": "Failed", "error": REFUSED},
            "times": None,  # SDK v1 asks more often
        },
    ],
    ids=["refused", "failed"],
)


@without_quota
def test_a_cluster_without_quota(place: V1Workplace, rule: dict[str, Any]) -> None:
    place.fault(action="status", **rule)
    check_quota(cluster(place, "large"), 17)


@needs_v1
@without_quota
def test_a_cluster_that_a_definition_makes_without_quota(
    place: V1Workplace, rule: dict[str, Any]
) -> None:
    place.fault(action="status", **rule)
    done = pipeline(place, "a.py:pipeline", config="--cluster large-too")
    check_quota(done, 3)
    assert "a.py:14: ComputeTargetException: " in done.log


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"method": "POST", "path": "*/services", "status": 400, "body": REFUSED}, 17),
        (
            {
                "path": "/modelmanagement/*/operations/*",
                "status": 200,
                "body": {"state": "Failed", "error": REFUSED},
            },
            42,
        ),
    ],
    ids=["refused", "failed"],
)
def test_a_container_instance_without_quota(
    place: V1Workplace, rule: dict[str, Any], code: int
) -> None:
    place.fault(action="status", **rule)
    done = place.run(
        "model-deploy",
        **WHERE,
        target="aci",
        endpoint=f"large-{code}",
        model="double:1",
        code="code",
        conda_file="conda.yml",
    )
    check_quota(done, code, advised=code == 42)


def test_a_job_that_is_refused_for_quota(place: V1Workplace) -> None:
    place.fault(action="status", method="PUT", path="*/jobs/*", status=400, body={"error": REFUSED})
    check_quota(pipeline(place, "bare.yml"), 17, advised=False)


@pytest.mark.parametrize(
    "definition", ["bare.yml", pytest.param("a.py:pipeline", marks=needs_v1)], ids=["v2", "v1"]
)
def test_a_step_that_fails_for_quota(place: V1Workplace, definition: str) -> None:
    """As run history tells of it: the step printed nothing."""
    step = {
        "runId": "of-the-step",
        "displayName": "only",
        "status": "Failed",
        "error": {"error": REFUSED},
    }
    place.fault(
        action="status", path="/history/*/children", status=200, body={"value": [step]}, times=None
    )
    (place.folder / "other.yml").write_text((place.folder / "bare.yml").read_text())
    config = {} if definition == "bare.yml" else {"config": "--cluster cpu --of quota"}
    done = pipeline(place, definition.replace("bare", "other"), **config)
    check_quota(done, 31)


@needs_v1
def test_a_pipeline_whose_submit_is_refused_for_quota(place: V1Workplace) -> None:
    path = "*/PipelineRuns/Submit/*"
    place.fault(action="status", method="POST", path=path, status=400, body={"error": REFUSED})
    check_quota(pipeline(place, "a.py:pipeline", config="--cluster cpu --of submit"), 17)


@pytest.mark.parametrize(
    ("definition", "config"),
    [("bare.yml", ""), pytest.param("a.py:pipeline", "--cluster cpu", marks=needs_v1)],
    ids=["v2", "v1"],
)
def test_a_step_that_imports_a_package_that_is_missing(
    place: V1Workplace, definition: str, config: str
) -> None:
    done = pipeline(place, definition, **({"config": config} if config else {}))
    assert done.code == 31, done.log
    told = done.log.partition("error: ")[2]
    assert "ModuleNotFoundError: No module named 'vines_of_nobody'" in told
    assert told.count('File "') == 1, told
    assert "the script imports a package that the environment doesn't have" in told
    assert "add the package to the conda file" in told
    assert "only: ModuleNotFoundError: No module named 'vines_of_nobody'" in done.log


@pytest.mark.parametrize(
    ("definition", "config"),
    [
        ("conda-missing.yml", ""),
        pytest.param(
            "a.py:pipeline",
            "--cluster cpu --package no-such-package-anywhere==9",
            marks=needs_v1,
        ),
    ],
    ids=["v2", "v1"],
)
def test_a_package_that_can_not_be_installed(
    place: V1Workplace, definition: str, config: str
) -> None:
    done = pipeline(place, definition, **({"config": config} if config else {}))
    assert done.code == 31, done.log
    assert "No matching distribution found for no-such-package-anywhere==9" in done.log
    assert "the packages of the environment can't be installed" in done.log
    assert "Traceback" not in done.log


@needs_v1
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_publish_that_fails_leaves_the_marker_and_the_older_pipelines(
    place: V1Workplace, when: str
) -> None:
    name = f"wine-{when}"
    publish = {
        "config": "--cluster cpu",
        "pipeline_name": name,
        "marker_path": "markers",
        "disable_older": "true",
    }
    first = pipeline(place, "a.py:pipeline", "publish-pipeline", **publish)
    assert first.code == 0, first.log
    path = "*/Pipelines/Create"
    body = {"error": REFUSED}
    place.fault(action="status", method="POST", path=path, status=400, body=body, when=when)
    place.cloud.requests.clear()
    failed = pipeline(place, "a.py:pipeline", "publish-pipeline", **publish)
    check_quota(failed, 17)
    assert "pipeline-id" not in failed.outputs
    assert "marker" not in failed.outputs
    written = [one.path for one in place.cloud.requests.entries(method="PUT")]
    assert [one for one in written if "markers" in one or one.endswith("/status")] == []
    told = place.sdk(f"""
        from azureml.pipeline.core import PublishedPipeline
        every = [one for one in PublishedPipeline.list(ws) if one.name == {name!r}]
        ws.get_default_datastore().download(
            "down", prefix="markers/{name}.csv", overwrite=True, show_progress=False
        )
        tell(active=[one.id for one in every], marker=open("down/markers/{name}.csv").read())
    """).told
    assert told["marker"] == f"id\n{first.outputs['pipeline-id']}\n"
    assert first.outputs["pipeline-id"] in told["active"]
    assert len(told["active"]) == (2 if when == "after" else 1)
