"""Service connections as a task finds them in its environment.

Source: the agent's ``Handler.cs`` (``AddEndpointsToEnvironment``), ``TaskRunner.cs`` (which ones)
and ``MaskingUtil.cs`` (which of their parameters are no secrets).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from modelyard.local.runner.task_definition import TaskDefinition
from modelyard.local.runner.variables import environment_name

SYSTEM = "SystemVssConnection"
_NO_SECRETS = frozenset(
    name.lower()
    for name in (
        "AuthenticationType", "AuthorizationType", "AccessTokenType", "AccessTokenFetchingMethod",
        "Audience", "AcceptUntrustedCertificates", "CompleteCallbackPayload", "ExpiresAt",
        "IdToken_IssuedAt", "IssuedAt", "OAuthAccessTokenIsSupplied", "Role", "Scope",
        "ServicePrincipalId", "TenantId", "Unsecured", "UseWindowsSecurity", "Username",
        "workloadIdentityFederationIssuer", "workloadIdentityFederationSubject",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Endpoint:
    """A service connection, or the job's own connection to Azure DevOps."""

    name: str
    url: str
    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    """A GUID; empty for the job's own."""
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> Iterator[str]:
        """The values that the agent masks."""
        for name, value in self.parameters.items():
            if value and name.lower() not in _NO_SECRETS:
                yield value

    def environment(self) -> Iterator[tuple[str, str]]:
        """Its variables, as every task finds them that refers to it."""
        key = self.id or SYSTEM.upper()
        authorization = {"parameters": dict(self.parameters), "scheme": self.scheme}
        yield f"ENDPOINT_URL_{key}", self.url
        yield f"ENDPOINT_AUTH_{key}", json.dumps(authorization)
        yield f"ENDPOINT_AUTH_SCHEME_{key}", self.scheme
        for name, value in self.parameters.items():
            yield f"ENDPOINT_AUTH_PARAMETER_{key}_{environment_name(name)}", value
        if self.id:
            yield f"ENDPOINT_DATA_{key}", json.dumps(dict(self.data))
            for name, value in self.data.items():
                yield f"ENDPOINT_DATA_{key}_{environment_name(name)}", value


def referenced(
    definition: TaskDefinition, inputs: Mapping[str, str], endpoints: Iterable[Endpoint]
) -> list[Endpoint]:
    """Those that the step's inputs name by their ids, and the job's own."""
    wanted = set()
    for declared in definition.inputs:
        if declared.connection:
            for text in inputs.get(declared.name, "").split(","):
                wanted.add(_guid(text))
    found = list(endpoints)
    chosen = [one for one in found if one.id and _guid(one.id) in wanted]
    return [*chosen, *(one for one in found if one.name.lower() == SYSTEM.lower())][
        : len(chosen) + 1
    ]


def _guid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None
