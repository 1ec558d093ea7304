"""Registered models, as SDK v1 sees them: those of both SDKs, with a number for a version.

A model's files are named by an asset: a list of artifacts. What only v1 knows of a model
(framework, run, resources) is kept beside the model itself.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from modelyard.local.cloud.aml import paths
from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.front import missing, refused
from modelyard.local.cloud.aml.v1.artifacts import OF_DATASTORES, STORE
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
ASSETS, EXTRAS = "aml-v1-assets", "aml-v1-models"
MODELS = "models"
_KEPT = (
    *("framework", "frameworkVersion", "mimeType", "unpack", "runId", "experimentName"),
    *("parentModelId", "sampleInputData", "sampleOutputData", "resourceRequirements", "datasets"),
)
_ASSET_URL = re.compile(r"aml://asset/(.+)")
_OWN_FILES = re.compile(rf"azureml://(?:[^?#]*/)?datastores/{STORE}/paths/(.+)")
_MODEL_FILES = re.compile(r"azureml://(?:[^?#]*/)?datastores/([^/]+)/paths/(.+)")


class RegisteredModels:
    """Those of every workspace."""

    def __init__(self, cloud: Cloud, assets: Assets, datastores: Datastores) -> None:
        self._cloud = cloud
        self._assets = assets
        self._datastores = datastores

    def add_asset(self, workspace: Workspace, body: Json) -> Json:
        """A new list of files, under an id."""
        made = {**body, "id": str(uuid.uuid4())}
        self._cloud.store.put(ASSETS, f"{workspace.id}/{made['id']}".lower(), made)
        return made

    def asset(self, workspace: Workspace, id: str) -> Json:
        """By its id, or by ``NAME:VERSION`` of a model. Raises ArmError when it isn't there."""
        found = self._cloud.store.get(ASSETS, f"{workspace.id}/{id}".lower())
        if found is not None:
            return found
        if ":" not in id:
            raise missing(f"Asset {id}")
        return {"id": id, "name": id, "artifacts": [{"prefix": self._prefix(workspace, id)}]}

    def register(self, workspace: Workspace, body: Json) -> Json:
        """The next version of a name. Raises ArmError."""
        match = _ASSET_URL.fullmatch(str(body.get("url") or ""))
        name = str(body.get("name") or "")
        if match is None or not name:
            raise refused("A model needs a name and the url of an asset (aml://asset/ID).")
        artifacts = self.asset(workspace, match[1]).get("artifacts") or []
        if len(artifacts) != 1:
            raise refused("A model is made of one file or folder of artifacts.")
        prefix = str(artifacts[0].get("prefix") or artifacts[0].get("id"))
        with self._cloud.store.lock:
            newest = self._numbered(workspace, name)
            version = 1 + max((int(one["name"]) for one in newest), default=0)
            properties = {
                "modelUri": f"azureml://datastores/{STORE}/paths/{prefix}",
                "modelType": "custom_model",
                "description": body.get("description"),
                "tags": body.get("kvTags") or {},
                "properties": body.get("properties") or {},
            }
            self._assets.put(workspace, MODELS, name, str(version), {"properties": properties})
            extras = {one: body.get(one) for one in _KEPT}
            extras["asset"] = match[1]
            named = f"{name}:{version}"
            self._cloud.store.put(EXTRAS, f"{workspace.id}/{named}".lower(), extras)
        return self.get(workspace, named)

    def get(self, workspace: Workspace, id: str) -> Json:
        """By ``NAME:VERSION``. Raises ArmError when it isn't there."""
        name, _, version = id.rpartition(":")
        return self._shown(workspace, self._assets.get(workspace, MODELS, name, version))

    def find(
        self,
        workspace: Workspace,
        name: str = "",
        tags: dict[str, str | None] | None = None,
        run: str = "",
    ) -> list[Json]:
        """The newest first, those of a name, with these tags (a value of None is any)."""
        names = (
            [name] if name else [one["name"] for one in self._assets.containers(workspace, MODELS)]
        )
        found = [
            self._shown(workspace, one)
            for each in names
            for one in sorted(
                self._numbered(workspace, each), key=lambda one: int(one["name"]), reverse=True
            )
        ]
        return [
            one
            for one in found
            if _has(one["kvTags"], tags or {}) and (not run or one["runId"] == run)
        ]

    def change(self, workspace: Workspace, id: str, operations: list[Json]) -> Json:
        """A JSON patch of tags, properties and description. Raises ArmError."""
        model = self.get(workspace, id)
        changed = {"tags": dict(model["kvTags"]), "properties": dict(model["properties"])}
        description = model["description"]
        for one in operations:
            kind, what, value = one.get("op"), str(one.get("path")), one.get("value")
            _, field, *rest = what.split("/", 2)
            place = {"kvTags": "tags", "properties": "properties"}.get(field)
            if field == "description":
                description = value
            elif place is None:
                raise refused(f"{what} of a model can't be changed.")
            elif not rest:
                changed[place] = dict(value or {})
            elif kind == "remove":
                changed[place].pop(rest[0], None)
            else:
                changed[place][rest[0]] = value
        name, _, version = id.rpartition(":")
        before = self._assets.get(workspace, MODELS, name, version)["properties"]
        properties = {**before, **changed, "description": description}
        self._assets.put(workspace, MODELS, name, version, {"properties": properties})
        return self.get(workspace, id)

    def delete(self, workspace: Workspace, id: str) -> bool:
        name, _, version = id.rpartition(":")
        self._cloud.store.delete(EXTRAS, f"{workspace.id}/{id}".lower())
        return self._assets.delete(workspace, MODELS, name, version)

    def reset(self) -> None:
        self._cloud.store.clear(ASSETS)
        self._cloud.store.clear(EXTRAS)

    def _numbered(self, workspace: Workspace, name: str) -> list[Json]:
        """v1 knows numbers alone; other versions are v2's own."""
        found = self._assets.versions(workspace, MODELS, name)
        return [one for one in found if one["name"].isdigit()]

    def _shown(self, workspace: Workspace, model: Json) -> Json:
        named = f"{model['container']}:{model['name']}"
        extras = self._cloud.store.get(EXTRAS, f"{workspace.id}/{named}".lower()) or {}
        properties = model["properties"]
        return {
            **dict.fromkeys(_KEPT),
            "mimeType": "application/x-python",
            "framework": "Custom",
            "unpack": False,
            "datasets": [],
            **{name: value for name, value in extras.items() if value is not None},
            "id": named,
            "name": model["container"],
            "version": int(model["name"]),
            "url": f"aml://asset/{extras.get('asset') or named}",
            "description": properties["description"],
            "kvTags": properties["tags"],
            "properties": properties["properties"],
            "createdTime": model["systemData"]["createdAt"],
            "modifiedTime": model["systemData"]["lastModifiedAt"],
            "derivedModelIds": [],
        }

    def _prefix(self, workspace: Workspace, id: str) -> str:
        """Where the files of a model lie that the other SDK has registered, as an artifact."""
        name, _, version = id.rpartition(":")
        uri = str(self._assets.get(workspace, MODELS, name, version)["properties"]["modelUri"])
        if match := _OWN_FILES.fullmatch(uri):
            return match[1]
        if match := _MODEL_FILES.fullmatch(uri):
            return f"{OF_DATASTORES}/{match[1]}/{match[2]}"
        place = paths.locate(uri, workspace, self._datastores)
        for store in self._datastores.list(workspace)["value"]:
            holder = self._datastores.place(workspace, store["name"])
            if (holder.account, holder.name) == (place.account, place.container):
                return f"{OF_DATASTORES}/{store['name']}/{place.path}"
        raise refused(f"The files of {id} are in no datastore: {uri}.")


def _has(tags: dict[str, str], wanted: dict[str, str | None]) -> bool:
    return all(
        name in tags and (value is None or tags[name] == value) for name, value in wanted.items()
    )
