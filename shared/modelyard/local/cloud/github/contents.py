"""HTTP of files in a repository, one at a time."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from modelyard.local.cloud.github import exceptions
from modelyard.local.cloud.github.calls import Call, Reply
from modelyard.local.cloud.github.exceptions import GitHubError
from modelyard.local.cloud.github.git_responses import GitResponses, check_workflow
from modelyard.local.cloud.github.history import HEADS, History
from modelyard.local.cloud.github.protection import Protection

Json = dict[str, Any]


class ContentResponses:
    """The answers."""

    def __init__(self, history: History, git: GitResponses, protection: Protection) -> None:
        self._history = history
        self._git = git
        self._protection = protection

    def get(self, call: Call, path: str = "") -> Json | list[Json]:
        """A file, or the list of a folder."""
        ref = call.request.args.get("ref", "")
        commit = self._history.resolve(call.repository, ref)
        if commit is None:
            raise exceptions.not_found(f"No commit found for the ref {ref}" if ref else "Not Found")
        files = self._history.objects(call.repository).files_of_commit(commit)
        if path in files:
            return self._file(call, path, files[path][1], whole=True)
        folder = f"{path}/" if path else ""
        inside = [one.removeprefix(folder) for one in files if one.startswith(folder)]
        if not inside:
            raise exceptions.not_found()
        return [
            self._file(call, folder + name, files[folder + name][1], whole=False)
            if folder + name in files
            else self._folder(call, folder + name)
            for name in dict.fromkeys(one.partition("/")[0] for one in sorted(inside))
        ]

    def put(self, call: Call, path: str) -> Reply:
        body = call.body()
        branch, before = self._place(call, body, path)
        try:
            content = base64.b64decode(str(body.get("content", "")), validate=False)
        except binascii.Error:
            raise exceptions.invalid("content is not valid Base64") from None
        commit = self._commit(call, branch, path, content, body)
        sha = self._history.objects(call.repository).add_blob(content)
        shown = self._file(call, path, sha, whole=False)
        answer = {"content": shown, "commit": self._git.git_commit(call, commit)}
        return Reply(200 if before else 201, answer)

    def delete(self, call: Call, path: str) -> Json:
        body = {**call.request.args.to_dict(), **(call.body() if call.request.get_data() else {})}
        branch, before = self._place(call, body, path)
        if before is None:
            raise exceptions.not_found()
        commit = self._commit(call, branch, path, None, body)
        return {"content": None, "commit": self._git.git_commit(call, commit)}

    def _place(self, call: Call, body: Json, path: str) -> tuple[str, str | None]:
        """The branch to write to, and the SHA of what the file is there now."""
        check_workflow(call, path)
        if not body.get("message"):
            raise exceptions.invalid('Invalid request.\n\n"message" wasn\'t supplied.')
        branch = str(body.get("branch") or call.repository["default_branch"])
        refs = self._history.refs(call.repository)
        if refs and f"{HEADS}{branch}" not in refs:
            raise exceptions.not_found(f"Branch {branch} not found")
        if refused := self._protection.refuses(call, branch):
            raise GitHubError(409, f"Could not update file: {refused}")
        commit = refs.get(f"{HEADS}{branch}")
        objects = self._history.objects(call.repository)
        before = (objects.files_of_commit(commit) if commit else {}).get(path)
        if before and not body.get("sha"):
            raise exceptions.invalid('Invalid request.\n\n"sha" wasn\'t supplied.')
        if before and body["sha"] != before[1]:
            raise GitHubError(409, f"{path} does not match {body['sha']}")
        return branch, before[1] if before else None

    def _commit(self, call: Call, branch: str, path: str, content: bytes | None, body: Json) -> str:
        message, author = str(body["message"]), call.caller.login
        return self._history.write(call.repository, branch, {path: content}, message, author)

    def _file(self, call: Call, path: str, sha: str, *, whole: bool) -> Json:
        found = self._history.objects(call.repository).get(sha, "blob")
        shown = {
            "type": "file",
            "name": path.rpartition("/")[2],
            "path": path,
            "sha": sha,
            "size": found["size"],
            "url": f"{call.url}/contents/{path}",
            "html_url": f"{call.html_url}/blob/{call.repository['default_branch']}/{path}",
        }
        if whole:
            shown |= {"encoding": "base64", "content": found["content"]}
        return shown

    def _folder(self, call: Call, path: str) -> Json:
        name = path.rpartition("/")[2]
        url = f"{call.url}/contents/{path}"
        return {"type": "dir", "name": name, "path": path, "size": 0, "url": url}
