"""HTTP of models in Unity Catalog as MLflow clients speak it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.calls import Call
from modelyard.local.cloud.databricks.files.models import Files, Place
from modelyard.local.cloud.databricks.storage import inside, normal
from modelyard.local.cloud.mlflow.unity import UnityModels

Json = dict[str, Any]
_PASSED_ON = {
    ("POST", "registered-models/set-tag"),
    ("DELETE", "registered-models/delete-tag"),
    ("POST", "registered-models/alias"),
    ("DELETE", "registered-models/alias"),
    ("POST", "model-versions/set-tag"),
    ("DELETE", "model-versions/delete-tag"),
}
"""Same fields, same meaning in MLflow's own registry."""


class ModelFiles(Files):
    """The Files API below ``/Models/<catalog>/<schema>/<model>/<version>``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _place(self, path: str, user: str, writing: bool = False) -> Place:  # noqa: ARG002
        parts = normal(path).strip("/").split("/")
        if len(parts) < 5:
            raise exceptions.invalid_parameter(
                f"{path} must name a version: /Models/<catalog>/<schema>/<model>/<version>/."
            )
        root = self._folder.joinpath(*parts[1:5])
        return Place(root, inside(root, "/".join(parts[5:])), makes_folders=True)


class UnityResponses:
    """Answers to ``/api/2.0/mlflow/unity-catalog/...``."""

    def __init__(self, models: UnityModels) -> None:
        self._models = models
        self._table: dict[tuple[str, str], Callable[[Call], Json]] = {
            ("POST", "registered-models/create"): self._create,
            ("GET", "registered-models/get"): self._get,
            ("PATCH", "registered-models/update"): self._update,
            ("DELETE", "registered-models/delete"): self._delete,
            ("GET", "registered-models/search"): self._search,
            ("GET", "registered-models/alias"): self._by_alias,
            ("POST", "model-versions/create"): self._create_version,
            ("POST", "model-versions/finalize"): self._finalize,
            ("GET", "model-versions/get"): self._version,
            ("PATCH", "model-versions/update"): self._update_version,
            ("DELETE", "model-versions/delete"): self._delete_version,
            ("GET", "model-versions/search"): self._search_versions,
            ("GET", "model-versions/get-download-uri"): self._download_uri,
        }

    def enabled(self, _call: Call) -> Json:
        """Clients bring and get files over the Files API: there is no storage account to reach."""
        return {"is_databricks_sdk_models_artifact_repository_enabled": True}

    def answer(self, call: Call, rest: str) -> Json:
        method = (call.request.method, rest)
        if method in _PASSED_ON:
            return self._models.ask(*method, dict(call.arguments))
        if method == ("POST", "model-versions/emit-lineage"):
            return {}  # nothing shows lineage here
        if method not in self._table:
            raise exceptions.endpoint_not_found(method[0], f"/mlflow/unity-catalog/{rest}")
        return self._table[method](call)

    def _create(self, call: Call) -> Json:
        description, tags = call.text("description", ""), call.items("tags", [])
        return {"registered_model": self._models.create(call.text("name"), description, tags)}

    def _get(self, call: Call) -> Json:
        return {"registered_model": self._models.get(call.text("name"))}

    def _update(self, call: Call) -> Json:
        description = call.text("description") if call.has("description") else None
        changed = self._models.update(call.text("name"), call.text("new_name", ""), description)
        return {"registered_model": changed}

    def _delete(self, call: Call) -> Json:
        self._models.delete(call.text("name"))
        return {}

    def _search(self, call: Call) -> Json:
        most, token = call.number("max_results", 100), call.text("page_token", "")
        found, following = self._models.search(most, token)
        return {"registered_models": found, "next_page_token": following}

    def _by_alias(self, call: Call) -> Json:
        found = self._models.version_by_alias(call.text("name"), call.text("alias"))
        return {"model_version": found}

    def _create_version(self, call: Call) -> Json:
        created = self._models.create_version(call.text("name"), call.arguments)
        return {"model_version": created}

    def _finalize(self, call: Call) -> Json:
        return {"model_version": self._models.finalize(*_version(call))}

    def _version(self, call: Call) -> Json:
        return {"model_version": self._models.version(*_version(call))}

    def _update_version(self, call: Call) -> Json:
        name, version = _version(call)
        body = {"name": name, "version": version, "description": call.text("description", "")}
        self._models.ask("PATCH", "model-versions/update", body)
        return {"model_version": self._models.version(name, version)}

    def _delete_version(self, call: Call) -> Json:
        self._models.delete_version(*_version(call))
        return {}

    def _search_versions(self, call: Call) -> Json:
        query = {name: call.arguments[name] for name in ("filter", "max_results", "page_token")
                 if call.has(name)}  # fmt: skip
        answer = self._models.ask("GET", "model-versions/search", query)
        found = [one for one in answer.get("model_versions", []) if one["name"].count(".") == 2]
        shown = [self._models.shown_version(one) for one in found]
        return {"model_versions": shown, "next_page_token": answer.get("next_page_token", "")}

    def _download_uri(self, call: Call) -> Json:
        return {"artifact_uri": self._models.version(*_version(call))["storage_location"]}


def _version(call: Call) -> tuple[str, str]:
    return call.text("name"), str(call.number("version"))
