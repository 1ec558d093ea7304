"""Key vaults and their sign-in for unit tests, in place of the network."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import requests_mock

from modelyard.azure.identity.clouds import PUBLIC, AzureCloud

TENANT = "11111111-2222-3333-4444-555555555555"
IDENTITY = {
    "AZURE_TENANT_ID": TENANT,
    "AZURE_CLIENT_ID": "client-1",
    "AZURE_CLIENT_SECRET": "made-up-secret-0123",
}
OBJECT = "99999999-2222-3333-4444-555555555555"
SCOPE = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/ml/providers/"
    "microsoft.keyvault/vaults/wine"
)
BY_ROLE = (
    "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny "
    "assignments or role definitions were changed recently, please observe propagation time.\r\n"
    f"Caller: appid=client-1;oid={OBJECT};iss=https://sts.windows.net/{TENANT}/\r\n"
    "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\n"
    f"Resource: '{SCOPE}/secrets/{{name}}'\r\nAssignment: (not found)\r\nVault: wine\r\n"
)
BY_POLICY = (
    f"The user, group or application 'appid=client-1;oid={OBJECT};iss=https://sts.windows.net/"
    f"{TENANT}/' does not have secrets get permission on key vault 'wine;location=westeurope'."
)


class FakeVaults:
    """``vaults.put("wine", "name", "value")``; every vault asks for a token first."""

    def __init__(self, server: requests_mock.Mocker, cloud: AzureCloud = PUBLIC) -> None:
        self.cloud = cloud
        self.login = login = f"https://{cloud.authority}/{TENANT}"
        self.secrets: dict[tuple[str, str], dict[str, Any]] = {}
        self.failures: dict[tuple[str, str], list[dict[str, Any]]] = {}
        """Answers in place of a secret, by vault and name: those of requests-mock."""
        self.reads: list[str] = []
        """``vault/name`` of each request with a token."""
        self.scopes: list[str] = []
        """What each token that was handed out is for."""
        server.get(
            f"{login}/v2.0/.well-known/openid-configuration",
            json={
                "authorization_endpoint": f"{login}/oauth2/v2.0/authorize",
                "token_endpoint": f"{login}/oauth2/v2.0/token",
                "issuer": f"{login}/v2.0",
            },
        )
        server.get(
            "https://login.microsoftonline.com/common/discovery/instance",
            json={"tenant_discovery_endpoint": "", "metadata": []},
        )
        server.post(f"{login}/oauth2/v2.0/token", json=self._token)
        vaults = rf"^https://[^/]+\.{re.escape(cloud.vault_domain)}/secrets"
        server.get(re.compile(vaults), json=self._answer)

    def put(self, vault: str, name: str, value: str, **more: Any) -> str:
        """A secret; its version."""
        version = uuid.uuid4().hex
        attributes = {"enabled": True, **more.pop("attributes", {})}
        secret = {"value": value, "version": version, "attributes": attributes, **more}
        self.secrets[vault, name] = secret
        return version

    def refuse(self, vault: str, name: str, status: int, message: str, inner: str = "") -> None:
        """From now on this is the answer."""
        error: dict[str, Any] = {"code": "Forbidden", "message": message.replace("{name}", name)}
        if inner:
            error["innererror"] = {"code": inner}
        self.failures[vault, name] = [{"status": status, "body": {"error": error}}]

    def _token(self, request: Any, _context: Any) -> dict[str, Any]:
        self.scopes += parse_qs(request.text)["scope"]
        number = len(self.scopes)
        return {"token_type": "Bearer", "expires_in": 3599, "access_token": f"t{number}"}

    def _answer(self, request: Any, context: Any) -> dict[str, Any]:
        if "Authorization" not in request.headers:
            assert not request.body
            context.status_code = 401
            context.headers["WWW-Authenticate"] = (
                f'Bearer authorization="{self.login}", resource="{self.cloud.vault_resource}"'
            )
            return {"error": {"code": "Unauthorized", "message": "AKV10000: no token"}}
        vault = request.hostname.partition(".")[0]
        parts = [one for one in request.path.split("/") if one]
        name = parts[1] if len(parts) > 1 else ""
        self.reads.append(f"{vault}/{name}")
        if failures := self.failures.get((vault, name)):
            failure = failures.pop(0) if len(failures) > 1 else failures[0]
            if failure:
                context.status_code = failure["status"]
                context.headers.update(failure.get("headers", {}))
                body: dict[str, Any] = failure["body"]
                return body
        if not name:
            return self._list(vault)
        secret = self.secrets.get((vault, name))
        if secret is None or (len(parts) > 2 and parts[2] != secret["version"]):
            context.status_code = 404
            return {"error": {"code": "SecretNotFound", "message": f"A secret {name} isn't there"}}
        place = f"https://{vault}.{self.cloud.vault_domain}/secrets/{name}/{secret['version']}"
        return {**secret, "id": place}

    def _list(self, vault: str) -> dict[str, Any]:
        items = [
            {"id": f"https://{vault}.{self.cloud.vault_domain}/secrets/{name}", **secret}
            for (owner, name), secret in self.secrets.items()
            if owner == vault
        ]
        return {"value": [{k: v for k, v in one.items() if k != "value"} for one in items]}


@contextmanager
def fake_vaults() -> Iterator[FakeVaults]:
    """For as long as a block runs."""
    with requests_mock.Mocker() as server:
        yield FakeVaults(server)
