"""HTTP of ``/api/2.0/workspace`` and ``/api/2.0/workspace-files`` (Databricks REST reference,
"Workspace API")."""

from __future__ import annotations

import base64
import binascii

from werkzeug.wrappers import Response

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.workspace.models import SIZE_LIMIT, Workspace
from modelyard.local.cloud.databricks.workspace.records import Object

FILE_LIMIT = 500 * 1024 * 1024


class WorkspaceResponses:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def get_status(self, call: Call) -> Json:
        return _described(self._workspace.get(call.text("path")))

    def list(self, call: Call) -> Json:
        after = call.number("notebooks_modified_after", 0)
        objects = [
            _described(found)
            for found in self._workspace.list(call.text("path"))
            if found["object_type"] != "NOTEBOOK" or found["modified_at"] >= after
        ]
        return {"objects": objects} if objects else {}

    def make_folder(self, call: Call) -> Json:
        self._workspace.make_folder(call.text("path"))
        return {}

    def import_object(self, call: Call) -> Json:
        """The content is base64 in a JSON field, or a file of a form."""
        self._workspace.import_object(
            call.text("path"),
            _content(call),
            call.text("format", "SOURCE").upper(),
            call.text("language", "").upper() or None,
            call.flag("overwrite"),
        )
        return {}

    def export(self, call: Call) -> Json | Response:
        export = self._workspace.export(call.text("path"), call.text("format", "SOURCE").upper())
        if call.flag("direct_download"):
            return Response(export.content, mimetype="application/octet-stream")
        content = base64.b64encode(export.content).decode()
        return {"content": content, "file_type": export.file_type}

    def delete(self, call: Call) -> Json:
        self._workspace.delete(call.text("path"), call.flag("recursive"))
        return {}

    def import_file(self, call: Call, path: str) -> Json:
        """``POST workspace-files/import-file/<path>``: the body is the file. A notebook's source
        becomes a notebook, as with AUTO."""
        content = call.request.get_data()
        if len(content) > FILE_LIMIT:
            raise exceptions.invalid_parameter(f"The file is larger than {FILE_LIMIT} bytes")
        form = "AUTO" if len(content) <= SIZE_LIMIT else ""
        if form:
            self._workspace.import_object(f"/{path}", content, form, None, call.flag("overwrite"))
        else:
            self._workspace.put_file(f"/{path}", content, call.flag("overwrite"))
        return {}

    def read_file(self, _: Call, path: str) -> Response:
        export = self._workspace.export(f"/{path}", "AUTO")
        return Response(export.content, mimetype="application/octet-stream")


def _content(call: Call) -> bytes:
    upload = call.request.files.get("content")
    if upload is not None:
        data: bytes = upload.read()
        return data
    try:
        return base64.b64decode(call.text("content"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise exceptions.invalid_parameter(f"content is not valid base64: {error}") from None


def _described(found: Object) -> Json:
    return {**found, "resource_id": str(found["object_id"])}
