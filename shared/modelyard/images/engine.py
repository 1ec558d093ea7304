"""What builds images: docker, podman, or nothing but Python (an OCI layout)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from modelyard.clock import Clock
from modelyard.errors import InputError, MissingTool
from modelyard.images.contents import Contents
from modelyard.images.reference import ImageReference
from modelyard.images.registry_login import Login

log = logging.getLogger(__name__)

AUTO = "auto"


@dataclass(frozen=True)
class BuiltImage:
    """An image that was built here."""

    reference: ImageReference
    """Its first name."""
    digest: str
    """``oci``: of the manifest, the same when it is pushed. docker and podman: the image's id;
    the digest of the manifest is known once it is pushed."""
    size: int
    """Bytes: what a registry stores (``oci``), or what it takes unpacked."""
    engine: str
    tags: tuple[ImageReference, ...]
    layout: Path | None = None
    """The OCI layout that holds it, where the engine makes one."""


@dataclass(frozen=True)
class Order:
    """What is to be built."""

    contents: Contents
    base: str
    tags: Sequence[ImageReference]
    """At least one."""
    wheels: Path | None = None
    """Take packages from this folder only."""
    out: Path | None = None
    """Folder of the OCI layout; ``oci`` needs it."""
    base_login: Login | None = None
    clean: bool = False
    """Build every layer anew, whatever the engine remembers."""


class Engine(Protocol):
    """One way to build, and to push what was built."""

    name: str

    def missing(self) -> str:
        """Why it can't be used here; empty when it can."""
        ...

    def build(self, order: Order) -> BuiltImage:
        """Build the image and name it.

        :raises ImageFailed: with the end of the engine's output.
        """
        ...

    def push(self, image: BuiltImage, tag: ImageReference, login: Login | None) -> str:
        """Push it under this name; the digest of the manifest in the registry."""
        ...


def choose(preferred: str, clock: Clock) -> Engine:
    """The engine of this name; with ``auto`` the first that can be used. The log says why.

    :raises InputError: for a name that no engine has. MissingTool when the one asked for can't be
        used.
    """
    if preferred != AUTO:
        engine = named(preferred, clock)
        if why_not := engine.missing():
            raise MissingTool(f"images can't be built with {engine.name}", cause=why_not)
        return engine
    for engine in _engines(clock):
        why_not = engine.missing()
        if not why_not:
            log.info("images are built with %s", engine.name)
            return engine
        log.info("not with %s: %s", engine.name, why_not)
    raise MissingTool(
        "no engine on this machine can build an image", fix="install docker or podman"
    )


def named(name: str, clock: Clock) -> Engine:
    """The engine of this name, whether it can be used here or not.

    :raises InputError: when there is none.
    """
    engines = {engine.name: engine for engine in _engines(clock)}
    if name not in engines:
        raise InputError(
            f"no engine is named {name!r}", fix=f"use one of {', '.join([AUTO, *engines])}"
        )
    return engines[name]


def _engines(clock: Clock) -> tuple[Engine, ...]:
    from modelyard.images.docker import Docker
    from modelyard.images.oci import Oci
    from modelyard.images.podman import Podman

    return Docker(clock), Podman(clock), Oci(clock)
