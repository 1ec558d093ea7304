"""The engine that needs nothing: it writes an OCI layout. Same contents, same digest."""

from __future__ import annotations

import logging
import platform
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from modelyard.clock import Clock
from modelyard.errors import InputError
from modelyard.images import base as bases
from modelyard.images import dependencies, registry
from modelyard.images.base import BaseImage
from modelyard.images.contents import PACKAGES, Contents
from modelyard.images.engine import BuiltImage, Order
from modelyard.images.layers import Entry, Layer, file_entry, tree, write_layer
from modelyard.images.layout import CONFIG, LAYER, MANIFEST, Descriptor, Layout
from modelyard.images.reference import ImageReference
from modelyard.images.registry_login import Login

log = logging.getLogger(__name__)


class Oci:
    """Layers are tar archives, an image is a few JSON documents: no daemon, no root, no network."""

    name = "oci"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def missing(self) -> str:
        # pip installs what fits this machine, and an image is for Linux.
        return "" if platform.system() == "Linux" else f"this is {platform.system()}, not Linux"

    def build(self, order: Order) -> BuiltImage:
        if order.out is None:
            raise InputError(
                "the engine oci needs a folder to put the image into", fix="set the input out"
            )
        layout = Layout(order.out)
        base = bases.prepare(
            order.base,
            layout,
            python=order.contents.python,
            clock=self._clock,
            login=order.base_login,
        )
        added = []
        if order.contents.requirements:
            added.append(_packages(order.contents, base, order.wheels, layout))
        added.append(write_layer(_files(order.contents), layout.blobs))
        descriptors = [Descriptor(LAYER, layer.digest, layer.size) for layer in added]
        diff_ids = tuple(layer.diff_id for layer in added)
        document = bases.configuration(base, _config(base, order.contents), diff_ids)
        config = layout.put(document.encode(), CONFIG)
        manifest = layout.put_json(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": config.document(),
                "layers": [one.document() for one in (*base.layers, *descriptors)],
            },
            MANIFEST,
        )
        layout.tag([str(tag) for tag in order.tags], manifest)
        size = layout.read_manifest(manifest).size
        return BuiltImage(
            order.tags[0], manifest.digest, size, self.name, tuple(order.tags), layout.folder
        )

    def push(self, image: BuiltImage, tag: ImageReference, login: Login | None) -> str:
        if image.layout is None:
            raise InputError(f"{image.reference} is in no OCI layout")
        layout = Layout(image.layout)
        repository = registry.connect(tag, clock=self._clock, login=login, write=True)
        found = layout.manifest(image.digest)
        return registry.push(repository, layout, found, tag.tag or "latest")


def _packages(contents: Contents, base: BaseImage, wheels: Path | None, layout: Layout) -> Layer:
    with TemporaryDirectory(prefix="modelyard-packages-") as scratch:
        target = Path(scratch, "packages")
        dependencies.install(contents, python=base.python, wheels=wheels, target=target)
        return write_layer(tree(target, PACKAGES), layout.blobs)


def _files(contents: Contents) -> list[Entry]:
    entries: list[Entry] = []
    for target, source in sorted(contents.files.items()):
        if source.is_dir():
            entries += tree(source, target)
        else:
            entries.append(file_entry(target, source))
    return entries


def _config(base: BaseImage, contents: Contents) -> dict[str, Any]:
    """The part of the configuration that says how a container runs."""
    labels = {**(base.config.get("Labels") or {}), **contents.labels}
    config: dict[str, Any] = {
        "Env": bases.merged_environment(base.config, contents.environment),
        "Cmd": list(contents.command),
        "User": contents.user,
        "WorkingDir": "/",
        "ExposedPorts": {f"{contents.port}/tcp": {}},
    }
    return {**config, "Labels": labels} if labels else config
