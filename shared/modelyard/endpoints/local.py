"""Endpoints of the local cloud, over its REST interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelyard.clock import Clock
from modelyard.credentials import StaticToken
from modelyard.errors import DeploymentFailed, InputError, NotFound, ServiceError
from modelyard.http import Session, Timeouts

ENDPOINTS = "/modelyard/endpoints"
HEALTHY = "Healthy"


@dataclass(frozen=True)
class Endpoint:
    """A scoring endpoint."""

    name: str
    state: str
    image: str
    scoring_url: str


def connect(
    url: str | None, token: str | None, *, clock: Clock, read_only: bool = False
) -> Session:
    """A session to the local cloud. A new deployment answers when it is healthy, or has failed.

    :raises InputError: when no local cloud is named.
    """
    if not url or not token:
        raise InputError(
            "target local needs a local cloud",
            fix="run this within `modelyard local exec -- ...`, or set MODELYARD_LOCAL_URL and "
            "DATABRICKS_TOKEN",
        )
    return Session(
        url,
        clock=clock,
        credential=StaticToken(token),
        timeouts=Timeouts(read=300.0),
        read_only=read_only,
    )


def find(session: Session, name: str) -> Endpoint | None:
    """The endpoint of that name, or None."""
    try:
        return _endpoint(session.get(f"{ENDPOINTS}/{name}"))
    except NotFound:
        return None


def names(session: Session) -> list[str]:
    """The names of all endpoints."""
    return [str(one["name"]) for one in session.get(ENDPOINTS)["endpoints"]]


def key(session: Session, name: str) -> str:
    """The key that scoring needs.

    :raises NotFound: when there is no such endpoint.
    """
    return str(session.post(f"{ENDPOINTS}/{name}/keys", {}, reads=True)["primaryKey"])


def logs(session: Session, name: str) -> str:
    """What the scoring server printed."""
    return str(session.get(f"{ENDPOINTS}/{name}/logs").get("logs", ""))


def _endpoint(body: dict[str, Any]) -> Endpoint:
    return Endpoint(
        name=str(body["name"]),
        state=str(body["state"]),
        image=str(body["image"]),
        scoring_url=str(body["scoring_uri"]),
    )


def deploy(session: Session, name: str, image: str) -> Endpoint:
    """Put the image behind the endpoint, and wait until it answers.

    What served before goes on serving until the new one is healthy, and for ever if it never is.

    :param image: reference with digest.
    :raises DeploymentFailed: with the end of what the new server printed.
    """
    try:
        return _endpoint(session.json("PUT", f"{ENDPOINTS}/{name}", body={"image": image}))
    except ServiceError as error:
        if type(error) is not ServiceError:
            raise
        raise DeploymentFailed(f"{name} didn't become healthy: {error.what}") from None
