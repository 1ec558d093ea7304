"""HTTP of blob storage: which operation a request is, and the headers of its answer."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.environ import RAW_HEADERS
from modelyard.local.cloud.service import Handler
from modelyard.local.cloud.storage import exceptions, listing
from modelyard.local.cloud.storage.models import CHUNK, Blobs, Conditions
from modelyard.local.cloud.storage.signatures import VERSION, Access

Json = dict[str, Any]
_META = "x-ms-meta-"
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_KINDS = ("BlockBlob", "AppendBlob")
_BLOCKS = ("Latest", "Uncommitted")
"""How a block list names a block that was put. One that was committed before isn't kept."""


class Containers:
    """``/<container>?restype=container``"""

    def __init__(self, blobs: Blobs, access: Access) -> None:
        self._blobs = blobs
        self._access = access

    def handle(self, request: Request, account: str, container: str) -> Response:
        comp = request.args.get("comp", "")
        if request.method in ("GET", "HEAD") and comp == "list":
            self._access.check(request, account, container, "l")
            self._blobs.container(account, container)
            return listing.blobs(self._blobs, account, container, request.args)
        if comp:
            raise exceptions.unsupported(f"comp={comp} of a container")
        if request.method == "PUT":
            self._access.check(request, account, container, "cw")
            self._blobs.create_container(account, container)
            return Response(status=201)
        if request.method == "DELETE":
            self._access.check(request, account, container, "d")
            self._blobs.delete_container(account, container)
            return Response(status=202)
        self._access.check(request, account, container, "rl")
        found = self._blobs.container(account, container)
        headers = {"Last-Modified": formatdate(found["modified"], usegmt=True), "ETag": '"0x8"'}
        return Response(status=200, headers=headers)


class BlobResponses:
    """``/<container>/<name>``"""

    def __init__(self, blobs: Blobs, access: Access) -> None:
        self._blobs = blobs
        self._access = access

    def handle(self, request: Request, account: str, container: str, name: str) -> Response:
        place = (account, container, name)
        comp = request.args.get("comp", "")
        table: dict[tuple[str, str], tuple[str, Callable[..., Response]]] = {
            ("GET", ""): ("r", self._get),
            ("HEAD", ""): ("r", self._head),
            ("GET", "metadata"): ("r", self._head),
            ("HEAD", "metadata"): ("r", self._head),
            ("GET", "blocklist"): ("r", self._block_list),
            ("PUT", ""): ("cw", self._put),
            ("PUT", "block"): ("cw", self._put_block),
            ("PUT", "appendblock"): ("acw", self._append),
            ("PUT", "blocklist"): ("cw", self._put_block_list),
            ("PUT", "metadata"): ("w", self._put_metadata),
            ("DELETE", ""): ("d", self._delete),
        }
        found = table.get((request.method, comp))
        if found is None:
            raise exceptions.unsupported(f"{request.method} with comp={comp}")
        self._access.check(request, account, f"{container}/{name}", found[0])
        return found[1](request, place)

    def _get(self, request: Request, place: tuple[str, str, str]) -> Response:
        blob = self._blobs.get(*place)
        _conditions(request).check(blob, writes=False)
        given = request.headers.get("x-ms-range") or request.headers.get("Range")
        start, end, status = 0, blob["size"] - 1, 200
        headers = _described(blob)
        if given:
            match = _RANGE.fullmatch(given.strip())
            if match is None or int(match[1]) >= blob["size"]:
                raise exceptions.bad_range()
            start = int(match[1])
            end = min(int(match[2]), end) if match[2] else end
            status = 206
            headers["Content-Range"] = f"bytes {start}-{end}/{blob['size']}"
        headers["Content-Length"] = str(end - start + 1)
        return Response(_part(self._blobs.path(blob), start, end), status, headers)

    def _head(self, request: Request, place: tuple[str, str, str]) -> Response:
        blob = self._blobs.get(*place)
        _conditions(request).check(blob, writes=False)
        headers = {**_described(blob), "Content-Length": str(blob["size"])}
        return Response(status=200, headers=headers)

    def _put(self, request: Request, place: tuple[str, str, str]) -> Response:
        kind = request.headers.get("x-ms-blob-type", "")
        if kind not in _KINDS or "x-ms-copy-source" in request.headers:
            raise exceptions.unsupported(f"a blob of type {kind or 'none, or a copy,'}")
        blob = self._blobs.put(place, request.stream, _properties(request), _conditions(request))
        return Response(status=201, headers=_written(blob))

    def _put_block(self, request: Request, place: tuple[str, str, str]) -> Response:
        self._blobs.put_block(place, request.args.get("blockid", ""), request.stream)
        return Response(status=201)

    def _append(self, request: Request, place: tuple[str, str, str]) -> Response:
        self._blobs.get(*place)  # an append blob is created first
        content = request.get_data()
        blob = self._blobs.append(place, content)
        offset = str(blob["size"] - len(content))
        headers = {**_written(blob), "x-ms-blob-append-offset": offset}
        return Response(status=201, headers={**headers, "x-ms-blob-committed-block-count": "1"})

    def _put_block_list(self, request: Request, place: tuple[str, str, str]) -> Response:
        try:
            root = ElementTree.fromstring(request.get_data())  # noqa: S314 - from this machine
        except ElementTree.ParseError as error:
            raise exceptions.bad_block_list() from error
        if any(one.tag not in _BLOCKS for one in root):
            raise exceptions.unsupported("a block that was committed before")
        blocks = [one.text or "" for one in root]
        properties = _properties(request)
        blob = self._blobs.put_block_list(place, blocks, properties, _conditions(request))
        return Response(status=201, headers=_written(blob))

    def _block_list(self, _request: Request, place: tuple[str, str, str]) -> Response:
        return listing.blocks(self._blobs.uncommitted(place))

    def _put_metadata(self, request: Request, place: tuple[str, str, str]) -> Response:
        blob = self._blobs.set_metadata(place, _metadata(request), _conditions(request))
        return Response(status=200, headers=_written(blob))

    def _delete(self, request: Request, place: tuple[str, str, str]) -> Response:
        _conditions(request).check(self._blobs.get(*place), writes=False)
        self._blobs.delete(*place)
        return Response(status=202)


def handler(answer: Callable[..., Response], exists: Callable[[str], bool]) -> Handler:
    """``answer(request, account, **path)``, for accounts that are there."""

    def handle(request: Request, **path: str) -> Response:
        account = request.host.partition(".")[0].lower()
        if not exists(account):
            raise exceptions.no_account(account)
        response = answer(request, account, **path)
        response.headers["x-ms-request-id"] = str(uuid.uuid4())
        response.headers["x-ms-version"] = request.headers.get("x-ms-version", VERSION)
        if "x-ms-client-request-id" in request.headers:
            name = "x-ms-client-request-id"
            response.headers[name] = request.headers[name]
        return response

    return handle


def _conditions(request: Request) -> Conditions:
    return Conditions(request.headers.get("If-Match", ""), request.headers.get("If-None-Match", ""))


def _metadata(request: Request) -> dict[str, str]:
    return {
        name[len(_META) :].lower(): value
        for name, value in request.environ[RAW_HEADERS]
        if name.lower().startswith(_META)
    }


def _properties(request: Request) -> Json:
    default = "application/octet-stream"
    return {
        "content_type": request.headers.get("x-ms-blob-content-type", default),
        "metadata": _metadata(request),
    }


def _written(blob: Json) -> dict[str, str]:
    return {
        "ETag": blob["etag"],
        "Last-Modified": formatdate(blob["modified"], usegmt=True),
        "x-ms-request-server-encrypted": "true",
    }


def _described(blob: Json) -> dict[str, str]:
    return {
        **_written(blob),
        "Content-Type": blob["content_type"],
        **({"Content-MD5": blob["md5"]} if blob["md5"] else {}),
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-creation-time": formatdate(blob["created"], usegmt=True),
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
        "x-ms-server-encrypted": "true",
        **{f"{_META}{name}": value for name, value in blob["metadata"].items()},
    }


def _part(path: Path, start: int, end: int) -> Iterator[bytes]:
    left = end - start + 1
    with path.open("rb") as file:
        file.seek(start)
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
