"""Containers and block blobs: what they are in the store, what they hold in files."""

from __future__ import annotations

import base64
import hashlib
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.storage import exceptions

Json = dict[str, Any]
CONTAINERS, BLOBS = "storage-containers", "storage-blobs"
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Conditions:
    """``If-Match`` and ``If-None-Match`` of a request; empty for none."""

    match: str = ""
    none_match: str = ""

    def check(self, blob: Json | None, *, writes: bool) -> None:
        """Raises BlobAlreadyExists or ConditionNotMet."""
        if writes and self.none_match == "*" and blob is not None:
            raise exceptions.blob_exists()
        if self.match and self.match != "*" and (blob is None or blob["etag"] != self.match):
            raise exceptions.condition_not_met()
        if self.match == "*" and blob is None:
            raise exceptions.condition_not_met()


class Blobs:
    """All accounts' blobs. Names are ``account/container/name``."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._folder = cloud.folder / "storage"

    def create_container(self, account: str, container: str) -> None:
        """Raises ContainerAlreadyExists."""
        key = f"{account}/{container}"
        with self._cloud.store.lock:
            if self._cloud.store.get(CONTAINERS, key) is not None:
                raise exceptions.container_exists()
            self._cloud.store.put(CONTAINERS, key, {"modified": self._cloud.clock.time()})

    def ensure_container(self, account: str, container: str) -> None:
        """Create it unless it is there: those of a workspace come with it."""
        key = f"{account}/{container}"
        if self._cloud.store.get(CONTAINERS, key) is None:
            self._cloud.store.put(CONTAINERS, key, {"modified": self._cloud.clock.time()})

    def container(self, account: str, container: str) -> Json:
        """Raises ContainerNotFound."""
        found = self._cloud.store.get(CONTAINERS, f"{account}/{container}")
        if found is None:
            raise exceptions.no_container()
        return found

    def delete_container(self, account: str, container: str) -> None:
        """With all blobs in it."""
        self.container(account, container)
        for name in list(self.names(account, container)):
            self.delete(account, container, name)
        self._cloud.store.delete(CONTAINERS, f"{account}/{container}")

    def names(self, account: str, container: str, prefix: str = "") -> Iterator[str]:
        """Blob names with this beginning, in the order of the alphabet."""
        start = f"{account}/{container}/"
        found = [
            key.removeprefix(start)
            for key, _ in self._cloud.store.items(BLOBS)
            if key.startswith(start + prefix)
        ]
        yield from sorted(found)

    def find(self, account: str, container: str, name: str) -> Json | None:
        return self._cloud.store.get(BLOBS, f"{account}/{container}/{name}")

    def get(self, account: str, container: str, name: str) -> Json:
        """Raises ContainerNotFound or BlobNotFound."""
        found = self.find(account, container, name)
        if found is None:
            self.container(account, container)
            raise exceptions.no_blob()
        return found

    def path(self, blob: Json) -> Path:
        """The file that holds its bytes."""
        return self._folder / "content" / str(blob["file"])

    def put(
        self,
        place: tuple[str, str, str],
        content: IO[bytes],
        properties: Mapping[str, Any],
        conditions: Conditions,
    ) -> Json:
        """Write a blob whole. ``place`` is account, container, name."""
        account, container, name = place
        self.container(account, container)
        conditions.check(self.find(account, container, name), writes=True)
        file, digest, size = self._write(iter(lambda: content.read(CHUNK), b""))
        return self._commit(place, file, digest, size, properties, conditions)

    def append(self, place: tuple[str, str, str], content: bytes) -> Json:
        """Add to the end of a blob, which is made when it isn't there. It has no MD5, as in the
        service. Who reads it at the same time gets what was there before."""
        self.container(*place[:2])
        with self._cloud.store.lock:
            blob = self.find(*place)
            if blob is None:
                new = {"content_type": "text/plain", "metadata": {}}
                file, _, _ = self._write(())
                blob = self._commit(place, file, "", 0, new, Conditions())
            with self.path(blob).open("ab") as file_object:
                file_object.write(content)
            blob.update(
                size=blob["size"] + len(content),
                md5="",
                etag=_etag(),
                modified=self._cloud.clock.time(),
            )
            self._cloud.store.put(BLOBS, "/".join(place), blob)
        return blob

    def put_block(self, place: tuple[str, str, str], block: str, content: IO[bytes]) -> None:
        """Keep a block until a list names it."""
        self.container(*place[:2])
        folder = self._blocks(place)
        folder.mkdir(parents=True, exist_ok=True)
        file, _, _ = self._write(iter(lambda: content.read(CHUNK), b""))
        (self._folder / "content" / file).replace(folder / _block_name(block))

    def put_block_list(
        self,
        place: tuple[str, str, str],
        blocks: Iterable[str],
        properties: Mapping[str, Any],
        conditions: Conditions,
    ) -> Json:
        """Make the blob of these blocks. Raises InvalidBlockList for one that wasn't put."""
        conditions.check(self.find(*place), writes=True)
        folder = self._blocks(place)
        paths = [folder / _block_name(block) for block in blocks]
        if not all(path.is_file() for path in paths):
            raise exceptions.bad_block_list()
        file, digest, size = self._write(_read(paths))
        blob = self._commit(place, file, digest, size, properties, conditions)
        shutil.rmtree(folder, ignore_errors=True)
        return blob

    def uncommitted(self, place: tuple[str, str, str]) -> list[tuple[str, int]]:
        """Blocks that were put and not yet listed: id and size."""
        folder = self._blocks(place)
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        return [(bytes.fromhex(path.name).decode(), path.stat().st_size) for path in paths]

    def set_metadata(
        self, place: tuple[str, str, str], metadata: Mapping[str, str], conditions: Conditions
    ) -> Json:
        with self._cloud.store.lock:
            blob = self.get(*place)
            conditions.check(blob, writes=False)
            blob.update(metadata=dict(metadata), etag=_etag(), modified=self._cloud.clock.time())
            self._cloud.store.put(BLOBS, "/".join(place), blob)
        return blob

    def delete(self, account: str, container: str, name: str) -> None:
        """Raises ContainerNotFound or BlobNotFound."""
        blob = self.get(account, container, name)
        self._cloud.store.delete(BLOBS, f"{account}/{container}/{name}")
        self.path(blob).unlink(missing_ok=True)

    def reset(self) -> None:
        self._cloud.store.clear(CONTAINERS)
        self._cloud.store.clear(BLOBS)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, chunks: Iterable[bytes]) -> tuple[str, str, int]:
        """A new file with these bytes: its name, base64 MD5 and size."""
        folder = self._folder / "content"
        folder.mkdir(parents=True, exist_ok=True)
        name = secrets.token_hex(16)
        digest, size = hashlib.md5(usedforsecurity=False), 0
        try:
            with (folder / name).open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
        except BaseException:
            (folder / name).unlink(missing_ok=True)
            raise
        return name, base64.b64encode(digest.digest()).decode(), size

    def _commit(
        self,
        place: tuple[str, str, str],
        file: str,
        digest: str,
        size: int,
        properties: Mapping[str, Any],
        conditions: Conditions,
    ) -> Json:
        with self._cloud.store.lock:
            before = self.find(*place)
            try:
                conditions.check(before, writes=True)  # another may have come first
            except exceptions.StorageError:
                (self._folder / "content" / file).unlink()
                raise
            now = self._cloud.clock.time()
            created = before["created"] if before else now
            blob = {"file": file, "md5": digest, "size": size, "etag": _etag(), "modified": now}
            document = {**blob, "created": created, **properties}
            self._cloud.store.put(BLOBS, "/".join(place), document)
        if before is not None:
            self.path(before).unlink(missing_ok=True)
        return document

    def _blocks(self, place: tuple[str, str, str]) -> Path:
        return self._folder / "blocks" / hashlib.sha256("/".join(place).encode()).hexdigest()


def _block_name(block: str) -> str:
    """Ids are base64 of at most 64 bytes, any characters: their hexadecimal form names a file."""
    if not block or len(block) > 100:
        raise exceptions.bad_block_list()
    return block.encode().hex()


def _etag() -> str:
    return f'"0x8{secrets.token_hex(7).upper()}"'


def _read(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
