"""The address of a workspace's region, which gets a token."""

from __future__ import annotations

import pytest

from modelyard.azureml import workspaces
from modelyard.errors import NotTheService


@pytest.mark.parametrize(
    "url",
    [
        "https://westeurope.api.azureml.ms/discovery",
        "https://abc.workspace.westeurope.api.azureml.ms/discovery",
        "https://usgovvirginia.api.ml.azure.us/discovery",
    ],
)
def test_the_api_of_a_region(url: str) -> None:
    assert workspaces.api_address(url) == url.removesuffix("/discovery")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://westeurope.api.azureml.ms/discovery",
        "https://westeurope.api.azureml.ms.example.com/discovery",
        "https://example.com/api.azureml.ms",
    ],
)
def test_a_stranger_gets_no_token(url: str) -> None:
    with pytest.raises(NotTheService):
        workspaces.api_address(url)
