"""The workspace's folders and objects: list, look up, make, export, remove.

Source: docs.databricks.com/api/azure, "Workspace" (``/api/2.0/workspace``). Paths may be given with
or without ``/Workspace`` before them; the API's own names are those without.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from modelyard.databricks.files.entries import Entry, seconds
from modelyard.entries import FOLDER
from modelyard.errors import NotFound, NotTheService
from modelyard.http import Session

PREFIX = "/Workspace"
LIMIT = 10 * 1024 * 1024
"""Bytes that one import or export may have (MAX_NOTEBOOK_SIZE_EXCEEDED)."""


def api_path(path: str) -> str:
    """The API's name of a path: ``/Workspace/Shared/x/`` -> ``/Shared/x``."""
    path = path.rstrip("/")
    if path == PREFIX or path.startswith(f"{PREFIX}/"):
        path = path[len(PREFIX) :]
    return path or "/"


def status(session: Session, path: str) -> Entry | None:
    """What is at this path; None when nothing is, or nothing that this identity may see."""
    try:
        found = session.get("/api/2.0/workspace/get-status", {"path": api_path(path)})
    except NotFound:
        return None
    return _entry(found)


def children(session: Session, path: str) -> list[Entry] | None:
    """What the folder holds; None when there is no such folder."""
    try:
        answer = session.get("/api/2.0/workspace/list", {"path": api_path(path)})
    except NotFound:
        return None
    entries = [_entry(one) for one in answer.get("objects", [])]
    if [api_path(one.path) for one in entries] == [api_path(path)]:
        return None  # listing an object that isn't a folder gives the object itself
    return entries


def make_folder(session: Session, path: str) -> None:
    """Make the folder and those above it; no error when it exists.

    :raises AlreadyExists: when something that isn't a folder is in the way.
    """
    session.post("/api/2.0/workspace/mkdirs", {"path": api_path(path)}, repeatable=True)


def export_content(session: Session, path: str, *, format: str) -> bytes:
    """The content as the service gives it back: ``SOURCE``, ``JUPYTER``, ``HTML``, ``AUTO``.

    :raises NotFound: when it is gone.
    """
    query = {"path": api_path(path), "format": format}
    answer = session.get("/api/2.0/workspace/export", query)
    try:
        return base64.b64decode(answer.get("content", ""), validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise NotTheService(f"the export of {path} isn't base64") from None


def remove(session: Session, path: str, *, recursive: bool = False) -> None:
    """Remove an object, or a folder with all it holds. No error when it is gone already.

    :raises ServiceError: DIRECTORY_NOT_EMPTY, when a folder isn't empty and not recursive.
    """
    body = {"path": api_path(path), "recursive": recursive}
    try:
        session.post("/api/2.0/workspace/delete", body, repeatable=True)
    except NotFound:
        return


def _entry(found: Mapping[str, Any]) -> Entry:
    kind = str(found.get("object_type", "")).lower()
    return Entry(
        path=str(found.get("path", "")),
        kind=FOLDER if kind == "directory" else kind,
        size=found.get("size"),
        modified=seconds(found.get("modified_at")),
        language=str(found.get("language", "")),
    )
