"""The sign-in's settings, on the cloud's own interface (loopback): how long tokens live, and
which federated credentials the application has."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.entra.federation import AUDIENCE
from modelyard.local.cloud.entra.models import Directory

LIFETIME = "token_lifetime_seconds"


class Settings:
    """The handlers."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def get(self, _: Request) -> Response:
        return _json(200, {LIFETIME: self._directory.lifetime})

    def put(self, request: Request) -> Response:
        """``{"token_lifetime_seconds": 60}`` for new tokens; null for what Entra gives."""
        body = request.get_json()
        seconds = body.get(LIFETIME, "") if isinstance(body, dict) else ""
        if isinstance(seconds, bool) or not isinstance(seconds, int | None):
            return _json(
                400, {"message": f'The body must be {{"{LIFETIME}": a whole number or null}}'}
            )
        self._directory.set_lifetime(seconds)
        return self.get(request)

    def trust(self, request: Request) -> Response:
        """``{"issuer", "subject", "keys": [JWK], "audience"}``: a federated credential."""
        body = request.get_json()
        names = ("issuer", "subject", "keys")
        if not isinstance(body, dict) or any(not body.get(name) for name in names):
            return _json(400, {"message": "The body must have issuer, subject and keys"})
        audience = body.get("audience", AUDIENCE)
        try:
            self._directory.trust(body["issuer"], body["subject"], body["keys"], audience)
        except ValueError as error:
            return _json(400, {"message": f"keys can't be used: {error}"})
        return _json(200, {"issuer": body["issuer"], "subject": body["subject"]})


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
