"""Users, organizations and their teams."""

from __future__ import annotations

import re
from typing import Any, Literal

from modelyard.local.cloud.github import exceptions
from modelyard.local.cloud.github_identity.models import ACCOUNTS, USUAL
from modelyard.local.cloud.service import Cloud

TEAMS = "github.teams"
OWNER = "modelyard-local"
"""The user whom the token of a local cloud belongs to."""

Json = dict[str, Any]


class Accounts:
    """All state is in the cloud's store."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def add(self, login: str, kind: Literal["User", "Organization"] = "User") -> Json:
        """The account of this name, made where there is none.

        :raises GitHubError: when no account can have the name.
        """
        if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})", login):
            raise exceptions.validation("User", "login", "invalid")
        there = self._cloud.store.get(ACCOUNTS, login.lower())
        if there is not None:
            return there
        made = {
            "id": self._cloud.store.next_number("github.accounts"),
            "login": login,
            "type": kind,
            "plan": "team",
            "administrators": [],
            "claim_keys": list(USUAL),
        }
        self._cloud.store.put(ACCOUNTS, login.lower(), made)
        return made

    def change(self, login: str, **changes: Any) -> None:
        """``plan`` (free or team); of an organization ``administrators`` (logins) and
        ``claim_keys`` (what subjects of identity tokens are made of in repositories that take that
        from it)."""
        self._cloud.store.update(ACCOUNTS, login.lower(), **changes)

    def get(self, login: str) -> Json:
        """Raises GitHubError (404) where there is none."""
        found = self._cloud.store.get(ACCOUNTS, login.lower())
        if found is None:
            raise exceptions.not_found()
        return found

    def by_id(self, kind: str, number: Any) -> Json | None:
        """A ``User`` or a ``Team``."""
        collection = TEAMS if kind == "Team" else ACCOUNTS
        for _, document in self._cloud.store.items(collection):
            if document["id"] == number and (kind == "Team" or document["type"] == kind):
                return document
        return None

    def add_team(self, organization: str, slug: str) -> Json:
        """The team of this name in an organization, made where there is none."""
        key = f"{organization}/{slug}".lower()
        there = self._cloud.store.get(TEAMS, key)
        if there is not None:
            return there
        self.get(organization)
        number = self._cloud.store.next_number("github.teams")
        made = {"id": number, "slug": slug.lower(), "name": slug, "organization": organization}
        self._cloud.store.put(TEAMS, key, made)
        return made

    def team(self, organization: str, slug: str) -> Json:
        """Raises GitHubError (404) where there is none."""
        found = self._cloud.store.get(TEAMS, f"{organization}/{slug}".lower())
        if found is None:
            raise exceptions.not_found()
        return found

    def reset(self) -> None:
        self._cloud.store.clear(ACCOUNTS)
        self._cloud.store.clear(TEAMS)


def shown(account: Json, base: str) -> Json:
    """A user or an organization, as answers have it."""
    login = account["login"]
    return {
        "login": login,
        "id": account["id"],
        "node_id": f"U_{account['id']}",
        "type": account["type"],
        "url": f"{base}/users/{login}",
        "html_url": f"https://github.com/{login}",
        "site_admin": False,
    }


def shown_team(team: Json, base: str) -> Json:
    organization, slug = team["organization"], team["slug"]
    return {
        "id": team["id"],
        "node_id": f"T_{team['id']}",
        "name": team["name"],
        "slug": slug,
        "url": f"{base}/orgs/{organization}/teams/{slug}",
        "html_url": f"https://github.com/orgs/{organization}/teams/{slug}",
        "privacy": "closed",
        "permission": "pull",
    }
