"""What GitHub refuses, and what of it never answers: each says what to do about GitHub."""

from __future__ import annotations

import pytest
import requests
from github import GithubException

from modelyard.answers import typed
from modelyard.errors import (
    ModelyardError,
    NotTheService,
    PermissionDenied,
    ServiceError,
    ServiceUnavailable,
    TooManyRequests,
    Unauthenticated,
    Unreachable,
)
from modelyard.project.github.connection import refusals

CALL = "https://api.github.com/repos/wines/wine"


def of_session(status: int, **headers: str) -> ServiceError:
    """As the session raises it."""
    error = typed(f"{CALL} answered {status}: no", status, "", "no")
    error.headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return error


@pytest.mark.parametrize(
    ("raised", "kind", "said"),
    [
        (requests.ConnectionError("gone"), Unreachable, "github.api-url and GITHUB_API_URL"),
        (Unreachable("gone"), Unreachable, "github.api-url and GITHUB_API_URL"),
        (NotTheService("a page"), NotTheService, "https://api.github.com is GitHub's own"),
        (of_session(401), Unauthenticated, "put it into GH_TOKEN"),
        (GithubException(401, {"message": "no"}), Unauthenticated, "put it into GH_TOKEN"),
        (of_session(403), PermissionDenied, "docs/setup.md lists the permissions"),
        (
            of_session(403, X_Accepted_GitHub_Permissions="actions=write"),
            PermissionDenied,
            "a fine-grained token needs actions=write here",
        ),
        (GithubException(403, {"message": "no"}), PermissionDenied, "docs/setup.md lists the"),
        (of_session(429), TooManyRequests, "wait until the hour is over"),
        (of_session(500), ServiceUnavailable, "the status page of the service"),
    ],
)
def test_none_speaks_of_a_workspace(
    raised: Exception, kind: type[ModelyardError], said: str
) -> None:
    with pytest.raises(kind) as caught, refusals(CALL):
        raise raised
    assert said in caught.value.fix
    assert "workspace" not in caught.value.cause + caught.value.fix


def test_what_is_known_better_stays() -> None:
    with pytest.raises(PermissionDenied) as caught, refusals(CALL), refusals("", {403: "ask"}):
        raise GithubException(403, {"message": "no"})
    assert caught.value.fix == "ask"
    with pytest.raises(NotTheService) as page, refusals(CALL):
        raise NotTheService("a page", fix="look")
    assert page.value.fix == "look"
