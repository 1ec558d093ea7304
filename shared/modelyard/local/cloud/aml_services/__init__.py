"""Web services of Azure ML on container instances and AKS: created by SDK v1, answering requests.

Nothing of a container or a cluster is emulated: a service is a scoring server on this machine, the
one of :mod:`modelyard.local.cloud.aml.online`, behind the address and the keys of a service.
"""

from __future__ import annotations

from modelyard.local.cloud.aml_services.urls import WebServicesService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return WebServicesService(cloud)
