"""Where a project's pipelines are: a repository of Azure Repos, or one of GitHub."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modelyard.errors import NotFound
from modelyard.project.devops.organization import Organization
from modelyard.project.fields import Section
from modelyard.reading import nearest

KEYS = ("name", "type", "default-branch", "service-connection")
AZURE_REPOS, GITHUB = "azure-repos", "github"


@dataclass(frozen=True)
class Repository:
    """As the file has it."""

    name: str
    """``OWNER/NAME`` on GitHub."""
    type: str
    branch: str
    """Of its default branch, ``main``."""
    service_connection: str
    """To GitHub."""


def read(section: Section | None, project: str) -> Repository:
    """The section ``repository``; without it, the one that a new project has."""
    if section is None:
        return Repository(project, AZURE_REPOS, "main", "")
    kind = section.text("type", AZURE_REPOS, choices=(AZURE_REPOS, GITHUB))
    name = section.text("name", project, required=kind == GITHUB)
    if kind == GITHUB and not re.fullmatch(r"[^/\s]+/[^/\s]+", name):
        section.wrong("name", "isn't OWNER/NAME")
    return Repository(
        name,
        kind,
        section.text("default-branch", "main").removeprefix("refs/heads/"),
        section.text("service-connection", required=kind == GITHUB),
    )


def repository_id(repository: Repository, organization: Organization) -> str:
    """The id by which pipelines and policies name it.

    :raises NotFound: with those that there are.
    """
    if repository.type == GITHUB:
        return repository.name
    listed = organization.read(
        "listing the repositories", "git", "get_repositories", organization.project
    )
    by_name = {str(one.name).lower(): one for one in listed}
    if repository.name.lower() in by_name:
        return str(by_name[repository.name.lower()].id)
    names = sorted(str(one.name) for one in listed)
    raise NotFound(
        f"there is no repository {repository.name} in the project {organization.project}"
        f"{nearest(repository.name, names)}",
        cause=f"it has {', '.join(names) or 'none'}",
        fix="check azure-devops.repository.name, or make the repository",
    )
