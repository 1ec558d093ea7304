"""Who asks Azure DevOps: a personal access token, or whoever Microsoft Entra signs in."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from modelyard.credentials import Credential, StaticToken
from modelyard.errors import InputError
from modelyard.project.secret_values import variable
from modelyard.project.surroundings import Surroundings

TOKEN = "AZURE_DEVOPS_EXT_PAT"  # noqa: S105 - the name of the variable that az devops takes, too
RESOURCE = "499b84ac-1321-427f-aa17-267ca6975798"
"""Azure DevOps' application id in every tenant (learn.microsoft.com, "Use Azure DevOps OAuth with
Microsoft Entra")."""
_NO_SIGN_IN_PAGE = {"X-TFS-FedAuthRedirect": "Suppress"}
"""Else who isn't signed in gets a page with status 203 in place of a 401."""


class PersonalAccessToken:
    """A token that a person made, as the password of nobody."""

    def __init__(self, value: str) -> None:
        StaticToken(value, TOKEN)  # says what is wrong with one that can't be one
        self.value = value

    def headers(self) -> Mapping[str, str]:
        encoded = base64.b64encode(f":{self.value}".encode()).decode()
        return {"Authorization": f"Basic {encoded}", **_NO_SIGN_IN_PAGE}

    def renew(self) -> bool:
        return False

    def secrets(self) -> tuple[str, ...]:
        return (self.value,)


class EntraToken:
    """A token of Microsoft Entra for Azure DevOps."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def headers(self) -> Mapping[str, str]:
        return {**self._credential.headers(), **_NO_SIGN_IN_PAGE}

    def renew(self) -> bool:
        return self._credential.renew()

    def secrets(self) -> tuple[str, ...]:
        return self._credential.secrets()


def credential(surroundings: Surroundings) -> PersonalAccessToken | EntraToken:
    """:raises InputError: when nobody can sign in, or the token is no token."""
    if surroundings.environment.get(TOKEN, "").strip():
        token = surroundings.secrets.value(variable(TOKEN)).strip()
        surroundings.masker.add(token)
        surroundings.write(f"signed in by the personal access token in {TOKEN}")
        return PersonalAccessToken(token)
    try:
        return EntraToken(surroundings.entra(RESOURCE))
    except InputError as error:
        error.what = f"nobody can sign in to Azure DevOps: {TOKEN} isn't set, and {error.what}"
        error.fix = f"set {TOKEN} to a personal access token, or {error.fix}"
        raise
