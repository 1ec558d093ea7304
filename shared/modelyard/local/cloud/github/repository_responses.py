"""HTTP of repositories themselves, of users, organizations and teams, and of the subject that
identity tokens have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelyard.local.cloud.github import accounts, exceptions
from modelyard.local.cloud.github.accounts import Accounts
from modelyard.local.cloud.github.calls import Call, Reply
from modelyard.local.cloud.github.history import History
from modelyard.local.cloud.github.repositories import Repositories
from modelyard.local.cloud.github.tokens import LIMIT
from modelyard.local.cloud.github_identity.models import CLAIM_KEYS

Json = dict[str, Any]

READ, WRITE = ("read:org", "write:org", "admin:org"), ("write:org", "admin:org")
"""Scopes of classic tokens that allow it in an organization."""


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
        found = self._organization(login)
        return {**accounts.shown(found, call.base), "url": f"{call.base}/orgs/{found['login']}"}

    def team(self, call: Call, login: str, slug: str) -> Json:
        _check(call, READ, "members", "read")
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
        """Without the default and without claims, the organization's count."""
        body = call.body()
        if not isinstance(body.get("use_default"), bool):
            raise exceptions.invalid('Invalid request.\n\n"use_default" wasn\'t supplied.')
        field = "use_immutable_subject"
        immutable = bool(body.get(field, call.repository["oidc"].get(field)))
        chosen = self._repositories.beginning(call.repository, immutable=immutable)
        chosen["use_default"] = body["use_default"]
        if not chosen["use_default"] and body.get("include_claim_keys"):
            chosen["include_claim_keys"] = _claim_keys(body)
        self._repositories.change(call.repository, oidc=chosen)
        return Reply(201, {})

    def organization_subject(self, call: Call, login: str) -> Json:
        found = self._organization(login)
        _check(call, READ, "organization_administration", "read")
        return {"include_claim_keys": found["claim_keys"]}

    def set_organization_subject(self, call: Call, login: str) -> Reply:
        found = self._organization(login)
        _check(call, WRITE, "organization_administration", "write")
        if call.caller.login not in found["administrators"]:
            raise exceptions.not_found()
        self._accounts.change(login, claim_keys=_claim_keys(call.body()))
        return Reply(201, {})

    def _organization(self, login: str) -> Json:
        found = self._accounts.get(login)
        if found["type"] != "Organization":
            raise exceptions.not_found()
        return found


def _check(call: Call, scopes: Sequence[str], permission: str, level: str) -> None:
    """A classic token needs one of the scopes, a fine-grained one the permission."""
    if call.caller.scopes is None:
        if not call.caller.may(permission, level):
            raise exceptions.not_accessible()
    elif not set(scopes) & set(call.caller.scopes):
        raise exceptions.not_found()


def _claim_keys(body: Json) -> list[str]:
    keys = [str(one) for one in body.get("include_claim_keys") or []]
    if not keys:
        raise exceptions.invalid('Invalid request.\n\n"include_claim_keys" wasn\'t supplied.')
    if unknown := [one for one in keys if one not in CLAIM_KEYS]:
        raise exceptions.invalid(f"Invalid claim keys: {', '.join(unknown)}")
    return keys
