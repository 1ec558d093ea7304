"""What only a local cloud can be told, on its own interface (loopback): repositories with their
files, accounts, tokens of fewer rights, and what became of a run."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.github.accounts import OWNER, Accounts
from modelyard.local.cloud.github.exceptions import GitHubError
from modelyard.local.cloud.github.history import History
from modelyard.local.cloud.github.repositories import Repositories
from modelyard.local.cloud.github.tokens import LIMIT, SCOPES, Tokens
from modelyard.local.cloud.github.workflows import Workflows
from modelyard.local.cloud.json_bodies import json_answer, json_object
from modelyard.local.cloud.service import Handler

Json = dict[str, Any]


class Own:
    """The handlers."""

    def __init__(
        self,
        accounts: Accounts,
        tokens: Tokens,
        repositories: Repositories,
        history: History,
        workflows: Workflows,
    ) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._repositories = repositories
        self._history = history
        self._workflows = workflows

    def add_repository(self, body: Json) -> Json:
        """``{"repository": "owner/name", "private", "files": {path: text}, "collaborators":
        {login: role}, "organization": whether the owner is one}``

        Files are committed to the default branch. The cloud's own user administers it.
        """
        owner, _, name = str(body["repository"]).partition("/")
        is_organization = bool(body.get("organization"))
        self._accounts.add(owner, "Organization" if is_organization else "User")
        made = self._repositories.add(owner, name, private=bool(body.get("private", True)))
        people = {str(login): str(role) for login, role in body.get("collaborators", {}).items()}
        for login in people:
            self._accounts.add(login)
        self._repositories.change(made, collaborators={OWNER: "admin", **people})
        files = {path: str(text).encode() for path, text in body.get("files", {}).items()}
        if files:
            branch = made["default_branch"]
            self._history.write(made, branch, files, "First commit", OWNER)
        return {"id": made["id"]}

    def add_account(self, body: Json) -> Json:
        """``{"login", "organization": true, "plan": "free" or "team", "teams": [slug],
        "administrators": [login]}``"""
        made = self._accounts.add(
            str(body["login"]), "Organization" if body.get("organization") else "User"
        )
        if "plan" in body:
            self._accounts.change(made["login"], plan=str(body["plan"]))
        if "administrators" in body:
            people = [str(login) for login in body["administrators"]]
            self._accounts.change(made["login"], administrators=people)
        teams = [self._accounts.add_team(made["login"], str(t)) for t in body.get("teams", [])]
        return {"id": made["id"], "teams": {team["slug"]: team["id"] for team in teams}}

    def add_token(self, body: Json) -> Json:
        """``{"login", "scopes": [...] | "permissions": {...}, "repositories", "limit",
        "seconds"}``, all optional: ``{"token"}``"""
        login = str(body.get("login") or OWNER)
        self._accounts.add(login)
        token = self._tokens.add(
            login,
            scopes=body.get("scopes", SCOPES),
            permissions=body.get("permissions"),
            repositories=body.get("repositories"),
            limit=int(body.get("limit", LIMIT)),
            seconds=body.get("seconds"),
        )
        return {"token": token}

    def settle_run(self, body: Json) -> Json:
        """``{"repository", "run", "status", "conclusion"}``"""
        owner, _, name = str(body["repository"]).partition("/")
        found = self._repositories.get(owner, name)
        conclusion = body.get("conclusion")
        if not self._workflows.settle(found, int(body["run"]), str(body["status"]), conclusion):
            raise GitHubError(404, f"There is no run {body['run']}")
        return {}


def handler(answer: Callable[[Json], Json]) -> Handler:
    """Turns ``answer(body)`` into a handler."""

    @functools.wraps(answer)
    def handle(request: Request) -> Response:
        body = json_object(request)
        try:
            code, found = 200, answer(body or {})
        except KeyError as error:
            code, found = 400, {"message": f"The body must have {error.args[0]}"}
        except GitHubError as error:
            code, found = error.status, {"message": str(error), "errors": error.errors}
        return json_answer(found, code)

    return handle
