"""``resources``: repositories, containers, pipelines and the rest.

Source: learn.microsoft.com, ``yaml-schema/resources`` and the pages below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from modelyard.local.runner.pipeline.building import Building
from modelyard.local.runner.pipeline.containers import container_resource
from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, Sequence
from modelyard.local.runner.pipeline.plan import (
    Container,
    PipelineResource,
    Repository,
    Resources,
)

KINDS = ("builds", "containers", "pipelines", "repositories", "webhooks", "packages")
OLD_KEYS = ("repo", "clean", "fetchDepth", "lfs")
REPOSITORY_TYPES = ("git", "github", "githubenterprise", "bitbucket")
T = TypeVar("T", Repository, Container, PipelineResource)


def resources(nodes: Iterable[Node], folders: dict[str, Path], building: Building) -> Resources:
    """All resources of a pipeline and of what it extends.

    :param nodes: the values of ``resources``.
    :param folders: where repositories lie, by alias in lower case.
    """
    repositories: list[Repository] = []
    containers: list[Container] = []
    pipelines: list[PipelineResource] = []
    others: dict[str, object] = {}
    for node in nodes:
        if isinstance(node, Scalar) and not node.text.strip():
            continue
        if _is_old_form(node):
            continue
        mapping = building.expect_mapping(node, "resources")
        if mapping is None:
            continue
        fields = Fields(mapping, "resources", KINDS, building.problems)
        repositories += [
            _repository(one, folders, building)
            for one in _members(fields, "repositories", building)
        ]
        containers += [
            container_resource(one, building) for one in _members(fields, "containers", building)
        ]
        pipelines += [_pipeline(one, building) for one in _members(fields, "pipelines", building)]
        for kind in ("builds", "webhooks", "packages"):
            if kind in fields:
                others[kind] = fields.plain(kind)
    _unique(repositories, lambda one: one.alias, building)
    _unique(containers, lambda one: one.alias, building)
    _unique(pipelines, lambda one: one.alias, building)
    return Resources(tuple(repositories), tuple(containers), tuple(pipelines), others)


def _is_old_form(node: Node) -> bool:
    """``- repo: self`` with how it is checked out: older pipelines say it.

    It changes nothing: a job's sources are always a fresh copy.
    """
    return isinstance(node, Sequence) and all(
        isinstance(item, Mapping)
        and item.get("repo") is not None
        and all(key.text in OLD_KEYS for key, _ in item)
        for item in node.items
    )


def aliases(node: Node | None) -> Iterator[str]:
    """The repositories that a ``resources`` declares, before anything of it is checked."""
    listed = node.get("repositories") if isinstance(node, Mapping) else None
    for item in listed.items if isinstance(listed, Sequence) else ():
        alias = item.get("repository") if isinstance(item, Mapping) else None
        if isinstance(alias, Scalar) and alias.text.strip():
            yield alias.text.strip()


def _members(fields: Fields, kind: str, building: Building) -> Iterator[Mapping]:
    node = fields.list_of(kind)
    for item in node.items if node else ():
        if (mapping := building.expect_mapping(item, f"each of {kind}")) is not None:
            yield mapping


def _unique(found: list[T], alias: Callable[[T], str], building: Building) -> None:
    seen: dict[str, T] = {}
    for one in found:
        name = alias(one).lower()
        if name and name in seen:
            message = f"{alias(one)} is declared already, at {seen[name].place}"
            building.problems.add(one.place, message)
        seen[name] = one


def _repository(node: Mapping, folders: dict[str, Path], building: Building) -> Repository:
    keys = ("repository", "endpoint", "trigger", "name", "ref", "type")
    fields = Fields(node, "a repository", keys, building.problems)
    alias = fields.required("repository")
    return Repository(
        alias,
        node.place,
        type=fields.choice("type", REPOSITORY_TYPES, "git"),
        name=fields.text("name"),
        ref=fields.text("ref", "refs/heads/main"),
        endpoint=fields.text("endpoint"),
        trigger=fields.plain("trigger"),
        folder=folders.get(alias.lower()),
    )


def _pipeline(node: Mapping, building: Building) -> PipelineResource:
    keys = ("pipeline", "project", "source", "version", "branch", "tags", "trigger")
    fields = Fields(node, "a pipeline resource", keys, building.problems)
    return PipelineResource(
        fields.required("pipeline"),
        node.place,
        source=fields.text("source"),
        project=fields.text("project"),
        version=fields.text("version"),
        branch=fields.text("branch"),
        tags=fields.texts("tags"),
        trigger=fields.plain("trigger"),
    )
