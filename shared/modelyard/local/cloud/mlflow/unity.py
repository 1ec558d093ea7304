"""Models in Unity Catalog: three-level names, aliases in place of stages, files of their own.

MLflow's own registry keeps names, versions, tags and aliases; what Unity Catalog has beyond it (the
state of an upload, the files below ``/Models``) is kept here. Sources: MLflow's
``databricks_uc_registry_service.proto`` and Azure Databricks REST reference, "Registered Models".
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.storage import Storage
from modelyard.local.cloud.databricks.unity.models import Unity
from modelyard.local.cloud.mlflow.server import MlflowServer, ask
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
VERSIONS = "mlflow-unity-versions"
PENDING, READY = "PENDING_REGISTRATION", "READY"
_OF_VERSION = (
    *("name", "version", "creation_timestamp", "last_updated_timestamp"),
    *("description", "run_id", "tags", "status"),
)


class UnityModels:
    """Registered models by full name: ``catalog.schema.model``."""

    def __init__(self, cloud: Cloud, server: MlflowServer) -> None:
        self.folder = cloud.folder / "mlflow-models"
        self._store = cloud.store
        self._server = server
        self._unity = Unity(cloud, Storage(cloud.folder / "databricks"))

    def clear(self) -> None:
        self._store.clear(VERSIONS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def create(self, name: str, description: str, tags: list[Json]) -> Json:
        """A new registered model; its schema has to exist."""
        self._unity.get(_checked(name).rpartition(".")[0])
        body = {"name": name, "description": description, "tags": tags}
        return self._model(self.ask("POST", "registered-models/create", body))

    def get(self, name: str) -> Json:
        """Raises RESOURCE_DOES_NOT_EXIST."""
        return self._model(self.ask("GET", "registered-models/get", {"name": _checked(name)}))

    def update(self, name: str, new_name: str, description: str | None) -> Json:
        """Rename, describe, or both."""
        answer: Json = {}
        if new_name and new_name != name:
            body = {"name": _checked(name), "new_name": _checked(new_name)}
            answer = self.ask("POST", "registered-models/rename", body)
            self._rename(name, new_name)
            name = new_name
        if description is not None or not answer:
            body = {"name": _checked(name), "description": description or ""}
            answer = self.ask("PATCH", "registered-models/update", body)
        return self._model(answer)

    def delete(self, name: str) -> None:
        """The model, its versions and their files."""
        self.ask("DELETE", "registered-models/delete", {"name": _checked(name)})
        for key, _ in list(self._store.items(VERSIONS)):
            if key.startswith(f"{name}\n"):
                self._store.delete(VERSIONS, key)
        shutil.rmtree(self._files(name), ignore_errors=True)

    def search(self, most: int, token: str) -> tuple[list[Json], str]:
        """Models with three-level names, and the token of the next page."""
        query = {"max_results": most, "page_token": token}
        answer = self.ask("GET", "registered-models/search", query)
        found = [one for one in answer.get("registered_models", []) if one["name"].count(".") == 2]
        return [self._shown(one) for one in found], str(answer.get("next_page_token", ""))

    def create_version(self, name: str, fields: Mapping[str, Any]) -> Json:
        """A version that waits for its files."""
        body = {
            "name": _checked(name),
            "source": f"dbfs:{_path(name)}",  # MLflow refuses sources on the client's own disk
            "run_id": fields.get("run_id", ""),
            "description": fields.get("description", ""),
            "tags": fields.get("tags", []),
        }
        version = self.ask("POST", "model-versions/create", body)["model_version"]
        kept = {field: fields.get(field, "") for field in ("source", "model_id")}
        self._store.put(VERSIONS, f"{name}\n{version['version']}", {"status": PENDING, **kept})
        return self.version(name, version["version"])

    def finalize(self, name: str, version: str) -> Json:
        """The client has brought the files. Raises INVALID_STATE when there are none."""
        if not (self._files(name) / version / "MLmodel").is_file():
            raise exceptions.invalid_state(
                f"{name} version {version} has no file MLmodel below {_path(name)}/{version}."
            )
        self._store.update(VERSIONS, f"{name}\n{version}", status=READY)
        return self.version(name, version)

    def version(self, name: str, version: str) -> Json:
        """Raises RESOURCE_DOES_NOT_EXIST."""
        arguments = {"name": _checked(name), "version": version}
        return self.shown_version(self.ask("GET", "model-versions/get", arguments)["model_version"])

    def version_by_alias(self, name: str, alias: str) -> Json:
        """Raises RESOURCE_DOES_NOT_EXIST or INVALID_PARAMETER_VALUE, as MLflow does."""
        arguments = {"name": _checked(name), "alias": alias}
        answer = self.ask("GET", "registered-models/alias", arguments)
        return self.shown_version(answer["model_version"])

    def delete_version(self, name: str, version: str) -> None:
        arguments = {"name": _checked(name), "version": version}
        self.ask("DELETE", "model-versions/delete", arguments)
        self._store.delete(VERSIONS, f"{name}\n{version}")
        shutil.rmtree(self._files(name) / version, ignore_errors=True)

    def versions(self, name: str) -> list[Json]:
        """All versions of a model, newest first."""
        query = {"filter": f"name='{_checked(name)}'", "max_results": 1000}
        found = self.ask("GET", "model-versions/search", query).get("model_versions", [])
        return [self.shown_version(one) for one in found]

    def ask(self, method: str, path: str, arguments: Mapping[str, Any]) -> Json:
        """MLflow's own answer, or its own error."""
        return ask(self._server, method, path, arguments)

    def shown_version(self, found: Json) -> Json:
        """A version of MLflow's registry as Unity Catalog shows it."""
        name, version = found["name"], str(found["version"])
        own = self._store.get(VERSIONS, f"{name}\n{version}") or {}
        shown = {field: found[field] for field in _OF_VERSION if field in found}
        aliases = [{"alias": alias, "version": version} for alias in found.get("aliases", [])]
        place = f"dbfs:{_path(name)}/{version}"
        return {**shown, **own, "aliases": aliases, "storage_location": place}

    def _model(self, answer: Json) -> Json:
        return self._shown(answer["registered_model"])

    def _shown(self, model: Json) -> Json:
        return {name: value for name, value in model.items() if name != "latest_versions"}

    def _rename(self, name: str, new_name: str) -> None:
        for key, document in list(self._store.items(VERSIONS)):
            if key.startswith(f"{name}\n"):
                self._store.put(VERSIONS, key.replace(name, new_name, 1), document)
                self._store.delete(VERSIONS, key)
        if self._files(name).is_dir():
            self._files(new_name).parent.mkdir(parents=True, exist_ok=True)
            self._files(name).rename(self._files(new_name))

    def _files(self, name: str) -> Path:
        return self.folder.joinpath(*name.split("."))


def _path(name: str) -> str:
    return "/Models/" + name.replace(".", "/")


def _checked(name: str) -> str:
    parts = name.split(".")
    if len(parts) != 3 or not all(parts) or any("/" in part or "'" in part for part in parts):
        raise exceptions.invalid_parameter(
            f"{name!r} is not a name in Unity Catalog: write catalog.schema.model."
        )
    return name
