"""A connected session to one Databricks workspace.

Source: docs.databricks.com/api/azure, "Authentication" and "Errors".
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from modelyard.account_errors import NotAUser
from modelyard.answers import Rule
from modelyard.clock import Clock
from modelyard.credentials import Credential
from modelyard.errors import InputError, NotFound, ServiceError
from modelyard.http import Session
from modelyard.waiting import Observation, Pace, wait

RULES = (
    # "Cluster 0702-180342-bogie734 does not exist" comes with 400, not 404.
    Rule(NotFound, code="^INVALID_PARAMETER_VALUE$", message=r"(?i)does(n't| not) exist"),
    Rule(NotFound, code="^INVALID_STATE$", message=r"(?i)^Cluster \S+ does not exist"),
    Rule(NotAUser, status=403, message="^User not authorized"),
)
_PORTS = {"https": 443, "http": 80}
FIRST_CONTACT = 600.0
"""Seconds that a newly provisioned workspace may take until its API answers."""


def workspace_base(url: str, name: str = "workspace-url") -> str:
    """The base address of a workspace: scheme, host and port of what was given.

    A URL copied from the browser (``https://adb-1.2.azuredatabricks.net/?o=1#job/3``) will do.

    :param name: the input it comes from.
    :raises InputError: when there is no host in it, or it would send the token unencrypted.
    """
    text = url.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("https://")
    if parts.username is not None or parts.password is not None:
        raise InputError(
            f"{name} holds a user name or password before {host}",
            cause="an address is written to logs, and a secret may not be",
            fix="give the address alone, and the token through the input token",
        )
    if not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:]*:[0-9a-f:.]*", host):
        raise InputError(
            f"{name} is {url!r}, which is not the address of a workspace",
            fix="give the workspace's address, such as https://adb-1234.5.azuredatabricks.net",
        )
    address = f"[{host}]" if ":" in host else host
    address += f":{port}" if port and port != _PORTS.get(parts.scheme) else ""
    loopback = host in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise InputError(
            f"{name} is {url!r}: a token is only sent over https", fix=f"use https://{address}"
        )
    return f"{parts.scheme}://{address}"


def connect(base: str, credential: Credential, *, clock: Clock, read_only: bool = False) -> Session:
    """A session; nothing is sent yet."""
    return Session(base, clock=clock, credential=credential, rules=RULES, read_only=read_only)


def first_contact(session: Session, *, timeout: float = FIRST_CONTACT) -> None:
    """Wait until a workspace that was provisioned a moment ago answers.

    Until it is ready its API answers INVALID_PARAMETER_VALUE to a principal it doesn't know yet.

    :raises WaitTimeout: when it doesn't within ``timeout`` seconds.
    """

    def probe() -> Observation[None]:
        try:
            session.get("/api/2.0/instance-pools/list")
        except ServiceError as error:
            if error.code != "INVALID_PARAMETER_VALUE":
                raise
            return Observation("NOT READY", False, None, error.what)
        return Observation("READY", True, None)

    wait(
        f"workspace {session.base}",
        probe,
        clock=session.clock,
        timeout=timeout,
        pace=Pace(first=2.0, most=15.0),
    )
