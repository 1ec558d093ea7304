"""The resources of a plan as YAML has them."""

from __future__ import annotations

from typing import Any

from modelyard.local.runner.pipeline.plan import Container, Resources


def said(**values: Any) -> dict[str, Any]:
    """Without what says nothing."""
    return {
        key: value
        for key, value in values.items()
        if value is not None and value not in ("", {}, ())
    }


def resources(one: Resources) -> dict[str, Any]:
    found: dict[str, Any] = dict(one.others)
    if one.repositories:
        found["repositories"] = [
            said(
                repository=each.alias,
                type=each.type,
                name=each.name,
                ref=each.ref,
                endpoint=each.endpoint,
                trigger=each.trigger,
            )
            for each in one.repositories
        ]
    if one.containers:
        found["containers"] = [
            {"container": each.alias, **_container_fields(each)} for each in one.containers
        ]
    if one.pipelines:
        found["pipelines"] = [
            said(
                pipeline=each.alias,
                source=each.source,
                project=each.project,
                version=each.version,
                branch=each.branch,
                tags=list(each.tags) or None,
                trigger=each.trigger,
            )
            for each in one.pipelines
        ]
    return found


def _container_fields(one: Container) -> dict[str, Any]:
    return said(
        image=one.image,
        endpoint=one.endpoint,
        options=one.options,
        env=dict(one.env),
        ports=list(one.ports) or None,
        volumes=list(one.volumes) or None,
        mapDockerSocket=None if one.map_docker_socket else False,
        mountReadOnly=dict.fromkeys(sorted(one.mount_read_only), True),
        **one.properties,
    )


def container(one: Container | None) -> Any:
    if one is None:
        return None
    fields = _container_fields(one)
    return one.alias or (one.image if list(fields) == ["image"] else fields)
