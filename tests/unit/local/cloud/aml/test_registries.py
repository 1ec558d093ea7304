"""Registries of models: their names, and the storage that each has."""

from __future__ import annotations

import pytest

from modelyard.local.cloud.aml.registries.models import Registries
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.arm.resources import STORAGE, Resources
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID
from modelyard.local.cloud.service import Cloud

HERE = (SUBSCRIPTION_ID, RESOURCE_GROUP)
BODY = {"location": "westeurope", "properties": {}}


@pytest.fixture
def registries(cloud: Cloud) -> Registries:
    found = Registries(cloud)
    found.put(*HERE, "Shared-Models", BODY)
    return found


def test_a_registry_is_found_in_any_case(registries: Registries) -> None:
    assert registries.named("shared-MODELS").name == "Shared-Models"
    assert registries.discovery("SHARED-models")["registryName"] == "Shared-Models"
    with pytest.raises(ArmError, match="shared-model was not found"):
        registries.named("shared-model")


def test_a_name_is_given_once_in_any_case(registries: Registries, cloud: Cloud) -> None:
    Subscription(cloud).put_group("other", {"location": "westeurope"})
    with pytest.raises(ArmError, match="is taken by the registry"):
        registries.put(SUBSCRIPTION_ID, "other", "shared-models", BODY)
    assert not registries.put(*HERE, "shared-models", BODY)  # itself


def test_a_registry_takes_its_storage_along(registries: Registries, cloud: Cloud) -> None:
    registry = registries.named("Shared-Models")
    assert len(registries.keys(registry)) == 2
    resources = Resources(cloud)
    assert [one["id"] for one in resources.of_kind(STORAGE)] == [registry.storage]
    assert registries.delete(*HERE, "shared-models")
    assert list(resources.of_kind(STORAGE)) == []
