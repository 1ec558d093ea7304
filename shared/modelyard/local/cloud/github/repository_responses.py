"""HTTP of repositories themselves, of users, organizations and teams, and of the subject that a
repository's identity tokens have."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.github import accounts, exceptions
from modelyard.local.cloud.github.accounts import Accounts
from modelyard.local.cloud.github.calls import Call, Reply
from modelyard.local.cloud.github.history import History
from modelyard.local.cloud.github.repositories import Repositories
from modelyard.local.cloud.github.tokens import LIMIT
from modelyard.local.cloud.github_identity.models import CLAIM_KEYS

Json = dict[str, Any]


class RepositoryResponses:
    """The answers."""

    def __init__(self, repositories: Repositories, accounts: Accounts, history: History) -> None:
        self._repositories = repositories
        self._accounts = accounts
        self._history = history

    def user(self, call: Call) -> Json:
        return accounts.shown(self._accounts.get(call.caller.login), call.base)

    def account(self, call: Call, login: str) -> Json:
        return accounts.shown(self._accounts.get(login), call.base)

    def organization(self, call: Call, login: str) -> Json:
        found = self._accounts.get(login)
        if found["type"] != "Organization":
            raise exceptions.not_found()
        return {**accounts.shown(found, call.base), "url": f"{call.base}/orgs/{found['login']}"}

    def team(self, call: Call, login: str, slug: str) -> Json:
        """A classic token needs the scope read:org, a fine-grained one the permission members."""
        scopes = call.caller.scopes
        if scopes is not None and "read:org" not in scopes:
            raise exceptions.not_found()
        if scopes is None and not call.caller.may("members", "read"):
            raise exceptions.not_accessible()
        return accounts.shown_team(self._accounts.team(login, slug), call.base)

    def rate_limit(self, call: Call) -> Json:
        limit = {"limit": call.caller.limit, "remaining": LIMIT, "used": 0, "reset": 0}
        return {"resources": {"core": limit, "search": limit}, "rate": limit}

    def create(self, call: Call) -> Reply:
        """``POST /user/repos``; with ``auto_init`` it has a first commit."""
        body = call.body()
        made = self._repositories.add(
            call.caller.login, str(body.get("name", "")), private=bool(body.get("private"))
        )
        if body.get("auto_init"):
            text = f"# {made['name']}\n".encode()
            branch, who = made["default_branch"], call.caller.login
            self._history.write(made, branch, {"README.md": text}, "Initial commit", who)
        return Reply(201, self._repositories.shown(made, call.base, call.caller.login))

    def get(self, call: Call) -> Json:
        return self._repositories.shown(call.repository, call.base, call.caller.login)

    def subject(self, call: Call) -> Json:
        found: Json = call.repository["oidc"]
        return found

    def set_subject(self, call: Call) -> Reply:
        body = call.body()
        if not isinstance(body.get("use_default"), bool):
            raise exceptions.invalid('Invalid request.\n\n"use_default" wasn\'t supplied.')
        field = "use_immutable_subject"
        immutable = bool(body.get(field, call.repository["oidc"].get(field)))
        chosen = self._repositories.beginning(call.repository, immutable=immutable)
        chosen["use_default"] = body["use_default"]
        if not chosen["use_default"]:
            keys = [str(one) for one in body.get("include_claim_keys") or []]
            if unknown := [one for one in keys if one not in CLAIM_KEYS]:
                raise exceptions.invalid(f"Invalid claim keys: {', '.join(unknown)}")
            chosen["include_claim_keys"] = keys
        self._repositories.change(call.repository, oidc=chosen)
        return Reply(201, {})
