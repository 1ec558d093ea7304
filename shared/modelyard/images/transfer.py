"""Blobs on their way to and from a repository of a registry.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md. What comes is checked against
its digest; a transfer that breaks goes on, or begins again.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import requests

from modelyard.answers import classify
from modelyard.errors import ImageFailed, NotFound, ServiceError, Unreachable
from modelyard.file_digests import sha256
from modelyard.http import Session
from modelyard.images.layout import Descriptor
from modelyard.images.registry_login import RegistryCredential

log = logging.getLogger(__name__)

_CHUNK = 1024 * 1024
_ATTEMPTS = 4
_TIMEOUTS = (10.0, 60.0)


@dataclass(frozen=True)
class Repository:
    """One repository of one registry, signed in to."""

    name: str
    session: Session
    credential: RegistryCredential

    def path(self, rest: str) -> str:
        """The path of something in it."""
        return f"/v2/{self.name}/{rest}"


def exists(repository: Repository, blob: Descriptor) -> bool:
    """Whether the repository has the blob."""
    try:
        repository.session.call("HEAD", repository.path(f"blobs/{blob.digest}"))
    except NotFound:
        return False
    log.debug("%s has %s already", repository.name, blob.digest)
    return True


def upload(repository: Repository, blob: Descriptor, path: Path) -> None:
    """Send a blob; the session of upload is begun anew when it breaks."""
    for _ in range(_ATTEMPTS - 1):
        if _try_upload(repository, blob, path) or exists(repository, blob):
            return
    _upload_once(repository, blob, path)


def _try_upload(repository: Repository, blob: Descriptor, path: Path) -> bool:
    try:
        _upload_once(repository, blob, path)
    except (Unreachable, NotFound) as error:
        # NotFound: the upload session was lost, or used up by a PUT whose answer was lost.
        log.info("%s; the upload begins again", error.what)
        return False
    return True


def _upload_once(repository: Repository, blob: Descriptor, path: Path) -> None:
    session = repository.session
    begun = session.call("POST", repository.path("blobs/uploads/"), data=b"", repeatable=True)
    location = begun.headers.get("Location", "")
    target = urlsplit(location)
    if not location or (target.netloc and target.netloc != urlsplit(session.base).netloc):
        raise ImageFailed(
            f"{session.base} wants the upload at {location or 'no address'}",
            cause="that is another host, which the credential is not for",
        )
    where = target.path + "?" + (f"{target.query}&" if target.query else "")
    with path.open("rb") as file:
        session.call(
            "PUT",
            where + urlencode({"digest": blob.digest}),
            data=file,
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Length": str(path.stat().st_size),
            },
        )


def download(repository: Repository, blob: Descriptor, path: Path) -> None:
    """Get a blob, going on where a broken connection left off."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        for attempt in range(_ATTEMPTS - 1):
            if _try_receive(repository, blob, unfinished):
                break
            repository.session.clock.sleep(2.0**attempt)
        else:
            _receive(repository, blob, unfinished)
        _verify(unfinished, blob)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _try_receive(repository: Repository, blob: Descriptor, path: Path) -> bool:
    try:
        _receive(repository, blob, path)
    except Unreachable as error:
        log.info("%s; the download goes on", error.what)
        return False
    return True


def _receive(repository: Repository, blob: Descriptor, path: Path) -> None:
    """Not through the session: registries send downloads on to their storage.

    ``requests`` follows, and leaves the Authorization header out where the host is another.
    """
    have = path.stat().st_size if path.exists() else 0
    if have == blob.size:
        return
    url = repository.session.base + repository.path(f"blobs/{blob.digest}")
    headers = dict(repository.credential.headers())
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUTS) as answer:
            if answer.status_code not in (200, 206):
                raise _refusal(repository, answer, f"GET {url}")
            _write(answer, blob, path, append=answer.status_code == 206)
    except requests.RequestException as error:
        raise Unreachable(f"GET {url}: {type(error).__name__}: {error}") from None
    if path.stat().st_size < blob.size:
        raise Unreachable(f"GET {url}: the connection ended before the blob did")


def _write(answer: requests.Response, blob: Descriptor, path: Path, *, append: bool) -> None:
    with path.open("ab" if append else "wb") as file:
        for chunk in answer.iter_content(_CHUNK):
            file.write(chunk)
            if file.tell() > blob.size:
                raise ImageFailed(f"{blob.digest} is longer than its {blob.size} bytes")


def _refusal(
    repository: Repository, answer: requests.Response, call: str
) -> Unreachable | ServiceError:
    error = classify(answer, call)
    expired = answer.status_code == 401 and repository.credential.renew()
    passing = answer.status_code >= 500 or answer.status_code == 429
    return Unreachable(error.what) if expired or passing else error


def _verify(path: Path, blob: Descriptor) -> None:
    if f"sha256:{sha256(path)}" != blob.digest:
        raise ImageFailed(f"what came for {blob.digest} isn't what its digest says")
