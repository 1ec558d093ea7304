"""HTTP of ``/api/2.0/fs`` (Databricks REST reference, "Files API").

There are no presigned URLs: their endpoints don't exist, and clients then send or fetch the file
itself, as they do in workspaces that have them switched off.
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from werkzeug.datastructures import Range
from werkzeug.http import http_date, parse_date
from werkzeug.wrappers import Response

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.files.models import Entry, Files
from modelyard.local.cloud.databricks.paging import bounded, page_of

BLOCK = 1024 * 1024
PAGE = 1000


class FileResponses:
    def __init__(self, files: Files) -> None:
        self._files = files

    def upload(self, call: Call, path: str) -> Response:
        """The body is the file. Existing files are replaced unless ``overwrite=false``."""
        body = cast(BinaryIO, call.request.stream)
        self._files.put(f"/{path}", body, call.principal.name, call.flag("overwrite", True))
        return Response(status=204)

    def initiate(self, call: Call, path: str) -> Json:
        """What clients ask before they upload a large file in parts."""
        action = call.text("action")
        if action != "initiate-upload":
            raise exceptions.invalid_parameter(f"Unsupported action: {action}")
        self._files.check_free(f"/{path}", call.principal.name, call.flag("overwrite", True))
        return {"multipart_upload": {"session_token": secrets.token_urlsafe(24)}}

    def download(self, call: Call, path: str) -> Response:
        """GET, also of a part (``Range``), and HEAD."""
        file = self._files.file(f"/{path}", call.principal.name)
        status = file.stat()
        _check_unmodified(call, status.st_mtime)
        begin, end = _part(call.request.range, status.st_size)
        partial = (begin, end) != (0, status.st_size)
        head = call.request.method == "HEAD"
        response = Response(
            [] if head else _blocks(file, begin, end),
            206 if partial else 200,
            mimetype="application/octet-stream",
        )
        response.headers["Content-Length"] = str(end - begin)
        response.headers["Last-Modified"] = http_date(status.st_mtime)
        response.headers["Accept-Ranges"] = "bytes"
        if partial:
            response.headers["Content-Range"] = f"bytes {begin}-{end - 1}/{status.st_size}"
        return response

    def delete(self, call: Call, path: str) -> Response:
        self._files.delete(f"/{path}", call.principal.name)
        return Response(status=204)

    def make_folder(self, call: Call, path: str) -> Response:
        self._files.make_folder(f"/{path}", call.principal.name)
        return Response(status=204)

    def list_folder(self, call: Call, path: str) -> Json | Response:
        """GET, and HEAD, which only tells whether it is there."""
        if call.request.method == "HEAD":
            self._files.folder(f"/{path}", call.principal.name)
            return Response(status=200)
        size = bounded("page_size", call.number("page_size", PAGE), 0, PAGE) or PAGE
        entries = self._files.entries(f"/{path}", call.principal.name)
        page = page_of(entries, size, call.text("page_token", ""))
        answer: Json = {"contents": [_described(entry) for entry in page.items]}
        if page.next_token:
            answer["next_page_token"] = page.next_token
        return answer

    def delete_folder(self, call: Call, path: str) -> Response:
        self._files.delete_folder(f"/{path}", call.principal.name)
        return Response(status=204)


def _described(entry: Entry) -> Json:
    shown: Json = {
        "path": entry.path,
        "name": entry.name,
        "is_directory": entry.is_directory,
        "last_modified": entry.last_modified,
    }
    if not entry.is_directory:
        shown["file_size"] = entry.file_size
    return shown


def _check_unmodified(call: Call, modified: float) -> None:
    """``If-Unmodified-Since``: a download in parts must not mix two versions."""
    limit = parse_date(call.request.headers.get("If-Unmodified-Since"))
    last = datetime.datetime.fromtimestamp(int(modified), datetime.timezone.utc)
    if limit is not None and last > limit:
        raise exceptions.ApiError(412, "FAILED_PRECONDITION", "The file has been modified.")


def _part(wanted: Range | None, size: int) -> tuple[int, int]:
    """First byte and the one after the last; the whole file without a Range."""
    if wanted is None:
        return 0, size
    found = wanted.range_for_length(size)
    if found is None or found[1] is None:
        raise exceptions.ApiError(416, "OUT_OF_RANGE", f"The file has {size} bytes.")
    return found[0], found[1]


def _blocks(file: Path, begin: int, end: int) -> Iterator[bytes]:
    with file.open("rb") as source:
        source.seek(begin)
        left = end - begin
        while left > 0:
            data = source.read(min(BLOCK, left))
            if not data:
                return
            left -= len(data)
            yield data
