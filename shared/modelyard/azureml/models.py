"""Models of a workspace's registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.azureml import assets, datastores
from modelyard.azureml.assets import HASH, Asset
from modelyard.azureml.connection import Place
from modelyard.azureml.content import Content
from modelyard.errors import AlreadyExists
from modelyard.http import Session

KIND = "models"
MLFLOW, CUSTOM = "mlflow_model", "custom_model"
_ATTEMPTS = 5


@dataclass(frozen=True)
class Wanted:
    """A model that is to be registered."""

    name: str
    content: Content
    tags: Mapping[str, str]
    description: str = ""

    @property
    def type(self) -> str:
        """What MLflow logged has the file ``MLmodel``."""
        return MLFLOW if f"{self.content.root}/MLmodel" in self.content.files else CUSTOM


def of_content(session: Session, place: Place, wanted: Wanted, digest: str) -> Asset | None:
    """The newest version that has this content; None when none has."""
    found = assets.versions(session, place, KIND, wanted.name)
    return assets.newest([one for one in found if one.hash == digest])


def register(session: Session, place: Place, wanted: Wanted, digest: str) -> Asset:
    """Register the content as the next version.

    Somebody else may take the number at the same moment: then the one after it is tried.
    """
    uri = datastores.upload(session, place, wanted.content, digest)
    for attempt in range(_ATTEMPTS):
        found = assets.versions(session, place, KIND, wanted.name)
        version = assets.next_version(found)
        properties = {
            "modelUri": uri,
            "modelType": wanted.type,
            "description": wanted.description,
            "tags": dict(wanted.tags),
            "properties": {HASH: digest},
        }
        try:
            return assets.put(session, place, KIND, wanted.name, version, properties)
        except AlreadyExists:
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("the last attempt returned or raised")
