"""The objects of the workspace by path, with ids that stay while an object lives.

Workspace files are on disk too, where notebooks reach them as ``/Workspace/...``: a file that a
notebook wrote there becomes an object when it is first seen, one that it deleted is forgotten.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from modelyard.local.cloud.databricks.storage import (
    Storage,
    inside,
    is_draft,
    write_atomically,
)
from modelyard.local.cloud.service import Cloud

COLLECTION = "databricks.workspace"
FIRST_ID = 1000

Object = dict[str, Any]
"""``{path, object_type, object_id, created_at, modified_at}``; notebooks with ``language``, files
with ``size``."""


class Objects:
    def __init__(self, cloud: Cloud, storage: Storage) -> None:
        self._store = cloud.store
        self._clock = cloud.clock
        self._storage = storage

    @property
    def lock(self) -> Any:
        return self._store.lock

    def find(self, path: str) -> Object | None:
        document = self._store.get(COLLECTION, path)
        on_disk = self._on_disk(path)
        if document is None:
            return self._adopt(path, on_disk) if on_disk.exists() else None
        if document["object_type"] == "FILE" and not on_disk.is_file():
            self._store.delete(COLLECTION, path)
            return None
        return document

    def children(self, path: str) -> list[Object]:
        """Sorted by path."""
        folder = self._on_disk(path)
        names = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
        prefix = f"{path.rstrip('/')}/"
        for known in self._paths_below(path):
            names.add(known.removeprefix(prefix).partition("/")[0])
        found = (self.find(prefix + name) for name in sorted(names) if not is_draft(name))
        return [document for document in found if document is not None]

    def add_folder(self, path: str) -> Object:
        """With its parents; what is there stays."""
        parent = path.rpartition("/")[0] or "/"
        if path != "/" and self.find(parent) is None:
            self.add_folder(parent)
        self._on_disk(path).mkdir(parents=True, exist_ok=True)
        return self._store.get(COLLECTION, path) or self._put(path, "DIRECTORY")

    def put_notebook(self, path: str, content: str, language: str) -> Object:
        document = self._put(path, "NOTEBOOK", language=language)
        write_atomically(self._notebook(document), content.encode())
        return document

    def put_file(self, path: str, content: bytes) -> Object:
        write_atomically(self._on_disk(path), content)
        return self._put(path, "FILE", size=len(content))

    def content(self, document: Object) -> bytes:
        """Of a notebook or a file."""
        if document["object_type"] == "NOTEBOOK":
            return self._notebook(document).read_bytes()
        return self._on_disk(document["path"]).read_bytes()

    def remove(self, path: str) -> None:
        """An object with everything below it."""
        for known in [path, *self._paths_below(path)]:
            document = self._store.get(COLLECTION, known)
            if document is not None and document["object_type"] == "NOTEBOOK":
                self._notebook(document).unlink(missing_ok=True)
            self._store.delete(COLLECTION, known)
        on_disk = self._on_disk(path)
        if on_disk.is_dir():
            shutil.rmtree(on_disk)
        else:
            on_disk.unlink(missing_ok=True)

    def reset(self) -> None:
        self._store.clear(COLLECTION)

    def _paths_below(self, path: str) -> list[str]:
        prefix = f"{path.rstrip('/')}/"
        return [
            known
            for known, _ in self._store.items(COLLECTION)
            if known.startswith(prefix) and known != path
        ]

    def _adopt(self, path: str, on_disk: Path) -> Object:
        if on_disk.is_dir():
            return self.add_folder(path)
        return self._put(path, "FILE", size=on_disk.stat().st_size)

    def _put(self, path: str, object_type: str, **fields: Any) -> Object:
        now = int(self._clock.time() * 1000)
        before = self._store.get(COLLECTION, path)
        document = {
            "path": path,
            "object_type": object_type,
            "object_id": before["object_id"]
            if before is not None
            else self._store.next_number("databricks.object", FIRST_ID),
            "created_at": before["created_at"] if before is not None else now,
            "modified_at": now,
            **fields,
        }
        self._store.put(COLLECTION, path, document)
        return document

    def _on_disk(self, path: str) -> Path:
        return inside(self._storage.workspace_files, path)

    def _notebook(self, document: Object) -> Path:
        return self._storage.notebooks / str(document["object_id"])
