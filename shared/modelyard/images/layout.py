"""An OCI image layout: a folder that holds images as blobs named by their digests.

Format: https://github.com/opencontainers/image-spec/blob/main/image-layout.md. Every blob is
checked against its digest when it comes in, and every document again when it is read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.errors import ImageFailed

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
REF_NAME = "org.opencontainers.image.ref.name"
LONGEST_DOCUMENT = 8 * 1024 * 1024
"""Bytes. Registries take manifests of up to 4 MB."""


@dataclass(frozen=True)
class Descriptor:
    """Points to a blob."""

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As it stands in manifests."""
        found: dict[str, Any] = {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": self.size,
        }
        return {**found, "annotations": dict(self.annotations)} if self.annotations else found

    @staticmethod
    def of(document: Mapping[str, Any]) -> Descriptor:
        """Read one.

        :raises ImageFailed: when it isn't one.
        """
        try:
            return Descriptor(
                str(document.get("mediaType", "")),
                checked_digest(str(document["digest"])),
                int(document["size"]),
                dict(document.get("annotations") or {}),
            )
        except (KeyError, TypeError, ValueError):
            raise ImageFailed(f"not a descriptor: {str(document)[:200]}") from None


@dataclass(frozen=True)
class Manifest:
    """One image: its own descriptor, its configuration and its layers, bottom first."""

    descriptor: Descriptor
    config: Descriptor
    layers: tuple[Descriptor, ...]

    @property
    def size(self) -> int:
        """Bytes of everything that a registry stores for it."""
        return sum(blob.size for blob in (self.descriptor, self.config, *self.layers))


class Layout:
    """The folder. It is made on the first write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blobs = folder / "blobs" / "sha256"

    def path(self, digest: str) -> Path:
        """Where the blob is, whether it exists or not."""
        return self.blobs / checked_digest(digest).removeprefix("sha256:")

    def has(self, descriptor: Descriptor) -> bool:
        """Whether the blob is there in full length."""
        path = self.path(descriptor.digest)
        return path.is_file() and path.stat().st_size == descriptor.size

    def put(self, data: bytes, media_type: str) -> Descriptor:
        """Store a document."""
        digest = hashlib.sha256(data).hexdigest()
        self.blobs.mkdir(parents=True, exist_ok=True)
        _write(self.blobs / digest, data)
        return Descriptor(media_type, f"sha256:{digest}", len(data))

    def put_json(self, document: Mapping[str, Any], media_type: str) -> Descriptor:
        """Store a JSON document; equal documents get equal digests."""
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return self.put(text.encode(), media_type)

    def read(self, descriptor: Descriptor) -> bytes:
        """A small blob.

        :raises ImageFailed: when it is missing, too large, or not what its digest says.
        """
        path = self.path(descriptor.digest)
        try:
            if path.stat().st_size > LONGEST_DOCUMENT:
                raise ImageFailed(f"{path} has {path.stat().st_size} bytes: not a document")
            data = path.read_bytes()
        except OSError as error:
            raise ImageFailed(f"can't read {path}: {error.strerror}") from None
        if hashlib.sha256(data).hexdigest() != path.name:
            raise ImageFailed(
                f"{path} isn't what its name says", cause="the file was changed or cut off"
            )
        return data

    def read_json(self, descriptor: Descriptor) -> dict[str, Any]:
        """A JSON blob: manifest, index or configuration."""
        return _object(self.read(descriptor), descriptor.digest)

    def tag(self, names: Iterable[str], manifest: Descriptor) -> None:
        """Let these names mean this manifest; others keep theirs."""
        names = list(names)
        kept = [one for one in self._entries() if not _replaced(one, names, manifest)]
        named = [
            Descriptor(manifest.media_type, manifest.digest, manifest.size, {REF_NAME: name})
            for name in names
        ] or [manifest]
        index = {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [one.document() for one in (*kept, *named)],
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.folder / "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        _write(self.folder / "index.json", json.dumps(index, indent=1).encode())

    def knows(self, name: str) -> bool:
        """Whether an image of this name or digest is in it."""
        return any(name in (one.digest, one.annotations.get(REF_NAME)) for one in self._entries())

    def manifest(self, name: str = "") -> Manifest:
        """The image of this name or digest; without a name the only one there is.

        :raises ImageFailed: when there is no such image, or several and no name.
        """
        entries = self._entries()
        found = {
            one.digest: one
            for one in entries
            if not name or name in (one.digest, one.annotations.get(REF_NAME))
        }
        if len(found) != 1:
            names = sorted({one.annotations.get(REF_NAME, one.digest) for one in entries})
            raise ImageFailed(
                f"{self.folder} has {'no' if not found else len(found)} image"
                + (f" named {name}" if name else ""),
                cause=f"it holds {', '.join(names) or 'nothing'}",
                fix="build or pull the image first, or name the one that is meant",
            )
        chosen = next(iter(found.values()))
        return self.read_manifest(Descriptor(chosen.media_type, chosen.digest, chosen.size))

    def read_manifest(self, descriptor: Descriptor) -> Manifest:
        """A manifest blob, parsed."""
        return parse_manifest(self.read(descriptor), descriptor)

    def _entries(self) -> list[Descriptor]:
        path = self.folder / "index.json"
        if not path.exists():
            return []
        return [Descriptor.of(one) for one in _object(path.read_bytes(), path)["manifests"]]


def _replaced(entry: Descriptor, names: list[str], manifest: Descriptor) -> bool:
    name = entry.annotations.get(REF_NAME)
    return name in names if name else entry.digest == manifest.digest


def parse_manifest(data: bytes, descriptor: Descriptor) -> Manifest:
    """Read the manifest of one image (OCI, or Docker's schema 2, which has the same fields).

    :raises ImageFailed: for anything else.
    """
    document = _object(data, descriptor.digest)
    if not isinstance(document.get("layers"), list) or not isinstance(document.get("config"), dict):
        raise ImageFailed(
            f"{descriptor.digest} is not the manifest of an image",
            cause=f"its media type is {document.get('mediaType') or descriptor.media_type}",
        )
    layers = tuple(Descriptor.of(one) for one in document["layers"])
    return Manifest(descriptor, Descriptor.of(document["config"]), layers)


def checked_digest(digest: str) -> str:
    """The digest itself; anything else could be a path.

    :raises ImageFailed: when it isn't one.
    """
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise ImageFailed(f"not a sha256 digest: {digest[:100]!r}")
    return digest


def _object(data: bytes, what: object) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ImageFailed(f"{what} is not a JSON object")
    return document


def _write(path: Path, data: bytes) -> None:
    """All or nothing: a reader never sees half a file."""
    unfinished = path.with_name(f".{path.name}-{os.getpid()}-{os.urandom(4).hex()}")
    unfinished.write_bytes(data)
    unfinished.replace(path)
