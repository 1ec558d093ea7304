"""Catalogs, schemas and volumes.

The catalog ``main`` with the schema ``default`` is there from the start, as in a new workspace.
A volume of ``main.default`` springs into being when something is first written to it, so that a
laptop needs no set-up; everywhere else it has to be created first, as in the service.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.storage import Storage, inside
from modelyard.local.cloud.service import Cloud

COLLECTION = "databricks.unity"
CATALOG = "main"
SCHEMA = "default"
KINDS = ("catalog", "schema", "volume")
NAME = re.compile(r"[^\x00-\x20/.\x7f]{1,255}")
CODES = {"catalog": "CATALOG", "schema": "SCHEMA", "volume": "RESOURCE"}


class Unity:
    """Securables by full name: ``catalog``, ``catalog.schema``, ``catalog.schema.volume``."""

    def __init__(self, cloud: Cloud, storage: Storage) -> None:
        self._store = cloud.store
        self._clock = cloud.clock
        self._storage = storage

    def create_defaults(self, owner: str) -> None:
        for name in (CATALOG, f"{CATALOG}.{SCHEMA}"):
            if self._store.get(COLLECTION, name) is None:
                self._add(name, owner, {})

    def create(self, full_name: str, owner: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Raises when it exists, or when what it belongs to doesn't."""
        parts = _parts(full_name)
        with self._store.lock:
            if len(parts) > 1:
                self.get(".".join(parts[:-1]))
            if self._store.get(COLLECTION, full_name) is not None:
                kind = KINDS[len(parts) - 1]
                raise exceptions.ApiError(
                    400,
                    f"{CODES[kind]}_ALREADY_EXISTS",
                    f"{kind.capitalize()} '{full_name}' already exists",
                )
            return self._add(full_name, owner, fields)

    def get(self, full_name: str) -> dict[str, Any]:
        document = self._store.get(COLLECTION, full_name)
        if document is None:
            kind = KINDS[len(_parts(full_name)) - 1]
            raise exceptions.ApiError(
                404,
                f"{CODES[kind]}_DOES_NOT_EXIST",
                f"{kind.capitalize()} '{full_name}' does not exist.",
            )
        return document

    def list(self, parent: str | None = None) -> Sequence[dict[str, Any]]:
        """The catalogs, or what belongs to a catalog or a schema."""
        if parent is not None:
            self.get(parent)
        return [
            document
            for name, document in self._store.items(COLLECTION)
            if name.rpartition(".")[0] == (parent or "")
        ]

    def delete(self, full_name: str) -> None:
        """A catalog or a schema must be empty; a volume goes with its files."""
        self.get(full_name)
        if len(_parts(full_name)) == 3:
            shutil.rmtree(self.folder(full_name), ignore_errors=True)
        elif self.list(full_name):
            raise exceptions.invalid_state(f"'{full_name}' is not empty.")
        self._store.delete(COLLECTION, full_name)

    def volume(self, full_name: str, owner: str, writing: bool) -> Path:
        """The folder of a volume; raises NOT_FOUND when there is none."""
        if self._store.get(COLLECTION, full_name) is None:
            if not (writing and full_name.startswith(f"{CATALOG}.{SCHEMA}.")):
                raise exceptions.ApiError(404, "NOT_FOUND", f"Volume '{full_name}' does not exist.")
            self.create(full_name, owner, {"volume_type": "MANAGED"})
        folder = self.folder(full_name)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def folder(self, full_name: str) -> Path:
        return inside(self._storage.volumes, full_name.replace(".", "/"))

    def reset(self) -> None:
        self._store.clear(COLLECTION)

    def _add(self, full_name: str, owner: str, fields: dict[str, Any]) -> dict[str, Any]:
        parts = _parts(full_name)
        now = int(self._clock.time() * 1000)
        named = zip(("catalog_name", "schema_name"), parts[:-1], strict=False)
        document = {
            **fields,
            **dict(named),
            "name": parts[-1],
            "full_name": full_name,
            "owner": owner,
            "created_at": now,
            "created_by": owner,
            "updated_at": now,
        }
        if len(parts) == 3:
            document.setdefault("volume_type", "MANAGED")
            document["storage_location"] = f"dbfs:/Volumes/{'/'.join(parts)}"
            self.folder(full_name).mkdir(parents=True, exist_ok=True)
        self._store.put(COLLECTION, full_name, document)
        return document


def _parts(full_name: str) -> Sequence[str]:
    parts = full_name.split(".")
    if len(parts) > len(KINDS) or not all(NAME.fullmatch(part) for part in parts):
        raise exceptions.invalid_parameter(f"'{full_name}' is not a valid name")
    return parts
