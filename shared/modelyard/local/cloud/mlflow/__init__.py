"""MLflow tracking and model registry of the workspace: the real server, behind its REST paths.

Source: MLflow REST API (https://mlflow.org/docs/latest/api_reference/rest-api.html) and Azure
Databricks REST reference, "Experiments" and "Model Registry".
"""

from __future__ import annotations

from modelyard.local.cloud.mlflow.urls import MlflowService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return MlflowService(cloud)
