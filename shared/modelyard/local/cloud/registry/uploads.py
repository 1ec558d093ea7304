"""Upload sessions: a blob that arrives in pieces until its digest is known to be right."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

from modelyard.file_digests import sha256
from modelyard.local.cloud.registry import exceptions

CHUNK = 1024 * 1024
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SESSION = re.compile(r"[0-9a-f]{32}")


class Blobs:
    """Content by digest, in one folder for all repositories; and the uploads on their way there."""

    def __init__(self, folder: Path) -> None:
        self._blobs = folder / "blobs" / "sha256"
        self._uploads = folder / "uploads"

    def create(self) -> None:
        """Make the folders. Uploads of an earlier life can't go on: their clients are gone."""
        self._blobs.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._uploads, ignore_errors=True)
        self._uploads.mkdir()

    def clear(self) -> None:
        shutil.rmtree(self._blobs, ignore_errors=True)
        self.create()

    def path(self, digest: str) -> Path:
        """Where a blob is, or would be. Raises DIGEST_INVALID."""
        if not DIGEST.fullmatch(digest):
            raise exceptions.digest_invalid(f"not a sha256 digest: {digest[:80]!r}")
        return self._blobs / digest.removeprefix("sha256:")

    def has(self, digest: str) -> bool:
        return self.path(digest).is_file()

    def put(self, data: bytes) -> str:
        """Store a document; its digest."""
        upload = self.begin()
        self.append(upload, [data])
        return self.finish(upload, "sha256:" + hashlib.sha256(data).hexdigest())

    def begin(self) -> str:
        """A new upload session; its id."""
        upload = uuid.uuid4().hex
        (self._uploads / upload).touch()
        return upload

    def size(self, upload: str) -> int:
        """How many bytes have arrived. Raises BLOB_UPLOAD_UNKNOWN."""
        return self._session(upload).stat().st_size

    def append(self, upload: str, pieces: Iterable[bytes], start: int | None = None) -> int:
        """Add bytes; how many there are then.

        ``start`` is the position that the client believes to be at. Raises BLOB_UPLOAD_INVALID
        (416) when it isn't.
        """
        path = self._session(upload)
        have = path.stat().st_size
        if start is not None and start != have:
            raise exceptions.range_invalid(f"the next byte is {have}, not {start}")
        with path.open("ab") as file:
            for piece in pieces:
                file.write(piece)
        return path.stat().st_size

    def finish(self, upload: str, digest: str) -> str:
        """Make a blob of what has arrived. Raises DIGEST_INVALID; the upload is over either way."""
        path = self._session(upload)
        try:
            target = self.path(digest)
            found = f"sha256:{sha256(path)}"
            if found != digest:
                raise exceptions.digest_invalid(
                    f"provided digest did not match uploaded content: {found} is not {digest}"
                )
            path.replace(target)
        finally:
            path.unlink(missing_ok=True)
        return digest

    def cancel(self, upload: str) -> None:
        """Raises BLOB_UPLOAD_UNKNOWN."""
        self._session(upload).unlink()

    def remove(self, digest: str) -> None:
        self.path(digest).unlink(missing_ok=True)

    def total(self) -> int:
        """Bytes of all blobs."""
        with os.scandir(self._blobs) as entries:
            return sum(entry.stat().st_size for entry in entries)

    def _session(self, upload: str) -> Path:
        path = self._uploads / upload
        if not _SESSION.fullmatch(upload) or not path.is_file():
            raise exceptions.upload_unknown(upload)
        return path
