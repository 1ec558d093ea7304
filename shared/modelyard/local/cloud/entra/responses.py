"""HTTP of the token service: endpoints of version 1 (``resource``) and version 2 (``scope``)."""

from __future__ import annotations

import base64
import datetime
import functools
import json
import uuid
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.entra import exceptions, hosts
from modelyard.local.cloud.entra.device_codes import GRANTS
from modelyard.local.cloud.entra.exceptions import EntraError
from modelyard.local.cloud.entra.models import Directory
from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.service import Handler

HOST = hosts.PUBLIC
EVERYBODY = ("common", "organizations")
"""In place of a tenant: whichever the person belongs to."""


class EntraResponses:
    """The handlers; ``tenant`` is what stands in the path."""

    def __init__(self, directory: Directory, now: Callable[[], float]) -> None:
        self._directory = directory
        self._now = now

    def handler(self, answer: Callable[..., Any]) -> Handler:
        """Turns a function that returns JSON or raises EntraError into a handler."""

        @functools.wraps(answer)
        def handle(request: Request, **arguments: str) -> Response:
            try:
                status, body = 200, answer(request, **arguments)
            except EntraError as error:
                status, body = error.status, self._failure(request, error)
            response = json_answer(body, status)
            response.headers["Cache-Control"] = "no-store, no-cache"
            return response

        return handle

    def instance_discovery(self, request: Request) -> dict[str, Any]:
        """Which names the token service has; msal asks before it trusts an authority."""
        return {
            "tenant_discovery_endpoint": f"https://{HOST}/{self._directory.tenant_id}"
            "/v2.0/.well-known/openid-configuration",
            "api-version": request.args.get("api-version", "1.1"),
            "metadata": hosts.discovery(),
        }

    def openid_configuration(self, request: Request, tenant: str) -> dict[str, Any]:
        issuer = f"https://{request.host}/{tenant}/v2.0"
        return self._configuration(request, tenant, "/v2.0", issuer)

    def openid_configuration_v1(self, request: Request, tenant: str) -> dict[str, Any]:
        return self._configuration(request, tenant, "", f"https://sts.windows.net/{tenant}/")

    def keys(self, _: Request, tenant: str) -> dict[str, Any]:
        self._check_discovery_tenant(tenant)
        return {"keys": self._directory.keys()}

    def token(self, request: Request, tenant: str) -> dict[str, Any]:
        """Version 2: the resource is in ``scope``, times are numbers."""
        if request.form.get("grant_type") in GRANTS:
            return self._for_person(request, tenant)
        scope = request.form.get("scope", "")
        if not scope:
            raise exceptions.parameter_missing("scope")
        resource, found, rest = scope.partition("/.default")
        if not found or rest.strip():
            raise exceptions.scope_not_valid(scope)
        token = self._directory.issue(tenant, request.form, resource)
        return {
            "token_type": "Bearer",
            "expires_in": token.lifetime,
            "ext_expires_in": token.lifetime,
            "access_token": token.value,
        }

    def device_code(self, request: Request, tenant: str) -> dict[str, Any]:
        self._check_discovery_tenant(tenant)
        scope = request.form.get("scope", "")
        if "/.default" not in scope:
            raise exceptions.scope_not_valid(scope)
        return self._directory.device_codes.start(request.form.get("client_id", ""), scope)

    def _for_person(self, request: Request, tenant: str) -> dict[str, Any]:
        self._check_discovery_tenant(tenant)
        if "/.default" not in (scope := request.form.get("scope", "/.default")):
            raise exceptions.scope_not_valid(scope)
        token, id_token = self._directory.issue_to_person(request.form)
        info = json.dumps(self._directory.client_info()).encode()
        return {
            "token_type": "Bearer",
            "scope": f"{token.resource}/.default",
            "expires_in": token.lifetime,
            "ext_expires_in": token.lifetime,
            "access_token": token.value,
            "refresh_token": self._directory.device_codes.remember(request.form["client_id"]),
            "id_token": id_token,
            "client_info": base64.urlsafe_b64encode(info).decode().rstrip("="),
        }

    def token_v1(self, request: Request, tenant: str) -> dict[str, Any]:
        """Version 1: the resource is named, times are strings."""
        resource = request.form.get("resource", "")
        if not resource:
            raise exceptions.parameter_missing("resource")
        token = self._directory.issue(tenant, request.form, resource)
        return {
            "token_type": "Bearer",
            "expires_in": str(token.lifetime),
            "ext_expires_in": str(token.lifetime),
            "expires_on": str(token.expires_on),
            "not_before": str(token.not_before),
            "resource": token.resource,
            "access_token": token.value,
        }

    def _configuration(
        self, request: Request, tenant: str, version: str, issuer: str
    ) -> dict[str, Any]:
        self._check_discovery_tenant(tenant)
        base = f"https://{request.host}/{tenant}"
        return {
            "token_endpoint": f"{base}/oauth2{version}/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{base}/discovery{version}/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "authorization_endpoint": f"{base}/oauth2{version}/authorize",
            "device_authorization_endpoint": f"{base}/oauth2{version}/devicecode",
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
        }

    def _check_discovery_tenant(self, tenant: str) -> None:
        if tenant not in EVERYBODY:
            self._directory.check_tenant(tenant)

    def _failure(self, request: Request, error: EntraError) -> dict[str, Any]:
        trace = str(uuid.uuid4())
        correlation = request.headers.get("client-request-id", str(uuid.uuid4()))
        moment = datetime.datetime.fromtimestamp(self._now(), datetime.timezone.utc)
        timestamp = moment.strftime("%Y-%m-%d %H:%M:%SZ")
        return {
            "error": error.error,
            "error_description": f"{error} Trace ID: {trace} Correlation ID: {correlation} "
            f"Timestamp: {timestamp}",
            "error_codes": [error.code],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://{HOST}/error?code={error.code}",
        }
