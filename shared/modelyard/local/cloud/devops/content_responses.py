"""HTTP of the files of Azure Repos: pushes, items and refs.

Source: Azure DevOps REST reference, "Pushes", "Items" and "Refs", API version 7.1.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.answering import body_of, caller_of
from modelyard.local.cloud.devops.contents import NOTHING, Contents, path_of
from modelyard.local.cloud.devops.projects import Projects

Json = dict[str, Any]


class ContentResponses:
    """The answers."""

    def __init__(self, projects: Projects, contents: Contents) -> None:
        self._projects = projects
        self._contents = contents

    def push(self, request: Request, project: str, repository: str) -> Json:
        """One branch and one commit, which is what the service takes."""
        body, found = body_of(request), self._projects.repository(project, repository)
        updates, commits = body.get("refUpdates") or [], body.get("commits") or []
        if len(updates) != 1 or len(commits) != 1:
            raise exceptions.invalid("refUpdates", "A push has one branch and one commit.")
        caller = caller_of(request)
        name, made = self._contents.push(found["id"], updates[0], commits[0], caller)
        return {
            "pushId": self._contents.next_push(),
            "repository": found,
            "pushedBy": {"displayName": caller},
            "commits": [{"commitId": made, "comment": commits[0].get("comment") or ""}],
            "refUpdates": [
                {
                    "name": name,
                    "oldObjectId": updates[0].get("oldObjectId") or NOTHING,
                    "newObjectId": made,
                    "repositoryId": found["id"],
                }
            ],
        }

    def refs(self, request: Request, project: str, repository: str) -> list[Json]:
        """By ``filter``: ``heads/main`` for all that begin so."""
        found = self._projects.repository(project, repository)
        beginning = f"refs/{request.args.get('filter', '')}"
        return [
            {"name": name, "objectId": commit}
            for name, commit in self._contents.refs(found["id"]).items()
            if name.startswith(beginning)
        ]

    def items(self, request: Request, project: str, repository: str) -> Any:
        """One, by ``path``: its bytes, its text or what is known of it, as the client takes it; or
        all below ``scopePath``."""
        found = self._projects.repository(project, repository)
        asked = request.args
        wanted = asked.get("versionDescriptor.version") or found["defaultBranch"]
        commit = self._contents.resolve(found["id"], wanted)
        tree = self._contents.tree(found["id"], commit)
        if "path" not in asked:
            below = asked.get("scopePath", "/").strip("/")
            return [
                _item(path, sha, commit)
                for path, (_, sha) in sorted(tree.items())
                if not below or f"{path}/".startswith(f"{below}/")
            ]
        path = path_of(asked["path"])
        if path not in tree:
            raise exceptions.item_not_found(path)
        content = self._contents.objects(found["id"]).content(tree[path][1])
        accepted = request.headers.get("Accept", "")
        for kind in ("application/octet-stream", "text/plain"):
            if accepted.startswith(kind):
                return Response(content, 200, mimetype=kind)
        item = _item(path, tree[path][1], commit)
        if asked.get("includeContent", "").lower() == "true":
            item["content"] = content.decode(errors="replace")
        return item


def _item(path: str, sha: str, commit: str) -> Json:
    return {"objectId": sha, "gitObjectType": "blob", "commitId": commit, "path": f"/{path}"}
