"""HTTP of catalogs, schemas and volumes (Databricks REST reference, "Unity Catalog")."""

from __future__ import annotations

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.unity.models import Unity


class UnityResponses:
    def __init__(self, unity: Unity) -> None:
        self._unity = unity

    def create_catalog(self, call: Call) -> Json:
        return self._create(call, call.text("name"))

    def create_schema(self, call: Call) -> Json:
        return self._create(call, f"{call.text('catalog_name')}.{call.text('name')}")

    def create_volume(self, call: Call) -> Json:
        kind = call.text("volume_type", "MANAGED")
        if kind != "MANAGED":
            raise exceptions.invalid_parameter(
                f"volume_type {kind} is not supported: the local cloud has MANAGED volumes only"
            )
        parent = f"{call.text('catalog_name')}.{call.text('schema_name')}"
        return self._create(call, f"{parent}.{call.text('name')}", volume_type=kind)

    def list_catalogs(self, _: Call) -> Json:
        return {"catalogs": self._unity.list()}

    def list_schemas(self, call: Call) -> Json:
        return {"schemas": self._unity.list(call.text("catalog_name"))}

    def list_volumes(self, call: Call) -> Json:
        parent = f"{call.text('catalog_name')}.{call.text('schema_name')}"
        return {"volumes": self._unity.list(parent)}

    def get(self, _: Call, full_name: str) -> Json:
        return self._unity.get(full_name)

    def delete(self, _: Call, full_name: str) -> Json:
        self._unity.delete(full_name)
        return {}

    def _create(self, call: Call, full_name: str, **fields: str) -> Json:
        if call.has("comment"):
            fields["comment"] = call.text("comment")
        return self._unity.create(full_name, call.principal.name, dict(fields))
