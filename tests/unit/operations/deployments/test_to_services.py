"""What a deployment that failed says of what serves."""

from __future__ import annotations

import dataclasses
import signal
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.azure.long_running import OperationFailed
from modelyard.azureml import assets, connection, web_services, workspaces
from modelyard.azureml.assets import Asset
from modelyard.azureml.marks import ORIGIN
from modelyard.azureml.web_services import WebService
from modelyard.clock import FakeClock
from modelyard.context import Context
from modelyard.deployment_errors import Overtaken
from modelyard.errors import Cancelled, DeploymentFailed, EndpointTestFailed, ModelyardError
from modelyard.http import Session
from modelyard.operations.deployments import to_services
from modelyard.operations.deployments.results import Deployed
from modelyard.operations.deployments.rollout import rollout_of
from modelyard.operations.model_deploy import OPERATION

PLACE = connection.Place("s", "g", "wine")
URL = "https://wine.example/score"


@pytest.mark.parametrize(
    ("kind", "overwritten", "gone"),
    [("ACI", True, True), ("ACI", False, False), ("AKS", True, False)],
)
@pytest.mark.parametrize("log", ["", "ModuleNotFoundError: No module named 'skops'"])
def test_only_a_container_instance_that_was_overwritten_leaves_nothing_serving(
    monkeypatch: pytest.MonkeyPatch,
    clock: FakeClock,
    make_context: Callable[..., Context],
    kind: str,
    overwritten: bool,
    gone: bool,
    log: str,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationFailed("service wine Failed: it crashed")

    monkeypatch.setattr(web_services, "deploy", fail)
    monkeypatch.setattr(web_services, "logs", lambda *_: log)
    body = {"name": "wine", "computeType": kind, "kvTags": {ORIGIN: "o"}}
    body |= {"overwrite": True} if overwritten else {}
    before = WebService("wine", kind, "Healthy", URL, False, False, {}) if overwritten else None
    monkeypatch.setattr(web_services, "find", lambda *_: before)
    rollout = rollout_of(OPERATION.inputs(target=kind.lower(), endpoint="wine"))
    session = Session("https://westeurope.api.azureml.ms", clock=clock)
    with pytest.raises(DeploymentFailed) as caught:
        to_services._bring_up(session, PLACE, body, before, rollout, make_context(OPERATION))
    assert ("nothing serves now" in caught.value.cause) == gone
    assert ("deploy the model that served before" in caught.value.fix) == gone
    if log:
        assert "add the package to the conda file" in caught.value.fix


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cluster:
    """Azure ML as far as a deployment asks it."""
    (tmp_path / "score.py").write_text("def init(): ...\ndef run(data): ...\n")
    (tmp_path / "conda.yml").write_text("dependencies: [python=3.11]\n")
    there = Cluster(tmp_path)
    for module, name, fake in (
        (to_services, "connect", lambda *_, **__: there.session),
        (to_services, "connect_region", lambda *_, **__: there.session),
        (workspaces, "require", lambda *_: Namespace(discovery_url="", location="westeurope")),
        (assets, "look_up", lambda *_: Asset("models/wine:1", "wine", "1", {})),
        (web_services, "upload", lambda *_: "aml://artifact/x"),
        (web_services, "find", lambda *_: there.service),
        (web_services, "deploy", there.deploy),
        (web_services, "logs", lambda *_: ""),
        (web_services, "key", lambda *_: ""),
    ):
        monkeypatch.setattr(module, name, fake)
    return there


class Cluster:
    """Has one service, or none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session = Session("https://westeurope.api.azureml.ms", clock=FakeClock())
        self.service: WebService | None = None

    def cut_off(self, _: Any, __: Any, body: dict[str, Any], **___: Any) -> WebService:
        """Azure goes on with it."""
        self.service = replace(self.deploy(_, __, body), state="Transitioning")
        raise Cancelled(signal.SIGINT)

    def deploy(self, _: Any, __: Any, body: dict[str, Any], **___: Any) -> WebService:
        self.service = WebService("wine", "ACI", "Healthy", URL, False, False, body["kvTags"])
        return self.service

    def inputs(self, **more: Any) -> Any:
        values: dict[str, Any] = {
            "target": "aci",
            "endpoint": "wine",
            "subscription_id": "00000000-0000-0000-0000-000000000000",
            "workspace_name": "wine",
            "resource_group": "wine",
            "model": "wine:1",
            "code": str(self.folder),
            "conda_file": str(self.folder / "conda.yml"),
            "rows": [{"a": 1}],
        }
        return OPERATION.inputs(**{**values, **more})

    def run(self, context: Context, **more: Any) -> Deployed:
        dry_run = bool(more.get("dry_run"))
        return to_services.deploy(self.inputs(**more), "wine", "aci", context, dry_run=dry_run)


def test_the_version_that_was_looked_up_is_told(
    cluster: Cluster, make_context: Callable[..., Context]
) -> None:
    for _ in range(2):
        done = cluster.run(make_context(OPERATION), model="wine@latest", rows=None)
        assert done.serves == "wine:1"


@pytest.mark.parametrize(
    ("answer", "told"),
    [('"{\\"error\\": \\"no column\\"}"', "no column"), ("<html>sign in</html>", "with a page")],
)
def test_an_answer_that_is_no_predictions_is_told_with_what_serves_now(
    cluster: Cluster,
    make_context: Callable[..., Context],
    requests_mock: mocking.Mocker,
    answer: str,
    told: str,
) -> None:
    requests_mock.post(URL, text=answer)
    with pytest.raises(ModelyardError, match=told) as caught:
        cluster.run(make_context(OPERATION))
    assert "the service wine serves this model all the same" in caught.value.cause
    assert "deploy the model that served before" in caught.value.fix
    assert "azuredatabricks" not in caught.value.fix


@pytest.mark.parametrize(
    ("state", "action"),
    [("Healthy", "left-alone"), ("Failed", "updated"), ("Unhealthy", "updated")],
)
def test_the_same_is_deployed_anew_where_it_does_not_serve(
    cluster: Cluster, make_context: Callable[..., Context], state: str, action: str
) -> None:
    cluster.run(make_context(OPERATION), rows=None)
    assert cluster.service is not None
    cluster.service = dataclasses.replace(cluster.service, state=state)
    assert cluster.run(make_context(OPERATION), rows=None).action == action


def test_what_failed_its_smoke_test_fails_again(
    cluster: Cluster, make_context: Callable[..., Context], requests_mock: mocking.Mocker
) -> None:
    asked = requests_mock.post(URL, json=[1.5])
    for _ in range(2):
        with pytest.raises(EndpointTestFailed, match="99 predictions were expected") as caught:
            cluster.run(make_context(OPERATION), expect_count=99)
        assert "the service wine serves this model all the same" in caught.value.cause
    assert asked.call_count == 2
    cluster.run(make_context(OPERATION), expect_count=99, dry_run=True)
    assert asked.call_count == 2
    assert cluster.run(make_context(OPERATION)).action == "left-alone"


def test_the_same_is_left_alone_only_where_it_is_well(
    cluster: Cluster, make_context: Callable[..., Context]
) -> None:
    cluster.run(make_context(OPERATION), rows=None)
    assert cluster.service is not None
    cluster.service = replace(cluster.service, state="Unhealthy")
    assert cluster.run(make_context(OPERATION), rows=None).action == "updated"


@pytest.mark.parametrize("there", [False, True])
def test_the_release_step_deletes_a_service_whose_creation_was_cut_off(
    cluster: Cluster,
    make_context: Callable[..., Context],
    monkeypatch: pytest.MonkeyPatch,
    there: bool,
) -> None:
    deleted: list[str] = []
    monkeypatch.setattr(web_services, "deploy", cluster.cut_off)
    monkeypatch.setattr(web_services, "delete", lambda *given: deleted.append(given[-1]))
    if there:
        cluster.service = WebService("wine", "ACI", "Healthy", URL, False, False, {})
    context = make_context(OPERATION)
    with pytest.raises(Cancelled):
        cluster.run(context)
    assert OPERATION.release is not None
    OPERATION.release(context.kept, cluster.inputs(), context)
    assert deleted == ([] if there else ["wine"])


@pytest.mark.parametrize("wanted", [{}, {"environment_variables": {"A": "b"}}])
@pytest.mark.parametrize("has_come_up", [True, False])
def test_the_release_step_leaves_alone_what_another_job_relies_on(
    cluster: Cluster,
    make_context: Callable[..., Context],
    monkeypatch: pytest.MonkeyPatch,
    wanted: dict[str, Any],
    has_come_up: bool,
) -> None:
    """The other one finds it or deploys over it; it may go on coming up."""
    deleted: list[str] = []
    monkeypatch.setattr(web_services, "delete", lambda *given: deleted.append(given[-1]))
    with monkeypatch.context() as patch:
        patch.setattr(web_services, "deploy", cluster.cut_off)
        with pytest.raises(Cancelled):
            cluster.run(context := make_context(OPERATION), rows=None)
    assert cluster.service is not None
    if has_come_up:
        cluster.service = replace(cluster.service, state="Healthy")
    done = cluster.run(make_context(OPERATION), rows=None, **wanted)
    assert done.action == ("left-alone" if has_come_up and not wanted else "updated")
    if done.action == "updated":
        cluster.service = replace(cluster.service, state="Unhealthy")
    assert OPERATION.release is not None
    OPERATION.release(context.kept, cluster.inputs(), context)
    assert not deleted


@pytest.mark.parametrize("fails", [True, False])
def test_a_service_that_another_job_has_replaced_is_not_taken_for_its_own(
    cluster: Cluster,
    make_context: Callable[..., Context],
    monkeypatch: pytest.MonkeyPatch,
    fails: bool,
) -> None:
    def overtaken(*_: Any, **__: Any) -> WebService:
        with monkeypatch.context() as patch:
            patch.setattr(web_services, "deploy", cluster.deploy)
            cluster.run(make_context(OPERATION), rows=None)
        if fails:
            raise OperationFailed("service wine Cancelled")
        assert cluster.service is not None
        return cluster.service

    monkeypatch.setattr(web_services, "deploy", overtaken)
    with pytest.raises(Overtaken, match="another job has deployed meanwhile"):
        cluster.run(context := make_context(OPERATION), rows=None)
    assert context.kept == {to_services.KEPT: ""}


def test_a_service_that_came_up_or_failed_is_kept(
    cluster: Cluster,
    make_context: Callable[..., Context],
    monkeypatch: pytest.MonkeyPatch,
    requests_mock: mocking.Mocker,
) -> None:
    requests_mock.post(URL, json=[1])
    cluster.run(context := make_context(OPERATION))
    assert context.kept == {to_services.KEPT: ""}
    cluster.service = None

    def fail(*_: Any, **__: Any) -> None:
        raise OperationFailed("service wine Failed: it crashed")

    monkeypatch.setattr(web_services, "deploy", fail)
    with pytest.raises(DeploymentFailed):
        cluster.run(context := make_context(OPERATION))
    assert context.kept == {to_services.KEPT: ""}
