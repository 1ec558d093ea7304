"""Resources of the subscription, and deployments that make them."""

from __future__ import annotations

import pytest

from modelyard.local.cloud.arm.deployments import Deployments
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.models import LOCATION, Subscription
from modelyard.local.cloud.arm.resources import MACHINE_LEARNING, STORAGE, Resources
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID
from modelyard.local.cloud.service import Cloud

HERE = (SUBSCRIPTION_ID, RESOURCE_GROUP)


def test_a_resource_is_kept_whatever_the_case_of_its_id(cloud: Cloud) -> None:
    resources = Resources(cloud)
    assert resources.put(*HERE, STORAGE.lower(), "Sa", {"location": "West Europe"})
    assert not resources.put(*HERE, STORAGE, "sa", {"location": "westeurope"})
    found = resources.get(SUBSCRIPTION_ID, RESOURCE_GROUP.upper(), STORAGE, "SA")
    assert (found["type"], found["location"]) == (STORAGE, "westeurope")
    assert "keys" not in found
    assert len(set(resources.keys(found["id"]))) == 2
    assert resources.account("SA") == found
    assert resources.delete(*HERE, STORAGE, "sA")
    assert resources.account("sa") is None


def test_a_workspace_needs_what_it_names(cloud: Cloud) -> None:
    resources = Resources(cloud)
    body = {"location": "x", "properties": {"storageAccount": "/nowhere", "keyVault": "/nowhere"}}
    with pytest.raises(ArmError, match="storageAccount of 'w' names was not found"):
        resources.put(*HERE, MACHINE_LEARNING, "w", body)
    with pytest.raises(ArmError, match="storageAccount is required"):
        resources.put(*HERE, MACHINE_LEARNING, "w", {"location": "x"})


def test_groups_are_created_and_do_not_move(cloud: Cloud) -> None:
    subscription = Subscription(cloud)
    assert subscription.put_group("Wine", {"location": "North Europe"})
    assert not subscription.put_group("wine", {"location": "northeurope", "tags": {"a": "b"}})
    assert subscription.group("WINE")["name"] == "Wine"
    assert [one["name"] for one in subscription.groups()] == [RESOURCE_GROUP, "Wine"]
    for name, location, code in (
        ("wine", "westus", "InvalidResourceGroupLocation"),
        (RESOURCE_GROUP, "westus", "InvalidResourceGroupLocation"),
        ("no/name", LOCATION, "InvalidResourceGroup"),
        ("new", None, "LocationRequired"),
    ):
        with pytest.raises(ArmError) as caught:
            subscription.put_group(name, {"location": location})
        assert caught.value.code == code


def test_a_deployment_that_fails_says_why_and_keeps_what_it_made(cloud: Cloud) -> None:
    resources = Resources(cloud)
    deployments = Deployments(cloud, Subscription(cloud), resources)
    workspace = {"type": MACHINE_LEARNING, "name": "w", "location": "x", "dependsOn": ["sa"]}
    template = {"resources": [workspace, {"type": STORAGE, "name": "sa", "location": "x"}]}
    made = deployments.put(RESOURCE_GROUP, "d", {"template": template})
    assert made["properties"]["provisioningState"] == "Failed"
    [detail] = made["properties"]["error"]["details"]
    assert "storageAccount is required" in detail["message"]
    assert deployments.status(RESOURCE_GROUP, "d")["status"] == "Failed"
    assert resources.account("sa") is not None
    steps = deployments.operations(RESOURCE_GROUP, "d")["value"]
    assert [one["properties"]["targetResource"]["resourceName"] for one in steps] == ["sa"]


def test_a_kind_that_is_not_emulated_is_refused_before_anything_is_made(cloud: Cloud) -> None:
    resources = Resources(cloud)
    deployments = Deployments(cloud, Subscription(cloud), resources)
    template = {
        "resources": [
            {"type": STORAGE, "name": "sa", "location": "x"},
            {"type": "Microsoft.Web/sites", "name": "s", "location": "x"},
        ]
    }
    with pytest.raises(ArmError, match=r"Microsoft\.Web/sites"):
        deployments.put(RESOURCE_GROUP, "d", {"template": template})
    assert resources.account("sa") is None
