from __future__ import annotations

import pytest
from azure.identity import AzureAuthorityHosts
from databricks.sdk.environments import ALL_ENVS

from modelyard.azure.identity import DATABRICKS, clouds
from modelyard.azure.identity.clouds import CHINA, CLOUDS, PUBLIC, US_GOVERNMENT, AzureCloud


@pytest.mark.parametrize(
    ("cloud", "host"),
    [
        (PUBLIC, AzureAuthorityHosts.AZURE_PUBLIC_CLOUD),
        (US_GOVERNMENT, AzureAuthorityHosts.AZURE_GOVERNMENT),
        (CHINA, AzureAuthorityHosts.AZURE_CHINA),
    ],
)
def test_entra_is_where_azure_identity_has_it(cloud: AzureCloud, host: str) -> None:
    assert cloud.authority == host


@pytest.mark.parametrize("cloud", CLOUDS, ids=clouds.NAMES)
def test_databricks_is_where_its_own_client_has_it(cloud: AzureCloud) -> None:
    [known] = [one for one in ALL_ENVS if one.dns_zone == cloud.databricks_domain]

    assert known.azure_application_id == DATABRICKS
    assert known.azure_resource_manager_endpoint == f"{cloud.resource_manager}/"


@pytest.mark.parametrize(
    ("url", "cloud"),
    [
        ("https://adb-1.2.azuredatabricks.net", PUBLIC),
        ("adb-1.2.databricks.azure.us/?o=1", US_GOVERNMENT),
        ("https://adb-1.2.databricks.azure.cn", CHINA),
        ("https://azuredatabricks.net.example", None),
        ("", None),
    ],
)
def test_a_workspaces_address_tells_its_cloud(url: str, cloud: AzureCloud | None) -> None:
    assert clouds.of_workspace(url) is cloud


def test_no_two_clouds_share_a_name_or_a_host() -> None:
    for one in zip(*(vars(cloud).values() for cloud in CLOUDS), strict=True):
        assert len(set(one)) == len(CLOUDS)
