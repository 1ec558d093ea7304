"""What the programs of users, which run in this service, get of the cloud's variables."""

from __future__ import annotations

from collections.abc import Mapping

from modelyard.local.cloud.environment import without_real_world

_OF_THE_CLOUD = ("HOME", "MODELYARD_")


def network(cloud_environment: Mapping[str, str]) -> dict[str, str]:
    """They run as on Azure: on the network, but without anybody's credentials."""
    return {
        name: value
        for name, value in without_real_world(cloud_environment).items()
        if not name.startswith(_OF_THE_CLOUD)
    }
