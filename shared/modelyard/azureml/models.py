"""Models of a workspace's registry."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from modelyard.azureml import assets
from modelyard.azureml.assets import HASH, Asset
from modelyard.azureml.connection import Place
from modelyard.azureml.content import Content
from modelyard.azureml.datastores import writing
from modelyard.errors import AlreadyExists
from modelyard.http import Session

KIND = "models"
MLFLOW, CUSTOM = "mlflow_model", "custom_model"
DESCRIPTION = "MLmodel"
"""The file that makes a folder a model of MLflow."""
METRIC = "metric."
"""What the tag of a metric begins with."""
_ATTEMPTS = 5
_WRITTEN = (
    *("modelUri", "modelType", "description", "properties", "flavors", "jobName", "stage"),
    *("isArchived", "isAnonymous"),
)
"""Properties of a version that the service takes back as it gave them."""


@dataclass(frozen=True)
class Wanted:
    """A model that is to be registered."""

    name: str
    content: Content
    tags: Mapping[str, str]
    description: str = ""

    @property
    def type(self) -> str:
        """What MLflow logged has its description."""
        return MLFLOW if f"{self.content.root}/{DESCRIPTION}" in self.content.files else CUSTOM


def of_content(session: Session, place: Place, wanted: Wanted, digest: str) -> Asset | None:
    """The newest version that has this content and isn't archived; None when none has."""
    found = assets.versions(session, place, KIND, wanted.name)
    return assets.newest([one for one in found if one.hash == digest])


def register(session: Session, place: Place, wanted: Wanted, digest: str) -> Asset:
    """Register the content as the next version.

    Somebody else may take the number at the same moment: then the one after it is tried.
    """
    uri = writing.upload(session, place, wanted.content, digest)
    for attempt in range(_ATTEMPTS):
        found = assets.versions(session, place, KIND, wanted.name, archived=True)
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


def metrics_of(asset: Asset) -> dict[str, float]:
    """The metrics that were registered with a version: its tags ``metric.NAME``."""
    found = {}
    for name, text in asset.tags.items():
        if name.startswith(METRIC):
            with suppress(ValueError):
                found[name.removeprefix(METRIC)] = float(text)
    return found


def mark(
    session: Session,
    place: Place,
    asset: Asset,
    *,
    tags: Mapping[str, str] | None = None,
    stage: str = "",
) -> Asset:
    """Give a version more tags, or another stage; all else stays."""
    before = asset.properties
    kept = {name: before[name] for name in _WRITTEN if before.get(name) is not None}
    more = {"stage": stage} if stage else {}
    changed = {**kept, "tags": {**asset.tags, **(tags or {})}, **more}
    return assets.put(session, place, KIND, asset.name, asset.version, changed)
