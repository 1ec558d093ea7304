"""Repositories, who may do what in them, and the shelves that all else of them is kept on."""

from __future__ import annotations

import re
from typing import Any

from modelyard.local.cloud.github import accounts, exceptions
from modelyard.local.cloud.github.accounts import Accounts
from modelyard.local.cloud.github.tokens import Caller
from modelyard.local.cloud.github_identity.models import REPOSITORIES as COLLECTION
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

SHELVES = (
    *("objects", "refs", "keys", "secrets", "variables", "environments", "protection"),
    *("policies", "pulls", "comments", "deployments", "deployment_statuses", "statuses"),
    *("workflows", "runs", "reviews"),
)

Json = dict[str, Any]


class Repositories:
    """All state is in the cloud's store."""

    def __init__(self, cloud: Cloud, accounts: Accounts) -> None:
        self._cloud = cloud
        self._accounts = accounts

    def add(self, owner: str, name: str, *, private: bool = True, branch: str = "main") -> Json:
        """Raises GitHubError (422) where one has the name, or none can."""
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", name):
            raise exceptions.validation("Repository", "name", "invalid")
        key = f"{owner}/{name}".lower()
        if self._cloud.store.get(COLLECTION, key) is not None:
            message = "name already exists on this account"
            raise exceptions.validation("Repository", "name", "custom", message)
        made = {
            "id": self._cloud.store.next_number("github.repositories"),
            "owner": self._accounts.get(owner)["login"],
            "name": name,
            "private": private,
            "archived": False,
            "default_branch": branch,
            "collaborators": {},
            "oidc": {"use_default": True},
            "created_at": self.now(),
        }
        made["oidc"] |= self.beginning(made, immutable=True)
        self._cloud.store.put(COLLECTION, key, made)
        return made

    def beginning(self, repository: Json, *, immutable: bool) -> Json:
        """How the usual subject of its identity tokens begins: GitHub puts numbers beside the names
        in that of every repository made since July 2026."""
        numbers = (self._accounts.get(repository["owner"])["id"], repository["id"])
        owner, name = (f"@{number}" if immutable else "" for number in numbers)
        return {
            "use_immutable_subject": immutable,
            "sub_claim_prefix": f"repo:{repository['owner']}{owner}/{repository['name']}{name}",
        }

    def change(self, repository: Json, **changes: Any) -> None:
        key = f"{repository['owner']}/{repository['name']}".lower()
        self._cloud.store.update(COLLECTION, key, **changes)

    def get(self, owner: str, name: str) -> Json:
        """Raises GitHubError (404) where there is none."""
        found = self._cloud.store.get(COLLECTION, f"{owner}/{name}".lower())
        if found is None:
            raise exceptions.not_found()
        return found

    def all(self) -> list[Json]:
        return [document for _, document in self._cloud.store.items(COLLECTION)]

    def role(self, repository: Json, login: str) -> str:
        """What a user may do there: admin, write, read, or nothing (empty)."""
        owner = self._accounts.get(repository["owner"])
        if login == repository["owner"] or login in owner["administrators"]:
            return "admin"
        given = repository["collaborators"].get(login, "")
        return str(given or ("" if repository["private"] else "read"))

    def check(self, repository: Json, caller: Caller, permission: str, level: str) -> None:
        """Raises GitHubError when the caller may not do this.

        What nobody told the caller of is answered with 404, as GitHub does.
        """
        role = self.role(repository, caller.login)
        key = f"{repository['owner']}/{repository['name']}".lower()
        covered = caller.repositories is None or key in caller.repositories
        if not role or (not covered and repository["private"]):
            raise exceptions.not_found()
        if not caller.may(permission, level) or not covered:
            if caller.scopes is None:
                raise exceptions.not_accessible()
            if repository["private"] or level != "read":
                raise exceptions.not_found()
        if permission == "administration" and role != "admin":
            raise exceptions.not_an_administrator()
        if level != "read" and role == "read":
            raise exceptions.not_found()
        if level != "read" and repository["archived"]:
            raise exceptions.GitHubError(403, "Repository was archived so is read-only.")

    def is_free(self, repository: Json) -> bool:
        """A private repository of an account that doesn't pay: some features are missing."""
        plan = self._accounts.get(repository["owner"])["plan"]
        return bool(repository["private"]) and plan == "free"

    def shown(self, repository: Json, base: str, login: str) -> Json:
        """The repository, as answers have it."""
        full = f"{repository['owner']}/{repository['name']}"
        role = self.role(repository, login)
        return {
            "id": repository["id"],
            "node_id": f"R_{repository['id']}",
            "name": repository["name"],
            "full_name": full,
            "owner": accounts.shown(self._accounts.get(repository["owner"]), base),
            "private": repository["private"],
            "visibility": "private" if repository["private"] else "public",
            "archived": repository["archived"],
            "fork": False,
            "default_branch": repository["default_branch"],
            "url": f"{base}/repos/{full}",
            "html_url": f"https://github.com/{full}",
            "created_at": repository["created_at"],
            "permissions": {
                "admin": role == "admin",
                "push": role in ("admin", "write"),
                "pull": bool(role),
            },
        }

    def now(self) -> str:
        return stamp(self._cloud.clock.time(), "seconds")

    def number(self, name: str) -> int:
        """A number that nothing of this kind had before."""
        return self._cloud.store.next_number(f"github.{name}")

    def shelf(self, repository: Json, kind: str) -> Shelf:
        """Where a repository's things of one kind are kept.

        :param kind: one of ``SHELVES``, which are cleared with the repository.
        """
        if kind not in SHELVES:
            raise ValueError(f"there is no shelf {kind}")
        return Shelf(self._cloud, f"github.{kind}.{repository['id']}")

    def reset(self) -> None:
        for repository in self.all():
            for kind in SHELVES:
                self._cloud.store.clear(f"github.{kind}.{repository['id']}")
        self._cloud.store.clear(COLLECTION)


class Shelf:
    """A collection of the store."""

    def __init__(self, cloud: Cloud, collection: str) -> None:
        self._store = cloud.store
        self._collection = collection

    def get(self, key: str) -> Json | None:
        return self._store.get(self._collection, key)

    def put(self, key: str, document: Json) -> None:
        self._store.put(self._collection, key, document)

    def delete(self, key: str) -> bool:
        return self._store.delete(self._collection, key)

    def items(self) -> list[tuple[str, Json]]:
        return list(self._store.items(self._collection))

    def values(self) -> list[Json]:
        return [document for _, document in self.items()]
