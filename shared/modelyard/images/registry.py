"""Push and pull images, as the OCI distribution specification has it.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md. No engine is needed. What
comes is checked against its digest; what goes is asked for first, so that nothing goes twice.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from modelyard.clock import Clock
from modelyard.errors import ImageFailed
from modelyard.http import Session, Timeouts
from modelyard.images import registry_login
from modelyard.images.layout import INDEX, MANIFEST, Descriptor, Layout, Manifest, parse_manifest
from modelyard.images.reference import ImageReference
from modelyard.images.registry_login import Login, RegistryCredential
from modelyard.images.transfer import Repository, download, exists, upload

_DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_ACCEPT = ", ".join((MANIFEST, INDEX, _DOCKER_MANIFEST, _DOCKER_LIST))
_TIMEOUTS = Timeouts(connect=10.0, read=300.0)
"""A registry hashes a whole layer before it answers."""


def connect(
    reference: ImageReference, *, clock: Clock, login: Login | None = None, write: bool = False
) -> Repository:
    """Find out how the registry is signed in to. Nothing is sent to it yet but that question."""
    challenge = registry_login.ask(reference.api_host, clock)
    scope = f"repository:{reference.api_repository}:pull{',push' if write else ''}"
    credential = RegistryCredential(challenge, scope, login, clock=clock)
    base = registry_login.base_url(reference.api_host)
    session = Session(base, clock=clock, credential=credential, timeouts=_TIMEOUTS)
    return Repository(reference.api_repository, session, credential)


def manifest(repository: Repository, version: str) -> tuple[Descriptor, bytes]:
    """A manifest or index by tag or digest, as it is stored.

    :raises NotFound: when there is none.
    """
    path = repository.path(f"manifests/{version}")
    answer = repository.session.call("GET", path, headers={"Accept": _ACCEPT})
    data = answer.content
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    said = answer.headers.get("Docker-Content-Digest", digest)
    if digest != (version if version.startswith("sha256:") else said):
        raise ImageFailed(f"{repository.session.base}{path} isn't what its digest says")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
    return Descriptor(kind, digest, len(data)), data


def pull(repository: Repository, version: str, layout: Layout, architecture: str) -> Manifest:
    """Get an image into a layout; of a multi-platform one, that for Linux on this architecture.

    :raises ImageFailed: when there is none for it, or what comes isn't what its digest says.
    """
    descriptor, data = manifest(repository, version)
    if descriptor.media_type in (INDEX, _DOCKER_LIST):
        chosen = _for_platform(data, architecture, f"{repository.name}:{version}")
        descriptor, data = manifest(repository, chosen)
    stored = layout.put(data, descriptor.media_type)
    found = parse_manifest(data, stored)
    for blob in (found.config, *found.layers):
        if not layout.has(blob):
            download(repository, blob, layout.path(blob.digest))
    return found


def copy(source: Repository, version: str, target: Repository, tag: str) -> str:
    """Copy an image (of all its platforms) to another repository; its digest, which stays.

    :raises NotFound: when the source doesn't have it.
    """
    with TemporaryDirectory(prefix="modelyard-copy-") as folder:
        layout = Layout(Path(folder))
        return _copy(source, version, target, tag, layout)


def _copy(source: Repository, version: str, target: Repository, tag: str, layout: Layout) -> str:
    descriptor, data = manifest(source, version)
    stored = layout.put(data, descriptor.media_type)
    if descriptor.media_type in (INDEX, _DOCKER_LIST):
        for entry in json.loads(data).get("manifests", []):
            _copy(source, Descriptor.of(entry).digest, target, "", layout)
        return _put_manifest(target, stored, data, tag)
    image = parse_manifest(data, stored)
    for blob in (image.config, *image.layers):
        if not exists(target, blob):
            download(source, blob, layout.path(blob.digest))
            upload(target, blob, layout.path(blob.digest))
            layout.path(blob.digest).unlink()
    return _put_manifest(target, stored, data, tag)


def push(repository: Repository, layout: Layout, image: Manifest, version: str = "") -> str:
    """Send an image; its digest as the registry confirms it.

    :param version: the tag; without one the image can be got by its digest only.
    :raises ServiceError: when the registry refuses. Blobs that it has aren't sent.
    """
    for blob in (image.config, *image.layers):
        if not exists(repository, blob):
            upload(repository, blob, layout.path(blob.digest))
    data = layout.read(image.descriptor)
    return _put_manifest(repository, image.descriptor, data, version)


def _put_manifest(repository: Repository, image: Descriptor, data: bytes, tag: str) -> str:
    answer = repository.session.call(
        "PUT",
        repository.path(f"manifests/{tag or image.digest}"),
        data=data,
        headers={"Content-Type": image.media_type or MANIFEST},
    )
    said = answer.headers.get("Docker-Content-Digest", image.digest)
    if said != image.digest:
        raise ImageFailed(
            f"{repository.session.base} stored {repository.name} as {said}, not as {image.digest}",
            cause="the registry rewrites manifests: the digest can't be relied on",
        )
    return image.digest


def _for_platform(data: bytes, architecture: str, name: str) -> str:
    offered = []
    for entry in json.loads(data).get("manifests", []):
        platform = entry.get("platform") or {}
        offered.append(f"{platform.get('os')}/{platform.get('architecture')}")
        if offered[-1] == f"linux/{architecture}":
            return Descriptor.of(entry).digest
    raise ImageFailed(
        f"{name} has no image for linux/{architecture}", cause=f"it has {', '.join(offered)}"
    )
