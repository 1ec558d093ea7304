"""A container registry: the OCI distribution API, on the loopback and as ``*.azurecr.io``.

Source: OCI distribution specification 1.1 (https://github.com/opencontainers/distribution-spec).
"""

from __future__ import annotations

from modelyard.local.cloud.registry.urls import RegistryService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return RegistryService(cloud)
