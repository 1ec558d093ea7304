"""The identity that Azure gives a machine: what programs on it ask, in both forms that there are.

A virtual machine asks a fixed address (IMDS), others one that their environment names.
Source: learn.microsoft.com, "How to use managed identities on an Azure VM" and "Use managed
identities for App Service".
"""

from __future__ import annotations

import hmac
import secrets
import uuid

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.digests import digest
from modelyard.local.cloud.entra import exceptions
from modelyard.local.cloud.entra.exceptions import EntraError
from modelyard.local.cloud.entra.models import Application, Directory
from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.service import Cloud

COLLECTION = "entra.managed_identity"
IMDS = "169.254.169.254"
_ONLY = "the"


class ManagedIdentity:
    """At most one; the machine has none before :meth:`assign`."""

    def __init__(self, cloud: Cloud, directory: Directory) -> None:
        self._cloud = cloud
        self._directory = directory

    def assign(self, _request: Request) -> Response:
        """Own interface: gives this machine an identity, and says how programs get at it."""
        header = secrets.token_urlsafe(24)
        document = {
            "client_id": str(uuid.uuid4()),
            "object_id": str(uuid.uuid4()),
            "header": digest(header),
        }
        self._cloud.store.put(COLLECTION, _ONLY, document)
        return json_answer(
            {
                "client_id": document["client_id"],
                "IDENTITY_ENDPOINT": f"{self._cloud.url}/msi/token",
                "IDENTITY_HEADER": header,
            }
        )

    def app_service(self, request: Request) -> Response:
        """``GET IDENTITY_ENDPOINT?resource=R`` with the header that the environment has."""
        known = self._cloud.store.get(COLLECTION, _ONLY) or {"header": ""}
        shown = digest(request.headers.get("X-IDENTITY-HEADER", ""))
        if not hmac.compare_digest(shown, known["header"]):
            return _failure(401, "unauthorized_client", "X-IDENTITY-HEADER is missing or wrong")
        return self._token(request)

    def virtual_machine(self, request: Request) -> Response:
        """``GET http://169.254.169.254/metadata/identity/oauth2/token?resource=R``"""
        if request.headers.get("Metadata", "").lower() != "true":
            return _failure(400, "bad_request_102", "Required metadata header not specified")
        return self._token(request)

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _token(self, request: Request) -> Response:
        known = self._cloud.store.get(COLLECTION, _ONLY)
        wanted = request.args.get("client_id", "")
        if known is None or (wanted and wanted != known["client_id"]):
            return _failure(400, "invalid_request", "Identity not found")
        resource = request.args.get("resource", "")
        try:
            if not resource:
                raise exceptions.parameter_missing("resource")
            owner = Application(known["client_id"], known["object_id"])
            token = self._directory.sign(owner, resource, "2")
        except EntraError as error:
            return _failure(error.status, error.error, str(error))
        return json_answer(
            {
                "access_token": token.value,
                "client_id": known["client_id"],
                "expires_in": str(token.lifetime),
                "expires_on": str(token.expires_on),
                "ext_expires_in": str(token.lifetime),
                "not_before": str(token.not_before),
                "resource": resource,
                "token_type": "Bearer",
            }
        )


def _failure(status: int, error: str, text: str) -> Response:
    return json_answer({"error": error, "error_description": text}, status)
