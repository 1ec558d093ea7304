"""What a client may ask for when it creates or updates an endpoint."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.errors import InputError
from modelyard.images import reference
from modelyard.images.reference import ImageReference
from modelyard.images.run import RUNNERS
from modelyard.local.cloud.endpoints import exceptions
from modelyard.local.cloud.registry.urls import HOST as REGISTRY
from modelyard.local.cloud.routing import LOOPBACK, host_name

NAME = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Wish:
    """One image and how it shall run. All but ``traffic`` make a deployment what it is."""

    repository: str
    """In this cloud's registry."""
    digest: str
    environment: Mapping[str, str]
    cpu: float | None
    """CPUs of the container."""
    memory_mb: int | None
    runner: str
    """``auto``, ``docker``, ``podman`` or ``process``."""
    traffic: int
    """Per cent of the requests."""

    def deployment(self) -> dict[str, Any]:
        """As it is stored."""
        document = dataclasses.asdict(self)
        document["environment"] = dict(self.environment)
        return document

    def same_server(self, deployment: Mapping[str, Any]) -> bool:
        """Whether a stored deployment is this one, whatever its share of the traffic."""
        wanted = self.deployment()
        return all(wanted[field] == deployment[field] for field in wanted if field != "traffic")


def read(body: Any, port: int) -> Wish:
    """Read the body of a PUT. ``port`` is the cloud's. Raises INVALID_PARAMETER_VALUE."""
    if not isinstance(body, dict):
        raise exceptions.invalid("The body has to be a JSON object.")
    fields = {"image", "cpu", "memory_mb", "environment", "traffic", "runner"}
    if unknown := sorted(body.keys() - fields):
        raise exceptions.invalid(
            f"Unknown field {unknown[0]!r}; known are {', '.join(sorted(fields))}."
        )
    image = _image(body.get("image"), port)
    return Wish(
        repository=image.repository,
        digest=image.digest,
        environment=_environment(body.get("environment")),
        cpu=_number(body, "cpu", 0.01, 64),
        memory_mb=_whole(body, "memory_mb", 16, 1024 * 1024),
        runner=_runner(body.get("runner")),
        traffic=_traffic(body),
    )


def _image(value: Any, port: int) -> ImageReference:
    if not isinstance(value, str):
        raise exceptions.invalid("image is required: the name of an image, with its digest.")
    try:
        image = reference.parse(value)
    except InputError as error:
        raise exceptions.invalid(f"{error.what}: {error.cause}.") from error
    if not image.digest:
        raise exceptions.invalid(
            f"The image {value} is not pinned: write {image.name}@sha256:..., the digest that "
            "pushing it gave."
        )
    own = {REGISTRY, *(f"{name}:{port}" for name in LOOPBACK)}
    if image.registry not in own:
        raise exceptions.invalid(
            f"The image {value} is not in this local cloud's registry (127.0.0.1:{port}, "
            f"{REGISTRY}), and no other is reached from here."
        )
    return image


def _environment(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise exceptions.invalid("environment has to be an object of strings.")
    for name, text in value.items():
        if not _VARIABLE.fullmatch(name) or not isinstance(text, str) or "\n" in text:
            raise exceptions.invalid(
                f"environment: {name!r} has to be a variable's name, with a string of one line."
            )
    return value


def _runner(value: Any) -> str:
    runner = "auto" if value is None else value
    if runner not in RUNNERS:
        raise exceptions.invalid(f"runner has to be one of {', '.join(RUNNERS)}.")
    return str(runner)


def _traffic(body: Mapping[str, Any]) -> int:
    share = _whole(body, "traffic", 0, 100)
    return 100 if share is None else share


def _whole(body: Mapping[str, Any], field: str, least: int, most: int) -> int | None:
    found = _number(body, field, least, most)
    if found is not None and found != int(found):
        raise exceptions.invalid(f"{field} has to be a whole number.")
    return None if found is None else int(found)


def _number(body: Mapping[str, Any], field: str, least: float, most: float) -> float | None:
    value = body.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise exceptions.invalid(f"{field} has to be a number from {least} to {most}.")
    return float(value)


def port_of(url: str) -> int:
    """``http://127.0.0.1:8080`` -> 8080."""
    assert host_name(url.removeprefix("http://")) in LOOPBACK
    return int(url.rpartition(":")[2])
