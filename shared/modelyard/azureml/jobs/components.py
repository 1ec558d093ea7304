"""What a step runs, registered: its code, its environment and the component of both.

Source: Azure REST reference, "Component Versions", version 2024-10-01.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from modelyard.azureml import assets, content
from modelyard.azureml.assets import HASH
from modelyard.azureml.connection import Place
from modelyard.azureml.jobs.checks import declared_inputs, declared_outputs
from modelyard.azureml.jobs.definition import Pipeline, Step
from modelyard.http import Session

ENVIRONMENT = "modelyard-job"
COMPONENT = "azureml_anonymous"
"""Name of all components that nobody registered, as azure-ai-ml has it."""


def component(session: Session, place: Place, pipeline: Pipeline, step: Step) -> str:
    """Resource id of what a step runs, registered where it isn't yet."""
    if step.reference:
        return assets.look_up(session, place, "components", step.reference, step.name).id
    spec = {
        **step.component,
        "name": COMPONENT,
        "version": "1",
        "type": "command",
        "is_deterministic": step.component.get("is_deterministic", True),
        "inputs": declared_inputs(pipeline, step),
        "outputs": declared_outputs(step),
        "environment": f"azureml:{_environment(session, place, step)}",
    }
    if code := _code(session, place, step):
        spec["code"] = f"azureml:{code}"
    text = json.dumps(spec, sort_keys=True, default=str)
    version = str(uuid.UUID(hashlib.sha256(text.encode()).hexdigest()[:32]))
    found = assets.find(session, place, "components", COMPONENT, version)
    if found is None:
        properties = {"componentSpec": spec, "isAnonymous": True}
        found = assets.put(session, place, "components", COMPONENT, version, properties)
    return found.id


def _code(session: Session, place: Place, step: Step) -> str:
    code = step.component.get("code")
    if not code:
        return ""
    if str(code).startswith("azureml:"):
        return assets.look_up(session, place, "codes", str(code), step.name).id
    files = content.gather([str(step.folder / str(code))], what=f"code of {step.name}", root="code")
    return assets.code(session, place, files).id


def _environment(session: Session, place: Place, step: Step) -> str:
    given: Any = step.component["environment"]
    if isinstance(given, str):
        return assets.named_environment(session, place, given, f"environment of {step.name}")
    conda = given.get("conda_file")
    text = (
        (step.folder / conda).read_text(encoding="utf-8")
        if isinstance(conda, str)
        else json.dumps(conda)
        if conda
        else ""
    )
    image = str(given.get("image") or "")
    version = hashlib.sha256(f"{image}\n{text}".encode()).hexdigest()[:32]
    found = assets.find(session, place, "environments", ENVIRONMENT, version)
    if found is None:
        properties = {"image": image, "osType": "Linux", "properties": {HASH: version}}
        if text:
            properties["condaFile"] = text
        found = assets.put(session, place, "environments", ENVIRONMENT, version, properties)
    return found.id
