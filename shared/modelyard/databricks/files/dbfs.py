"""Files in DBFS, over its REST API.

A file is first written under a hidden name beside its own, and gets its own when it is whole:
nobody ever reads half a file. (Between the removal of the old one and the move there is a moment
without either.)

Source: docs.databricks.com/api/azure, "DBFS" (``/api/2.0/dbfs``). Paths are absolute, without
``dbfs:``.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from modelyard.databricks.files.entries import Entry, seconds
from modelyard.databricks.files.file_body import body_of
from modelyard.databricks.files.local_files import LocalFile
from modelyard.entries import FILE, FOLDER
from modelyard.errors import (
    ModelyardError,
    NotFound,
    NotTheService,
    ServiceError,
    ServiceUnavailable,
    Unreachable,
    WaitTimeout,
)
from modelyard.http import Session
from modelyard.parallel import Stop, Stopped

log = logging.getLogger(__name__)

KIND = "dbfs"
LIMIT: int | None = None
"""A file of any size: it is sent in blocks."""
BLOCK = 1024 * 1024
"""Bytes in one ``put``, ``add-block`` or ``read`` (MAX_BLOCK_SIZE_EXCEEDED)."""
ATTEMPTS = 3
"""A block whose answer got lost may have been added: then the file begins anew, so often."""
REMOVAL = 1800.0
"""Seconds that the removal of a large folder may take."""
_PART = re.compile(r"\.(.+)\.[0-9a-f]{8}\.modelyard-part")


def status(session: Session, path: str) -> Entry | None:
    """What is at this path; None when nothing is."""
    try:
        return _entry(session.get("/api/2.0/dbfs/get-status", {"path": path}))
    except NotFound:
        return None


def children(session: Session, path: str) -> list[Entry] | None:
    """What the folder holds; None when there is no such folder."""
    try:
        answer = session.get("/api/2.0/dbfs/list", {"path": path})
    except NotFound:
        return None
    entries = [_entry(one) for one in answer.get("files", [])]
    if [(one.path, one.kind) for one in entries] == [(path, FILE)]:
        return None  # listing a file gives the file itself
    return entries


def make_folder(session: Session, path: str) -> None:
    """Make the folder and those above it; no error when it exists."""
    session.post("/api/2.0/dbfs/mkdirs", {"path": path}, repeatable=True)


def send(session: Session, path: str, file: LocalFile, *, replace: bool, stop: Stop) -> None:
    """Create or replace a file.

    :raises AlreadyExists: when it exists and may not be replaced.
    """
    if file.size <= BLOCK:
        contents = base64.b64encode(file.read()).decode()
        body = {"path": path, "contents": contents, "overwrite": replace}
        session.post("/api/2.0/dbfs/put", body, repeatable=replace)
        return
    part = _part_of(path)
    try:
        _send_whole(session, part, file, stop)
        _rename(session, part, path, file.size, replace)
    except BaseException:
        with suppress(ModelyardError, Stopped):
            session.post("/api/2.0/dbfs/delete", {"path": part, "recursive": False})
        raise


def read(session: Session, path: str) -> Iterator[bytes]:
    """The file's content, a block at a time."""
    offset = 0
    while block := _read_block(session, path, offset):
        yield block
        offset += len(block)
        if len(block) < BLOCK:
            return


def remove(session: Session, path: str, *, recursive: bool = False) -> None:
    """Remove a file or folder. No error when it is gone already.

    A large folder is removed in parts, of which the service says 503 PARTIAL_DELETE.

    :raises ServiceError: IO_ERROR, when a folder isn't empty and not recursive.
    """
    deadline = session.clock.monotonic() + REMOVAL
    while not _removed(session, path, recursive):
        if session.clock.monotonic() > deadline:
            raise WaitTimeout(
                f"dbfs:{path} isn't wholly removed after {REMOVAL:.0f} s",
                fix="remove it with dbutils.fs.rm on a cluster, which is faster",
            )
        log.info("dbfs:%s is removed in parts; going on", path)


def finished_name(name: str) -> str:
    """The name that a file gets when it is whole: other than its own only while it is written
    (or when that was broken off so hard that nobody could clean up)."""
    found = _PART.fullmatch(name)
    return found.group(1) if found else name


def _removed(session: Session, path: str, recursive: bool) -> bool:
    body = {"path": path, "recursive": recursive}
    try:
        session.post("/api/2.0/dbfs/delete", body, repeatable=True)
    except NotFound:
        return True
    except ServiceError as error:
        if error.code != "PARTIAL_DELETE":
            raise
        return False
    return True


def _read_block(session: Session, path: str, offset: int) -> bytes:
    query = {"path": path, "offset": offset, "length": BLOCK}
    answer = session.get("/api/2.0/dbfs/read", query)
    try:
        return base64.b64decode(answer.get("data", ""), validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise NotTheService(f"the content of dbfs:{path} isn't base64") from None


def _part_of(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"{folder}/.{name}.{secrets.token_hex(4)}.modelyard-part"


def _send_whole(session: Session, path: str, file: LocalFile, stop: Stop) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _send_blocks(session, path, file, stop)
        except (Unreachable, ServiceUnavailable, NotFound) as error:
            if attempt == ATTEMPTS:
                raise
            log.info("%s; sending %s anew from its beginning", error.what, file.name)
            continue
        found = status(session, path)
        if found is not None and found.size == file.size:
            return
        log.info("dbfs:%s isn't whole; sending %s anew", path, file.name)
    raise ServiceUnavailable(f"dbfs:{path} got another size than {file.path} each time")


def _send_blocks(session: Session, path: str, file: LocalFile, stop: Stop) -> None:
    body = {"path": path, "overwrite": True}
    handle = session.post("/api/2.0/dbfs/create", body, repeatable=True).get("handle")
    with body_of(file, stop) as content:
        while block := content.read(BLOCK):
            stop.check()
            data = base64.b64encode(block).decode()
            session.post("/api/2.0/dbfs/add-block", {"handle": handle, "data": data})
    session.post("/api/2.0/dbfs/close", {"handle": handle})


def _rename(session: Session, part: str, path: str, size: int, replace: bool) -> None:
    if replace:
        session.post("/api/2.0/dbfs/delete", {"path": path, "recursive": False}, repeatable=True)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            session.post("/api/2.0/dbfs/move", {"source_path": part, "destination_path": path})
        except (Unreachable, ServiceUnavailable):
            # The answer got lost: it is moved, or it isn't.
            found = status(session, path)
            if found is not None and found.size == size and status(session, part) is None:
                return
            if attempt == ATTEMPTS:
                raise
        else:
            return


def _entry(found: Mapping[str, Any]) -> Entry:
    return Entry(
        path=str(found.get("path", "")),
        kind=FOLDER if found.get("is_dir") else FILE,
        size=None if found.get("is_dir") else found.get("file_size"),
        modified=seconds(found.get("modification_time")),
    )
