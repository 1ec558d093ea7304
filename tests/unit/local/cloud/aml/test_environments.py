"""What is installed for an environment, and what a scoring script's has beside that."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.cloud.aml.environments import of_environment, of_serving
from modelyard.local.cloud.arm.exceptions import ArmError

SERVER = "azureml-inference-server-http"
CURATED = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
OWN = "/subscriptions/s/environments/own/versions/1"


class Assets:
    def __init__(self, **properties: Any) -> None:
        self._properties = properties

    def by_id(self, id: str, kind: str) -> dict[str, Any]:
        assert (id, kind) == (OWN, "environments")
        return {"properties": self._properties}


def test_a_curated_environment_has_the_scoring_server_in_its_image() -> None:
    nothing: Any = Assets()
    assert "scikit-learn" in of_environment(CURATED, nothing).requirements
    assert SERVER not in of_environment(CURATED, nothing).requirements
    assert of_serving(CURATED, nothing).requirements[-1] == SERVER


def test_so_has_a_base_image_and_a_conda_file_says_it_itself() -> None:
    base: Any = Assets(image="mcr.microsoft.com/azureml/minimal-ubuntu22.04:latest")
    assert of_serving(OWN, base).requirements == (SERVER,)
    conda: Any = Assets(condaFile="dependencies: [python=3.11, pip: [pytz]]")
    assert of_serving(OWN, conda).requirements == ("pytz",)


def test_what_is_nothing_without_its_image_is_refused() -> None:
    for properties in ({"image": "contoso/own:1"}, {"build": {"contextUri": "x"}}):
        assets: Any = Assets(**properties)
        with pytest.raises(ArmError, match="conda file"):
            of_serving(OWN, assets)
