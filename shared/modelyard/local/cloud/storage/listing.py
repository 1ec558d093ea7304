"""Lists of blobs and blocks, as XML."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from xml.sax.saxutils import escape, quoteattr

from werkzeug.wrappers import Response

from modelyard.local.cloud.storage import exceptions
from modelyard.local.cloud.storage.models import Blobs

_START = '<?xml version="1.0" encoding="utf-8"?>'
MOST = 5000


def blobs(found: Blobs, account: str, container: str, query: Mapping[str, str]) -> Response:
    """A page of the blobs of a container: ``prefix``, ``delimiter``, ``marker``, ``maxresults``."""
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    most = _most(query.get("maxresults", ""))
    marker = query.get("marker", "")
    entries: list[str] = []
    folders: set[str] = set()
    next_marker = ""
    for name in found.names(account, container, prefix):
        if name < marker:
            continue
        if len(entries) == most:
            next_marker = name
            break
        folder = _folder(name, prefix, delimiter)
        if folder and folder not in folders:
            folders.add(folder)
            entries.append(f"<BlobPrefix><Name>{escape(folder)}</Name></BlobPrefix>")
        elif not folder:
            entries.append(_blob(found, account, container, name))
    address = quoteattr(f"https://{account}.blob.core.windows.net/")
    body = (
        f"{_START}<EnumerationResults ServiceEndpoint={address} "
        f"ContainerName={quoteattr(container)}><Prefix>{escape(prefix)}</Prefix>"
        f"<Blobs>{''.join(entries)}</Blobs><NextMarker>{escape(next_marker)}</NextMarker>"
        "</EnumerationResults>"
    )
    return Response(body, mimetype="application/xml")


def blocks(uncommitted: list[tuple[str, int]]) -> Response:
    """The blocks of a blob that no list has named yet."""
    entries = "".join(
        f"<Block><Name>{escape(name)}</Name><Size>{size}</Size></Block>"
        for name, size in uncommitted
    )
    body = (
        f"{_START}<BlockList><CommittedBlocks/>"
        f"<UncommittedBlocks>{entries}</UncommittedBlocks></BlockList>"
    )
    return Response(body, mimetype="application/xml")


def _folder(name: str, prefix: str, delimiter: str) -> str:
    """The virtual folder it is in, below the prefix; empty where it is listed itself."""
    rest = name[len(prefix) :]
    if not delimiter or delimiter not in rest:
        return ""
    return prefix + rest.partition(delimiter)[0] + delimiter


def _blob(found: Blobs, account: str, container: str, name: str) -> str:
    blob = found.get(account, container, name)
    metadata = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in blob["metadata"].items())
    return (
        f"<Blob><Name>{escape(name)}</Name><Properties>"
        f"<Creation-Time>{formatdate(blob['created'], usegmt=True)}</Creation-Time>"
        f"<Last-Modified>{formatdate(blob['modified'], usegmt=True)}</Last-Modified>"
        f"<Etag>{escape(blob['etag'].strip(chr(34)))}</Etag>"
        f"<Content-Length>{blob['size']}</Content-Length>"
        f"<Content-Type>{escape(blob['content_type'])}</Content-Type>"
        f"<Content-MD5>{blob['md5']}</Content-MD5>"
        "<BlobType>BlockBlob</BlobType><LeaseStatus>unlocked</LeaseStatus>"
        f"<LeaseState>available</LeaseState></Properties><Metadata>{metadata}</Metadata></Blob>"
    )


def _most(text: str) -> int:
    if not text:
        return MOST
    if not text.isdigit() or not 1 <= int(text) <= MOST:
        raise exceptions.StorageError(
            400, "OutOfRangeQueryParameterValue", f"maxresults is {text}, not 1 to {MOST}."
        )
    return int(text)
