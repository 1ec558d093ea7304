"""Reviews of pull requests: what a protected branch asks for before it is merged into.

Source: docs.github.com, REST API, "Pull request reviews".
"""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.github import accounts, exceptions
from modelyard.local.cloud.github.accounts import Accounts
from modelyard.local.cloud.github.calls import Call, Reply
from modelyard.local.cloud.github.repositories import Repositories, Shelf

STATES = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}
"""What a review becomes by its ``event``."""
Json = dict[str, Any]


class Reviews:
    """The answers."""

    def __init__(self, repositories: Repositories, accounts: Accounts) -> None:
        self._repositories = repositories
        self._accounts = accounts

    def listed(self, call: Call, number: int) -> Reply:
        """Oldest first."""
        self._pull(call, number)
        return call.page([self._shown(call, one) for one in self._of(call, number)])

    def add(self, call: Call, number: int) -> Json:
        """A review that is handed in at once; pending ones aren't kept here."""
        pull, body = self._pull(call, number), call.body()
        state = STATES.get(str(body.get("event")))
        if state is None:
            raise exceptions.validation("PullRequestReview", "event", "invalid")
        if state == "APPROVED" and pull["user"] == call.caller.login:
            message = "Can not approve your own pull request"
            raise exceptions.validation("PullRequestReview", "event", "custom", message)
        made = {
            "id": self._repositories.number("reviews"),
            "pull": number,
            "user": call.caller.login,
            "body": str(body.get("body") or ""),
            "state": state,
            "submitted_at": self._repositories.now(),
        }
        self._shelf(call).put(str(made["id"]), made)
        return self._shown(call, made)

    def lacking(self, call: Call, number: int, wanted: int) -> str:
        """Why the reviews aren't enough; empty when they are. Each person's last word counts."""
        last = {
            one["user"]: one["state"]
            for one in self._of(call, number)
            if one["state"] != STATES["COMMENT"]
        }
        if STATES["REQUEST_CHANGES"] in last.values():
            return "Changes have been requested by a reviewer."
        if list(last.values()).count(STATES["APPROVE"]) < wanted:
            return f"At least {wanted} approving review is required by reviewers."
        return ""

    def _shelf(self, call: Call) -> Shelf:
        return self._repositories.shelf(call.repository, "reviews")

    def _of(self, call: Call, number: int) -> list[Json]:
        return [one for one in self._shelf(call).values() if one["pull"] == number]

    def _pull(self, call: Call, number: int) -> Json:
        found = self._repositories.shelf(call.repository, "pulls").get(str(number))
        if found is None:
            raise exceptions.not_found()
        return found

    def _shown(self, call: Call, review: Json) -> Json:
        return {
            "id": review["id"],
            "user": accounts.shown(self._accounts.get(review["user"]), call.base),
            "body": review["body"],
            "state": review["state"],
            "submitted_at": review["submitted_at"],
            "pull_request_url": f"{call.url}/pulls/{review['pull']}",
        }
