"""Service connections as the file has them: to Azure by workload identity federation, to a
registry, to GitHub."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.project.devops.permissions import Users, read_users
from modelyard.project.fields import Section
from modelyard.project.secret_values import SecretReference
from modelyard.project.tenant import Tenant

KIND = "service connection"
KEYS = (
    *("name", "type", "description", "tenant-id", "client-id", "subscription-id"),
    *("subscription-name", "registry", "user", "secrets", "pipelines", "all-pipelines"),
)
AZURE, REGISTRY, GITHUB = "azure", "container-registry", "github"
_SECRET = {REGISTRY: "password", GITHUB: "token"}
"""What the one secret of a connection is called in ``secrets``."""


@dataclass(frozen=True)
class ServiceConnection:
    """One, as the file has it."""

    name: str
    type: str
    description: str
    tenant_id: str
    client_id: str
    """Empty: the application that ``--with-az`` finds or makes."""
    subscription_id: str
    subscription_name: str
    registry: str
    user: str
    secrets: dict[str, SecretReference]
    """``password`` or ``token``, as the type needs one."""
    users: Users


def read(section: Section, azure: Tenant | None, with_az: bool) -> ServiceConnection:
    """One of the list."""
    kind = section.text("type", AZURE, choices=(AZURE, REGISTRY, GITHUB))
    ids = azure or Tenant("", "", "", "", ())
    secret_name = _SECRET.get(kind)
    secrets = section.secrets("secrets")
    if secret_name and secret_name not in secrets:
        section.wrong("secrets", f"needs {secret_name}: env:NAME or keyvault://VAULT/NAME")
    found = ServiceConnection(
        name=section.text("name", required=True),
        type=kind,
        description=section.text("description"),
        tenant_id=section.text("tenant-id", ids.tenant_id),
        client_id=section.text("client-id", ids.client_id),
        subscription_id=section.text("subscription-id", ids.subscription_id),
        subscription_name=section.text("subscription-name"),
        registry=section.text("registry", required=kind == REGISTRY),
        user=section.text("user", required=kind == REGISTRY),
        secrets={name: one for name, one in secrets.items() if name == secret_name},
        users=read_users(section),
    )
    if kind == AZURE:
        for key, value in (
            ("tenant-id", found.tenant_id),
            ("subscription-id", found.subscription_id),
        ):
            if not value:
                section.wrong(key, f"is missing, here and in azure.{key}")
        if not found.client_id and not (with_az and ids.application):
            section.wrong(
                "client-id",
                "is missing, here and in azure.client-id; with azure.application, --with-az finds "
                "or makes it",
            )
    return found
