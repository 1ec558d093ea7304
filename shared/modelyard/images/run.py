"""Run an image: in a container where an engine answers, else as a process of this machine."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from modelyard.clock import Clock
from modelyard.errors import InputError, MissingTool
from modelyard.images import interpreters, registry
from modelyard.images.docker import Docker
from modelyard.images.layout import Layout, Manifest
from modelyard.images.podman import Podman
from modelyard.images.reference import ImageReference
from modelyard.images.registry_login import Login
from modelyard.images.run_container import run_container
from modelyard.images.run_process import OwnChildren, Starter, run_process
from modelyard.images.running import Running, Settings
from modelyard.images.unpack import unpack

log = logging.getLogger(__name__)

AUTO = "auto"
PROCESS = "process"
RUNNERS = (AUTO, "docker", "podman", PROCESS)


@dataclass(frozen=True)
class Place:
    """Where a process runner keeps what it needs."""

    folder: Path
    """The image is unpacked into it, once for each digest; logs are in it too."""
    layout: Path
    """OCI layout that holds the image, or that it is pulled into."""
    starter: Starter | None = None


def choose(preferred: str, clock: Clock) -> str:
    """The runner to use: ``docker``, ``podman`` or ``process``. The log says why not the others.

    :raises InputError: for another name. MissingTool when the engine asked for doesn't answer.
    """
    if preferred not in RUNNERS:
        raise InputError(
            f"no runner is named {preferred!r}", fix=f"use one of {', '.join(RUNNERS)}"
        )
    if preferred == PROCESS:
        return PROCESS
    for engine in (Docker(clock), Podman(clock)):
        if preferred in (AUTO, engine.name):
            why_not = engine.missing()
            if not why_not:
                return engine.name
            if preferred == engine.name:
                raise MissingTool(f"images can't be run with {engine.name}", cause=why_not)
            log.info("not in a container of %s: %s", engine.name, why_not)
    return PROCESS


def start(
    image: ImageReference,
    settings: Settings,
    place: Place,
    *,
    runner: str = AUTO,
    clock: Clock,
    login: Login | None = None,
) -> Running:
    """Start an image; it may not serve yet: see :func:`running.wait_until_ready`.

    :raises ImageFailed: when it can't be got or isn't one that can be run. DeploymentFailed when
        it doesn't start.
    """
    chosen = choose(runner, clock)
    if chosen != PROCESS:
        return run_container(chosen, image, settings)
    layout = Layout(place.layout)
    manifest = _stored(image, layout, clock, login)
    root = unpacked(layout, manifest, place.folder)
    return run_process(
        root,
        layout.read_json(manifest.config),
        settings,
        log=place.folder / f"{settings.name}.log",
        starter=place.starter or OwnChildren(),
    )


def unpacked(layout: Layout, manifest: Manifest, folder: Path) -> Path:
    """The folder an image is unpacked in; it is unpacked once."""
    root = folder / manifest.descriptor.digest.removeprefix("sha256:")[:24]
    if not root.is_dir():
        unfinished = root.with_name(root.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            unpack(layout, manifest, unfinished)
            unfinished.rename(root)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return root


def _stored(image: ImageReference, layout: Layout, clock: Clock, login: Login | None) -> Manifest:
    """The image in the layout: found there, else pulled."""
    for name in (image.digest, str(image)):
        if name and layout.knows(name):
            return layout.manifest(name)
    repository = registry.connect(image, clock=clock, login=login)
    manifest = registry.pull(repository, image.version, layout, interpreters.architecture())
    layout.tag([str(image)], manifest.descriptor)
    return manifest
