"""The environment variables that a cluster's driver starts with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from modelyard.local.cloud.databricks.clusters import catalogue
from modelyard.local.cloud.databricks.clusters.records import Document
from modelyard.local.cloud.databricks.storage import Storage

SECRET = re.compile(r"\{\{secrets/([^/}]+)/([^/}]+)\}\}")
"""How ``spark_env_vars`` name a secret."""

CREDENTIALS = ("AZURE_", "DATABRICKS_TOKEN", "DATABRICKS_HOST", "GH_TOKEN", "HOME")
"""Beginnings of variables that belong to the user's programs, not to a cluster."""


def driver_environment(
    document: Document,
    cloud_environment: Mapping[str, str],
    storage: Storage,
    secret: Callable[[str, str], str],
) -> dict[str, str]:
    """What the driver has besides PATH and the like. No credentials: each run brings its own.

    ``secret(scope, key)`` gives the value of a secret, or raises ApiError.
    """
    specification = document["specification"]
    environment = {
        name: value for name, value in cloud_environment.items() if not name.startswith(CREDENTIALS)
    }
    environment.update(
        DATABRICKS_RUNTIME_VERSION=catalogue.runtime_of(specification["spark_version"]),
        MODELYARD_DBFS_ROOT=str(storage.dbfs),
        MODELYARD_VOLUMES_ROOT=str(storage.volumes),
        MODELYARD_WORKSPACE_FILES_ROOT=str(storage.workspace_files),
        MODELYARD_TASK_VALUES=str(storage.task_values),
    )
    for name, value in specification.get("spark_env_vars", {}).items():
        environment[name] = SECRET.sub(lambda found: secret(*found.groups()), str(value))
    return environment
