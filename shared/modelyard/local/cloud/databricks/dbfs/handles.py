"""Files that are uploaded block by block: create, add-block, close."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.dbfs.models import BLOCK, Dbfs
from modelyard.local.cloud.service import Cloud

COLLECTION = "databricks.dbfs_handles"


class Handles:
    """The file appears at its path when the handle is closed."""

    def __init__(self, cloud: Cloud, dbfs: Dbfs, folder: Path) -> None:
        """``folder`` is for files that aren't closed yet."""
        self._store = cloud.store
        self._dbfs = dbfs
        self._folder = folder

    def create(self, path: str, overwrite: bool) -> int:
        self._dbfs.check_free(path, overwrite)
        handle = self._store.next_number("databricks.dbfs_handle", 1)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._draft(handle).write_bytes(b"")
        self._store.put(COLLECTION, str(handle), {"path": path, "overwrite": overwrite})
        return handle

    def add_block(self, handle: int, data: bytes) -> None:
        self._get(handle)
        if len(data) > BLOCK:
            raise exceptions.ApiError(
                400,
                "MAX_BLOCK_SIZE_EXCEEDED",
                f"A block of {len(data)} bytes exceeds the maximum of {BLOCK} bytes",
            )
        with self._draft(handle).open("ab") as file:
            file.write(data)

    def close(self, handle: int) -> None:
        document = self._get(handle)
        with self._draft(handle).open("rb") as file:
            self._dbfs.put(document["path"], file, document["overwrite"])
        self._store.delete(COLLECTION, str(handle))
        self._draft(handle).unlink()

    def reset(self) -> None:
        for key, _ in list(self._store.items(COLLECTION)):
            self._draft(int(key)).unlink(missing_ok=True)
        self._store.clear(COLLECTION)

    def _get(self, handle: int) -> dict[str, Any]:
        document = self._store.get(COLLECTION, str(handle))
        if document is None:
            raise exceptions.does_not_exist(f"No open stream with handle {handle} exists.")
        return document

    def _draft(self, handle: int) -> Path:
        return self._folder / str(handle)
