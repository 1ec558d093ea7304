"""Files (not notebooks) in the workspace's folders: modules, small data, wheels.

A file that begins like a notebook stays a file here: the format ``RAW`` says so.

Source: docs.databricks.com/api/azure, "Workspace": the import of a posted file, and the export with
``direct_download``, which both stream.
"""

from __future__ import annotations

from collections.abc import Iterator

import requests

from modelyard.databricks.files import workspace_tree
from modelyard.databricks.files.local_files import LocalFile
from modelyard.databricks.files.workspace_import import import_file
from modelyard.databricks.files.workspace_tree import children, make_folder, remove, status
from modelyard.errors import Unreachable
from modelyard.http import Session
from modelyard.parallel import Stop

__all__ = ["KIND", "LIMIT", "children", "make_folder", "read", "remove", "send", "status"]

KIND = "workspace"
LIMIT: int | None = 500 * 1024 * 1024
"""Bytes of a workspace file."""
BLOCK = 1024 * 1024


def send(session: Session, path: str, file: LocalFile, *, replace: bool, stop: Stop) -> None:
    """Create or replace a file.

    :raises AlreadyExists: when it exists and may not be replaced.
    """
    import_file(session, path, file, format="RAW", replace=replace, stop=stop)


def read(session: Session, path: str) -> Iterator[bytes]:
    """The file's content, streamed."""
    query = {
        "path": workspace_tree.api_path(path),
        "format": "AUTO",
        "direct_download": "true",
    }
    call = session.call("GET", "/api/2.0/workspace/export", params=query, stream=True)
    with call as answer:
        try:
            yield from answer.iter_content(BLOCK)
        except requests.RequestException as error:
            raise Unreachable(f"the download of {path} broke off: {type(error).__name__}") from None
