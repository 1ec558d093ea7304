"""Files to and from blob storage, with a shared access signature.

Source: Azure Storage REST reference, "Put Blob", "Put Block", "Put Block List", "Get Blob",
"List Blobs".
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, quote, urlencode, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import requests

from modelyard.azureml.content import Content
from modelyard.clock import Clock
from modelyard.errors import NotTheService, ServiceError, Unreachable
from modelyard.http import Session, Timeouts
from modelyard.names import plural

log = logging.getLogger(__name__)

BLOCK = 16 * 1024 * 1024
"""Bytes of a block; a file of up to one goes in one request."""
_PART = 1024 * 1024
"""Bytes of a part of a download."""
_NOTHING_THERE = 416
"""Status of a range beyond the end."""
_VERSION = {"x-ms-version": "2022-11-02"}


class SignedAddress:
    """A credential: the signature is a part of the address, and may not be shown."""

    def __init__(self, query: str) -> None:
        self._secrets = tuple(parse_qs(query).get("sig", ()))

    def headers(self) -> Mapping[str, str]:
        return _VERSION

    def renew(self) -> bool:
        return False

    def secrets(self) -> tuple[str, ...]:
        return self._secrets


def container_address(key: str, address: str, *, rights: str, until: float) -> str:
    """The address of a container with a signature, made from a key.

    Source: Azure Storage REST reference, "Create a service SAS".

    :param key: of the account, base64.
    :param address: ``https://ACCOUNT.blob.core.windows.net/CONTAINER``
    :param rights: letters of what it allows, in the order of the reference.
    :param until: seconds since the epoch.
    """
    parts = urlsplit(address)
    account = parts.netloc.partition(".")[0]
    end = datetime.datetime.fromtimestamp(until, datetime.timezone.utc)
    given = {
        "sp": rights,
        "se": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "spr": "https",
        "sv": _VERSION["x-ms-version"],
        "sr": "c",
    }
    signed = [
        *(given["sp"], "", given["se"], f"/blob/{account}{parts.path}", "", "", given["spr"]),
        *(given["sv"], given["sr"], "", "", "", "", "", "", ""),
    ]
    made = hmac.new(base64.b64decode(key), "\n".join(signed).encode(), hashlib.sha256)
    given["sig"] = base64.b64encode(made.digest()).decode()
    return f"{address}?{urlencode(given)}"


def upload(container: str, content: Content, *, clock: Clock, below: str = "") -> None:
    """Put all files of an asset into a container.

    :param container: its address with a signature that allows to write.
    :param below: folder in the container.
    :raises ServiceError, Unreachable:
    """
    parts = _signed(container, "to upload to")
    session = _session(container, clock)
    for name, path in sorted(content.files.items()):
        target = "/".join(part for part in (parts.path.rstrip("/"), below, quote(name)) if part)
        _put(session, f"{target}?{parts.query}", path)
    log.info("uploaded %s, %s", plural(len(content.files), "file"), _size(content.size))


def put(address: str, data: bytes, *, clock: Clock) -> None:
    """Write one blob whole.

    :param address: the blob's, with a signature that allows to write.
    :raises ServiceError, Unreachable, NotTheService:
    """
    parts = _signed(address, "to write to")
    headers = {"x-ms-blob-type": "BlockBlob"}
    target = f"{parts.path}?{parts.query}"
    _session(address, clock).call("PUT", target, data=data, headers=headers)


def _session(address: str, clock: Clock) -> Session:
    parts = urlsplit(address)
    return Session(
        f"{parts.scheme}://{parts.netloc}",
        clock=clock,
        credential=SignedAddress(parts.query),
        timeouts=Timeouts(read=300.0),
    )


def read_from(address: str, start: int, *, clock: Clock) -> bytes:
    """What a blob holds from a byte on; empty when it has no more.

    :param address: with a signature that allows to read.
    """
    parts = _signed(address, "to read from")
    session = Session(
        f"{parts.scheme}://{parts.netloc}", clock=clock, credential=SignedAddress(parts.query)
    )
    given = {"x-ms-range": f"bytes={start}-"}
    try:
        return session.call("GET", f"{parts.path}?{parts.query}", headers=given).content
    except ServiceError as error:
        if error.status == _NOTHING_THERE:
            return b""
        raise


def children(container: str, folder: str, *, clock: Clock) -> Iterator[tuple[str, int | None]]:
    """What a folder of a container holds: each path in it, with bytes; None for a folder.

    :param container: its address with a signature that allows to list.
    :raises ServiceError, Unreachable, NotTheService:
    """
    parts = _signed(container, "to list")
    session = _session(container, clock)
    asked = {"restype": "container", "comp": "list", "delimiter": "/", "include": "metadata"}
    if folder:
        asked["prefix"] = f"{folder}/"
    marker = ""
    while True:
        query = urlencode({**asked, **({"marker": marker} if marker else {})})
        page = _xml(session.call("GET", f"{parts.path}?{query}&{parts.query}").content)
        for one in page.iterfind("Blobs/BlobPrefix"):
            yield one.findtext("Name", "").rstrip("/"), None
        for one in page.iterfind("Blobs/Blob"):
            # A mounted folder may leave an empty blob of its name behind.
            if one.findtext("Metadata/hdi_isfolder", "") != "true":
                yield one.findtext("Name", ""), int(one.findtext("Properties/Content-Length", "0"))
        marker = page.findtext("NextMarker", "")
        if not marker:
            return


def read(container: str, path: str, *, clock: Clock) -> Iterator[bytes]:
    """A blob's content, streamed.

    :param container: its address with a signature that allows to read.
    """
    address, _, query = container.partition("?")
    return stream(f"{address}/{quote(path)}?{query}", clock=clock)


def stream(address: str, *, clock: Clock) -> Iterator[bytes]:
    """The content of the blob at an address, part by part.

    :param address: with a signature that allows to read.
    :raises ServiceError, Unreachable, NotTheService:
    """
    parts = _signed(address, "to read from")
    target = f"{parts.path}?{parts.query}"
    with _session(address, clock).call("GET", target, stream=True) as answer:
        try:
            yield from answer.iter_content(_PART)
        except requests.RequestException as error:
            what = f"the download of {parts.path} broke off: {type(error).__name__}"
            raise Unreachable(what) from None


def _signed(address: str, purpose: str) -> SplitResult:
    parts = urlsplit(address)
    if parts.scheme != "https" or "sig=" not in parts.query:
        raise NotTheService(f"Azure ML gave no signed address {purpose}")
    return parts


def _xml(text: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - Azure's, over TLS
    except ElementTree.ParseError:
        raise NotTheService("a list of blobs isn't XML") from None


def _put(session: Session, target: str, path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= BLOCK:
            headers = {"x-ms-blob-type": "BlockBlob"}
            session.call("PUT", target, data=file.read(), headers=headers)
            return
        blocks = []
        for number in range((size + BLOCK - 1) // BLOCK):
            block = base64.b64encode(f"{number:08d}".encode()).decode()
            where = f"{target}&comp=block&blockid={quote(block, safe='')}"
            session.call("PUT", where, data=file.read(BLOCK))
            blocks.append(block)
    listed = "".join(f"<Latest>{escape(block)}</Latest>" for block in blocks)
    body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'
    session.call("PUT", f"{target}&comp=blocklist", data=body.encode())


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count} bytes"
