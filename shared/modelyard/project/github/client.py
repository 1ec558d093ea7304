"""PyGithub's client, held to what this library promises of every call.

Nothing is written while a plan is made; an answer with a web page in it is an error, where PyGithub
would take the page for a document without fields; and only what may be done twice is tried again.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelyard.errors import MissingTool, NotTheService, ReadOnly
from modelyard.http import IDEMPOTENT, SAFE, Session

if TYPE_CHECKING:
    from github import Github

LONGEST_WAIT = 60.0
"""Seconds until a limit of calls ends; a longer wait is an error that says so."""
FIX = "check github.api-url and GITHUB_API_URL: https://api.github.com is GitHub's own"


@dataclass
class Gate:
    """Keeps a client and a session from writing until it is opened."""

    session: Session
    is_open: bool = False

    def __post_init__(self) -> None:
        self.session.read_only = True

    def open(self) -> None:
        """The plan is made, and is to be carried out."""
        self.is_open = True
        self.session.read_only = False


def client(token: str, base: str, gate: Gate) -> Github:
    """A client that asks the gate before it writes.

    :param base: address of the interface, without a slash at the end.
    :raises MissingTool: when PyGithub isn't installed.
    """
    try:
        from github import Auth, Github, GithubRetry, set_log_level
    except ImportError:
        raise MissingTool(
            "the Python package PyGithub isn't installed, and setup needs it",
            fix='install it: pip install "modelyard[setup]"',
        ) from None
    set_log_level(logging.WARNING)  # it prints each refusal, which the error says better
    made = Github(
        auth=Auth.Token(token),
        base_url=base,
        per_page=100,
        retry=GithubRetry(
            total=4,
            connect=2,
            # A proxy that refuses, a bad certificate; and every connection that breaks behind a
            # proxy, also that of a POST: urllib3 doesn't tell them apart.
            other=0,
            backoff_factor=0.5,
            max_rate_limit_wait=LONGEST_WAIT,
            secondary_rate_wait=LONGEST_WAIT,
            allowed_methods=IDEMPOTENT,
            raise_on_status=False,  # the last answer says more
        ),
        seconds_between_requests=None,
        seconds_between_writes=None,
    )
    _hold(made, gate)
    return made


def _hold(made: Github, gate: Gate) -> None:
    """Every call of PyGithub's goes through this one method of its requester."""
    plain = made.requester.requestJson

    def request(verb: str, url: str, *arguments: Any, **named: Any) -> tuple[int, Any, str]:
        if verb not in SAFE and not gate.is_open:
            raise ReadOnly(f"{verb} {url} would write, and a plan is being made")
        status, headers, text = plain(verb, url, *arguments, **named)
        if status < 300 and text:
            _check(f"{verb} {url} answered {status}", text)
        return status, headers, text

    made.requester.requestJson = request  # type: ignore[method-assign]


def _check(call: str, text: str) -> None:
    try:
        is_document = isinstance(json.loads(text), (dict, list))
    except ValueError:
        is_document = False
    if not is_document:
        start = " ".join(text[:200].split())
        raise NotTheService(f"{call}, but not as GitHub does: {start}", fix=FIX)
