"""Pull requests, and the comments on them (which GitHub calls comments of issues)."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.github import accounts, exceptions
from modelyard.local.cloud.github.accounts import Accounts
from modelyard.local.cloud.github.calls import Call, Reply
from modelyard.local.cloud.github.exceptions import GitHubError
from modelyard.local.cloud.github.history import HEADS, History, changed_files, merge_base
from modelyard.local.cloud.github.protection import Protection
from modelyard.local.cloud.github.repositories import Repositories, Shelf
from modelyard.local.cloud.github.reviews import Reviews

Json = dict[str, Any]


class Pulls:
    """The answers. Heads are branches of the same repository: there are no forks here."""

    def __init__(
        self,
        repositories: Repositories,
        accounts: Accounts,
        history: History,
        protection: Protection,
        reviews: Reviews,
    ) -> None:
        self._repositories = repositories
        self._accounts = accounts
        self._history = history
        self._protection = protection
        self._reviews = reviews

    def listed(self, call: Call) -> Reply:
        """By ``state`` (open, closed, all), ``head`` (``owner:branch``) and ``base``."""
        asked = call.request.args
        state, head, base = asked.get("state", "open"), asked.get("head"), asked.get("base")
        found = [
            one
            for one in self._shelf(call).values()
            if state in ("all", one["state"])
            and head in (None, f"{call.repository['owner']}:{one['head']}")
            and base in (None, one["base"])
        ]
        return call.page([self._shown(call, one) for one in reversed(found)])

    def get(self, call: Call, number: int) -> Json:
        return self._shown(call, self._found(call, number))

    def create(self, call: Call) -> Reply:
        body, refs = call.body(), self._history.refs(call.repository)
        head = str(body.get("head", "")).rpartition(":")[2]
        base = str(body.get("base", ""))
        if not body.get("title"):
            raise exceptions.validation("PullRequest", "title", "missing_field")
        for field, branch in (("head", head), ("base", base)):
            if f"{HEADS}{branch}" not in refs:
                raise exceptions.validation("PullRequest", field, "invalid")
        owner = call.repository["owner"]
        for one in self._shelf(call).values():
            if (one["state"], one["head"], one["base"]) == ("open", head, base):
                message = f"A pull request already exists for {owner}:{head}."
                raise exceptions.validation("PullRequest", "head", "custom", message)
        objects = self._history.objects(call.repository)
        if refs[f"{HEADS}{head}"] in objects.ancestors(refs[f"{HEADS}{base}"]):
            message = f"No commits between {base} and {head}"
            raise exceptions.validation("PullRequest", "head", "custom", message)
        now = self._repositories.now()
        made = {
            "number": self._repositories.number(f"issues.{call.repository['id']}"),
            "title": str(body["title"]),
            "body": body.get("body"),
            "head": head,
            "base": base,
            "draft": bool(body.get("draft")),
            "user": call.caller.login,
            "state": "open",
            "merged": False,
            "merge_commit_sha": None,
            "created_at": now,
            "updated_at": now,
        }
        self._shelf(call).put(str(made["number"]), made)
        return Reply(201, self._shown(call, made))

    def update(self, call: Call, number: int) -> Json:
        body = call.body()
        changes: Json = {
            name: body[name] for name in ("title", "body", "state", "base") if name in body
        }
        if changes.get("state", "open") not in ("open", "closed"):
            raise exceptions.validation("PullRequest", "state", "invalid")
        return self._change(call, self._found(call, number), changes)

    def files(self, call: Call, number: int) -> Reply:
        pull = self._found(call, number)
        objects, refs = self._history.objects(call.repository), self._history.refs(call.repository)
        head = refs[f"{HEADS}{pull['head']}"]
        base = merge_base(objects, refs[f"{HEADS}{pull['base']}"], head)
        found = [
            {"filename": path, "status": status}
            for path, status in changed_files(objects, base, head)
        ]
        return call.page(found)

    def merge(self, call: Call, number: int) -> Json:
        pull = self._found(call, number)
        if pull["state"] != "open":
            raise GitHubError(405, "Pull Request is not mergeable")
        if self._protection.refuses(call, pull["base"]):
            wanted = self._protection.approvals(call.repository, pull["base"])
            if lacking := self._reviews.lacking(call, number, wanted):
                raise GitHubError(405, lacking)
        head = self._history.refs(call.repository)[f"{HEADS}{pull['head']}"]
        message = f"Merge pull request #{number} from {call.repository['owner']}/{pull['head']}"
        sha = self._history.merge(call.repository, pull["base"], head, message, call.caller.login)
        self._change(call, pull, {"state": "closed", "merged": True, "merge_commit_sha": sha})
        return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}

    def issue(self, call: Call, number: int) -> Json:
        """A pull request is an issue, too."""
        shown = self.get(call, number)
        url = f"{call.url}/issues/{number}"
        kept = ("id", "node_id", "number", "title", "body", "state", "user", "html_url")
        links = {"url": url, "comments_url": f"{url}/comments"}
        return {
            **{name: shown[name] for name in kept},
            **links,
            "pull_request": {"url": shown["url"]},
        }

    def comments(self, call: Call, number: int) -> Reply:
        self._found(call, number)
        found = [one for one in self._comments(call).values() if one["issue"] == number]
        return call.page([self._comment(call, one) for one in found])

    def comment(self, call: Call, comment: int) -> Json:
        return self._comment(call, self._found_comment(call, comment))

    def add_comment(self, call: Call, number: int) -> Reply:
        self._found(call, number)
        text, now = _text(call), self._repositories.now()
        made = {
            "id": self._repositories.number("comments"),
            "issue": number,
            "body": text,
            "user": call.caller.login,
            "created_at": now,
            "updated_at": now,
        }
        self._comments(call).put(str(made["id"]), made)
        return Reply(201, self._comment(call, made))

    def update_comment(self, call: Call, comment: int) -> Json:
        before = self._found_comment(call, comment)
        changed = {**before, "body": _text(call), "updated_at": self._repositories.now()}
        self._comments(call).put(str(comment), changed)
        return self._comment(call, changed)

    def delete_comment(self, call: Call, comment: int) -> None:
        self._found_comment(call, comment)
        self._comments(call).delete(str(comment))

    def _shelf(self, call: Call) -> Shelf:
        return self._repositories.shelf(call.repository, "pulls")

    def _comments(self, call: Call) -> Shelf:
        return self._repositories.shelf(call.repository, "comments")

    def _found(self, call: Call, number: int) -> Json:
        found = self._shelf(call).get(str(number))
        if found is None:
            raise exceptions.not_found()
        return found

    def _found_comment(self, call: Call, comment: int) -> Json:
        found = self._comments(call).get(str(comment))
        if found is None:
            raise exceptions.not_found()
        return found

    def _change(self, call: Call, pull: Json, changes: Json) -> Json:
        changed = {**pull, **changes, "updated_at": self._repositories.now()}
        self._shelf(call).put(str(pull["number"]), changed)
        return self._shown(call, changed)

    def _shown(self, call: Call, pull: Json) -> Json:
        number, refs = pull["number"], self._history.refs(call.repository)
        user = accounts.shown(self._accounts.get(pull["user"]), call.base)
        owner = call.repository["owner"]
        kept = ("number", "title", "body", "state", "draft", "merged", "merge_commit_sha")
        return {
            **{name: pull[name] for name in (*kept, "created_at", "updated_at")},
            "id": call.repository["id"] * 100_000 + number,
            "node_id": f"PR_{call.repository['id']}_{number}",
            "url": f"{call.url}/pulls/{number}",
            "issue_url": f"{call.url}/issues/{number}",
            "comments_url": f"{call.url}/issues/{number}/comments",
            "html_url": f"{call.html_url}/pull/{number}",
            "user": user,
            **{
                side: {
                    "ref": pull[side],
                    "label": f"{owner}:{pull[side]}",
                    "sha": refs.get(f"{HEADS}{pull[side]}"),
                    "repo": self._repositories.shown(call.repository, call.base, call.caller.login),
                }
                for side in ("head", "base")
            },
        }

    def _comment(self, call: Call, comment: Json) -> Json:
        issue, number = comment["issue"], comment["id"]
        user = accounts.shown(self._accounts.get(comment["user"]), call.base)
        kept = ("id", "body", "created_at", "updated_at")
        return {
            **{name: comment[name] for name in kept},
            "node_id": f"IC_{number}",
            "url": f"{call.url}/issues/comments/{number}",
            "issue_url": f"{call.url}/issues/{issue}",
            "html_url": f"{call.html_url}/pull/{issue}#issuecomment-{number}",
            "user": user,
        }


def _text(call: Call) -> str:
    text = call.body().get("body")
    if not isinstance(text, str) or not text:
        raise exceptions.validation("IssueComment", "body", "missing_field")
    if len(text) > 65_536:
        message = "body is too long (maximum is 65536 characters)"
        raise exceptions.validation("IssueComment", "body", "custom", message)
    return text
