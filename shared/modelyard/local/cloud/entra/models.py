"""The directory: one tenant with one application, and the tokens it is given."""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud import signing
from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.entra import certificates, exceptions, federation
from modelyard.local.cloud.entra.device_codes import REFRESH, DeviceCodes
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import DATABRICKS_AUDIENCE, OWNER

LIFETIME_SECONDS = 3599
"""What Entra gives, unless :meth:`Directory.set_lifetime` says otherwise."""

RESOURCES = frozenset(
    {
        DATABRICKS_AUDIENCE,
        "499b84ac-1321-427f-aa17-267ca6975798",  # Azure DevOps
        "https://app.vssps.visualstudio.com",
        "https://containerregistry.azure.net",
        "https://graph.microsoft.com",
        "https://management.azure.com",
        "https://management.chinacloudapi.cn",
        "https://management.core.windows.net",
        "https://management.usgovcloudapi.net",
        "https://ml.azure.com",
        "https://storage.azure.com",
        "https://vault.azure.net",
    }
)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class IssuedToken:
    """An access token; times in seconds (``not_before`` and ``expires_on`` since the epoch)."""

    value: str
    resource: str
    lifetime: int
    not_before: int
    expires_on: int


@dataclass(frozen=True)
class Application:
    """Whom a token is for."""

    client_id: str
    object_id: str


class Directory:
    """The tenant of a local cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._credentials = load_or_create(cloud.folder)
        self._key = signing.load_or_create(cloud.folder / "entra")
        self.device_codes = DeviceCodes(cloud)
        self.issued = 0

    @property
    def tenant_id(self) -> str:
        return self._credentials.tenant_id

    def check_tenant(self, tenant: str) -> None:
        """Raises EntraError for a tenant that isn't this one."""
        if tenant.lower() != self.tenant_id:
            raise exceptions.tenant_not_found(tenant)

    def keys(self) -> list[dict[str, Any]]:
        """The public signing keys (JWK)."""
        return [signing.public_jwk(self._key.public_key())]

    def issue(self, tenant: str, form: Mapping[str, str], resource: str) -> IssuedToken:
        """A token for the application whose credentials ``form`` holds. Raises EntraError."""
        self.check_tenant(tenant)
        grant = form.get("grant_type")
        if not grant:
            raise exceptions.parameter_missing("grant_type")
        if grant != "client_credentials":
            raise exceptions.grant_not_supported(grant)
        method = self._authenticate(form)
        application = Application(self._credentials.client_id, self._credentials.object_id)
        return self.sign(application, resource, method)

    def issue_to_person(self, form: Mapping[str, str]) -> tuple[IssuedToken, str]:
        """A token for whoever approved a device code, or did before and has a refresh token since;
        and an id token. Raises EntraError."""
        client_id = form.get("client_id", "")
        if form.get("grant_type") == REFRESH:
            self.device_codes.check_refresh(form.get("refresh_token", ""), client_id)
            scope = form.get("scope", "")
        else:
            scope = self.device_codes.redeem(form.get("device_code", ""), client_id)
        resource = scope.partition("/.default")[0].split()[-1]
        person = Application(client_id, self._person)
        token = self.sign(person, resource, "0", {"upn": OWNER, "idtyp": "user", "name": OWNER})
        claims = {
            "aud": client_id,
            "iss": f"https://login.microsoftonline.com/{self.tenant_id}/v2.0",
            "iat": token.not_before,
            "nbf": token.not_before,
            "exp": token.expires_on,
            "name": OWNER,
            "oid": self._person,
            "preferred_username": OWNER,
            "sub": self._person,
            "tid": self.tenant_id,
            "ver": "2.0",
        }
        return token, signing.sign(claims, self._key)

    def client_info(self) -> dict[str, str]:
        """Where the person's account is at home."""
        return {"uid": self._person, "utid": self.tenant_id}

    @property
    def _person(self) -> str:
        """Object id of the cloud's one user."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.tenant_id}/{OWNER}"))

    @property
    def lifetime(self) -> int:
        """How long new tokens are valid, in seconds."""
        settings = self._cloud.store.get("settings", "entra") or {}
        return int(settings.get("token_lifetime_seconds", LIFETIME_SECONDS))

    def set_lifetime(self, seconds: int | None) -> None:
        """Let new tokens live for ``seconds``; None for what Entra gives."""
        settings = {} if seconds is None else {"token_lifetime_seconds": seconds}
        self._cloud.store.put("settings", "entra", settings)

    def trust(
        self, issuer: str, subject: str, keys: list[dict[str, Any]] | None, audience: str
    ) -> None:
        """Give the application a federated credential. Raises ValueError: see there."""
        federation.trust(self._cloud.store, issuer, subject, keys, audience)

    def add_certificate(self, pem: str) -> str:
        """Give the application a certificate; its thumbprint. Raises ValueError for a bad one."""
        return certificates.add(self._cloud.store, pem)

    def reset(self) -> None:
        """Forget all but the application and its secret."""
        self.set_lifetime(None)
        self._cloud.store.clear(federation.COLLECTION)
        self._cloud.store.clear(certificates.COLLECTION)
        self.device_codes.reset()

    def _authenticate(self, form: Mapping[str, str]) -> str:
        """Says how the application has proved who it is ("1" secret, "2" assertion)."""
        client_id = form.get("client_id", "")
        if not client_id:
            raise exceptions.parameter_missing("client_id")
        if client_id.lower() != self._credentials.client_id:
            raise exceptions.application_not_found(client_id, self.tenant_id)
        if secret := form.get("client_secret"):
            if not hmac.compare_digest(secret.encode(), self._credentials.client_secret.encode()):
                raise exceptions.wrong_secret(client_id)
            return "1"
        if form.get("client_assertion_type") == ASSERTION_TYPE and form.get("client_assertion"):
            self._check_assertion(form["client_assertion"])
            return "2"
        raise exceptions.no_secret()

    def _check_assertion(self, assertion: str) -> None:
        store, now = self._cloud.store, self._cloud.clock.time()
        if certificates.is_own(assertion, self._credentials.client_id):
            certificates.check(store, assertion, self.tenant_id, now)
        else:
            federation.check(store, assertion, now)

    def sign(
        self,
        owner: Application,
        resource: str,
        method: str,
        person: Mapping[str, str] | None = None,
    ) -> IssuedToken:
        """A token for a resource. Raises EntraError for one that isn't here.

        :param method: how it was proved who it is: "0" not at all, "1" secret, "2" assertion.
        :param person: claims of a token that is a person's.
        """
        if resource.rstrip("/") not in RESOURCES:
            raise exceptions.resource_not_found(resource, self.tenant_id)
        now = int(self._cloud.clock.time())
        lifetime = self.lifetime
        issuer = f"https://sts.windows.net/{self.tenant_id}/"
        claims = {
            "aud": resource,
            "iss": issuer,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "appid": owner.client_id,
            "appidacr": method,
            "idp": issuer,
            "idtyp": "app",
            "oid": owner.object_id,
            "sub": owner.object_id,
            "tid": self.tenant_id,
            "uti": secrets.token_urlsafe(16),
            "jti": str(uuid.uuid4()),
            "ver": "1.0",
            **(person or {}),
        }
        self.issued += 1
        return IssuedToken(signing.sign(claims, self._key), resource, lifetime, now, now + lifetime)
