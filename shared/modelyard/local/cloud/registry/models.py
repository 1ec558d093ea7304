"""Repositories, manifests and tags of the registry's own storage.

Which repository has which blob is kept apart from the blobs themselves: a client may read, and
name in a manifest, only what its repository has.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.local.cloud.registry import exceptions
from modelyard.local.cloud.registry.uploads import DIGEST, Blobs
from modelyard.local.cloud.store import Store

LARGEST_MANIFEST = 4 * 1024 * 1024
BLOBS, MANIFESTS, TAGS = "registry-blobs", "registry-manifests", "registry-tags"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True)
class StoredManifest:
    """A manifest as it was pushed."""

    digest: str
    media_type: str
    data: bytes


class Repositories:
    """All repositories. Safe for several threads."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self.blobs = Blobs(folder)

    def clear(self) -> None:
        for collection in (BLOBS, MANIFESTS, TAGS):
            self._store.clear(collection)
        self.blobs.clear()

    def names(self) -> list[str]:
        """Repositories that have a manifest, sorted."""
        return sorted({_name(key) for key, _ in self._store.items(MANIFESTS)})

    def tags(self, name: str) -> list[str]:
        """Raises NAME_UNKNOWN for a repository that has nothing."""
        if name not in self.names():
            raise exceptions.name_unknown(name)
        keys = (key for key, _ in self._store.items(TAGS))
        return sorted(_last(key) for key in keys if _name(key) == name)

    def blob(self, name: str, digest: str) -> Path:
        """The file of a blob that the repository has. Raises BLOB_UNKNOWN."""
        path = self.blobs.path(digest)
        if self._store.get(BLOBS, _key(name, digest)) is None or not path.is_file():
            raise exceptions.blob_unknown(digest)
        return path

    def has_blob(self, name: str, digest: str) -> bool:
        found = self._store.get(BLOBS, _key(name, digest))
        return found is not None and self.blobs.has(digest)

    def add_blob(self, name: str, digest: str) -> None:
        """The blob is in the storage: let the repository have it."""
        self._store.put(BLOBS, _key(name, digest), {})

    def remove_blob(self, name: str, digest: str) -> None:
        """Raises BLOB_UNKNOWN. The content goes when no repository has it any more."""
        self.blob(name, digest)
        with self._store.lock:
            self._store.delete(BLOBS, _key(name, digest))
            self._collect([digest])

    def manifest(self, name: str, reference: str) -> StoredManifest:
        """By tag or digest. Raises MANIFEST_UNKNOWN."""
        digest: str = reference
        if not DIGEST.fullmatch(reference):
            tag = self._store.get(TAGS, _key(name, reference))
            digest = "" if tag is None else tag["digest"]
        found = self._store.get(MANIFESTS, _key(name, digest))
        if found is None or not self.blobs.has(digest):
            raise exceptions.manifest_unknown(name, reference)
        data = self.blobs.path(digest).read_bytes()
        return StoredManifest(digest, found["media_type"], data)

    def put_manifest(self, name: str, reference: str, data: bytes, media_type: str) -> str:
        """Store a manifest under a tag or its digest; the digest.

        Raises MANIFEST_INVALID, MANIFEST_BLOB_UNKNOWN, DIGEST_INVALID or TAG_INVALID.
        """
        by_digest = ":" in reference
        if not by_digest and not _TAG.fullmatch(reference):
            raise exceptions.tag_invalid(reference)
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        if by_digest and reference != digest:
            raise exceptions.digest_invalid(f"the manifest is {digest}, not {reference}")
        self._check_manifest(name, data, media_type)
        self.blobs.put(data)
        with self._store.lock:
            self._store.put(MANIFESTS, _key(name, digest), {"media_type": media_type})
            if not by_digest:
                self._store.put(TAGS, _key(name, reference), {"digest": digest})
        return digest

    def remove_manifest(self, name: str, reference: str) -> None:
        """By digest: the manifest and its tags; by tag: the tag. Raises MANIFEST_UNKNOWN."""
        digest = self.manifest(name, reference).digest
        with self._store.lock:
            if reference != digest:
                self._store.delete(TAGS, _key(name, reference))
                return
            self._store.delete(MANIFESTS, _key(name, digest))
            for key, tag in list(self._store.items(TAGS)):
                if _name(key) == name and tag["digest"] == digest:
                    self._store.delete(TAGS, key)
            self._collect([digest])

    def _check_manifest(self, name: str, data: bytes, media_type: str) -> None:
        try:
            document = json.loads(data)
        except ValueError:
            document = None
        if not isinstance(document, dict) or document.get("schemaVersion") != 2:
            raise exceptions.manifest_invalid("not a JSON object with schemaVersion 2")
        if document.get("mediaType", media_type) != media_type:
            raise exceptions.manifest_invalid(
                f"mediaType is {document['mediaType']}, the Content-Type {media_type}"
            )
        for digest in _named(document, "config", "layers"):
            if not self.has_blob(name, digest):
                raise exceptions.manifest_blob_unknown(digest)
        for digest in _named(document, "manifests"):
            if self._store.get(MANIFESTS, _key(name, digest)) is None:
                raise exceptions.manifest_blob_unknown(digest)

    def _collect(self, digests: Iterable[str]) -> None:
        for digest in digests:
            used = (
                _last(key) == digest
                for collection in (BLOBS, MANIFESTS)
                for key, _ in self._store.items(collection)
            )
            if not any(used):
                self.blobs.remove(digest)


def checked_name(name: str) -> str:
    """The name itself. Raises NAME_INVALID."""
    if len(name) > 255 or not _NAME.fullmatch(name):
        raise exceptions.name_invalid(name)
    return name


def _named(document: dict[str, Any], *fields: str) -> list[str]:
    """The digests that a manifest names. Layers with URLs of their own are elsewhere."""
    found = []
    for field in fields:
        entries = document.get(field, [])
        for entry in entries if isinstance(entries, list) else [entries]:
            if not isinstance(entry, dict) or not isinstance(entry.get("digest"), str):
                raise exceptions.manifest_invalid(f"{field} holds something without a digest")
            if not DIGEST.fullmatch(entry["digest"]):
                raise exceptions.digest_invalid(f"not a sha256 digest: {entry['digest'][:80]!r}")
            if not entry.get("urls"):
                found.append(entry["digest"])
    return found


def _key(name: str, last: str) -> str:
    return f"{name}@{last}"


def _name(key: str) -> str:
    return key.partition("@")[0]


def _last(key: str) -> str:
    return key.partition("@")[2]
