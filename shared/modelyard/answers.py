"""What a service's error answer means: one table from (status, code, message) to an error class."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import requests

from modelyard.errors import (
    AlreadyExists,
    NotFound,
    NotTheService,
    PermissionDenied,
    ServiceError,
    ServiceUnavailable,
    TooManyRequests,
    Unauthenticated,
)
from modelyard.nested_errors import causes


@dataclass(frozen=True)
class Rule:
    """A row of the table: every field that is set must match; patterns are searched for."""

    error: type[ServiceError]
    status: int | None = None
    code: str = ""
    message: str = ""

    def fits(self, status: int, code: str, message: str) -> bool:
        """Whether this row speaks of that answer."""
        return (
            (self.status is None or self.status == status)
            and re.search(self.code, code) is not None
            and re.search(self.message, message) is not None
        )


COMMON = (
    Rule(NotFound, code="^(RESOURCE_DOES_NOT_EXIST|ResourceNotFound|NOT_FOUND|NotFound)$"),
    Rule(AlreadyExists, code="^(RESOURCE_ALREADY_EXISTS|ALREADY_EXISTS)$"),
    Rule(Unauthenticated, status=401),
    # Databricks answers 403, not 401, to a token it doesn't know or that has expired.
    Rule(Unauthenticated, status=403, message="(?i)(invalid|expired) access token|token expired"),
    Rule(PermissionDenied, status=403),
    Rule(NotFound, status=404),
    Rule(AlreadyExists, status=409),
    Rule(TooManyRequests, status=429),
    Rule(ServiceUnavailable, code="^TEMPORARILY_UNAVAILABLE$"),
)
"""True of every service; a service's own rows stand before these."""


def classify(response: requests.Response, call: str, rules: tuple[Rule, ...] = ()) -> ServiceError:
    """The typed error of an answer with status 400 or above.

    :param call: names the request in the message: ``POST https://host/path``.
    """
    code, message = error_body(response)
    text = f"{call} answered {response.status_code}"
    text += f" {code}" if code and code != str(response.status_code) else ""
    text += f": {message}" if message else ""
    return typed(text, response.status_code, code, message, rules)


def typed(
    text: str, status: int, code: str, message: str, rules: tuple[Rule, ...] = ()
) -> ServiceError:
    """The error of the first row that fits.

    :param text: what the error says; code and message are the service's.
    """
    for rule in (*rules, *COMMON):
        if rule.fits(status, code, message):
            return rule.error(text, status=status, code=code)
    unknown = ServiceUnavailable if status >= 500 else ServiceError
    return unknown(text, status=status, code=code)


def error_body(response: requests.Response) -> tuple[str, str]:
    """Code and message, wherever the service puts them; ("", start of the text) if nowhere.

    Shapes: Databricks ``{error_code, message}``, Azure ``{error: {code, message}}``, Microsoft
    Entra ``{error, error_description}``, container registries ``{errors: [{code, message}]}``,
    web services of Azure ML ``{code, message, details}``.
    """
    body = _parsed(response)
    if not isinstance(body, dict):
        return "", start_of(response)
    if isinstance(body.get("errors"), list) and body["errors"]:
        body = {"error": body["errors"][0]}
    error = body.get("error")
    if isinstance(error, dict):
        return _text(error, "code"), _with_causes(_text(error, "message"), error)
    if isinstance(error, str) and "error_code" not in body:
        return error, _text(body, "error_description") or _text(body, "message")
    code = _text(body, "error_code") or _text(body, "code")
    return code, _with_causes(_text(body, "message"), body)


def _with_causes(message: str, error: dict[str, Any]) -> str:
    """A message, and in lines of their own what lies below it and says more."""
    below = [text for text in causes(error) if text not in message]
    return "\n".join([message, *(f"  {text}" for text in below)])


def read_json(response: requests.Response, call: str) -> dict[str, Any]:
    """The object in a good answer; an empty body is ``{}``.

    :raises NotTheService: when there is a page instead: a 200 with HTML is no success.
    """
    if not response.content:
        return {}
    body = _parsed(response)
    if not isinstance(body, dict):
        raise _no_json(response, call, "object")
    return body


def read_list(response: requests.Response, call: str) -> list[Any]:
    """The list in a good answer. Raises NotTheService for anything else, an empty body too."""
    body = _parsed(response)
    if not isinstance(body, list):
        raise _no_json(response, call, "list")
    return body


def _parsed(response: requests.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):  # no JSON, or nested deeper than anybody means it
        return None


def _no_json(response: requests.Response, call: str, wanted: str) -> NotTheService:
    kind = response.headers.get("Content-Type") or "no content type"
    return NotTheService(
        f"{call} answered {response.status_code} with {kind}, not with a JSON {wanted}: "
        f"{start_of(response)}"
    )


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    return "" if value is None else str(value)


def start_of(response: requests.Response, most: int = 200) -> str:
    """What an answer says, in one line of at most so many letters."""
    # Not response.text, which looks through the whole of a large answer for its encoding.
    text = re.sub(r"\s+", " ", response.content[:2000].decode("utf-8", "replace")).strip()
    return text if len(text) <= most else text[:most] + " ..."
