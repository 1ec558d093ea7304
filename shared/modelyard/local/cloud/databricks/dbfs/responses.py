"""HTTP of ``/api/2.0/dbfs`` (Databricks REST reference, "DBFS API")."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import io

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.dbfs.handles import Handles
from modelyard.local.cloud.databricks.dbfs.models import BLOCK, Dbfs

DEFAULT_LENGTH = BLOCK // 2


class DbfsResponses:
    def __init__(self, dbfs: Dbfs, handles: Handles) -> None:
        self._dbfs = dbfs
        self._handles = handles

    def make_folder(self, call: Call) -> Json:
        self._dbfs.make_folder(call.text("path"))
        return {}

    def put(self, call: Call) -> Json:
        """A file of a form may have any size, base64 in a field at most 1 MB."""
        path, overwrite = call.text("path"), call.flag("overwrite")
        uploads = list(call.request.files.values())
        if uploads:
            self._dbfs.put(path, uploads[0].stream, overwrite)
            return {}
        content = _decoded(call, "contents")
        if len(content) > BLOCK:
            raise exceptions.ApiError(
                400,
                "MAX_BLOCK_SIZE_EXCEEDED",
                f"The contents of {len(content)} bytes exceed the maximum of {BLOCK} bytes. "
                "Upload a larger file as a form, or block by block.",
            )
        self._dbfs.put(path, io.BytesIO(content), overwrite)
        return {}

    def create(self, call: Call) -> Json:
        return {"handle": self._handles.create(call.text("path"), call.flag("overwrite"))}

    def add_block(self, call: Call) -> Json:
        self._handles.add_block(call.number("handle"), _decoded(call, "data"))
        return {}

    def close(self, call: Call) -> Json:
        self._handles.close(call.number("handle"))
        return {}

    def read(self, call: Call) -> Json:
        length = call.number("length", DEFAULT_LENGTH)
        data = self._dbfs.read(call.text("path"), call.number("offset", 0), length)
        return {"bytes_read": len(data), "data": base64.b64encode(data).decode()}

    def get_status(self, call: Call) -> Json:
        return dataclasses.asdict(self._dbfs.get(call.text("path")))

    def list(self, call: Call) -> Json:
        files = [dataclasses.asdict(info) for info in self._dbfs.entries(call.text("path"))]
        return {"files": files} if files else {}

    def delete(self, call: Call) -> Json:
        self._dbfs.delete(call.text("path"), call.flag("recursive"))
        return {}

    def move(self, call: Call) -> Json:
        self._dbfs.move(call.text("source_path"), call.text("destination_path"))
        return {}


def _decoded(call: Call, name: str) -> bytes:
    """Base64; an empty file is an empty string."""
    try:
        return base64.b64decode(call.text(name, ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise exceptions.invalid_parameter(f"{name} is not valid base64: {error}") from None
