"""Azure Resource Manager (management.azure.com): a subscription, its groups and resources.

Source: Azure REST reference, "Subscriptions", "Resource Groups", "Deployments", "Databricks /
Workspaces".
"""

from __future__ import annotations

from modelyard.local.cloud.arm.urls import ArmService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return ArmService(cloud)
