"""Pipelines, compared with what is there and written.

They are made as build definitions: the package's own client for pipelines sends neither the file
nor the repository of a new one, and the service lets only a definition have triggers and variables.

Source: Azure DevOps REST reference, "Definitions", API version 7.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from modelyard.errors import Ambiguous, NotFound
from modelyard.project import kept_secrets
from modelyard.project.devops import service_connections, variables
from modelyard.project.devops.organization import Organization
from modelyard.project.devops.pipelines import (
    FROM_YAML,
    KIND,
    NO_FOLDER,
    NONE,
    OF_YAML,
    PUSHES,
    Pipeline,
)
from modelyard.project.devops.repositories import AZURE_REPOS, Repository
from modelyard.project.plan import Change, change
from modelyard.project.secret_values import SecretReference

NEEDS = "the permissions to create and edit build pipelines: Pipelines, Manage security"
YAML_PROCESS = 2
_POOL = "Azure Pipelines"
Json = dict[str, Any]


def changes(
    wanted: list[Pipeline], repository: Repository, key: str, organization: Organization
) -> Iterator[Change]:
    """What becomes of each.

    :param key: of the repository.
    """
    listed = organization.read(
        "listing the pipelines", "build", "get_definitions", organization.project
    )
    for one in listed:
        organization.remember(KIND, str(one.name), one.id)
    renew = organization.surroundings.renew_secrets
    for asked in wanted:
        found = _found(asked, listed, organization)
        before = (found.variables or {}) if found else {}
        pipeline = replace(
            asked,
            variables=variables.as_spelt(asked.variables, before),
            secrets=variables.as_spelt(asked.secrets, before),
        )
        there = _there(found) if found else set()
        needed = kept_secrets.needed(pipeline.secrets, there, renew=renew)
        yield change(
            KIND,
            pipeline.name,
            {
                **_fields(pipeline, repository, found),
                **kept_secrets.shown(pipeline.secrets, there, renew=renew),
            },
            _found_fields(found, repository, organization) if found else None,
            _apply(pipeline, repository, key, found, needed, organization),
            kept_secrets.note(pipeline.secrets, there, renew=renew),
            needed.values(),
        )


def _found(pipeline: Pipeline, listed: list[Any], organization: Organization) -> Any:
    same = [one for one in listed if str(one.name).lower() == pipeline.name.lower()]
    here = [one for one in same if str(one.path).lower() == (pipeline.folder or NO_FOLDER).lower()]
    if not here and len(same) > 1:
        folders = ", ".join(str(one.path) for one in same)
        raise Ambiguous(
            f"{len(same)} pipelines are called {pipeline.name}, in {folders}",
            fix="say which by its folder",
        )
    if not same:
        return None
    chosen = (here or same)[0]
    organization.remember(KIND, pipeline.name, chosen.id)
    return organization.read(
        f"reading the pipeline {pipeline.name}",
        "build",
        "get_definition",
        organization.project,
        chosen.id,
    )


def _folder(pipeline: Pipeline, found: Any) -> str:
    """As it is there where the file doesn't name another one: folders have no case."""
    there = str(found.path) if found else NO_FOLDER
    return there if pipeline.folder.lower() in ("", there.lower()) else pipeline.folder


def _fields(pipeline: Pipeline, repository: Repository, found: Any) -> Json:
    fields: Json = {
        "file": pipeline.file,
        "folder": _folder(pipeline, found),
        "repository": repository.name,
        "branch": repository.branch,
    }
    if pipeline.triggers is not None:
        fields["triggers"] = _shown(pipeline.triggers)
    if repository.service_connection:
        fields["service connection"] = repository.service_connection
    return fields | {f"variable {name}": value for name, value in pipeline.variables.items()}


def _found_fields(found: Any, repository: Repository, organization: Organization) -> Json:
    process = found.process if isinstance(found.process, dict) else {}
    given = found.repository
    name = str(given.name or given.id)
    fields: Json = {
        "file": str(process.get("yamlFilename") or "").lstrip("/"),
        "folder": found.path,
        "repository": repository.name if name.lower() == repository.name.lower() else name,
        "branch": str(given.default_branch or "").removeprefix("refs/heads/"),
        "triggers": _shown([one for one in found.triggers or () if _of_pushes(one)]),
    }
    used = str((given.properties or {}).get("connectedServiceId") or "")
    named = repository.service_connection
    known = named and organization.knows(service_connections.KIND, named)
    fields["service connection"] = named if known and used == known else used
    for variable, one in (found.variables or {}).items():
        if one.is_secret:
            fields[f"secret {variable}"] = kept_secrets.SET
            fields[f"variable {variable}"] = "(a secret)"
        else:
            fields[f"variable {variable}"] = one.value or ""
    return fields


def _of_pushes(trigger: Json) -> bool:
    return trigger.get("triggerType") in (PUSHES, 2)


def _shown(triggers: Iterable[Json]) -> str:
    texts = []
    for one in triggers:
        if one.get("settingsSourceType") == FROM_YAML:
            texts.append("of the file")
        else:
            parts = [*(one.get("branchFilters") or ()), *(one.get("pathFilters") or ())]
            batch = ["one at a time"] if one.get("batchChanges") else []
            texts.append(" ".join([*map(str, parts), *batch]))
    return "; ".join(texts) or NONE


def _there(found: Any) -> set[str]:
    """Names of the secrets that a definition has."""
    return {name for name, one in (found.variables or {}).items() if one.is_secret}


def _apply(
    pipeline: Pipeline,
    repository: Repository,
    repository_id: str,
    found: Any,
    needed: Mapping[str, SecretReference],
    organization: Organization,
) -> Callable[[], None]:
    def apply() -> None:
        from azure.devops.v7_1.build import models

        definition = found or models.BuildDefinition(type="build", quality="definition")
        definition.name = pipeline.name
        definition.path = _folder(pipeline, found)
        definition.process = {"type": YAML_PROCESS, "yamlFilename": pipeline.file}
        given = _repository(repository, repository_id, organization)
        definition.repository = _laid_over(definition.repository, given, models)
        definition.triggers = _triggers(pipeline, found)
        definition.variables = _variables(pipeline, found, needed, organization, models)
        if not found:
            definition.queue = models.AgentPoolQueue(id=_queue(organization))
        what = f"writing the pipeline {pipeline.name}"
        call: tuple[Any, ...] = ("create_definition", definition, organization.project)
        if found:
            call = ("update_definition", definition, organization.project, found.id)
        made = organization.write(what, "build", *call, needs=NEEDS)
        organization.remember(KIND, pipeline.name, made.id)

    return apply


def _triggers(pipeline: Pipeline, found: Any) -> list[Json]:
    """Those for pushes, where the file has the key; schedules and the like are left."""
    there = list(found.triggers or ()) if found else [OF_YAML]
    if pipeline.triggers is None:
        return there
    return [*(one for one in there if not _of_pushes(one)), *pipeline.triggers]


def _repository(repository: Repository, key: str, organization: Organization) -> Json:
    """Its fields, as the package's model calls them."""
    branch = f"refs/heads/{repository.branch}"
    if repository.type == AZURE_REPOS:
        named = {"id": key, "name": repository.name, "type": "TfsGit"}
        return {**named, "default_branch": branch, "properties": {}}
    connection = organization.id_of(service_connections.KIND, repository.service_connection)
    return {
        "id": repository.name,
        "name": repository.name,
        "type": "GitHub",
        "url": f"https://github.com/{repository.name}.git",
        "default_branch": branch,
        "properties": {"connectedServiceId": connection},
    }


def _laid_over(found: Any, given: Json, models: Any) -> Any:
    """The repository of a definition: how it is fetched and what it is told of builds is left."""
    if not found or found.type != given["type"]:
        return models.BuildRepository(**given)
    properties = {**(found.properties or {}), **given["properties"]}
    if str(found.id).lower() != given["id"].lower():
        found.url = None  # of the other repository
    for name, value in {**given, "properties": properties}.items():
        setattr(found, name, value)
    return found


def _variables(
    pipeline: Pipeline,
    found: Any,
    needed: Mapping[str, SecretReference],
    organization: Organization,
    models: Any,
) -> dict[str, Any]:
    # What the file doesn't name is left, also whether who runs the pipeline may set a variable; a
    # secret without a value keeps its own.
    values = dict(found.variables or {}) if found else {}

    def put(name: str, value: str | None, *, secret: bool) -> None:
        overridden = bool(name in values and values[name].allow_override)
        values[name] = models.BuildDefinitionVariable(
            value=value, is_secret=secret, allow_override=overridden
        )

    for name, value in pipeline.variables.items():
        put(name, value, secret=False)
    for name, reference in pipeline.secrets.items():
        secret = organization.surroundings.secrets.value(reference) if name in needed else None
        put(name, secret, secret=True)
    return values


def _queue(organization: Organization) -> int:
    """Where jobs go whose YAML names no pool."""
    listed = organization.read(
        "listing the agent pools", "task_agent", "get_agent_queues", organization.project
    )
    for one in sorted(listed, key=lambda one: str(one.name) != _POOL):
        return int(one.id)
    raise NotFound(
        f"the project {organization.project} has no agent pool",
        fix="add one in Project settings, Agent pools",
    )
