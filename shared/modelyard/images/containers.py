"""What the docker and podman command lines have in common when they build and push."""

from __future__ import annotations

import json
import logging
import platform
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from modelyard.clock import Clock
from modelyard.errors import FileError, ImageFailed
from modelyard.images import base as bases
from modelyard.images import dependencies, dockerfile, host_base, interpreters, layers, programs
from modelyard.images.contents import Contents
from modelyard.images.engine import BuiltImage, Order
from modelyard.images.reference import ImageReference
from modelyard.images.registry_login import Login

log = logging.getLogger(__name__)

BUILD_TIMEOUT = 3600.0
PUSH_TIMEOUT = 1800.0
PUSH_FIX = "check that the registry is reachable and the login may push there"
_SHORT = 120.0


class ContainerEngine(ABC):
    """An engine behind a command line. Subclasses say what differs."""

    name = ""
    build_options: tuple[str, ...] = ()

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @abstractmethod
    def missing(self) -> str:
        """Why it can't be used here; empty when it can."""

    def environment(self) -> Mapping[str, str] | None:
        """The variables that the command line runs with; None for this process's own."""
        return None

    @abstractmethod
    def push_tag(self, tag: ImageReference, login: Login | None) -> str:
        """Push what has this name here; the digest of the manifest that the push made.

        A credential is in a file, for as long as the push runs, and never on a command line.
        """

    def build(self, order: Order) -> BuiltImage:
        with TemporaryDirectory(prefix="modelyard-build-") as scratch:
            context = Path(scratch, "context")
            context.mkdir()
            base = self._host_base(order.contents) if order.base == bases.HOST else order.base
            wheels = order.wheels
            if wheels is None and _collects_here(order.contents):
                wheels = Path(scratch, "wheels")
                dependencies.collect(order.contents, python=order.contents.python, target=wheels)
            elif wheels is not None and not wheels.is_dir():
                raise FileError(
                    f"the wheels folder {wheels} doesn't exist",
                    fix="name a folder with wheels, or leave wheels out",
                )
            dockerfile.write_context(
                order.contents, context, base=base, wheels=wheels, offline=wheels is not None
            )
            identity = self._build(order, context, Path(scratch, "id"))
        return BuiltImage(
            order.tags[0],
            identity,
            int(self.inspect(identity)["Size"]),
            self.name,
            tuple(order.tags),
        )

    def push(self, image: BuiltImage, tag: ImageReference, login: Login | None) -> str:
        if tag not in image.tags:
            self.command("tag", image.digest, str(tag), what=f"tag the image {tag}")
        return self.push_tag(tag, login)

    def inspect(self, image: str) -> dict[str, Any]:
        """What the engine knows of a local image.

        :raises ImageFailed: when it isn't there.
        """
        output = self.command("image", "inspect", image, what=f"find the image {image}")
        found: dict[str, Any] = json.loads(output)[0]
        return found

    def command(self, *arguments: str, what: str, timeout: float = _SHORT) -> str:
        """Run one command of the engine; its standard output."""
        return programs.check(
            [self.program(), *arguments], what, timeout=timeout, environment=self.environment()
        )

    def program(self) -> str:
        """Its command line.

        :raises MissingTool: when it isn't on PATH.
        """
        return programs.find(self.name, "build images with it")

    def _build(self, order: Order, context: Path, id_file: Path) -> str:
        tags = [argument for tag in order.tags for argument in ("--tag", str(tag))]
        options = [*self.build_options, *(["--no-cache"] if order.clean else ())]
        programs.check(
            [self.program(), "build", *options, *tags, "--iidfile", str(id_file), str(context)],
            f"build {order.tags[0]}",
            timeout=BUILD_TIMEOUT,
            environment=self.environment(),
        )
        identity = id_file.read_text().strip()
        return identity if identity.startswith("sha256:") else f"sha256:{identity}"

    def _host_base(self, contents: Contents) -> str:
        """Import the base that is made of this machine's Python, unless the engine has it."""
        bases.require_python(bases.HOST, interpreters.own_version(), contents.python)
        with TemporaryDirectory(prefix="modelyard-base-") as scratch:
            layer = layers.write_layer(host_base.entries(), Path(scratch))
            name = f"localhost/modelyard-base:{layer.diff_id.removeprefix('sha256:')[:16]}"
            try:
                self.inspect(name)
            except ImageFailed:
                changes = [
                    argument
                    for variable, value in host_base.environment().items()
                    for argument in ("--change", f"ENV {variable}={value}")
                ]
                self.command(
                    "import", *changes, str(layer.path), name, what="import the base image"
                )
        return name


def _collects_here(contents: Contents) -> bool:
    """Whether pip of this machine finds the packages: it has the index and credentials that pip in
    a build hasn't, but only a Python of the same version on the same system chooses rightly."""
    if not contents.requirements:
        return False
    if platform.system() == "Linux" and interpreters.find(contents.python):
        return True
    log.info(
        "no Python %s on Linux here: pip runs in the build, with its default index", contents.python
    )
    return False
