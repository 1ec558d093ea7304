"""Computes of a workspace: its own clusters, and what is attached to it.

Source: Azure REST reference, "Compute", version 2024-10-01.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.azureml import connection
from modelyard.azureml.connection import Place
from modelyard.errors import NotFound
from modelyard.http import Session


@dataclass(frozen=True)
class Compute:
    """One compute."""

    id: str
    name: str
    kind: str
    """``AmlCompute``, ``Databricks``, ``Kubernetes``, ``AKS`` and so on."""
    properties: Mapping[str, Any]

    @property
    def settings(self) -> Mapping[str, Any]:
        """Those of its kind."""
        return self.properties.get("properties") or {}


def find(session: Session, place: Place, name: str) -> Compute | None:
    """A compute by its exact name, or None."""
    body = connection.find(session, f"{place.path}/computes/{name}")
    if body is None:
        return None
    properties = body.get("properties") or {}
    return Compute(
        id=str(body["id"]),
        name=str(body["name"]),
        kind=str(properties.get("computeType", "")),
        properties=properties,
    )


def require(session: Session, place: Place, name: str) -> Compute:
    """:raises NotFound: when there is none of this name."""
    found = find(session, place, name)
    if found is None:
        raise NotFound(
            f"the workspace {place.workspace} has no compute {name}",
            fix="check the name, or create it with aml-compute",
        )
    return found
