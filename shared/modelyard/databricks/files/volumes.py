"""Files in Unity Catalog volumes, over the Files API: streamed, each of them whole or not at all.

Source: docs.databricks.com/api/azure, "Files" (``/api/2.0/fs``). Paths are
``/Volumes/CATALOG/SCHEMA/VOLUME/...``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import requests

from modelyard.databricks.files.entries import Entry, seconds
from modelyard.databricks.files.file_body import body_of
from modelyard.databricks.files.local_files import LocalFile
from modelyard.entries import FILE, FOLDER
from modelyard.errors import NotFound, NotTheService, Unreachable
from modelyard.http import Session
from modelyard.parallel import Stop

KIND = "volume"
LIMIT: int | None = 5 * 1024**3
"""Bytes of one upload."""
BLOCK = 1024 * 1024
COMMIT = 900.0
"""Seconds that the service may take to store a file after its last byte: files are large."""
OCTETS = {"Content-Type": "application/octet-stream"}


def status(session: Session, path: str) -> Entry | None:
    """What is at this path; None when nothing is, or nothing that this identity may see."""
    try:
        session.call("HEAD", _url("directories", path))
    except NotFound:
        pass
    else:
        return Entry(path, FOLDER)
    try:
        answer = session.call("HEAD", _url("files", path))
    except NotFound:
        return None
    length = answer.headers.get("Content-Length", "")
    return Entry(path, FILE, int(length) if length.isdigit() else None)


def children(session: Session, path: str) -> list[Entry] | None:
    """What the folder holds, all pages of it; None when there is no such folder."""
    entries: list[Entry] = []
    token = ""
    while True:
        query = {"page_token": token} if token else None
        try:
            page = session.get(_url("directories", path), query)
        except NotFound:
            return None
        entries += [_entry(one) for one in page.get("contents", [])]
        token = page.get("next_page_token") or ""
        if not token:
            return entries


def make_folder(session: Session, path: str) -> None:
    """Make the folder and those above it; no error when it exists.

    :raises NotFound: when there is no such volume.
    """
    _done(session.call("PUT", _url("directories", path)), path)


def send(session: Session, path: str, file: LocalFile, *, replace: bool, stop: Stop) -> None:
    """Create or replace a file.

    :raises AlreadyExists: when it exists and may not be replaced.
    """
    url = _url("files", path) + f"?overwrite={str(replace).lower()}"
    if not file.size:
        _done(session.call("PUT", url, data=b"", headers=OCTETS), path)
        return
    with body_of(file, stop) as body:
        answer = session.call("PUT", url, data=body, headers=OCTETS, patience=COMMIT)
        _done(answer, path)


def read(session: Session, path: str) -> Iterator[bytes]:
    """The file's content, streamed."""
    with session.call("GET", _url("files", path), stream=True) as answer:
        try:
            yield from answer.iter_content(BLOCK)
        except requests.RequestException as error:
            raise Unreachable(f"the download of {path} broke off: {type(error).__name__}") from None


def remove(session: Session, path: str, *, recursive: bool = False) -> None:
    """Remove a file or folder; a folder's content first. No error when it is gone already.

    :raises ServiceError: when a folder isn't empty and not recursive.
    """
    entries = children(session, path)
    if entries is None:
        _delete(session, "files", path)
        return
    for entry in entries if recursive else ():
        if entry.kind == FOLDER:
            remove(session, entry.path, recursive=True)
        else:
            _delete(session, "files", entry.path)
    _delete(session, "directories", path)


def _delete(session: Session, what: str, path: str) -> None:
    try:
        _done(session.call("DELETE", _url(what, path)), path)
    except NotFound:
        return


def _done(answer: requests.Response, path: str) -> None:
    """These calls answer with nothing: a page means that another server answered."""
    if "html" in answer.headers.get("Content-Type", "").lower():
        raise NotTheService(
            f"the call for {path} answered {answer.status_code} with a web page, so it isn't done"
        )


def _url(what: str, path: str) -> str:
    return f"/api/2.0/fs/{what}{quote(path)}"


def _entry(found: Mapping[str, Any]) -> Entry:
    folder = bool(found.get("is_directory"))
    return Entry(
        path=str(found.get("path", "")).rstrip("/"),
        kind=FOLDER if folder else FILE,
        size=None if folder else found.get("file_size"),
        modified=seconds(found.get("last_modified")),
    )
