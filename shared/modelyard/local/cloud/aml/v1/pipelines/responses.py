"""HTTP of what graphs are made of, and of graphs (``/pipelines/v1.0/...``)."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.aml.v1.pipelines.entities import (
    DATA_TYPES,
    GRAPHS,
    MODULES,
    SOURCES,
    Entities,
    data_type,
    described,
    module_of,
    source_of,
)
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.front import read_body, reply

Json = dict[str, Any]


class EntityResponses:
    """Modules, data sources, data types, graphs."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    def data_types(self, _request: Request, _workspace: Workspace) -> Response:
        return reply([data_type(name) for name in DATA_TYPES])

    def create_module(self, request: Request, workspace: Workspace) -> Json:
        return self._entities.add(workspace, MODULES, module_of(read_body(request)))

    def module(self, _request: Request, workspace: Workspace, entity: str) -> Json:
        return described(self._entities.get(workspace, MODULES, entity))

    def module_by_hash(self, _request: Request, workspace: Workspace, digest: str) -> Json:
        return described(self._entities.by_hash(workspace, MODULES, digest))

    def create_source(self, request: Request, workspace: Workspace) -> Json:
        return self._entities.add(workspace, SOURCES, source_of(read_body(request)))

    def source(self, _request: Request, workspace: Workspace, entity: str) -> Json:
        return self._entities.get(workspace, SOURCES, entity)

    def source_by_hash(self, _request: Request, workspace: Workspace, digest: str) -> Json:
        return self._entities.by_hash(workspace, SOURCES, digest)

    def graph(self, _request: Request, workspace: Workspace, entity: str) -> Json:
        found = self._entities.get(workspace, GRAPHS, entity)
        return {key: value for key, value in found.items() if key != "Interface"}

    def interface(self, _request: Request, workspace: Workspace, entity: str) -> Json:
        found: Json = self._entities.get(workspace, GRAPHS, entity)["Interface"]
        return found
