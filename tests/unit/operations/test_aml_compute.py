from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.account_errors import WorkspaceNotAllowed
from modelyard.azureml.connection import Place
from modelyard.clock import FakeClock
from modelyard.context import Context
from modelyard.credentials import Anonymous
from modelyard.errors import AlreadyExists, InputError, PermissionDenied, ServiceError
from modelyard.http import Session
from modelyard.operations import aml_compute
from modelyard.operations.aml_compute import OPERATION
from modelyard.operations.computes import workspace_token
from modelyard.operations.computes.compute_inputs import ComputeInputs
from unit.conftest import IDENTITY

ARM, WORKSPACE = "https://management.azure.com", "https://adb-1.2.azuredatabricks.net"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
WS = f"{ARM}{Place(SUBSCRIPTION, 'wine', 'wine').path}"
COMPUTE = f"{WS}/computes/one"
OWN = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/wine/providers"
DATABRICKS = f"{OWN}/Microsoft.Databricks/workspaces/bricks"
KUBERNETES = f"{OWN}/Microsoft.ContainerService/managedClusters/aks"
PRINCIPAL = {
    "azure_tenant_id": "11111111-2222-3333-4444-555555555555",
    "azure_client_id": "client",
    "azure_client_secret": "made-up",
}
IN_WORKSPACE, SIGNED_IN = workspace_token._workspace, workspace_token.signed_in
Make = Callable[..., Context]


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same sessions without a sign-in."""

    def connect(_inputs: Any, context: Context, *, read_only: bool) -> Session:
        return Session(ARM, clock=context.clock, read_only=read_only)

    def workspace(_session: Any, _inputs: Any, context: Context) -> Session:
        return Session(WORKSPACE, clock=context.clock, credential=Anonymous())

    monkeypatch.setattr(aml_compute, "connect", connect)

    def who(*_: Any) -> Any:
        return SimpleNamespace(sign_in=SimpleNamespace(can=lambda _resource: True))

    monkeypatch.setattr(workspace_token, "_workspace", workspace)
    monkeypatch.setattr(workspace_token, "signed_in", who)


@pytest.fixture(autouse=True)
def service(requests_mock: mocking.Mocker) -> mocking.Mocker:
    """A workspace without computes."""
    requests_mock.get(WS, json={"id": WS, "location": "westeurope", "properties": {}})
    requests_mock.get(COMPUTE, status_code=404, json={"error": {"code": "ResourceNotFound"}})
    bricks = {"id": DATABRICKS, "properties": {"workspaceUrl": WORKSPACE.removeprefix("https://")}}
    requests_mock.get(f"{ARM}{DATABRICKS}", json=bricks)
    requests_mock.get(f"{WORKSPACE}/api/2.0/token/list", json={})
    return requests_mock


def inputs(kind: str = "amlcompute", **changes: Any) -> ComputeInputs:
    own = {
        "amlcompute": {"vm_size": "Standard_DS3_v2"},
        "databricks": {"attach": DATABRICKS},
        "kubernetes": {"attach": KUBERNETES},
        "aks": {},
    }[kind]
    values = {"subscription_id": SUBSCRIPTION, "workspace_name": "wine", "compute_name": "one"}
    return ComputeInputs(**{**values, "compute_type": kind, **own, **changes})


def cluster(**scale: Any) -> dict[str, Any]:
    settings = {"minNodeCount": 0, "maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT2M"}
    return {
        "computeType": "AmlCompute",
        "properties": {
            "vmSize": "STANDARD_DS3_V2",
            "vmPriority": "Dedicated",
            "scaleSettings": {**settings, **scale},
            "allocationState": "Steady",
        },
    }


def aks(**changes: Any) -> dict[str, Any]:
    """One that somebody has made smaller since."""
    settings = {"agentCount": 2, "agentVmSize": "STANDARD_D3_V2", "clusterPurpose": "FastProd"}
    return {"computeType": "AKS", "properties": settings, **changes}


def put(service: mocking.Mocker, before: dict[str, Any] | None = None) -> Any:
    """The compute is there before, or when it was put."""
    there = [before] if before else []

    def get(_request: Any, context: Any) -> Any:
        if not there:
            context.status_code = 404
            return {"error": {"code": "ResourceNotFound"}}
        return {"id": "compute-id", "name": "one", "properties": there[-1]}

    def made(request: Any, _context: Any) -> Any:
        there.append(request.json()["properties"])
        return {"id": "compute-id", "name": "one", "properties": there[-1]}

    service.get(COMPUTE, json=get)
    return service.put(COMPUTE, json=made)


def test_a_cluster_is_created(service: mocking.Mocker, make_context: Make) -> None:
    sent = put(service)
    done = aml_compute.run(inputs(max_nodes=4), make_context(OPERATION))
    assert (done.action, done.compute_id) == ("created", "compute-id")
    body = sent.last_request.json()
    assert body["location"] == "westeurope"
    assert body["properties"] == {
        "computeType": "AmlCompute",
        "properties": {
            "vmSize": "STANDARD_DS3_V2",
            "vmPriority": "Dedicated",
            "scaleSettings": {
                "minNodeCount": 0,
                "maxNodeCount": 4,
                "nodeIdleTimeBeforeScaleDown": "PT2M",
            },
        },
    }


def test_the_same_is_left_alone(service: mocking.Mocker, make_context: Make) -> None:
    sent = put(service, cluster())
    assert aml_compute.run(inputs(), make_context(OPERATION)).action == "left-alone"
    assert sent.call_count == 0


@pytest.mark.parametrize(
    "there",
    [
        {"minNodeCount": 2, "maxNodeCount": 8},
        {"nodeIdleTimeBeforeScaleDown": "PT1H"},
    ],
)
def test_what_is_not_asked_for_is_not_compared(
    service: mocking.Mocker, make_context: Make, there: dict[str, Any]
) -> None:
    """A shared cluster: who names it alone takes it as it is."""
    sent, changed = put(service, cluster(**there)), service.patch(COMPUTE, json={})
    low = cluster(**there)
    low["properties"]["vmPriority"] = "LowPriority"
    service.get(COMPUTE, json={"id": "compute-id", "name": "one", "properties": low})
    done = aml_compute.run(inputs(vm_size=None), make_context(OPERATION))
    assert done.action == "left-alone"
    assert (sent.call_count, changed.call_count) == (0, 0)


def test_a_new_cluster_has_the_defaults(service: mocking.Mocker, make_context: Make) -> None:
    sent = put(service)
    aml_compute.run(inputs(vm_size=None, min_nodes=2), make_context(OPERATION))
    made = sent.last_request.json()["properties"]["properties"]
    assert made["vmSize"] == "STANDARD_DS3_V2"
    assert made["vmPriority"] == "Dedicated"
    scale = {"minNodeCount": 2, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "PT2M"}
    assert made["scaleSettings"] == scale


def test_other_nodes_are_an_update_of_the_scale_alone(
    service: mocking.Mocker, make_context: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """A PUT would take its subnet, its identity and its tags."""
    caplog.set_level("INFO", logger="modelyard")
    sent, changed = put(service, cluster(minNodeCount=1)), service.patch(COMPUTE, json={})
    given = inputs(max_nodes=3, idle_seconds=120)
    assert aml_compute.run(given, make_context(OPERATION)).action == "updated"
    assert "(scaleSettings.maxNodeCount 1 -> 3)" in caplog.text
    scale = {"minNodeCount": 1, "maxNodeCount": 3, "nodeIdleTimeBeforeScaleDown": "PT2M"}
    assert changed.last_request.json() == {"properties": {"properties": {"scaleSettings": scale}}}
    assert sent.call_count == 0


@pytest.mark.parametrize(
    ("there", "action"), [("PT120S", "left-alone"), ("PT2M", "left-alone"), ("PT5M", "updated")]
)
def test_idle_times_are_compared_in_seconds(
    service: mocking.Mocker, make_context: Make, there: str, action: str
) -> None:
    put(service, cluster(nodeIdleTimeBeforeScaleDown=there))
    service.patch(COMPUTE, json={})
    assert aml_compute.run(inputs(idle_seconds=120), make_context(OPERATION)).action == action


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_bound_does_not_cross_the_one_that_is_there(
    service: mocking.Mocker, make_context: Make, dry_run: bool
) -> None:
    put(service, cluster(minNodeCount=2, maxNodeCount=4))
    with pytest.raises(InputError, match="one would have at least 2 machines and at most 1"):
        aml_compute.run(inputs(max_nodes=1, dry_run=dry_run), make_context(OPERATION))
    assert {request.method for request in service.request_history} == {"GET"}


def test_a_bound_may_be_the_other_one_too(service: mocking.Mocker, make_context: Make) -> None:
    put(service, cluster(minNodeCount=2, maxNodeCount=4))
    service.patch(COMPUTE, json={})
    done = aml_compute.run(inputs(max_nodes=2), make_context(OPERATION))
    assert done.action == "updated"


@pytest.mark.parametrize("before", [None, cluster(), cluster(maxNodeCount=9)])
def test_a_dry_run_writes_nothing(
    service: mocking.Mocker, make_context: Make, before: dict[str, Any] | None
) -> None:
    put(service, before)
    aml_compute.run(inputs(dry_run=True, max_nodes=3), make_context(OPERATION))
    assert {request.method for request in service.request_history} == {"GET"}


@pytest.mark.parametrize(
    ("given", "before", "message"),
    [
        (inputs(vm_size="Standard_NC6"), cluster(), "its vm-size can't be changed"),
        (inputs(low_priority=True), cluster(), "its low-priority can't be changed"),
        (inputs("databricks"), cluster(), "is of the type AmlCompute, not Databricks"),
        (
            inputs("kubernetes"),
            {"computeType": "Kubernetes", "resourceId": "other", "properties": {}},
            "its attach can't be changed",
        ),
        (
            inputs("kubernetes", namespace="ml"),
            {
                "computeType": "Kubernetes",
                "resourceId": KUBERNETES,
                "properties": {"namespace": "other"},
            },
            "its namespace can't be changed",
        ),
        (inputs("aks"), cluster(), "is of the type AmlCompute, not AKS"),
        (inputs("aks", dev_test=True), aks(), "its dev-test can't be changed"),
        (inputs("aks", vm_size="Standard_D4_v2"), aks(), "its vm-size can't be changed"),
        (inputs("aks", attach=KUBERNETES), aks(), "its attach can't be changed"),
    ],
)
def test_what_can_not_be_changed(
    service: mocking.Mocker,
    make_context: Make,
    given: ComputeInputs,
    before: dict[str, Any],
    message: str,
) -> None:
    sent = put(service, before)
    with pytest.raises(AlreadyExists, match=message):
        aml_compute.run(given, make_context(OPERATION))
    assert sent.call_count == 0


def test_kubernetes_is_attached(service: mocking.Mocker, make_context: Make) -> None:
    sent = put(service)
    done = aml_compute.run(inputs("kubernetes", namespace="ml"), make_context(OPERATION))
    assert done.action == "attached"
    body = sent.last_request.json()
    assert body["identity"] == {"type": "SystemAssigned"}
    assert body["properties"] == {
        "computeType": "Kubernetes",
        "resourceId": KUBERNETES,
        "properties": {"namespace": "ml"},
    }


@pytest.mark.parametrize("purpose", ["FastProd", "DenseProd"])
def test_both_purposes_that_are_not_for_tests_are_as_asked_for(
    service: mocking.Mocker, make_context: Make, purpose: str
) -> None:
    before = aks()
    before["properties"]["clusterPurpose"] = purpose
    sent = put(service, before)
    done = aml_compute.run(inputs("aks", dev_test=False), make_context(OPERATION))
    assert (done.action, sent.call_count) == ("left-alone", 0)
    before["properties"]["clusterPurpose"] = "DevTest"
    with pytest.raises(AlreadyExists, match="clusterPurpose"):
        aml_compute.run(inputs("aks", dev_test=False), make_context(OPERATION))


def test_an_aks_cluster_is_created_or_attached(service: mocking.Mocker, make_context: Make) -> None:
    sent = put(service)
    given = inputs("aks", dev_test=True, node_count=1)
    assert aml_compute.run(given, make_context(OPERATION)).action == "created"
    assert sent.last_request.json()["properties"] == {
        "computeType": "AKS",
        "properties": {
            "agentCount": 1,
            "agentVmSize": "Standard_D3_v2",
            "clusterPurpose": "DevTest",
        },
    }
    sent = put(service)
    given = inputs("aks", attach=KUBERNETES)
    assert aml_compute.run(given, make_context(OPERATION)).action == "attached"
    assert sent.last_request.json()["properties"] == {
        "computeType": "AKS",
        "resourceId": KUBERNETES,
        "properties": {"clusterPurpose": "FastProd"},
    }


def test_an_aks_cluster_that_was_scaled_is_left_alone(
    service: mocking.Mocker, make_context: Make
) -> None:
    sent = put(service, aks())
    given = inputs("aks", vm_size="Standard_D3_v2", node_count=3)
    assert aml_compute.run(given, make_context(OPERATION)).action == "left-alone"
    assert sent.call_count == 0


def test_one_that_is_not_usable_is_no_success(service: mocking.Mocker, make_context: Make) -> None:
    quota = {"error": {"code": "QuotaExceeded", "message": "no cores are left"}}
    put(service, aks(provisioningState="Failed", provisioningErrors=[quota]))
    with pytest.raises(ServiceError, match="is Failed, not ready") as raised:
        aml_compute.run(inputs("aks"), make_context(OPERATION))
    assert "no cores are left" in raised.value.cause


def minting(service: mocking.Mocker) -> Any:
    answer = {"token_value": "made-by-this-test", "token_info": {"token_id": "token-7"}}
    return service.post(f"{WORKSPACE}/api/2.0/token/create", json=answer)


def test_databricks_is_attached_with_a_token_for_this_job(
    service: mocking.Mocker, make_context: Make, recording_ci: Any
) -> None:
    sent, minted = put(service), minting(service)
    done = aml_compute.run(inputs("databricks", token_lifetime_hours=2), make_context(OPERATION))
    assert done.action == "attached"
    assert minted.last_request.json()["lifetime_seconds"] == 7200
    properties = sent.last_request.json()["properties"]
    assert properties["properties"] == {"databricksAccessToken": "made-by-this-test"}
    assert "made-by-this-test" in recording_ci.masks
    assert recording_ci.state["token"] == "token-7"


def test_on_the_command_line_nobody_revokes_it_and_that_is_said(
    service: mocking.Mocker,
    make_context: Make,
    recording_ci: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    put(service)
    minted = minting(service)
    recording_ci.releases_later = False
    with caplog.at_level("INFO"):
        aml_compute.run(inputs("databricks"), make_context(OPERATION))
    assert "minted an access token for 24 hours; it lives on after this command" in caplog.text
    assert minted.last_request.json()["comment"] == "Azure ML compute wine/one"
    assert not recording_ci.state.get("token")


def test_the_token_is_revoked_at_the_end(
    service: mocking.Mocker, make_context: Make, recording_ci: Any
) -> None:
    gone = service.post(f"{WORKSPACE}/api/2.0/token/delete", json={})
    aml_compute.release({"token": "token-7"}, inputs("databricks"), make_context(OPERATION))
    assert gone.last_request.json() == {"token_id": "token-7"}
    service.post(
        f"{WORKSPACE}/api/2.0/token/delete",
        status_code=404,
        json={"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "gone"},
    )
    aml_compute.release({"token": "token-7"}, inputs("databricks"), make_context(OPERATION))


@pytest.mark.parametrize(
    ("changes", "minted"),
    [({"databricks_token": "given-by-this-test"}, 0), ({"revoke_at_end": False}, 1)],
)
def test_a_token_that_stays(
    service: mocking.Mocker,
    make_context: Make,
    recording_ci: Any,
    changes: dict[str, Any],
    minted: int,
) -> None:
    put(service)
    tokens = minting(service)
    aml_compute.run(inputs("databricks", **changes), make_context(OPERATION))
    assert tokens.call_count == minted
    assert not recording_ci.state.get("token")


def test_a_token_that_should_stay_is_revoked_when_nothing_uses_it(
    service: mocking.Mocker, make_context: Make, recording_ci: Any
) -> None:
    service.put(COMPUTE, status_code=403, json={"error": {"code": "AuthorizationFailed"}})
    minting(service)
    with pytest.raises(PermissionDenied):
        aml_compute.run(inputs("databricks", revoke_at_end=False), make_context(OPERATION))
    assert recording_ci.state["token"] == "token-7"


ATTACHED = {"computeType": "Databricks", "resourceId": DATABRICKS.upper(), "properties": {}}


@pytest.mark.parametrize(("status", "action"), [(200, "left-alone"), (403, "updated")])
def test_a_token_is_minted_only_when_the_compute_has_none_that_works(
    service: mocking.Mocker, make_context: Make, status: int, action: str
) -> None:
    put(service, ATTACHED)
    keys = {"computeType": "Databricks", "databricksAccessToken": "kept-by-this-test"}
    service.post(f"{COMPUTE}/listKeys", json=keys)
    service.get(f"{WORKSPACE}/api/2.0/clusters/spark-versions", status_code=status, json={})
    minted = minting(service)
    done = aml_compute.run(inputs("databricks"), make_context(OPERATION))
    assert done.action == action
    assert minted.call_count == (action == "updated")


class Bricks:
    """Tokens of the Databricks workspace, and the one that the compute has."""

    def __init__(self, service: mocking.Mocker, clock: FakeClock) -> None:
        self.clock, self.infos = clock, dict[str, dict[str, Any]]()
        self._minted = 0
        put(service, ATTACHED)
        api = f"{WORKSPACE}/api/2.0"
        service.post(f"{api}/token/create", json=self._create)
        service.get(f"{api}/token/list", json=lambda *_: {"token_infos": [*self.infos.values()]})
        service.post(f"{api}/token/delete", json=self._delete)
        service.get(f"{api}/clusters/spark-versions", json=self._tried)
        service.post(f"{COMPUTE}/listKeys", json=self._keys)
        self._sent = service.put(COMPUTE, json=self._put)
        self.used = ""

    @property
    def works(self) -> bool:
        """Whether the compute can be worked with."""
        return self.used in self.infos

    def _create(self, request: Any, _context: Any) -> Any:
        asked, now = request.json(), self.clock.time()
        self._minted += 1
        name = f"token-{self._minted}"
        self.infos[name] = {
            "token_id": name,
            "comment": asked["comment"],
            "creation_time": now * 1000 + self._minted,
            "expiry_time": (now + asked["lifetime_seconds"]) * 1000,
        }
        return {"token_value": name, "token_info": self.infos[name]}

    def _delete(self, request: Any, context: Any) -> Any:
        if self.infos.pop(request.json()["token_id"], None) is None:
            context.status_code = 404
            return {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "gone"}
        return {}

    def _tried(self, request: Any, context: Any) -> Any:
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.infos:
            context.status_code = 403
        return {}

    def _keys(self, *_: Any) -> Any:
        return {"computeType": "Databricks", "databricksAccessToken": self.used}

    def _put(self, request: Any, _context: Any) -> Any:
        properties = request.json()["properties"]
        self.used = properties["properties"]["databricksAccessToken"]
        return {"id": "compute-id", "name": "one", "properties": properties}


class Job:
    """One of several that work with the compute."""

    def __init__(self, name: str, make_context: Make, ci: Any, **changes: Any) -> None:
        self._name, self._make, self._ci = name, make_context, ci
        self._inputs = inputs("databricks", **changes)
        self._state: dict[str, str] = {}

    def starts(self) -> str:
        self._ci.run_identity = replace(IDENTITY, job=self._name)
        self._ci.state.clear()
        action = aml_compute.run(self._inputs, self._make(OPERATION)).action
        self._state = dict(self._ci.state)
        assert action is not None
        return action

    def ends(self) -> None:
        self._ci.run_identity = replace(IDENTITY, job=self._name)
        aml_compute.release(self._state, self._inputs, self._make(OPERATION))


@pytest.mark.parametrize("order", ["abc", "acb", "bac", "bca", "cab", "cba"])
def test_no_job_takes_the_token_from_another_one(
    service: mocking.Mocker, make_context: Make, recording_ci: Any, clock: FakeClock, order: str
) -> None:
    bricks = Bricks(service, clock)
    jobs = {name: Job(name, make_context, recording_ci) for name in "abc"}
    for job in jobs.values():
        assert job.starts() == "updated"  # none leans on what another one revokes
        assert bricks.works
    for name in order:
        assert bricks.works
        before = bricks.used
        jobs[name].ends()
        if "c" in order.partition(name)[2]:  # the compute works with the last one's
            assert bricks.used == before
        jobs[name].ends()  # again: a release step may be repeated
    assert not bricks.infos


def test_a_job_works_with_its_own_token_and_with_one_that_lives_on(
    service: mocking.Mocker, make_context: Make, recording_ci: Any, clock: FakeClock
) -> None:
    bricks = Bricks(service, clock)
    first = Job("a", make_context, recording_ci)
    assert [first.starts(), first.starts()] == ["updated", "left-alone"]
    lasting = Job("b", make_context, recording_ci, revoke_at_end=False)
    assert lasting.starts() == "updated"
    assert first.starts() == "left-alone"
    assert Job("c", make_context, recording_ci).starts() == "left-alone"
    assert [one["comment"] for one in bricks.infos.values()][1:] == ["Azure ML compute wine/one"]


@pytest.mark.parametrize("status", [401, 403])
def test_who_may_not_enter_the_workspace_takes_the_token_that_works(
    service: mocking.Mocker,
    make_context: Make,
    recording_ci: Any,
    clock: FakeClock,
    status: int,
) -> None:
    bricks = Bricks(service, clock)
    Job("a", make_context, recording_ci, revoke_at_end=False).starts()
    service.get(f"{WORKSPACE}/api/2.0/token/list", status_code=status, json={})
    assert Job("b", make_context, recording_ci).starts() == "left-alone"
    assert len(bricks.infos) == 1


def test_a_token_is_revoked_also_where_the_compute_gets_no_other(
    service: mocking.Mocker, make_context: Make, recording_ci: Any, clock: FakeClock
) -> None:
    bricks = Bricks(service, clock)
    first, second = (Job(name, make_context, recording_ci) for name in "ab")
    first.starts()
    second.starts()
    service.put(COMPUTE, status_code=403, json={"error": {"code": "AuthorizationFailed"}})
    with pytest.raises(PermissionDenied):
        second.ends()
    assert "token-2" not in bricks.infos


@pytest.mark.parametrize(
    ("given", "action"), [("kept-by-this-test", "left-alone"), ("rotated-by-this-test", "updated")]
)
def test_a_token_that_is_given_replaces_another_one(
    service: mocking.Mocker, make_context: Make, given: str, action: str
) -> None:
    sent = put(service, ATTACHED)
    keys = {"computeType": "Databricks", "databricksAccessToken": "kept-by-this-test"}
    service.post(f"{COMPUTE}/listKeys", json=keys)
    done = aml_compute.run(inputs("databricks", databricks_token=given), make_context(OPERATION))
    assert done.action == action
    told = [one.json()["properties"]["properties"] for one in sent.request_history]
    assert told == ([{"databricksAccessToken": given}] if action == "updated" else [])


@pytest.mark.parametrize("attached", [True, False])
def test_no_token_is_tried_or_minted_in_a_databricks_workspace_that_isnt_allowed(
    service: mocking.Mocker,
    make_context: Make,
    monkeypatch: pytest.MonkeyPatch,
    attached: bool,
) -> None:
    monkeypatch.setattr(workspace_token, "_workspace", IN_WORKSPACE)
    monkeypatch.setattr(workspace_token, "signed_in", SIGNED_IN)
    put(service, ATTACHED)
    if attached:
        keys = {"computeType": "Databricks", "databricksAccessToken": "kept-by-this-test"}
        service.post(f"{COMPUTE}/listKeys", json=keys)
    else:
        service.get(COMPUTE, status_code=404, json={"error": {"code": "ResourceNotFound"}})
    given = inputs("databricks", allowed_workspaces=("wine",), **PRINCIPAL)
    with pytest.raises(WorkspaceNotAllowed, match=r"adb-1\.2\S+ isn't among"):
        aml_compute.run(given, make_context(OPERATION))
    assert {one.hostname for one in service.request_history} == {"management.azure.com"}
    assert not [one for one in service.request_history if one.method in ("PUT", "DELETE")]


def test_a_new_token_leaves_all_else_as_it_is(service: mocking.Mocker, make_context: Make) -> None:
    own = {"location": "westeurope", "tags": {"team": "wine"}, "identity": {"type": "None"}}
    there = {**ATTACHED, "description": "of wine", "disableLocalAuth": True}
    derived = {"provisioningState": "Succeeded", "createdOn": "2026-01-02T03:04:05Z"}
    body = {"id": "compute-id", "name": "one", **own, "properties": {**there, **derived}}
    sent = service.put(COMPUTE, json=body)
    service.get(COMPUTE, json=body)
    service.post(f"{COMPUTE}/listKeys", json={"computeType": "Databricks"})
    minting(service)
    assert aml_compute.run(inputs("databricks"), make_context(OPERATION)).action == "updated"
    secret = {"databricksAccessToken": "made-by-this-test"}
    assert sent.last_request.json() == {**own, "properties": {**there, "properties": secret}}


def test_replace_detaches_first(service: mocking.Mocker, make_context: Make) -> None:
    put(service, ATTACHED)
    minting(service)
    detached = service.delete(COMPUTE, status_code=202, json={})
    done = aml_compute.run(inputs("databricks", replace=True), make_context(OPERATION))
    assert done.action == "replaced"
    assert detached.last_request.qs["underlyingresourceaction"] == ["detach"]
    assert [one.method for one in service.request_history if one.url.startswith(COMPUTE)][-4:] == [
        "DELETE",
        "PUT",
        "GET",
        "GET",
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (inputs(compute_name="1a"), "compute-name is"),
        (inputs(min_nodes=-1), "min-nodes is -1"),
        (inputs(max_nodes=0), "max-nodes"),
        (inputs(min_nodes=2, max_nodes=1), "min-nodes"),
        (inputs(idle_seconds=-1), "idle-seconds"),
        (inputs(attach=DATABRICKS), "attach and replace"),
        (inputs("databricks", attach=None), "nothing says what to attach"),
        (inputs("databricks", attach=KUBERNETES), "attach is"),
        (inputs("kubernetes", vm_size="x"), "vm-size is given"),
        (inputs("aks", attach=KUBERNETES, vm_size="x"), "attach and vm-size are both given"),
        (inputs("aks", attach=DATABRICKS), "attach is"),
        (inputs("aks", replace=True), "no attach is given"),
        (inputs("aks", node_count=0), "node-count is 0"),
        (inputs("databricks", token_lifetime_hours=0), "token-lifetime-hours"),
        (inputs("databricks", token_lifetime_hours=17521), "token-lifetime-hours is 17521"),
        (inputs("databricks", token_lifetime_hours=1e308), "token-lifetime-hours"),
        (inputs(timeout_minutes=-1), "timeout-minutes is -1, and has to be above 0"),
    ],
)
def test_bad_inputs_are_refused_before_anything_is_sent(
    service: mocking.Mocker, make_context: Make, given: ComputeInputs, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        aml_compute.run(given, make_context(OPERATION))
    assert not service.request_history


def test_a_quota_is_explained(service: mocking.Mocker, make_context: Make) -> None:
    put(service)
    operation = f"{ARM}/operation?api-version=1"
    service.put(COMPUTE, json={}, headers={"Azure-AsyncOperation": operation})
    error = {"code": "ClusterCoreQuotaReached", "message": "Not enough quota available"}
    service.get(operation, json={"status": "Failed", "error": error})
    with pytest.raises(ServiceError) as raised:
        aml_compute.run(inputs(), make_context(OPERATION))
    assert "quota" in raised.value.cause
