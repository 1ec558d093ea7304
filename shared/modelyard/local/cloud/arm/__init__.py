"""Azure Resource Manager (management.azure.com): one subscription with one Databricks workspace.

Source: Azure REST reference, "Subscriptions", "Resource Groups", "Databricks / Workspaces".
"""

from __future__ import annotations

from modelyard.local.cloud.arm.urls import ArmService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return ArmService(cloud)
