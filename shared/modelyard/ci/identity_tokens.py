"""Identity tokens: short-lived statements of a CI system that a job is the job it says it is.

Sources: docs.github.com, "OpenID Connect reference" (the request's URL and token); Azure DevOps
REST reference, "Oidctoken - Create".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from modelyard.clock import SystemClock
from modelyard.credentials import StaticToken
from modelyard.errors import InputError, ServiceError

GITHUB_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
GITHUB_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 - a variable's name
AZURE_URL = "SYSTEM_OIDCREQUESTURI"
AZURE_TOKENS = ("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "SYSTEM_ACCESSTOKEN")
"""System.AccessToken: every task has it; a script step only where its ``env`` maps it."""
_VERSION = "7.1"


def missing_on_github(environment: Mapping[str, str], is_fork: Callable[[], bool]) -> str:
    """Why a GitHub job can't have identity tokens; empty when it can.

    :param is_fork: says whether it builds a pull request of a fork; asked only then.
    """
    missing = [name for name in (GITHUB_URL, GITHUB_TOKEN) if not environment.get(name)]
    if not missing:
        return ""
    if is_fork():
        return f"no {' and '.join(missing)}: a pull request of a fork gets no identity tokens"
    return f"no {' and '.join(missing)}: the job needs `permissions: id-token: write`"


def missing_on_azure(environment: Mapping[str, str]) -> str:
    """Why an Azure Pipelines job can't have identity tokens; empty when it can."""
    if not environment.get(AZURE_URL):
        return "no System.OidcRequestUri: the agent is too old, or this isn't a job of an agent"
    if not _access_token(environment):
        return (
            "no System.AccessToken: a script step has it only with "
            "`env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`"
        )
    return ""


def of_github(environment: Mapping[str, str], audience: str) -> str:
    """A new token.

    :param audience: whom it is meant for.
    :raises ServiceError, Unreachable: when GitHub gives none.
    """
    url = environment[GITHUB_URL]
    answer = _ask("GET", url, environment[GITHUB_TOKEN], {"audience": audience})
    return _field(answer, "value", "GitHub")


def of_azure(environment: Mapping[str, str], connection: str = "") -> str:
    """A new token. Its audience is always ``api://AzureADTokenExchange``.

    :param connection: id of a service connection, which is then its subject, else the pipeline is.
    :raises ServiceError, Unreachable: when Azure DevOps gives none.
    """
    params = {"api-version": _VERSION}
    if connection:
        params["serviceConnectionId"] = connection
    answer = _ask("POST", environment[AZURE_URL], _access_token(environment), params)
    return _field(answer, "oidcToken", "Azure DevOps")


def _ask(method: str, url: str, token: str, params: Mapping[str, str]) -> dict[str, object]:
    from modelyard.http import Session  # only now: most steps ask for no identity token

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InputError(f"{url!r}, where identity tokens come from, is no address")
    session = Session(
        f"{parts.scheme}://{parts.netloc}", clock=SystemClock(), credential=StaticToken(token)
    )
    body: dict[str, str] | None = {} if method == "POST" else None
    return session.json(method, url, params=params, body=body, repeatable=True)


def _field(answer: Mapping[str, object], name: str, who: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise ServiceError(f"{who} answered without an identity token (no {name})")
    return value


def _access_token(environment: Mapping[str, str]) -> str:
    return next((value for name in AZURE_TOKENS if (value := environment.get(name, ""))), "")
