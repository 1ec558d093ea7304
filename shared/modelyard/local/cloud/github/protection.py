"""Protected branches: how the protection is kept and shown, and what it refuses."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.github import exceptions
from modelyard.local.cloud.github.calls import Call
from modelyard.local.cloud.github.exceptions import GitHubError
from modelyard.local.cloud.github.history import HEADS, History
from modelyard.local.cloud.github.repositories import Repositories

NEEDED = (
    *("required_status_checks", "enforce_admins"),
    *("required_pull_request_reviews", "restrictions"),
)
SWITCHES = (
    *("required_linear_history", "allow_force_pushes", "allow_deletions", "block_creations"),
    *("required_conversation_resolution", "lock_branch", "allow_fork_syncing"),
)
REVIEWS = {
    "dismiss_stale_reviews": False,
    "require_code_owner_reviews": False,
    "require_last_push_approval": False,
    "required_approving_review_count": 1,
}

Json = dict[str, Any]


class Protection:
    """All state is in the cloud's store."""

    def __init__(self, repositories: Repositories, history: History) -> None:
        self._repositories = repositories
        self._history = history

    def get(self, repository: Json, branch: str) -> Json | None:
        return self._repositories.shelf(repository, "protection").get(branch)

    def refuses(self, call: Call, branch: str) -> str:
        """Why the caller may not write to the branch; empty when that is allowed."""
        found = self.get(call.repository, branch)
        if found is None:
            return ""
        is_admin = self._repositories.role(call.repository, call.caller.login) == "admin"
        if is_admin and not found["enforce_admins"]:
            return ""
        if found["required_pull_request_reviews"] is not None:
            return "Changes must be made through a pull request."
        return ""

    def approvals(self, repository: Json, branch: str) -> int:
        """How many approving reviews a pull request into the branch needs."""
        found = self.get(repository, branch) or {}
        rules = found.get("required_pull_request_reviews") or {}
        return int(rules.get("required_approving_review_count") or 0)

    def shown(self, call: Call, branch: str) -> Json:
        """``GET .../branches/BRANCH/protection``"""
        self._check(call, branch)
        found = self.get(call.repository, branch)
        if found is None:
            raise exceptions.not_found("Branch not protected")
        return _shown(found, f"{call.url}/branches/{branch}/protection")

    def put(self, call: Call, branch: str) -> Json:
        """Replaces the whole."""
        self._check(call, branch)
        body = call.body()
        if missing := [name for name in NEEDED if name not in body]:
            said = "\n".join(f'"{name}" wasn\'t supplied.' for name in missing)
            raise exceptions.invalid(f"Invalid request.\n\n{said}")
        reviews = body["required_pull_request_reviews"]
        count = (reviews or {}).get("required_approving_review_count", 1)
        if not isinstance(count, int) or not 0 <= count <= 6:
            raise exceptions.invalid("required_approving_review_count must be from 0 to 6")
        checks = body["required_status_checks"]
        if checks is not None:
            named = checks.get("checks") or [{"context": c} for c in checks.get("contexts") or []]
            shown = [{"context": one["context"], "app_id": one.get("app_id")} for one in named]
            checks = {"strict": bool(checks.get("strict")), "checks": shown}
        document = {
            "enforce_admins": bool(body["enforce_admins"]),
            "required_status_checks": checks,
            "required_pull_request_reviews": None if reviews is None else {**REVIEWS, **reviews},
            "restrictions": body["restrictions"],
            **{name: bool(body.get(name)) for name in SWITCHES},
        }
        self._repositories.shelf(call.repository, "protection").put(branch, document)
        return self.shown(call, branch)

    def delete(self, call: Call, branch: str) -> None:
        self._check(call, branch)
        if not self._repositories.shelf(call.repository, "protection").delete(branch):
            raise exceptions.not_found("Branch not protected")

    def _check(self, call: Call, branch: str) -> None:
        if f"{HEADS}{branch}" not in self._history.refs(call.repository):
            raise exceptions.not_found("Branch not found")
        if self._repositories.is_free(call.repository):
            raise GitHubError(
                403,
                "Upgrade to GitHub Pro or make this repository public to enable this feature.",
            )


def _shown(document: Json, url: str) -> Json:
    found: Json = {
        "url": url,
        "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": document["enforce_admins"]},
        "required_signatures": {"url": f"{url}/required_signatures", "enabled": False},
    }
    found |= {name: {"enabled": document[name]} for name in SWITCHES}
    checks = document["required_status_checks"]
    if checks is not None:
        place = f"{url}/required_status_checks"
        contexts = [one["context"] for one in checks["checks"]]
        more = {"contexts": contexts, "contexts_url": f"{place}/contexts"}
        found["required_status_checks"] = {"url": place, **checks, **more}
    reviews = document["required_pull_request_reviews"]
    if reviews is not None:
        place = f"{url}/required_pull_request_reviews"
        found["required_pull_request_reviews"] = {"url": place, **reviews}
    if document["restrictions"] is not None:
        place = f"{url}/restrictions"
        urls = {f"{kind}_url": f"{place}/{kind}" for kind in ("users", "teams", "apps")}
        found["restrictions"] = {"url": place, **urls, **document["restrictions"]}
    return found
