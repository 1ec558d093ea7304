"""Azure Machine Learning: workspaces, datastores, assets, computes and online endpoints.

Source: Azure REST reference, "Azure Machine Learning" (Microsoft.MachineLearningServices), versions
2023-04-01 to 2025-01-01-preview as azure-ai-ml uses them. What is deployed really runs: see
:mod:`modelyard.local.cloud.aml.online`.
"""

from __future__ import annotations

from modelyard.local.cloud.aml.urls import MachineLearningService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return MachineLearningService(cloud)
