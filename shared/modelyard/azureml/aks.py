"""The AKS cluster of a workspace: found, or created by Azure ML.

Source: Azure REST reference, "Compute" (computeType AKS).
"""

from __future__ import annotations

import logging

from modelyard.azureml import connection, long_running
from modelyard.azureml.connection import Place
from modelyard.errors import InputError, NotFound, ServiceError
from modelyard.http import Session

log = logging.getLogger(__name__)

AKS = "AKS"
_READY = "Succeeded"


def check(session: Session, place: Place, name: str) -> bool:
    """Whether the workspace has this cluster.

    :raises InputError: when the compute of this name is something else.
    :raises ServiceError: when it is there and not usable.
    """
    body = connection.find(session, _path(place, name))
    if body is None:
        return False
    properties = body.get("properties") or {}
    kind, state = properties.get("computeType"), properties.get("provisioningState")
    if kind != AKS:
        raise InputError(
            f"the compute {name} is of the type {kind}, not {AKS}",
            fix="name another one, or deploy with target kubernetes to an attached cluster",
        )
    if state != _READY:
        raise ServiceError(f"the cluster {name} is {state}, not ready")
    return True


def create(
    session: Session,
    place: Place,
    name: str,
    *,
    location: str,
    machine: str,
    nodes: int,
    timeout: float,
) -> None:
    """A new cluster; comes back when it is ready.

    :param machine: size of each node's virtual machine.
    :raises OperationFailed, WaitTimeout:
    """
    body = {
        "location": location,
        "properties": {
            "computeType": AKS,
            "properties": {"agentCount": nodes, "agentVmSize": machine},
        },
    }
    log.info("cluster %s: creating it of %d %s", name, nodes, machine)
    long_running.change(
        session, "PUT", _path(place, name), body, what=f"cluster {name}", timeout=timeout
    )


def missing(place: Place, name: str) -> NotFound:
    """The error for a cluster that isn't there and may not be created."""
    return NotFound(
        f"the workspace {place.workspace} has no cluster {name}",
        fix="check the name, or set create-compute",
    )


def _path(place: Place, name: str) -> str:
    return f"{place.path}/computes/{name}"
