"""What the programs of users, which run in this service, get of the cloud's variables."""

from __future__ import annotations

from collections.abc import Mapping

_HIDDEN = ("AZURE_", "DATABRICKS_", "GH_", "HOME", "MODELYARD_", "MLFLOW_TRACKING")


def network(cloud_environment: Mapping[str, str]) -> dict[str, str]:
    """They run as on Azure: on the network, but without anybody's credentials."""
    return {
        name: value for name, value in cloud_environment.items() if not name.startswith(_HIDDEN)
    }
