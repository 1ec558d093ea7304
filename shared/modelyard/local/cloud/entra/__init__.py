"""Microsoft Entra ID (login.microsoftonline.com): sign-in of one service principal.

Source: Microsoft identity platform, "OAuth 2.0 client credentials flow" and "Error codes".
"""

from __future__ import annotations

from modelyard.local.cloud.entra.urls import EntraService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return EntraService(cloud)
