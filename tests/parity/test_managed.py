"""A workspace with its smoke test, a managed endpoint and web services, in all three ways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local import serving_project
from local.aml_workplace import MISSING, pip_settings
from modelyard.images.interpreters import own_version
from parity.normalising import calls, normal
from parity.normalising import outputs as normalised
from parity.scenario import AZURE
from parity.three import assert_same, run_in_each_way
from parity.ways import NewPlace, Outcomes, Step

SERVICES = ("entra", "arm", "storage", "aml", "aml_services")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
DEPLOY = {
    **AZURE,
    "target": "managed",
    "endpoint": "parity-numbers",
    "model": "${{ steps.model-register.outputs.model }}",
    "code": "code",
    "conda-file": "conda.yml",
    "environment-variables": "LEVEL: one\nquoted: '\"%0A;]'\n",
    "settings": '{"requestSettings": {"requestTimeout": "PT30S"}}',
    "rows": "rows.json",
    "traffic": "20\n  60",
    "watch-seconds": "0.2",
    "watch-requests": "4",
}
SERVICE = {
    **AZURE,
    "model": DEPLOY["model"],
    "code": "code",
    "conda-file": "conda.yml",
    "deployment-config": "authEnabled: true\ncontainerResourceRequirements: "
    "{cpu: 1, memoryInGB: 2}\n",
    "rows": "rows.json",
}
ACI = {**SERVICE, "target": "aci", "endpoint": "parity-aci"}
CLUSTER = {**AZURE, "compute-name": "aks", "compute-type": "aks", "dev-test": "on"}
AKS = {**SERVICE, "target": "aks", "endpoint": "parity-aks", "compute": "aks"}
ACTIONS = {
    "model-deploy": "created",
    "again": "left-alone",
    "replaced": "updated",
    "aci": "created",
    "aci-again": "left-alone",
    "cluster": "created",
    "aks": "created",
}


@pytest.fixture(scope="module", autouse=True)
def pip() -> Iterator[None]:
    """The packages of a deployment come from the folders of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_settings().items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def outcomes(new_place: NewPlace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcomes]:
    """What came of it in each way."""
    files = tmp_path_factory.mktemp("files")
    serving_project.write(files, own_version())
    replaced = {**DEPLOY, "environment-variables": '{"LEVEL": "two"}'}
    tested = {**AZURE, "target": "managed", "endpoint": "parity-numbers", "requests": "2"}
    steps = [
        Step("aml-workspace", {**AZURE, "location": "westeurope", "smoke": "on"}),
        Step("model-register", {**AZURE, "name": "double", "model": "double"}),
        Step("model-deploy", DEPLOY),
        Step("model-deploy", DEPLOY, id="again"),
        Step("model-deploy", replaced, id="replaced"),
        Step("endpoint-test", {**tested, "rows": "rows.json", "expect-authentication": "yes"}),
        Step("model-deploy", ACI, id="aci"),
        Step("model-deploy", ACI, id="aci-again"),
        Step("aml-compute", CLUSTER, id="cluster"),
        Step("model-deploy", AKS, id="aks"),
        Step(
            "endpoint-test",
            {**AZURE, "target": "aci", "endpoint": "parity-aci", "rows": "rows.json"},
            id="aci-test",
        ),
        Step(
            "endpoint-test",
            {**AZURE, "target": "aks", "endpoint": "parity-aks", "rows": "rows.json"},
            id="aks-test",
        ),
    ]
    return run_in_each_way(new_place, files, lambda _: steps, SERVICES)


def test_it_is_created_left_alone_and_replaced(outcomes: dict[str, Outcomes]) -> None:
    for way, found in outcomes.items():
        for name, one in found.steps.items():
            assert one.code == 0, f"{way}, {name}:\n{one.log}"
        for name, action in ACTIONS.items():
            assert found.steps[name].outputs["action"] == action, way
        assert found.steps["replaced"].outputs["deployment"] == "green"
        assert found.steps["aml-workspace"].outputs["smoke-run-id"], way
        for name in ("endpoint-test", "aci-test", "aks-test"):
            assert found.steps[name].outputs["predictions"] == "[2, 4]"


@pytest.mark.parametrize(
    "step", ["aml-workspace", *ACTIONS, "endpoint-test", "aci-test", "aks-test"]
)
def test_the_same_comes_of_each_step(outcomes: dict[str, Outcomes], step: str) -> None:
    of_each = {way: one.steps[step] for way, one in outcomes.items()}
    folders = {way: one.folders for way, one in outcomes.items()}
    assert_same({way: normalised(one.outputs, folders[way]) for way, one in of_each.items()})
    assert_same({way: normal(one.summary, folders[way]).strip() for way, one in of_each.items()})
    assert_same({way: calls(one.entries, folders[way]) for way, one in of_each.items()})


def test_nothing_is_left_to_release(outcomes: dict[str, Outcomes]) -> None:
    for way, one in outcomes.items():
        assert calls(one.released, one.folders) == [], f"{way}:\n{one.release_log}"
