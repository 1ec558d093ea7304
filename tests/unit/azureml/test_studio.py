"""Pages of Azure ML studio: each cloud has its own."""

from __future__ import annotations

import pytest

from modelyard.azureml import studio

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/p/workspaces/wine"


@pytest.mark.parametrize(
    ("api", "page"),
    [
        ("https://westeurope.api.azureml.ms", "https://ml.azure.com"),
        ("https://usgovarizona.api.ml.azure.us/discovery", "https://ml.azure.us"),
        ("https://chinaeast2.api.ml.azure.cn", "https://ml.azure.cn"),
        ("", "https://ml.azure.com"),
    ],
)
def test_a_page_is_in_the_studio_of_the_cloud(api: str, page: str) -> None:
    assert studio.home(WORKSPACE, api) == f"{page}/home?wsid={WORKSPACE}"
    assert studio.run_page("one", WORKSPACE, api) == f"{page}/runs/one?wsid={WORKSPACE}"
