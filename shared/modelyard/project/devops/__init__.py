"""``modelyard setup azure-devops``: one module for each kind of thing that a project has.

Each reads its part of the file into a frozen value, and gives the changes that make the project as
the value is. This brings them into the order in which they need each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from modelyard.project.devops import (
    connection_changes,
    environments,
    extension,
    permissions,
    pipeline_changes,
    pipelines,
    policies,
    repositories,
    service_connections,
    trust,
    variable_groups,
)
from modelyard.project.devops.organization import Organization
from modelyard.project.fields import Section
from modelyard.project.plan import Change, Link, Plan
from modelyard.project.surroundings import Surroundings
from modelyard.project.tenant import Federation, Tenant

KEYS = (
    *("organization", "project", "repository", "extension-publisher", "service-connections"),
    *("variable-groups", "environments", "pipelines", "branch-policies"),
)


@dataclass(frozen=True)
class Wanted:
    """The section of the file."""

    organization: str
    project: str
    repository: repositories.Repository
    extension_publisher: str
    connections: list[service_connections.ServiceConnection]
    groups: list[variable_groups.VariableGroup]
    environments: list[environments.Environment]
    pipelines: list[pipelines.Pipeline]
    policies: list[policies.Policy]

    @property
    def used(self) -> Iterator[tuple[str, str, permissions.Users]]:
        """What pipelines use: kind, name, and which pipelines may."""
        for connection in self.connections:
            yield service_connections.KIND, connection.name, connection.users
        for group in self.groups:
            yield variable_groups.KIND, group.name, group.users
        for environment in self.environments:
            yield environments.KIND, environment.name, environment.users


def plan(section: Section, surroundings: Surroundings) -> Plan:
    """What is to be done. See :class:`modelyard.project.surroundings.Platform`."""
    wanted = read(section, surroundings.tenant, with_az=surroundings.with_az)
    section.mistakes.check()
    organization = Organization(wanted.organization, wanted.project, surroundings)
    repository = repositories.repository_id(wanted.repository, organization)
    return Plan(
        f"Azure DevOps, {organization.project_url}",
        tuple(_changes(wanted, repository, organization)),
        links=lambda: _links(wanted, organization),
        warnings=tuple(extension.missing(wanted.extension_publisher, organization)),
        federations=lambda: _federations(wanted, organization),
        begin=organization.begin,
    )


def read(section: Section, azure: Tenant | None, *, with_az: bool) -> Wanted:
    """The section. Its mistakes are kept in it.

    :param azure: the section of that name.
    :param with_az: whether az may find or make the application.
    """
    project = section.text("project", required=True)
    repository = repositories.read(section.section("repository", repositories.KEYS), project)
    found = Wanted(
        organization=section.text("organization", required=True),
        project=project,
        repository=repository,
        extension_publisher=section.text("extension-publisher"),
        connections=[
            service_connections.read(one, azure, with_az)
            for one in section.sections("service-connections", service_connections.KEYS)
        ],
        groups=[
            variable_groups.read(one)
            for one in section.sections("variable-groups", variable_groups.KEYS)
        ],
        environments=[
            environments.read(one) for one in section.sections("environments", environments.KEYS)
        ],
        pipelines=[pipelines.read(one) for one in section.sections("pipelines", pipelines.KEYS)],
        policies=[
            policy
            for one in section.sections("branch-policies", policies.KEYS)
            for policy in policies.read(one)
        ],
    )
    if found.policies and repository.type != repositories.AZURE_REPOS:
        section.wrong("branch-policies", "are of Azure Repos: see github.branches for GitHub")
    _check_names(section, found)
    return found


def _check_names(section: Section, wanted: Wanted) -> None:
    for key, names in (
        ("service-connections", [one.name for one in wanted.connections]),
        ("variable-groups", [one.name for one in wanted.groups]),
        ("environments", [one.name for one in wanted.environments]),
        ("pipelines", [one.name for one in wanted.pipelines]),
    ):
        seen: set[str] = set()
        for name in names:
            if name and name.lower() in seen:
                section.wrong(key, f"has two called {name}")
            seen.add(name.lower())
    known = {one.name for one in wanted.pipelines}
    for kind, name, users in wanted.used:
        for pipeline in users.pipelines:
            if pipeline not in known:
                section.wrong(
                    "pipelines", f"has none called {pipeline}, which {kind} {name} is for"
                )
    for policy in wanted.policies:
        if policy.pipeline and policy.pipeline not in known:
            section.wrong("pipelines", f"has none called {policy.pipeline}, which validates")


def _changes(wanted: Wanted, repository: str, organization: Organization) -> Iterator[Change]:
    az = organization.surroundings.az
    if az:
        yield from az.application_changes()
    yield from connection_changes.changes(wanted.connections, organization)
    if az:
        for one in wanted.connections:
            if one.federated and one.client_id in ("", az.client_id):
                yield az.federation_change(
                    trust.federation_name(one, organization),
                    partial(trust.federation, one, organization),
                )
    yield from variable_groups.changes(wanted.groups, organization)
    yield from environments.changes(wanted.environments, organization)
    yield from pipeline_changes.changes(
        wanted.pipelines, wanted.repository, repository, organization
    )
    for kind, name, users in wanted.used:
        if users.any:
            yield permissions.permission_change(kind, name, users, organization)
    yield from policies.changes(wanted.policies, repository, organization)


def _federations(wanted: Wanted, organization: Organization) -> Iterator[Federation]:
    for one in wanted.connections:
        if (found := trust.federation(one, organization)) is not None:
            yield found


def _links(wanted: Wanted, organization: Organization) -> Iterator[Link]:
    home = organization.project_url
    yield Link("project", home)
    for connection in wanted.connections:
        key = organization.knows(service_connections.KIND, connection.name)
        yield Link(connection.name, f"{home}/_settings/adminservices?resourceId={key}")
    for group in wanted.groups:
        key = organization.knows(variable_groups.KIND, group.name)
        yield Link(
            group.name,
            f"{home}/_library?itemType=VariableGroups&view=VariableGroupView&variableGroupId={key}",
        )
    for environment in wanted.environments:
        key = organization.knows(environments.KIND, environment.name)
        yield Link(environment.name, f"{home}/_environments/{key}")
    for pipeline in wanted.pipelines:
        key = organization.knows(pipelines.KIND, pipeline.name)
        yield Link(pipeline.name, f"{home}/_build?definitionId={key}")
