"""What a deployment shall be: the model, the code and the environment it is made of.

Code and environments are registered under a name that their content gives, once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.azureml import assets
from modelyard.azureml.assets import Asset
from modelyard.azureml.connection import Place
from modelyard.azureml.content import Content
from modelyard.azureml.marks import FINGERPRINT, ORIGIN
from modelyard.http import Session

MANAGED, KUBERNETES = "Managed", "Kubernetes"
IMAGE = "mcr.microsoft.com/azureml/minimal-ubuntu22.04-py311-cpu-inference:latest"
"""Base image of an environment of which only the conda file is given."""


@dataclass(frozen=True)
class Serving:
    """A deployment as it is asked for; nothing of it is uploaded yet."""

    kind: str
    """MANAGED or KUBERNETES."""
    model: str
    """NAME:VERSION, NAME@latest or an id."""
    code: Content | None = None
    script: str = ""
    """In the code's folder."""
    environment: str = ""
    """NAME:VERSION, an id or one of a registry; empty where there is a conda file, or none is
    needed."""
    conda: Path | None = None
    image: str = IMAGE
    instance_type: str = ""
    instance_count: int = 1
    variables: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    """More properties of the REST reference, as they are."""


@dataclass(frozen=True)
class Plan:
    """What is registered or would be, and the hash of all of it."""

    model: Asset
    environment: str
    """Name and version, or an id."""
    fingerprint: str


def plan(session: Session, place: Place, serving: Serving) -> Plan:
    """Look up what is named and hash what is asked for. Changes nothing.

    :raises NotFound, InputError: for a model or environment that isn't there.
    """
    model = assets.look_up(session, place, "models", serving.model, "model")
    code = assets.code_name(serving.code.hash()) if serving.code else ""
    environment = ""
    if serving.conda is not None:
        text = f"{serving.image}\n{serving.conda.read_text(encoding='utf-8')}"
        environment = f"modelyard-serving:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
    elif serving.environment:
        environment = assets.named_environment(session, place, serving.environment, "environment")
    wanted = {
        "kind": serving.kind,
        "model": model.id,
        "code": code,
        "script": serving.script,
        "environment": environment,
        "instance_type": serving.instance_type,
        "instance_count": serving.instance_count,
        "variables": dict(serving.variables),
        "settings": dict(serving.settings),
    }
    text = json.dumps(wanted, sort_keys=True, default=str)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    return Plan(model, environment, fingerprint)


def body(
    session: Session,
    place: Place,
    serving: Serving,
    planned: Plan,
    *,
    origin: str,
    location: str,
) -> dict[str, Any]:
    """Register code and environment where they aren't yet; the deployment's body.

    :param origin: the rollout that makes it.
    """
    properties: dict[str, Any] = {
        "endpointComputeType": serving.kind,
        "model": planned.model.id,
        "environmentVariables": dict(serving.variables),
        "properties": {FINGERPRINT: planned.fingerprint, ORIGIN: origin},
        **({"instanceType": serving.instance_type} if serving.instance_type else {}),
    }
    if serving.code is not None:
        properties["codeConfiguration"] = {
            "codeId": assets.code(session, place, serving.code).id,
            "scoringScript": serving.script,
        }
    if planned.environment:
        properties["environmentId"] = _environment(session, place, serving, planned.environment)
    return {
        "location": location,
        "sku": {"name": "Default", "capacity": serving.instance_count},
        "properties": {**properties, **serving.settings},
    }


def _environment(session: Session, place: Place, serving: Serving, named: str) -> str:
    if serving.conda is None:
        return named
    name, _, version = named.partition(":")
    found = assets.find(session, place, "environments", name, version)
    if found is None:
        properties = {
            "image": serving.image,
            "condaFile": serving.conda.read_text(encoding="utf-8"),
            "osType": "Linux",
        }
        found = assets.put(session, place, "environments", name, version, properties)
    return found.id
