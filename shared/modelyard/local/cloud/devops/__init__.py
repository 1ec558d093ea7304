"""Azure DevOps (dev.azure.com): service connections with identity tokens for jobs that use them,
variable groups, and what a project is set up with: repositories, environments with checks,
pipelines, permissions and branch policies.

Source: Azure DevOps REST reference, "Oidctoken - Create"; learn.microsoft.com, "Connect to Azure by
using an Azure Resource Manager service connection".
"""

from __future__ import annotations

from modelyard.local.cloud.devops.urls import DevOpsService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return DevOpsService(cloud)
