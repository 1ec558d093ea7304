"""Build a scoring image of a logged model, and push it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.clock import Clock, SystemClock
from modelyard.errors import InputError
from modelyard.images import contents, reference
from modelyard.images import engine as engines
from modelyard.images.contents import Contents
from modelyard.images.engine import AUTO, BuiltImage, Order
from modelyard.images.reference import ImageReference
from modelyard.images.registry_login import Login

log = logging.getLogger(__name__)


def build(
    model_folder: Path,
    *,
    engine: str = AUTO,
    base: str = "",
    tags: Sequence[str],
    wheels: Path | None = None,
    labels: Mapping[str, str] | None = None,
    out: Path | None = None,
    base_login: Login | None = None,
    clean: bool = False,
    clock: Clock | None = None,
) -> BuiltImage:
    """Build the scoring image of a model that MLflow logged.

    :param engine: ``auto``, ``docker``, ``podman`` or ``oci``.
    :param base: an image that has the model's Python, ``host`` for one made of this machine's, or
        empty for the official slim image of that version.
    :param tags: names, at least one; a tag in each.
    :param wheels: a folder that has all packages as wheels; without it pip gets them as it is
        configured.
    :param out: folder for the OCI layout (``oci``).
    :raises FileError: when the model can't be served or leaves a version open. InputError for a
        name or base that doesn't fit. ImageFailed when the build itself fails.
    """
    return build_contents(
        contents.of_model(model_folder, labels),
        engine=engine,
        base=base,
        tags=tags,
        wheels=wheels,
        out=out,
        base_login=base_login,
        clean=clean,
        clock=clock,
    )


def build_contents(
    what: Contents,
    *,
    engine: str = AUTO,
    base: str = "",
    tags: Sequence[str],
    wheels: Path | None = None,
    out: Path | None = None,
    base_login: Login | None = None,
    clean: bool = False,
    clock: Clock | None = None,
) -> BuiltImage:
    """The same for any contents (an entry script, say)."""
    clock = clock or SystemClock()
    begun = clock.monotonic()
    order = Order(
        what,
        base or f"python:{what.python or '3.11'}-slim",
        _references(tags),
        wheels=wheels,
        out=out,
        base_login=base_login,
        clean=clean,
    )
    image = engines.choose(engine, clock).build(order)
    log.info(
        "built %s with %s: %s, %.0f MB, in %.0f s",
        image.reference,
        image.engine,
        image.digest,
        image.size / 1e6,
        clock.monotonic() - begun,
    )
    return image


def push(
    image: BuiltImage,
    *,
    login: Login | None = None,
    tags: Sequence[str] = (),
    clock: Clock | None = None,
) -> ImageReference:
    """Push an image under all its names; the first name pinned by the digest in its registry.

    :param login: for the registry; without it docker and podman use what they are signed in with.
    :param tags: push under these names instead.
    """
    clock = clock or SystemClock()
    pusher = engines.named(image.engine, clock)
    names = _references(tags) if tags else list(image.tags)
    pinned = []
    for name in names:
        digest = pusher.push(image, name, login)
        pinned.append(name.at(digest))
        log.info("pushed %s: %s", name, digest)
    return pinned[0]


def _references(tags: Sequence[str]) -> list[ImageReference]:
    found = [reference.parse(tag) for tag in tags]
    if not found:
        raise InputError("the image has no name", fix="set the input tags")
    for one in found:
        if one.digest:
            raise InputError(
                f"{one} has a digest, and what is built gets its own", fix="name it by a tag"
            )
    return found


@dataclass(frozen=True)
class Wanted:
    """What a build would make."""

    names: tuple[str, ...]
    python: str
    requirements: tuple[str, ...]


def check(model_folder: Path, *, tags: Sequence[str], wheels: Path | None = None) -> Wanted:
    """Everything about a build that can be known without building.

    :raises FileError, InputError: as :func:`build`.
    """
    what = contents.of_model(model_folder)
    names = tuple(str(name) for name in _references(tags))
    if wheels is not None and not any(wheels.glob("*.whl")):
        raise InputError(f"the folder {wheels} holds no wheel")
    return Wanted(names, what.python, what.requirements)
