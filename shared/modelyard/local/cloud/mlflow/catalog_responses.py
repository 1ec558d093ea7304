"""HTTP of models in Unity Catalog as the catalog's own REST has it (``/api/2.1/unity-catalog``)."""

from __future__ import annotations

import dataclasses
from typing import Any

from modelyard.local.cloud.databricks.calls import Call, read_arguments
from modelyard.local.cloud.mlflow.unity import UnityModels

Json = dict[str, Any]


class CatalogResponses:
    """Answers to ``/api/2.1/unity-catalog/models...`` (REST reference, "Registered Models")."""

    def __init__(self, models: UnityModels) -> None:
        self._models = models

    def list_models(self, call: Call) -> Json:
        wanted = [call.text(name, "") for name in ("catalog_name", "schema_name")]
        found, token = [], ""
        while True:
            page, token = self._models.search(1000, token)
            found += [_model(one) for one in page]
            if not token:
                break
        fits = [
            one
            for one in found
            if wanted[0] in ("", one["catalog_name"]) and wanted[1] in ("", one["schema_name"])
        ]
        return {"registered_models": fits}

    def create_model(self, call: Call) -> Json:
        name = ".".join(call.text(part) for part in ("catalog_name", "schema_name", "name"))
        return _model(self._models.create(name, call.text("comment", ""), []))

    def get_model(self, _call: Call, full_name: str) -> Json:
        return _model(self._models.get(full_name))

    def delete_model(self, _call: Call, full_name: str) -> Json:
        self._models.delete(full_name)
        return {}

    def list_versions(self, _call: Call, full_name: str) -> Json:
        self._models.get(full_name)
        return {"model_versions": [_model_version(one) for one in self._models.versions(full_name)]}

    def get_version(self, _call: Call, full_name: str, number: str) -> Json:
        return _model_version(self._models.version(full_name, number))

    def delete_version(self, _call: Call, full_name: str, number: str) -> Json:
        self._models.delete_version(full_name, number)
        return {}

    def get_alias(self, _call: Call, full_name: str, alias: str) -> Json:
        return _model_version(self._models.version_by_alias(full_name, alias))

    def set_alias(self, call: Call, full_name: str, alias: str) -> Json:
        # A PUT route leaves the body unread, as uploads need it.
        number = dataclasses.replace(call, arguments=read_arguments(call.request)).number(
            "version_num"
        )
        self._models.version(full_name, str(number))
        body = {"name": full_name, "alias": alias, "version": str(number)}
        self._models.ask("POST", "registered-models/alias", body)
        return {"alias_name": alias, "version_num": number}

    def delete_alias(self, _call: Call, full_name: str, alias: str) -> Json:
        self._models.version_by_alias(full_name, alias)
        self._models.ask("DELETE", "registered-models/alias", {"name": full_name, "alias": alias})
        return {}


def _names(full_name: str) -> Json:
    catalog, schema, name = full_name.split(".")
    return {"catalog_name": catalog, "schema_name": schema, "name": name, "full_name": full_name}


def _model(found: Json) -> Json:
    aliases = found.get("aliases", [])
    return {
        **_names(found["name"]),
        "comment": found.get("description", ""),
        "created_at": found["creation_timestamp"],
        "updated_at": found["last_updated_timestamp"],
        "aliases": [
            {"alias_name": one["alias"], "version_num": int(one["version"])} for one in aliases
        ],
    }


def _model_version(found: Json) -> Json:
    names = _names(found["name"])
    aliases = found.get("aliases", [])
    return {
        "model_name": names["name"],
        "catalog_name": names["catalog_name"],
        "schema_name": names["schema_name"],
        "version": int(found["version"]),
        "source": found.get("source", ""),
        "run_id": found.get("run_id", ""),
        "status": found["status"],
        "comment": found.get("description", ""),
        "created_at": found["creation_timestamp"],
        "updated_at": found["last_updated_timestamp"],
        "storage_location": found["storage_location"],
        "aliases": [
            {"alias_name": one["alias"], "version_num": int(one["version"])} for one in aliases
        ],
    }
