"""The distribution API over HTTP. Source: OCI distribution specification, "Endpoints"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.registry import exceptions
from modelyard.local.cloud.registry.models import LARGEST_MANIFEST, Repositories, checked_name
from modelyard.local.cloud.registry.uploads import CHUNK


class Distribution:
    """Handlers of ``/v2/``, over the registry's own storage."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    def base(self, _request: Request) -> Response:
        return _json({})

    def catalog(self, request: Request) -> Response:
        names = self._repositories.names()
        return _page(request, "/v2/_catalog", "repositories", names, {})

    def tags(self, request: Request, name: str) -> Response:
        tags = self._repositories.tags(checked_name(name))
        return _page(request, f"/v2/{name}/tags/list", "tags", tags, {"name": name})

    def get_manifest(self, _request: Request, name: str, reference: str) -> Response:
        found = self._repositories.manifest(checked_name(name), reference)
        response = Response(found.data, 200, content_type=found.media_type)
        response.headers["Docker-Content-Digest"] = found.digest
        return _marked(response)

    def put_manifest(self, request: Request, name: str, reference: str) -> Response:
        data = request.stream.read(LARGEST_MANIFEST + 1)
        if len(data) > LARGEST_MANIFEST:
            raise exceptions.size_invalid(f"a manifest has at most {LARGEST_MANIFEST} bytes")
        media_type = request.headers.get("Content-Type", "")
        digest = self._repositories.put_manifest(checked_name(name), reference, data, media_type)
        return _created(f"/v2/{name}/manifests/{digest}", digest)

    def delete_manifest(self, _request: Request, name: str, reference: str) -> Response:
        self._repositories.remove_manifest(checked_name(name), reference)
        return _marked(Response(status=202))

    def get_blob(self, request: Request, name: str, digest: str) -> Response:
        path = self._repositories.blob(checked_name(name), digest)
        size = path.stat().st_size
        start, end = _range(request.headers.get("Range", ""), size)
        response = Response(
            _slice(path, start, end),
            200 if end - start == size else 206,
            content_type="application/octet-stream",
            direct_passthrough=True,
        )
        if response.status_code == 206:
            response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["Content-Length"] = str(end - start)
        response.headers["Docker-Content-Digest"] = digest
        return _marked(response)

    def delete_blob(self, _request: Request, name: str, digest: str) -> Response:
        self._repositories.remove_blob(checked_name(name), digest)
        return _marked(Response(status=202))

    def begin_upload(self, request: Request, name: str) -> Response:
        checked_name(name)
        mount, source = request.args.get("mount", ""), request.args.get("from", "")
        if mount and source and self._repositories.has_blob(source, mount):
            self._repositories.add_blob(name, mount)
            return _created(f"/v2/{name}/blobs/{mount}", mount)
        upload = self._repositories.blobs.begin()
        if "digest" in request.args:
            return self.finish_upload(request, name, upload)
        return self._progress(name, upload, 202)

    def upload_status(self, _request: Request, name: str, upload: str) -> Response:
        return self._progress(checked_name(name), upload, 204)

    def append_upload(self, request: Request, name: str, upload: str) -> Response:
        self._repositories.blobs.append(upload, _pieces(request), _start(request))
        return self._progress(checked_name(name), upload, 202)

    def finish_upload(self, request: Request, name: str, upload: str) -> Response:
        checked_name(name)
        self._repositories.blobs.append(upload, _pieces(request), _start(request))
        digest = self._repositories.blobs.finish(upload, request.args.get("digest", ""))
        self._repositories.add_blob(name, digest)
        return _created(f"/v2/{name}/blobs/{digest}", digest)

    def cancel_upload(self, _request: Request, name: str, upload: str) -> Response:
        checked_name(name)
        self._repositories.blobs.cancel(upload)
        return _marked(Response(status=204))

    def _progress(self, name: str, upload: str, status: int) -> Response:
        size = self._repositories.blobs.size(upload)
        response = Response(status=status)
        response.headers["Location"] = f"/v2/{name}/blobs/uploads/{upload}"
        response.headers["Docker-Upload-UUID"] = upload
        response.headers["Range"] = f"0-{max(size - 1, 0)}"
        response.headers["Content-Length"] = "0"
        response.autocorrect_location_header = False
        return _marked(response)


def _created(location: str, digest: str) -> Response:
    response = Response(status=201)
    response.headers["Location"] = location
    response.headers["Docker-Content-Digest"] = digest
    response.autocorrect_location_header = False
    return _marked(response)


def _json(body: Any) -> Response:
    return _marked(json_answer(body))


def _marked(response: Response) -> Response:
    """Clients tell a registry by this header."""
    response.headers["Docker-Distribution-Api-Version"] = "registry/2.0"
    return response


def _page(
    request: Request, path: str, field: str, values: list[str], more: dict[str, str]
) -> Response:
    """``?n=`` values after ``?last=``, with a Link to the next ones."""
    after = [value for value in values if value > request.args.get("last", "")]
    most = request.args.get("n", "")
    if most and not most.isdecimal():
        raise exceptions.RegistryError(400, "PAGINATION_NUMBER_INVALID", f"n is {most[:20]!r}")
    shown = after[: int(most)] if most else after
    response = _json({**more, field: shown})
    if shown and len(shown) < len(after):
        response.headers["Link"] = f'<{path}?n={most}&last={shown[-1]}>; rel="next"'
    return response


def _pieces(request: Request) -> Iterator[bytes]:
    while data := request.stream.read(CHUNK):
        yield data


def _start(request: Request) -> int | None:
    """Where the client believes the bytes go, from ``Content-Range: START-END``."""
    header = request.headers.get("Content-Range", "")
    match = re.fullmatch(r"(?:bytes[ =])?(\d+)-\d*(?:/\S+)?", header)
    return int(match[1]) if match else None


def _range(header: str, size: int) -> tuple[int, int]:
    """First byte and the one behind the last. An odd range means the whole, as RFC 9110 allows."""
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", header.strip())
    if match is None:
        return 0, size
    start, end = int(match[1]), min(int(match[2]) + 1 if match[2] else size, size)
    if start >= size or start >= end:
        raise exceptions.RegistryError(
            416,
            "RANGE_INVALID",
            f"{header} of {size} bytes",
            {"Content-Range": f"bytes */{size}"},
        )
    return start, end


def _slice(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        left = end - start
        while left and (data := file.read(min(CHUNK, left))):
            left -= len(data)
            yield data
