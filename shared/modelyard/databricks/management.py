"""Two tokens in one request: for a principal that isn't a user of the workspace yet.

Whoever is a contributor of the workspace in Azure is let in with a token of Resource Manager beside
its own, and is a user of the workspace from then on.
Source: learn.microsoft.com, "Get Microsoft Entra ID tokens for service principals", "Use a service
principal's Microsoft Entra ID access token".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from modelyard.credentials import Credential

MANAGEMENT_TOKEN = "X-Databricks-Azure-SP-Management-Token"  # noqa: S105 - a header's name
RESOURCE_ID = "X-Databricks-Azure-Workspace-Resource-Id"


class TwoTokens:
    """The workspace's token and, where it is one of Microsoft Entra, Resource Manager's beside it.

    :param management: sends its token in the header MANAGEMENT_TOKEN.
    :param resource_id: the workspace's id in Resource Manager.
    :param of_entra: asked after ``token`` was sent for.
    """

    def __init__(
        self,
        token: Credential,
        management: Credential,
        resource_id: str,
        of_entra: Callable[[], bool],
    ) -> None:
        self._token = token
        self._management = management
        self._resource_id = resource_id
        self._of_entra = of_entra

    def headers(self) -> Mapping[str, str]:
        headers = self._token.headers()
        if not self._of_entra():
            return headers
        return {**headers, **self._management.headers(), RESOURCE_ID: self._resource_id}

    def renew(self) -> bool:
        renewed = [part.renew() for part in (self._token, self._management)]  # both, always
        return any(renewed)

    def secrets(self) -> tuple[str, ...]:
        return (*self._token.secrets(), *self._management.secrets())
