"""The packages of an environment: there are no images here, only what is installed in them."""

from __future__ import annotations

import re

from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.packages import Packages, of_conda
from modelyard.local.cloud.arm import exceptions

_CURATED = re.compile(
    r"(?:azureml:)?(?:azureml://registries/azureml/environments/|.*/environments/)?"
    r"((?:AzureML-|acpt-|sklearn-|lightgbm-|tensorflow-|python-sdk-)[^/:@]+)(?:[/:@].*)?"
)
_OF_CURATED = {
    "sklearn": ("scikit-learn", "pandas", "mlflow-skinny"),
    "lightgbm": ("lightgbm", "scikit-learn", "pandas", "mlflow-skinny"),
    "python-sdk": ("azure-ai-ml", "azure-identity", "mlflow-skinny"),
}
"""Word in the name of a curated environment -> packages of it that stand for it, not pinned."""
_SERVER = "azureml-inference-server-http"
_BASE_IMAGE = "mcr.microsoft.com/azureml/"
"""Microsoft's base images have Python and nothing for it."""


def of_environment(id: str, assets: Assets) -> Packages:
    """Raises ArmError for what can't be made without an image."""
    curated = _CURATED.fullmatch(id)
    if curated is not None:
        return _of_curated(curated[1])
    properties = assets.by_id(id, "environments")["properties"]
    if properties.get("build"):
        raise exceptions.bad_request(
            "Environments built from a Dockerfile aren't emulated: there are no images here. Give "
            "a conda file.",
            "NotEmulated",
        )
    if properties.get("condaFile"):
        return of_conda(str(properties["condaFile"]))
    image = str(properties.get("image") or "")
    if image.startswith(_BASE_IMAGE):
        return Packages("", ())
    raise exceptions.bad_request(
        f"The image {image} isn't run: of an environment only the packages of its conda file are "
        f"installed here. Give a conda file, or an image of {_BASE_IMAGE}.",
        "NotEmulated",
    )


def of_serving(id: str, assets: Assets) -> Packages:
    """The same for a scoring script: what brings no conda file has the scoring server in its image.

    Raises ArmError for what can't be made without an image.
    """
    found = of_environment(id, assets)
    brings_its_own = _CURATED.fullmatch(id) is None and bool(
        assets.by_id(id, "environments")["properties"].get("condaFile")
    )
    return found if brings_its_own else Packages(found.python, (*found.requirements, _SERVER))


def _of_curated(name: str) -> Packages:
    for word, packages in _OF_CURATED.items():
        if word in name.lower():
            return Packages("", packages)
    raise exceptions.bad_request(
        f"The curated environment {name} isn't emulated. Those for {', '.join(_OF_CURATED)} are.",
        "NotEmulated",
    )
