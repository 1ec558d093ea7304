"""``modelyard setup azure-devops``: one module for each kind of thing that a project has.

Each reads its part of the file into a frozen value, and gives the changes that make the project as
the value is. This brings them into the order in which they need each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from modelyard.azure.identity.clouds import AzureCloud
from modelyard.project import shapes
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


NAME = "name"
"""By which things of one kind are told apart."""


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
    def branches(self) -> Iterator[str]:
        """Those that pipelines and policies are of."""
        if self.pipelines:
            yield self.repository.branch
        for policy in self.policies:
            yield policy.branch

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
    wanted = read(section, surroundings.tenant, surroundings.cloud, with_az=surroundings.with_az)
    section.mistakes.check()
    organization = Organization(wanted.organization, wanted.project, surroundings)
    repository = repositories.repository_id(wanted.repository, organization)
    changes = tuple(_changes(wanted, repository, organization))
    federated = [one for one in wanted.connections if one.federated]
    return Plan(
        f"Azure DevOps, {organization.project_url}",
        changes,
        links=lambda: _links(wanted, organization),
        warnings=(
            *extension.missing(wanted.extension_publisher, organization),
            *repositories.missing_branches(
                wanted.branches, wanted.repository, repository, organization
            ),
        ),
        federations=lambda: _federations(wanted, organization),
        untold=tuple(one.name for one in federated if trust.federation(one, organization) is None),
        begin=organization.begin,
    )


def read(section: Section, azure: Tenant | None, cloud: AzureCloud, *, with_az: bool) -> Wanted:
    """The section. Its mistakes are kept in it.

    :param azure: the section of that name.
    :param with_az: whether az may find or make the application.
    """
    project = section.text("project", required=True)
    wanted_pipelines = [
        pipelines.read(one) for one in section.sections("pipelines", pipelines.KEYS, once=NAME)
    ]
    known = [one.name for one in wanted_pipelines]
    repository = repositories.read(section.section("repository", repositories.KEYS), project)
    found = Wanted(
        organization=_organization(section),
        project=project,
        repository=repository,
        extension_publisher=section.text("extension-publisher"),
        connections=[
            service_connections.read(one, azure, with_az, known, cloud)
            for one in section.sections("service-connections", service_connections.KEYS, once=NAME)
        ],
        groups=[
            variable_groups.read(one, known)
            for one in section.sections("variable-groups", variable_groups.KEYS, once=NAME)
        ],
        environments=[
            environments.read(one, known)
            for one in section.sections("environments", environments.KEYS, once=NAME)
        ],
        pipelines=wanted_pipelines,
        policies=[
            policy
            for one in section.sections(
                "branch-policies", policies.KEYS, once="branch", any_case=False
            )
            for policy in policies.read(one, known)
        ],
    )
    if found.policies and repository.type != repositories.AZURE_REPOS:
        section.wrong("branch-policies", "are of Azure Repos: see github.branches for GitHub")
    return found


def _organization(section: Section) -> str:
    """Its name, or its address."""
    name = section.text("organization", required=True)
    if "://" in name:
        name = shapes.address(section, "organization")
        known = re.fullmatch(r"https?://([^/]+/.+|[^/]+\.visualstudio\.com)", name)
    else:
        known = re.fullmatch(r"[\w-]+", name)
    if name and not known:
        section.wrong("organization", f"is {name}, neither a name nor https://dev.azure.com/NAME")
    return name


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
    used = [(one.service_connection, service_connections.AZURE) for one in wanted.groups]
    used.append((wanted.repository.service_connection, service_connections.GITHUB))
    service_connections.check_known(used, wanted.connections, organization)
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
