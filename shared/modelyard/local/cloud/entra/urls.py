"""Where the token service answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.cloud.entra import hosts
from modelyard.local.cloud.entra.managed_identity import IMDS, ManagedIdentity
from modelyard.local.cloud.entra.models import Directory
from modelyard.local.cloud.entra.responses import EntraResponses
from modelyard.local.cloud.entra.settings import Settings
from modelyard.local.cloud.service import Cloud, Route


class EntraService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "entra"

    def __init__(self, cloud: Cloud) -> None:
        self.directory = Directory(cloud)
        self._responses = EntraResponses(self.directory, cloud.clock.time)
        self._machine = ManagedIdentity(cloud, self.directory)

    def routes(self) -> Sequence[Route]:
        answers = self._responses
        table = (
            ("GET", "/common/discovery/instance", answers.instance_discovery),
            (
                "GET",
                "/<tenant>/v2.0/.well-known/openid-configuration",
                answers.openid_configuration,
            ),
            ("GET", "/<tenant>/.well-known/openid-configuration", answers.openid_configuration_v1),
            ("GET", "/<tenant>/discovery/v2.0/keys", answers.keys),
            ("GET", "/<tenant>/discovery/keys", answers.keys),
            ("POST", "/<tenant>/oauth2/v2.0/token", answers.token),
            ("POST", "/<tenant>/oauth2/token", answers.token_v1),
            ("POST", "/<tenant>/oauth2/v2.0/devicecode", answers.device_code),
        )
        settings = Settings(self.directory)
        own = (
            ("GET", "/modelyard/entra", settings.get),
            ("PUT", "/modelyard/entra", settings.put),
            ("POST", "/modelyard/entra/federated-credentials", settings.trust),
            ("POST", "/modelyard/entra/certificates", settings.add_certificate),
            ("POST", "/modelyard/entra/device-codes", settings.decide),
            ("POST", "/modelyard/entra/managed-identity", self._machine.assign),
            ("GET", "/msi/token", self._machine.app_service),
        )
        return [
            Route((method,), host, path, answers.handler(answer))
            for host in hosts.ALL
            for method, path, answer in table
        ] + [
            *(Route((method,), "127.0.0.1", path, handler) for method, path, handler in own),
            Route(
                ("GET",),
                IMDS,
                "/metadata/identity/oauth2/token",
                self._machine.virtual_machine,
            ),
        ]

    def start(self) -> None:
        """Nothing runs beside the requests."""

    def stop(self) -> None:
        """Nothing runs beside the requests."""

    def reset(self) -> None:
        self.directory.reset()
        self._machine.reset()

    def status(self) -> Mapping[str, Any]:
        return {
            "tenant": self.directory.tenant_id,
            "tokens_issued": self.directory.issued,
            "token_lifetime_seconds": self.directory.lifetime,
        }
