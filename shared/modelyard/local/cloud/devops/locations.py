"""Where the parts of Azure DevOps say that they are: clients take every address from this table.

Source: ``OPTIONS _apis`` of the service, as azure-devops 7.1 asks for it.
"""

from __future__ import annotations

from typing import Any

_TABLE = (
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}"),
    ("ef5b7057-ffc3-4c77-bbad-c10b4a4abcc7", "distributedtask", "variablegroups",
     "_apis/{area}/{resource}/{groupId}"),
    ("f5b09dd5-9d54-45a1-8b5a-1c8287d634cc", "distributedtask", "variablegroups",
     "{project}/_apis/{area}/{resource}/{groupId}"),
)  # fmt: skip


def locations() -> dict[str, Any]:
    """The answer to ``OPTIONS _apis``."""
    value = [
        {
            "id": key,
            "area": area,
            "resourceName": resource,
            "routeTemplate": template,
            "resourceVersion": 2,
            "minVersion": "1.0",
            "maxVersion": "7.2",
            "releasedVersion": "7.1",
        }
        for key, area, resource, template in _TABLE
    ]
    return {"count": len(value), "value": value}


def areas() -> dict[str, Any]:
    """The answer to ``GET _apis/ResourceAreas``: none, so that clients stay at this address."""
    return {"count": 0, "value": None}
