"""Containers: of jobs, of services, and the resources that both name.

Source: learn.microsoft.com, ``yaml-schema/jobs-job-container``, ``resources-containers-container``.
"""

from __future__ import annotations

from modelyard.local.runner.pipeline.building import Building
from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, kind_of
from modelyard.local.runner.pipeline.plan import Container

KEYS = (
    "image",
    "endpoint",
    "env",
    "mapDockerSocket",
    "options",
    "ports",
    "volumes",
    "mountReadOnly",
)
REGISTRY_KEYS = (
    "type",
    "trigger",
    "azureSubscription",
    "resourceGroup",
    "registry",
    "repository",
    "localImage",
)
MOUNTS = ("work", "externals", "tools", "tasks")


def container_resource(node: Mapping, building: Building) -> Container:
    """A container of ``resources.containers``."""
    fields = Fields(node, "a container", ("container", *KEYS, *REGISTRY_KEYS), building.problems)
    alias = fields.required("container")
    properties = {key: fields.plain(key) for key in REGISTRY_KEYS if key in fields}
    image = fields.text("image")
    if not image and not fields.text("repository"):
        fields.required("image")
    return _container(fields, image, alias, properties)


def container(node: Node | None, building: Building) -> Container | None:
    """The container of a job or service: a resource, an image, or one written in place."""
    if node is None or (isinstance(node, Scalar) and not node.text.strip()):
        return None
    if isinstance(node, Scalar):
        building.runtime(node)
        name = node.text.strip().lower()
        for one in building.resources.containers:
            if one.alias.lower() == name:
                return one
        return Container(node.place, node.text.strip())
    if not isinstance(node, Mapping):
        building.problems.add(node.place, f"container is a text or mapping, not {kind_of(node)}")
        return None
    fields = Fields(node, "a container", KEYS, building.problems)
    return _container(fields, fields.required("image"), "", {})


def services(node: Mapping | None, building: Building) -> dict[str, Container]:
    """Service containers by name."""
    found = {}
    for key, value in node or ():
        if (one := container(value, building)) is not None:
            found[key.text] = one
    return found


def _container(fields: Fields, image: str, alias: str, properties: dict[str, object]) -> Container:
    mounts = fields.mapping("mountReadOnly")
    read_only = (
        Fields(mounts, "mountReadOnly", MOUNTS, fields.problems) if mounts is not None else None
    )
    return Container(
        fields.place,
        image,
        alias=alias,
        endpoint=fields.text("endpoint"),
        options=fields.text("options"),
        env=fields.environment("env"),
        ports=fields.texts("ports"),
        volumes=fields.texts("volumes"),
        map_docker_socket=fields.truth("mapDockerSocket", True) is not False,
        mount_read_only=frozenset(
            one for one in MOUNTS if read_only and read_only.truth(one, False) is True
        ),
        properties=properties,
    )
