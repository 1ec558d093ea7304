"""A pipeline's YAML with its templates expanded, without a run.

The planning is handed to the cloud by whoever starts it. The files are those that were pushed to
the local Azure Repos and to the local GitHub.

Source: Azure DevOps REST reference, "Preview" and "Run Pipeline", API version 7.1.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.answering import body_of
from modelyard.local.cloud.devops.contents import Contents, path_of, write_tree
from modelyard.local.cloud.devops.pipelines import PipelineResponses
from modelyard.local.cloud.devops.projects import Projects
from modelyard.local.cloud.expanding import PipelineFile
from modelyard.local.cloud.github.accounts import Accounts
from modelyard.local.cloud.github.exceptions import GitHubError
from modelyard.local.cloud.github.history import History
from modelyard.local.cloud.github.repositories import Repositories
from modelyard.local.cloud.service import Cloud
from modelyard.runner_errors import PipelineError

GITHUB = "github"
Json = dict[str, Any]


class Previews:
    """Of all pipelines."""

    def __init__(
        self, cloud: Cloud, projects: Projects, pipelines: PipelineResponses, contents: Contents
    ) -> None:
        self._cloud = cloud
        self._projects = projects
        self._pipelines = pipelines
        self._contents = contents
        self._github = Repositories(cloud, Accounts(cloud))
        self._history = History(cloud, self._github)

    def preview(self, request: Request, project: str, pipeline: int) -> Json:
        """``{"finalYaml"}``. Raises DevOpsError."""
        return {"finalYaml": self.expanded(body_of(request), project, pipeline)}

    def expanded(self, given: Json, project: str, number: int) -> str:
        """The YAML. Raises DevOpsError, with everything that is wrong in it.

        :param given: ``resources``, ``templateParameters``, ``variables``, ``yamlOverride``.
        """
        if self._cloud.expand is None:
            raise exceptions.invalid(
                "previewRun", "Nothing expands YAML here: start this cloud with modelyard local up."
            )
        found = self._projects.get(project)
        definition = self._pipelines.definitions.get(found["id"], number)
        own = ((given.get("resources") or {}).get("repositories") or {}).get("self") or {}
        repository = definition["repository"]
        branch = str(own.get("refName") or repository.get("defaultBranch") or "refs/heads/main")
        override = given.get("yamlOverride")
        variables = given.get("variables") or {}
        folder = self._cloud.folder / "devops"
        with tempfile.TemporaryDirectory(prefix="preview-", dir=folder) as place:
            copies = Path(place)

            def find(kind: str, name: str, ref: str) -> Path:
                return self._copied(copies, project, kind, name, ref)[0]

            kind = "git" if repository["type"] == "TfsGit" else GITHUB
            name = repository["name"] if kind == "git" else repository.get("id") or ""
            try:
                root, commit = self._copied(
                    copies, project, kind, str(name), str(own.get("version") or branch)
                )
            except exceptions.DevOpsError:
                if override is None:
                    raise
                root, commit = Path(tempfile.mkdtemp(dir=copies)), ""  # nothing was pushed yet
            path = root / path_of(definition["process"]["yamlFilename"])
            if override is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(str(override), encoding="utf-8")
            if not path.is_file():
                raise exceptions.pipeline_invalid(
                    f"File /{path.relative_to(root)} not found in repository {name} branch "
                    f"{branch} version {commit}."
                )
            asked = PipelineFile(
                path=path,
                root=root,
                find=find,
                parameters=given.get("templateParameters") or {},
                variables={key: str(one.get("value") or "") for key, one in variables.items()},
                project=found["name"],
                pipeline=definition["name"],
                repository=str(name),
                branch=branch,
                commit=commit,
            )
            try:
                return self._cloud.expand(asked)
            except PipelineError as error:
                said = "\n".join(str(one) for one in error.problems) or error.what
                raise exceptions.pipeline_invalid(said.replace(f"{copies}/", "")) from None

    def _copied(
        self, copies: Path, project: str, kind: str, name: str, ref: str
    ) -> tuple[Path, str]:
        """A copy of a repository, and the commit of it. Raises DevOpsError where it isn't here."""
        folder = Path(tempfile.mkdtemp(dir=copies))
        if kind == GITHUB:
            tree, objects, commit = self._of_github(name, ref)
        else:
            other, _, last = name.rpartition("/")
            found = self._projects.repository(other or project, last)
            commit = self._contents.resolve(found["id"], ref or found["defaultBranch"])
            tree = self._contents.tree(found["id"], commit)
            objects = self._contents.objects(found["id"])
        write_tree(tree, objects, folder)
        return folder, commit

    def _of_github(self, name: str, ref: str) -> tuple[Any, Any, str]:
        owner, _, last = name.partition("/")
        try:
            repository = self._github.get(owner, last)
        except GitHubError:
            raise exceptions.not_found("GitHubRepository", name) from None
        commit = self._history.resolve(repository, ref.removeprefix("refs/heads/"))
        if commit is None:
            raise exceptions.branch_not_found(ref)
        objects = self._history.objects(repository)
        return objects.files_of_commit(commit), objects, commit
