"""Where a project's pipelines are: a repository of Azure Repos, or one of GitHub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modelyard.errors import NotFound
from modelyard.project import github_shapes
from modelyard.project.devops.organization import Organization
from modelyard.project.fields import Section
from modelyard.project.shapes import HEADS, branch
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
    if kind == GITHUB:
        name = github_shapes.repository(section, "name", "OWNER/NAME", required=True)
    else:
        name = section.text("name", project)
    if kind == AZURE_REPOS and section.has("service-connection"):
        section.wrong("service-connection", f"is of repositories of the type {GITHUB}")
    return Repository(
        name,
        kind,
        branch(section, "default-branch", "main"),
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


def missing_branches(
    names: Iterable[str], repository: Repository, key: str, organization: Organization
) -> Iterator[str]:
    """A warning for each branch that isn't there; nothing is known of those on GitHub.

    :param key: of the repository.
    """
    if repository.type == GITHUB:
        return
    for name in dict.fromkeys(names):
        listed = organization.read(
            f"looking for the branch {name}",
            "git",
            "get_refs",
            key,
            organization.project,
            filter=f"heads/{name}",  # all that begin so
        )
        if f"{HEADS}{name}" not in {str(one.name) for one in listed}:
            yield (
                f"the repository {repository.name} has no branch {name}: pipelines and policies "
                "for it wait until it has"
            )
