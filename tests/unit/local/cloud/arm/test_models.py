"""What is in the one subscription."""

from __future__ import annotations

import pytest

from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID, WORKSPACE_NAME
from modelyard.local.cloud.service import Cloud


def test_the_workspace_says_where_it_is(cloud: Cloud) -> None:
    workspace = Subscription(cloud).workspace()
    assert workspace["id"] == (
        f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}/providers"
        f"/Microsoft.Databricks/workspaces/{WORKSPACE_NAME}"
    )
    properties = workspace["properties"]
    assert properties["workspaceUrl"] == cloud.workspace_host
    assert cloud.workspace_host.startswith(f"adb-{properties['workspaceId']}.")


def test_names_compare_without_case(cloud: Cloud) -> None:
    subscription = Subscription(cloud)
    subscription.check(SUBSCRIPTION_ID.upper(), RESOURCE_GROUP.upper())
    assert subscription.workspace(WORKSPACE_NAME.upper())["name"] == WORKSPACE_NAME


@pytest.mark.parametrize(
    ("subscription_id", "group", "code"),
    [
        ("11111111-0000-4000-8000-000000000000", RESOURCE_GROUP, "SubscriptionNotFound"),
        (SUBSCRIPTION_ID, "other", "ResourceGroupNotFound"),
    ],
)
def test_what_is_not_there(cloud: Cloud, subscription_id: str, group: str, code: str) -> None:
    with pytest.raises(ArmError) as caught:
        Subscription(cloud).check(subscription_id, group)
    assert (caught.value.status, caught.value.code) == (404, code)


def test_another_workspace_is_not_there(cloud: Cloud) -> None:
    with pytest.raises(ArmError, match="workspaces/other' under resource group") as caught:
        Subscription(cloud).workspace("other")
    assert caught.value.code == "ResourceNotFound"
