"""The sign-in's settings, on the cloud's own interface (loopback): how long tokens live, which
federated credentials and certificates the application has, and what a person has decided."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.entra.federation import AUDIENCE
from modelyard.local.cloud.entra.models import Directory
from modelyard.local.cloud.json_bodies import json_answer

LIFETIME = "token_lifetime_seconds"


class Settings:
    """The handlers."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def get(self, _: Request) -> Response:
        return json_answer({LIFETIME: self._directory.lifetime})

    def put(self, request: Request) -> Response:
        """``{"token_lifetime_seconds": 60}`` for new tokens; null for what Entra gives."""
        body = request.get_json()
        seconds = body.get(LIFETIME, "") if isinstance(body, dict) else ""
        if isinstance(seconds, bool) or not isinstance(seconds, int | None):
            return json_answer(
                {"message": f'The body must be {{"{LIFETIME}": a whole number or null}}'}, 400
            )
        self._directory.set_lifetime(seconds)
        return self.get(request)

    def trust(self, request: Request) -> Response:
        """``{"issuer", "subject", "keys": [JWK], "audience"}``: a federated credential.

        An issuer of this cloud needs no keys.
        """
        body = request.get_json()
        if not isinstance(body, dict) or any(not body.get(name) for name in ("issuer", "subject")):
            return json_answer({"message": "The body must have issuer and subject"}, 400)
        audience = body.get("audience", AUDIENCE)
        try:
            self._directory.trust(body["issuer"], body["subject"], body.get("keys"), audience)
        except ValueError as error:
            return json_answer({"message": str(error)}, 400)
        return json_answer({"issuer": body["issuer"], "subject": body["subject"]})

    def add_certificate(self, request: Request) -> Response:
        """``{"certificate": PEM}``, without a private key: one more of the application's."""
        body = request.get_json()
        text = body.get("certificate") if isinstance(body, dict) else None
        try:
            thumbprint = self._directory.add_certificate(str(text))
        except ValueError as error:
            return json_answer({"message": f"certificate can't be used: {error}"}, 400)
        return json_answer({"thumbprint": thumbprint})

    def decide(self, request: Request) -> Response:
        """``{"user_code", "approve": true or false}``: what the person does in the browser."""
        body = request.get_json()
        if not isinstance(body, dict) or not isinstance(body.get("approve"), bool):
            return json_answer({"message": "The body must have user_code and approve"}, 400)
        state = "approved" if body["approve"] else "declined"
        if not self._directory.device_codes.decide(str(body.get("user_code")), state):
            return json_answer({"message": "There is no such code"}, 404)
        return json_answer({"state": state})
