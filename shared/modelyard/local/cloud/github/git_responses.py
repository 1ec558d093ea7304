"""HTTP of git's own objects and references, and of branches."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from modelyard.local.cloud.github import exceptions
from modelyard.local.cloud.github.calls import Call, Reply
from modelyard.local.cloud.github.history import HEADS, WORKFLOWS, History
from modelyard.local.cloud.github.objects import FILE, MODES
from modelyard.local.cloud.github.protection import Protection

Json = dict[str, Any]


class GitResponses:
    """The answers."""

    def __init__(self, history: History, protection: Protection) -> None:
        self._history = history
        self._protection = protection

    def branches(self, call: Call) -> Reply:
        names = [n for n in self._history.refs(call.repository) if n.startswith(HEADS)]
        return call.page([self._branch(call, one.removeprefix(HEADS)) for one in names])

    def branch(self, call: Call, branch: str) -> Json:
        return self._branch(call, branch)

    def _branch(self, call: Call, branch: str) -> Json:
        sha = self._history.refs(call.repository).get(f"{HEADS}{branch}")
        if sha is None:
            raise exceptions.not_found("Branch not found")
        protected = self._protection.get(call.repository, branch) is not None
        return {
            "name": branch,
            "commit": {"sha": sha, "url": f"{call.url}/commits/{sha}"},
            "protected": protected,
            "protection_url": f"{call.url}/branches/{branch}/protection",
        }

    def matching(self, call: Call, ref: str) -> Reply:
        found = self._history.refs(call.repository)
        return call.page(
            [_ref(call, n, s) for n, s in found.items() if n.startswith(f"refs/{ref}")]
        )

    def ref(self, call: Call, ref: str) -> Json:
        sha = self._history.refs(call.repository).get(f"refs/{ref}")
        if sha is None:
            raise exceptions.not_found()
        return _ref(call, f"refs/{ref}", sha)

    def create_ref(self, call: Call) -> Reply:
        body = call.body()
        name, sha = str(body.get("ref", "")), str(body.get("sha", ""))
        if not name.startswith("refs/") or name.count("/") < 2:
            raise exceptions.invalid("Reference name must start with 'refs/'.")
        if name in self._history.refs(call.repository):
            raise exceptions.invalid("Reference already exists")
        self._check_commit(call, sha)
        self._history.set_ref(call.repository, name, sha)
        return Reply(201, _ref(call, name, sha))

    def update_ref(self, call: Call, ref: str) -> Json:
        body, name = call.body(), f"refs/{ref}"
        before, sha = self._history.refs(call.repository).get(name), str(body.get("sha", ""))
        if before is None:
            raise exceptions.invalid("Reference does not exist")
        self._check_commit(call, sha)
        if refused := self._protection.refuses(call, name.removeprefix(HEADS)):
            raise exceptions.invalid(refused)
        ancestors = self._history.objects(call.repository).ancestors(sha)
        if before not in ancestors and not body.get("force"):
            raise exceptions.invalid("Update is not a fast forward")
        self._history.set_ref(call.repository, name, sha)
        return _ref(call, name, sha)

    def delete_ref(self, call: Call, ref: str) -> None:
        if not self._history.delete_ref(call.repository, f"refs/{ref}"):
            raise exceptions.invalid("Reference does not exist")

    def _check_commit(self, call: Call, sha: str) -> None:
        if not self._history.objects(call.repository).knows(sha, "commit"):
            raise exceptions.invalid("Object does not exist")

    def create_blob(self, call: Call) -> Reply:
        body = call.body()
        sha = self._history.objects(call.repository).add_blob(_content(body))
        return Reply(201, {"sha": sha, "url": f"{call.url}/git/blobs/{sha}"})

    def blob(self, call: Call, sha: str) -> Json:
        found = self._history.objects(call.repository).get(sha, "blob")
        url = f"{call.url}/git/blobs/{sha}"
        content = {"content": found["content"], "encoding": "base64", "size": found["size"]}
        return {"sha": sha, "url": url, **content}

    def create_tree(self, call: Call) -> Reply:
        """Entries name a blob (``sha``, null takes the file away) or bring their ``content``."""
        body, objects = call.body(), self._history.objects(call.repository)
        base = body.get("base_tree")
        files = objects.files(self._tree_of(call, str(base))) if base else {}
        for entry in body.get("tree") or []:
            path, mode = str(entry.get("path", "")), entry.get("mode", FILE)
            if not path or path.startswith("/") or mode not in MODES:
                raise exceptions.invalid("tree.path or tree.mode is malformed")
            check_workflow(call, path)
            if "content" in entry:
                files[path] = (mode, objects.add_blob(_content(entry)))
            elif entry.get("sha") is None:
                files.pop(path, None)
            elif objects.knows(str(entry["sha"]), "blob"):
                files[path] = (mode, str(entry["sha"]))
            else:
                raise exceptions.invalid(f"tree.sha {entry['sha']} is not a valid blob")
        return Reply(201, self._tree(call, objects.add_tree(files)))

    def tree(self, call: Call, sha: str) -> Json:
        return self._tree(call, self._tree_of(call, sha))

    def _tree_of(self, call: Call, name: str) -> str:
        """A tree by its own SHA, or that of a commit."""
        objects = self._history.objects(call.repository)
        if objects.knows(name, "tree"):
            return name
        commit = self._history.resolve(call.repository, name)
        if commit is None:
            raise exceptions.not_found()
        return str(objects.get(commit, "commit")["tree"])

    def _tree(self, call: Call, sha: str) -> Json:
        objects = self._history.objects(call.repository)
        if call.request.args.get("recursive"):
            rows = [(path, *entry) for path, entry in objects.files(sha).items()]
        else:
            rows = [(name, mode, one) for name, mode, one in objects.get(sha, "tree")["entries"]]
        kinds = {True: "blob", False: "tree"}
        listed = [
            {"path": path, "mode": mode, "type": kinds[mode in MODES], "sha": one}
            for path, mode, one in rows
        ]
        url = f"{call.url}/git/trees/{sha}"
        return {"sha": sha, "url": url, "tree": listed, "truncated": False}

    def create_commit(self, call: Call) -> Reply:
        body, objects = call.body(), self._history.objects(call.repository)
        tree, parents = str(body.get("tree", "")), [str(one) for one in body.get("parents") or []]
        if not objects.knows(tree, "tree"):
            raise exceptions.invalid("Tree SHA does not exist")
        for one in parents:
            self._check_commit(call, one)
        message, author = str(body.get("message", "")), call.caller.login
        sha = self._history.commit_tree(call.repository, tree, parents, message, author)
        return Reply(201, self.git_commit(call, sha))

    def git_commit(self, call: Call, sha: str) -> Json:
        found = self._history.objects(call.repository).get(sha, "commit")
        who = {
            "name": found["author"],
            "email": f"{found['author']}@users.noreply.github.com",
            "date": found["date"],
        }
        tree = found["tree"]
        return {
            "sha": sha,
            "url": f"{call.url}/git/commits/{sha}",
            "html_url": f"{call.html_url}/commit/{sha}",
            "message": found["message"],
            "author": who,
            "committer": who,
            "tree": {"sha": tree, "url": f"{call.url}/git/trees/{tree}"},
            "parents": [
                {"sha": one, "url": f"{call.url}/git/commits/{one}"} for one in found["parents"]
            ],
        }

    def commit(self, call: Call, ref: str) -> Json:
        sha = self._history.resolve(call.repository, ref)
        if sha is None:
            raise exceptions.invalid(f"No commit found for SHA: {ref}")
        inner = self.git_commit(call, sha)
        outer = {name: inner[name] for name in ("sha", "html_url", "parents")}
        return {**outer, "url": f"{call.url}/commits/{sha}", "commit": inner}


def check_workflow(call: Call, path: str) -> None:
    """Raises GitHubError when the caller's token may not write workflow files."""
    if path.startswith(WORKFLOWS) and not call.caller.may("workflows", "write"):
        if call.caller.scopes is None:
            raise exceptions.not_accessible()
        raise exceptions.not_found()


def _ref(call: Call, name: str, sha: str) -> Json:
    commit = {"type": "commit", "sha": sha, "url": f"{call.url}/git/commits/{sha}"}
    return {"ref": name, "url": f"{call.url}/git/{name}", "object": commit}


def _content(body: Json) -> bytes:
    text = str(body.get("content", ""))
    if body.get("encoding") != "base64":
        return text.encode()
    try:
        return base64.b64decode(text)
    except binascii.Error:
        raise exceptions.invalid("content is not valid Base64") from None
