"""Blue and green against an endpoint that refuses, is cut off, or has what earlier runs left."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.context import Context
from modelyard.errors import Cancelled, EndpointTestFailed, InputError
from modelyard.operations.deployments import remains
from modelyard.operations.model_deploy import OPERATION
from unit.operations.deployments.online_azure import KEY, PLACE, Azure, deploy, release

Make = Callable[..., Context]


def test_an_old_deployment_that_is_not_deleted_is_a_warning_and_tried_again(
    azure: Azure, make_context: Make, recording_ci: Any
) -> None:
    azure.serve("blue")
    azure.refusals["DELETE wine/deployments/blue"] = [403] * 3
    context = make_context(OPERATION)
    outputs = deploy(context)
    assert (outputs.action, outputs.deployment) == ("updated", "green")
    assert azure.traffic == {"green": 100}
    [(level, told)] = [(one.level, one.text) for one in recording_ci.annotations]
    assert level == "warning"
    assert "blue of wine has no traffic and couldn't be deleted" in told
    release(context)
    again = deploy(make_context(OPERATION))
    assert again.action == "left-alone"
    assert sorted(azure.deployments) == ["blue", "green"]
    assert deploy(make_context(OPERATION)).action == "left-alone"
    assert list(azure.deployments) == ["green"]


def test_the_release_step_clears_what_is_left_but_nothing_that_serves_again(
    azure: Azure, make_context: Make
) -> None:
    azure.serve("blue")
    azure.refusals["DELETE wine/deployments/blue"] = [403]
    context = make_context(OPERATION)
    deploy(context)
    assert azure.endpoint is not None
    azure.endpoint["properties"]["traffic"] = {"blue": 100}
    release(context)
    assert sorted(azure.deployments) == ["blue", "green"]
    azure.endpoint["properties"]["traffic"] = {"green": 100}
    release(context)
    assert list(azure.deployments) == ["green"]
    assert not any(context.kept.values())


def test_what_another_job_brings_up_is_left_alone_and_what_it_left_long_ago_is_deleted(
    azure: Azure, make_context: Make, clock: FakeClock
) -> None:
    azure.serve("blue")
    deploy(make_context(OPERATION))
    assert list(azure.deployments) == ["green"]
    under_way = azure.put_deployment("blue")["properties"]
    clock.advance(60)
    for state in ("Succeeded", "Creating"):
        under_way["provisioningState"] = state
        assert deploy(make_context(OPERATION)).action == "left-alone"
        assert sorted(azure.deployments) == ["blue", "green"]
        clock.advance(remains.YOUNG_SECONDS)
    assert deploy(make_context(OPERATION)).action == "left-alone"
    assert sorted(azure.deployments) == ["blue", "green"]
    under_way["provisioningState"] = "Failed"
    assert deploy(make_context(OPERATION)).action == "left-alone"
    assert list(azure.deployments) == ["green"]


def test_the_release_step_leaves_alone_what_was_made_anew(azure: Azure, make_context: Make) -> None:
    azure.serve("blue")
    azure.refusals["DELETE wine/deployments/blue"] = [403]
    context = make_context(OPERATION)
    deploy(context)
    azure.put_deployment("blue")
    release(context)
    assert sorted(azure.deployments) == ["blue", "green"]
    assert not any(context.kept.values())


def test_a_deletion_waits_until_azure_takes_it(
    azure: Azure, make_context: Make, clock: FakeClock
) -> None:
    azure.serve("blue")
    azure.refusals["DELETE wine/deployments/blue"] = [409, 409]
    context = make_context(OPERATION)
    deploy(context)
    assert list(azure.deployments) == ["green"]
    assert not any(context.kept.values())
    azure.put_deployment("blue")
    clock.advance(remains.YOUNG_SECONDS + 1)
    azure.refusals["DELETE wine/deployments/blue"] = [409] * 1000
    start = clock.monotonic()
    assert deploy(make_context(OPERATION)).action == "left-alone"
    assert clock.monotonic() - start == pytest.approx(300, abs=20)


def interrupted() -> None:
    raise Cancelled(signal.SIGINT)


def test_a_new_endpoint_is_taken_back_wherever_it_is_cut_off(
    azure: Azure, make_context: Make
) -> None:
    azure.meanwhile["PUT wine"] = interrupted
    with pytest.raises(Cancelled):
        deploy(context := make_context(OPERATION))
    azure.endpoint = {"name": "wine", **azure.body}  # once Azure has done what it was asked for
    release(context)
    assert azure.endpoint is None


def test_what_azure_refuses_on_a_signal_the_release_step_deletes(
    azure: Azure, make_context: Make, recording_ci: Any
) -> None:
    def begun() -> None:
        azure.put_deployment("green", azure.body)
        azure.refusals["DELETE wine/deployments/green"] = [409] * 3
        interrupted()

    azure.serve("blue")
    azure.meanwhile["PUT wine/deployments/green"] = begun
    context = make_context(OPERATION)
    with pytest.raises(Cancelled):
        deploy(context)
    assert not recording_ci.warnings()
    assert sorted(azure.deployments) == ["blue", "green"]
    release(context)
    assert list(azure.deployments) == ["blue"]
    assert azure.traffic == {"blue": 100}


def test_the_log_that_is_kept_of_one_that_failed_shows_no_secret(
    azure: Azure, make_context: Make, recording_ci: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, str] = {}
    monkeypatch.setattr(
        recording_ci, "upload", lambda name, path: kept.update({name: path.read_text()})
    )
    azure.serve("blue")
    # What it prints when it is called.
    azure.meanwhile["POST wine/listKeys"] = lambda: setattr(azure, "log", f"called with {KEY}")
    azure.answers["green"] = []
    with pytest.raises(EndpointTestFailed):
        deploy(make_context(OPERATION))
    assert kept == {"wine-green": "called with ***"}
    assert KEY not in recording_ci.text


def test_the_endpoint_keeps_its_identities(azure: Azure, make_context: Make) -> None:
    azure.serve("blue")
    assert azure.endpoint is not None
    known = {"principalId": "p", "clientId": "c"}
    azure.endpoint["identity"] = {
        "type": "UserAssigned",
        "userAssignedIdentities": {"/subscriptions/s/one": known},
    }
    deploy(make_context(OPERATION))
    assert azure.traffic == {"green": 100}
    assert azure.endpoint["identity"] == {
        "type": "UserAssigned",
        "userAssignedIdentities": {"/subscriptions/s/one": {}},
    }


def test_the_version_that_was_looked_up_is_told(
    azure: Azure, make_context: Make, recording_ci: Any
) -> None:
    azure.serve("blue")
    for action in ("updated", "left-alone"):
        outputs = deploy(make_context(OPERATION), model="wine@latest")
        assert (outputs.action, outputs.model) == (action, "wine:1")
    assert [one.count("It serves `wine:1`") for one in recording_ci.summaries] == [1, 1]


CLUSTER = {"target": "kubernetes", "compute": "aks"}


@pytest.mark.parametrize(
    ("there", "asked", "told"),
    [
        ({}, {"auth_mode": "aml-token"}, "takes keys"),
        ({}, CLUSTER, "compute is aks, and the endpoint wine is a managed one"),
        (
            {"compute": f"{PLACE.path}/computes/aks"},
            {},
            "target is managed, and the endpoint wine is on the cluster aks",
        ),
        ({"compute": f"{PLACE.path}/computes/other"}, CLUSTER, "is on the cluster other"),
    ],
)
def test_an_endpoint_that_is_another_than_asked_for_is_refused(
    azure: Azure,
    make_context: Make,
    there: dict[str, str],
    asked: dict[str, str],
    told: str,
) -> None:
    azure.serve("blue", **there)
    with pytest.raises(InputError, match=told):
        deploy(make_context(OPERATION), **asked)
    assert not azure.calls


def test_a_new_endpoint_is_on_a_kubernetes_cluster_alone(
    azure: Azure, make_context: Make, requests_mock: mocking.Mocker
) -> None:
    address = f"https://management.azure.com{PLACE.path}/computes/aks"
    found = {"id": "i", "name": "aks", "properties": {"computeType": "AmlCompute"}}
    requests_mock.get(address, json=found)
    with pytest.raises(InputError, match="is of the type AmlCompute, not Kubernetes"):
        deploy(make_context(OPERATION), **CLUSTER)
    assert not azure.calls


def test_an_endpoint_that_is_as_asked_for_serves(azure: Azure, make_context: Make) -> None:
    azure.serve("blue", authMode="AMLToken", compute=f"{PLACE.path}/computes/AKS")
    made = deploy(make_context(OPERATION), auth_mode="aml-token", **CLUSTER)
    assert made.deployment == "green"


@pytest.mark.parametrize(
    ("traffic", "state", "action"),
    [
        ({"blue": 100}, "Succeeded", "left-alone"),
        ({"blue": 90, "green": 10}, "Succeeded", "updated"),
        ({"blue": 100}, "Failed", "updated"),
    ],
)
def test_the_same_is_left_alone_only_where_it_serves_alone_and_is_well(
    azure: Azure, make_context: Make, traffic: dict[str, int], state: str, action: str
) -> None:
    assert deploy(make_context(OPERATION), dry_run=True).action == "created"
    deploy(make_context(OPERATION))
    assert azure.endpoint is not None
    azure.endpoint["properties"]["traffic"] = traffic
    azure.deployments["blue"]["properties"]["provisioningState"] = state
    assert deploy(make_context(OPERATION)).action == action
