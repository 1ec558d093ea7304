"""Importing one file into the workspace: as a notebook, or as the file that it is.

The file is posted as a field of a form, byte for byte and streamed. The service takes the whole or
nothing.

Source: docs.databricks.com/api/azure, "Workspace", import (``POST /api/2.0/workspace/import``),
where "a posted file is used" in place of the field ``content``.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from modelyard.answers import read_json
from modelyard.databricks.files.file_body import body_of
from modelyard.databricks.files.local_files import LocalFile
from modelyard.databricks.files.workspace_tree import api_path
from modelyard.http import Session
from modelyard.parallel import Stop

PATH = "/api/2.0/workspace/import"


def import_file(
    session: Session,
    path: str,
    file: LocalFile,
    *,
    format: str,
    language: str = "",
    replace: bool = True,
    stop: Stop,
) -> None:
    """Create or replace what is at the path.

    :param format: ``SOURCE``, ``JUPYTER`` or ``HTML`` make a notebook; ``RAW`` a file.
    :param language: of a notebook; required for ``SOURCE``.
    :raises AlreadyExists: when it exists and may not be replaced, or is of another kind.
    """
    fields = {"path": api_path(path), "format": format}
    if language:
        fields["language"] = language
    if replace:
        fields["overwrite"] = "true"
    boundary = secrets.token_hex(16)
    head, tail = _frame(boundary, fields)
    with body_of(file, stop, head=head, tail=tail) as body:
        answer = session.call(
            "POST",
            PATH,
            data=body,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
            repeatable=replace,
        )
    read_json(answer, f"the import of {path}")


def _frame(boundary: str, fields: Mapping[str, str]) -> tuple[bytes, bytes]:
    """What stands before and after the file (RFC 7578)."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="content"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return "".join(parts).encode(), f"\r\n--{boundary}--\r\n".encode()
