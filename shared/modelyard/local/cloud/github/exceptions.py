"""Errors of GitHub: ``{"message", "documentation_url", "status"}``, and ``errors`` with a 422."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from modelyard.local.cloud.json_bodies import json_answer


class GitHubError(Exception):
    """An error answer of GitHub."""

    def __init__(self, status: int, message: str, errors: list[Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.errors = errors


def not_found(what: str = "Not Found") -> GitHubError:
    """Also what is there but hidden from who asks."""
    return GitHubError(404, what)


def not_signed_in() -> GitHubError:
    return GitHubError(401, "Requires authentication")


def bad_credentials() -> GitHubError:
    return GitHubError(401, "Bad credentials")


def not_accessible() -> GitHubError:
    """A fine-grained token that lacks a permission."""
    return GitHubError(403, "Resource not accessible by personal access token")


def not_an_administrator() -> GitHubError:
    return GitHubError(403, "Must have admin rights to Repository.")


def rate_limited(user: int) -> GitHubError:
    return GitHubError(403, f"API rate limit exceeded for user ID {user}.")


def invalid(message: str) -> GitHubError:
    return GitHubError(422, message)


def validation(resource: str, field: str, code: str, message: str = "") -> GitHubError:
    """What a field of a request is refused for. ``code``: missing, invalid, custom, ..."""
    error = {"resource": resource, "code": code, "field": field}
    if message:
        error["message"] = message
    return GitHubError(422, "Validation Failed", [error])


def failure(error: GitHubError) -> Response:
    """The answer."""
    body: dict[str, Any] = {"message": str(error)}
    if error.errors is not None:
        body["errors"] = error.errors
    body["documentation_url"] = "https://docs.github.com/rest"
    body["status"] = str(error.status)
    return json_answer(body, error.status)
