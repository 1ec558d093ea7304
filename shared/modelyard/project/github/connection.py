"""The way to GitHub: PyGithub's client, a session for what that can't do; refusals as errors."""

from __future__ import annotations

import contextlib
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import requests

from modelyard import failures
from modelyard.answers import Rule, typed
from modelyard.credentials import StaticToken
from modelyard.documentation import page
from modelyard.errors import (
    InputError,
    ModelyardError,
    NotTheService,
    PermissionDenied,
    ServiceError,
    TooManyRequests,
    Unreachable,
)
from modelyard.http import Session
from modelyard.project.github.client import FIX, Gate, client
from modelyard.project.github.wanted import API
from modelyard.project.plan import Change
from modelyard.project.secret_values import variable
from modelyard.project.shapes import is_safe
from modelyard.project.surroundings import Surroundings

if TYPE_CHECKING:
    from github import Github, GithubException
    from github.Repository import Repository

TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
"""In this order, as the command line of GitHub has it."""
ADDRESS = "GITHUB_API_URL"
_RULES = (Rule(TooManyRequests, status=403, message="(?i)rate limit"),)
_MORE_RIGHTS = (
    f"use a token that may: {page('setup')} lists the permissions (fine-grained) and scopes "
    "(classic)"
)
_UNREACHABLE = (
    f"open the address from this machine; check the proxy settings, github.api-url and {ADDRESS}"
)
_FIXES = {
    401: "make a new token and put it into GH_TOKEN",
    404: "check the names; " + _MORE_RIGHTS,
}


@dataclass(frozen=True)
class Connection:
    """A repository, and the two ways to speak of it."""

    repository: Repository
    rest: Session
    path: str
    """``/repos/OWNER/NAME``, for the session."""
    client: Github
    gate: Gate
    warnings: tuple[str, ...] = ()

    @property
    def html_url(self) -> str:
        return self.repository.html_url

    @property
    def name(self) -> str:
        """``OWNER/NAME`` as GitHub spells it."""
        return self.repository.full_name

    @property
    def repository_url(self) -> str:
        """Address in the interface, which errors name."""
        return f"{self.rest.base}{self.path}"

    def environment_path(self, name: str) -> str:
        return f"{self.path}/environments/{urllib.parse.quote(name, safe='')}"


def connect(name: str, api_url: str, surroundings: Surroundings) -> Connection:
    """The repository of this name.

    :raises InputError: when there is no token.
    :raises MissingTool: when PyGithub isn't installed.
    :raises ServiceError: when GitHub refuses the token, or knows no such repository for it.
    """
    name_of_token, token = _token(surroundings)
    surroundings.masker.add(token)
    base = api_url or surroundings.environment.get(ADDRESS, "").rstrip("/") or API
    if not is_safe(base):
        raise InputError(f"{ADDRESS} isn't https: the token would be readable on its way")
    credential = StaticToken(token, name_of_token)
    session = Session(base, clock=surroundings.clock, credential=credential, rules=_RULES)
    gate = Gate(session)
    github = client(token, base, gate)
    with refusals(f"{base}/repos/{name}", fixes={404: _missing(name)}):
        repository = github.get_repo(name)
    warnings = []
    if repository.full_name.lower() != name.lower():
        warnings.append(f"{name} is called {repository.full_name} now: put that into the file")
    if repository.archived:
        raise PermissionDenied(
            f"{repository.full_name} is archived, so nothing in it can be changed",
            cause="somebody archived the repository",
            fix="unarchive it in its settings, or name another one",
        )
    path = f"/repos/{repository.full_name}"
    return Connection(repository, session, path, github, gate, tuple(warnings))


def _missing(name: str) -> str:
    return (
        f"check github.repository: {name} doesn't exist, or the token may not see it (a "
        "fine-grained token has a list of repositories)"
    )


def _token(surroundings: Surroundings) -> tuple[str, str]:
    """The variable that it is in, and the token."""
    for name in TOKENS:
        if surroundings.environment.get(name, "").strip():
            return name, surroundings.secrets.value(variable(name)).strip()
    raise InputError(
        f"there is no token for GitHub: {' and '.join(TOKENS)} aren't set",
        fix=f"set GH_TOKEN for this one command; {page('setup')} says what it has to be allowed",
    )


@contextlib.contextmanager
def refusals(call: str, fixes: Mapping[int, str] | None = None) -> Iterator[None]:
    """What PyGithub raises, as errors of this library; those of the session, with what to do about
    GitHub.

    :param call: what was called, for the message.
    :param fixes: what to do, by status, where that is known better than usual.
    """
    from github import GithubException

    try:
        yield
    except GithubException as error:
        raise _error(error, call, fixes or {}) from None
    except requests.RequestException as error:
        raise _of_github(Unreachable(f"{call}: {failures.reason(error)}")) from None
    except ModelyardError as error:  # of the session
        raise _of_github(error) from None


def guarded(change: Change, call: str) -> Change:
    """The same change, whose refusals are errors of this library."""
    apply = change.apply
    if apply is None:
        return change

    def guard() -> None:
        with refusals(call):
            apply()

    return replace(change, apply=guard)


def _error(error: GithubException, call: str, fixes: Mapping[int, str]) -> Exception:
    data: Any = error.data
    if not isinstance(data, dict) or "message" not in data:
        if error.status < 500:
            return NotTheService(f"{call} answered {error.status}, but not as GitHub does", fix=FIX)
        data = {"message": "no word of why"}
    message = "; ".join([str(data["message"]), *_details(data)])
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    found = typed(f"{call} answered {error.status}: {message}", error.status, "", message, _RULES)
    found.headers = headers
    return _of_github(found, fixes.get(error.status, ""))


def _of_github(error: ModelyardError, fix: str = "") -> ModelyardError:
    """The same error. What is said of every service speaks of a workspace: GitHub has none."""
    if error.fix != type(error).fix:
        return error  # whoever raised it knew better
    if isinstance(error, ServiceError):
        headers = {name.lower(): value for name, value in error.headers.items()}
        fix = fix or _fix(error, headers)
    elif isinstance(error, NotTheService):
        fix = FIX
    elif isinstance(error, Unreachable):
        fix = _UNREACHABLE
    error.fix = fix or error.fix
    if isinstance(error, PermissionDenied):
        error.cause = "the token lacks a permission, or its owner has no right to do this"
    return error


def _fix(error: ServiceError, headers: Mapping[str, str]) -> str:
    if isinstance(error, TooManyRequests):
        return "wait until the hour is over (x-ratelimit-reset)"
    if error.status not in (403, 404):
        return _FIXES.get(error.status, "")
    needed = headers.get("x-accepted-github-permissions", "")
    need = f"a fine-grained token needs {needed} here; " if needed else ""
    return need + _FIXES.get(error.status, _MORE_RIGHTS)


def _details(data: Mapping[str, Any]) -> Iterator[str]:
    """What a 422 says of each field."""
    for one in data.get("errors") or []:
        if isinstance(one, dict):
            field, code = one.get("field", ""), one.get("code", "")
            yield str(one.get("message") or f"{field} is {code}")
        else:
            yield str(one)
