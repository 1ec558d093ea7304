"""HTTP of the issuer: what jobs ask, what verifiers ask, and the cloud's own interface."""

from __future__ import annotations

from dataclasses import fields

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.github_identity.models import ISSUER, Issuer, Job, UnknownJob
from modelyard.local.cloud.json_bodies import json_answer

REQUESTS = "run-actions-1.actions.githubusercontent.com"
"""Where jobs ask; GitHub has many such hosts."""


class GitHubIdentityResponses:
    """The handlers."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def identity_token(self, request: Request, **_path: str) -> Response:
        """``GET ...&audience=A`` with the job's token as the bearer: ``{"count", "value"}``."""
        authorization = request.authorization
        shown = ""
        if authorization is not None and authorization.type == "bearer":
            shown = str(authorization.token)
        try:
            token = self._issuer.identity_token(shown, request.args.get("audience", ""))
        except UnknownJob:
            return json_answer(
                {"message": "The job's token isn't valid, or the job has ended."}, 401
            )
        return json_answer({"count": len(token), "value": token})

    def openid_configuration(self, _request: Request) -> Response:
        return json_answer(
            {
                "issuer": ISSUER,
                "jwks_uri": f"{ISSUER}/.well-known/jwks",
                "subject_types_supported": ["public", "pairwise"],
                "response_types_supported": ["id_token"],
                "claims_supported": ["sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid"],
            }
        )

    def keys(self, _request: Request) -> Response:
        return json_answer({"keys": self._issuer.keys()})

    def start_trusted_job(self, request: Request) -> Response:
        """The same as :meth:`start_job`, of a job that the cloud's application trusts."""
        return self.start_job(request, trusted=True)

    def start_job(self, request: Request, *, trusted: bool = False) -> Response:
        """``{"repository", "ref", "event", "environment", ...}``: the job's two variables.

        ``subject`` is what a federated credential or a federation policy has to name.
        """
        body = request.get_json()
        body = body if isinstance(body, dict) else {}
        known = {field.name for field in fields(Job)}
        if wrong := sorted(set(body) - known):
            return json_answer(
                {"message": f"Unknown field {wrong[0]!r}: {', '.join(sorted(known))}"}, 400
            )
        if any(not isinstance(value, str) for value in body.values()):
            return json_answer({"message": "All fields are texts"}, 400)
        if body.get("repository", "").count("/") != 1:
            return json_answer({"message": "The body must have repository: owner/name"}, 400)
        job = Job(**body)
        if trusted:
            self._issuer.trust(job)
        place = f"https://{REQUESTS}/{job.run_id}//idtoken/00000000-0000-4000-8000-000000000001"
        return json_answer(
            {
                "subject": self._issuer.subject(job),
                "issuer": ISSUER,
                "ACTIONS_ID_TOKEN_REQUEST_URL": f"{place}?api-version=2.0",
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self._issuer.start_job(job),
            }
        )
