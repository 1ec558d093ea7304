"""The Azure Databricks workspace of a local cloud, as far as pipelines use it.

One folder for each area of the REST API, each with ``models.py`` (state and behaviour),
``responses.py`` (HTTP only) and ``urls.py`` (routes). Clusters are driver processes that really run
notebooks; libraries are really installed; files are on disk. Source: Databricks REST reference.
"""

from __future__ import annotations

from modelyard.local.cloud.databricks.models import WorkspaceModel
from modelyard.local.cloud.databricks.service import DatabricksService
from modelyard.local.cloud.service import Cloud, Service
from modelyard.local.notebook import environments
from modelyard.local.notebook.driver_process import DriverProcess


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    model = WorkspaceModel(cloud, DriverProcess, environments.base_python, environments.build)
    return DatabricksService(model)
