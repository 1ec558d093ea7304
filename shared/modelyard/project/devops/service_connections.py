"""Service connections as the file has them: to Azure by workload identity federation, to a
registry (with a password, or to an Azure one by federation), to GitHub, to any server that needs no
user."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from modelyard.azure.identity.clouds import AzureCloud
from modelyard.errors import InputError, NotFound
from modelyard.project import shapes
from modelyard.project.devops.organization import Organization
from modelyard.project.devops.permissions import Users, read_users
from modelyard.project.fields import Section
from modelyard.project.secret_values import SecretReference
from modelyard.project.tenant import Tenant
from modelyard.reading import nearest

KIND = "service connection"
_ALL = ("name", "type", "description", "pipelines", "all-pipelines")
_FEDERATED = ("tenant-id", "client-id", "subscription-id", "subscription-name")
_PASSWORD = ("registry", "user", "secrets")
KEYS = (*_ALL, *_FEDERATED, *_PASSWORD, "resource-id", "url")
AZURE, REGISTRY, GITHUB, GENERIC = "azure", "container-registry", "github", "generic"
_SECRET = {REGISTRY: "password", GITHUB: "token"}
"""What the one secret of a connection is called in ``secrets``."""


@dataclass(frozen=True)
class ServiceConnection:
    """One, as the file has it."""

    name: str
    type: str
    description: str | None
    """None: as it is there."""
    tenant_id: str
    client_id: str
    """Empty: the application that ``--with-az`` finds or makes."""
    subscription_id: str
    subscription_name: str
    registry: str
    """Login server, such as ``wine.azurecr.io``."""
    user: str
    resource_id: str
    """Of an Azure container registry that is signed in to by federation; else empty."""
    url: str
    """Of the server of a generic one; else empty."""
    secrets: dict[str, SecretReference]
    """``password`` or ``token``, as the type needs one."""
    users: Users

    @property
    def federated(self) -> bool:
        """Whether it signs in by workload identity federation, without a secret."""
        return self.type == AZURE or bool(self.resource_id)


_REGISTRY_ID = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/[^/]+/providers/Microsoft.ContainerRegistry/registries/"
    r"([A-Za-z0-9]+)",
    re.IGNORECASE,
)
_HOST = re.compile(r"[\w.-]+(:\d+)?(/[\w./-]*)?", re.ASCII)
_SHAPE = (
    "/subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.ContainerRegistry/registries/NAME"
)


def _registry(section: Section, default: str, *, required: bool) -> str:
    """A host such as ``wine.azurecr.io``, or an address; never with a user in it."""
    text = section.text("registry", default, required=required)
    if text.startswith("https://"):
        return shapes.server(section, "registry")
    if text and not _HOST.fullmatch(text):
        section.wrong("registry", "isn't the host of a registry: wine.azurecr.io, or https://HOST/")
        return default
    return text


def _server(section: Section, kind: str) -> str:
    """The address of a generic one, as the service keeps it: a host alone has the path ``/``."""
    url = shapes.server(section, "url", required=kind == GENERIC)
    if url and not url.startswith("https://"):
        section.wrong("url", "isn't the address of a server: https://HOST")
    if not url:
        return ""
    host, _, path = url.removeprefix("https://").partition("/")
    return f"https://{host.lower()}/{path}"


def read(
    section: Section,
    azure: Tenant | None,
    with_az: bool,
    pipelines: Collection[str],
    cloud: AzureCloud,
) -> ServiceConnection:
    """One of the list.

    :param pipelines: the names of the file's pipelines.
    :param cloud: where a registry is that has a resource-id.
    """
    kind = section.text("type", AZURE, choices=(AZURE, REGISTRY, GITHUB, GENERIC))
    ids = azure or Tenant("", "", "", "", ())
    resource_id = section.text("resource-id").rstrip("/")
    registry = _REGISTRY_ID.fullmatch(resource_id)
    if resource_id and kind == REGISTRY and not registry:
        section.wrong("resource-id", f"isn't that of an Azure container registry: {_SHAPE}")
    by_password = kind == REGISTRY and not resource_id
    secret_name = _SECRET.get(kind) if by_password or kind == GITHUB else None
    _check_keys(section, kind, resource_id)
    secrets = section.secrets("secrets")
    for name, at in section.entries("secrets"):
        if secret_name and name != secret_name:
            section.mistakes.add(at, f"{section.named('secrets')}.{name} isn't {secret_name}")
    if secret_name and secret_name not in secrets:
        section.wrong("secrets", f"needs {secret_name}: env:NAME or keyvault://VAULT/NAME")
    login_server = f"{registry[2].lower()}.{cloud.registry_domain}" if registry else ""
    found = ServiceConnection(
        name=section.text("name", required=True),
        type=kind,
        description=section.text_if_given("description"),
        tenant_id=shapes.guid(section, "tenant-id", ids.tenant_id),
        client_id=shapes.guid(section, "client-id", ids.client_id),
        subscription_id=shapes.guid(
            section, "subscription-id", registry[1] if registry else ids.subscription_id
        ),
        subscription_name=section.text("subscription-name"),
        registry=_registry(section, login_server, required=by_password),
        user=section.text("user", required=by_password),
        resource_id=resource_id,
        url=_server(section, kind),
        secrets={name: one for name, one in secrets.items() if name == secret_name},
        users=read_users(section, pipelines),
    )
    if found.federated:
        for key, value in (
            ("tenant-id", found.tenant_id),
            ("subscription-id", found.subscription_id),
        ):
            if not value:
                section.wrong(key, f"is missing, here and in azure.{key}")
        if not found.client_id and not (with_az and ids.application):
            name = shlex.quote(ids.application or "modelyard")
            section.wrong(
                "client-id",
                "is missing, here and in azure.client-id: it is the appId that `az ad app create "
                f"--display-name {name}` prints (then `az ad sp create --id` with it); with "
                "azure.application, --with-az finds or makes it",
            )
    return found


def _check_keys(section: Section, kind: str, resource_id: str) -> None:
    """Nothing is there that would count for nothing."""
    of_kind = {
        AZURE: _FEDERATED,
        REGISTRY: _PASSWORD,
        GITHUB: ("secrets",),
        GENERIC: ("url",),
    }
    allowed = of_kind.get(kind, KEYS)
    what = f"of the type {kind}"
    if kind == REGISTRY and resource_id:
        allowed, what = (*_FEDERATED, "registry", "resource-id"), "that has a resource-id"
    for key in KEYS:
        if section.has(key) and key not in (*_ALL, *allowed):
            section.wrong(key, f"isn't of a connection {what}")


def check_known(
    used: Iterable[tuple[str, str]],
    wanted: Iterable[ServiceConnection],
    organization: Organization,
) -> None:
    """Look for what is used before anything is written.

    :param used: the name and the type of each, as variable groups and the repository need it; an
        empty name stands for none.
    :raises NotFound: when neither the file nor the project has it.
    :raises InputError: when that of the file is of another type.
    """
    there = {one.name.lower(): one for one in wanted}
    for name, kind in used:
        found = there.get(name.lower())
        if found and found.type != kind:
            raise InputError(
                f"the service connection {name} is of the type {found.type}, and the file uses it "
                f"where one of the type {kind} is needed",
                fix=f"name a service connection of the type {kind}",
            )
        if name and not found and not organization.knows(KIND, name):
            raise NotFound(
                f"there is no service connection {name} in the project {organization.project}"
                f"{nearest(name, [one.name for one in there.values()])}",
                cause="the file uses it, and has none of that name either",
                fix="check the name, or put it into azure-devops.service-connections",
            )
