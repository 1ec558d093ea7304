"""A pipeline job in the official YAML: read, with the component files that it names.

Source: learn.microsoft.com, "CLI (v2) pipeline job YAML schema" and "CLI (v2) command component
YAML schema". What isn't taken from there is refused, never left out in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.azureml.jobs.parts import Problems, check_known, document, mapping
from modelyard.errors import FileError

Json = dict[str, Any]
_PIPELINE = frozenset(
    {"$schema", "type", "name", "display_name", "description", "experiment_name", "tags"}
    | {"inputs", "outputs", "settings", "compute", "jobs", "properties"}
)
_STEP = frozenset(
    {"type", "component", "inputs", "outputs", "compute", "environment_variables", "limits"}
    | {"resources", "display_name", "description", "comment"}
)
_INLINE = frozenset({"command", "code", "environment", "is_deterministic"})
_COMPONENT = frozenset(
    {"$schema", "type", "name", "version", "display_name", "description", "tags", "inputs"}
    | {"outputs", "command", "code", "environment", "is_deterministic", "resources"}
    | {"environment_variables"}
)
_SETTINGS = frozenset(
    {"default_compute", "default_datastore", "continue_on_step_failure", "force_rerun"}
)
_NEEDED = {
    "command": "write command: what the step runs",
    "environment": "write environment: azureml:NAME:VERSION, or a mapping with image",
}
_LITERAL_TYPES = ("string", "number", "integer", "boolean")
DATA_TYPES = ("uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model", "triton_model")


@dataclass(frozen=True)
class Step:
    """One command of the pipeline."""

    name: str
    job: Json
    """As it stands in the pipeline."""
    component: Json
    """The command it runs, in the form of a component; empty for one of the workspace's."""
    folder: Path
    """What paths in the component are relative to."""
    reference: str = ""
    """``azureml:NAME:VERSION`` of a component of the workspace."""


@dataclass(frozen=True)
class Pipeline:
    """A definition that can be submitted."""

    path: Path
    body: Json
    steps: tuple[Step, ...]
    inputs: Mapping[str, Json] = field(default_factory=dict)
    """Each as a mapping: ``{type, value}`` for a literal, ``{type, path, mode?}`` for data."""
    overridden: frozenset[str] = frozenset()
    """Names of the inputs whose values aren't the file's."""

    @property
    def folder(self) -> Path:
        """What paths in the pipeline are relative to."""
        return self.path.parent

    @property
    def settings(self) -> Json:
        return self.body.get("settings") or {}


def read(path: Path, overrides: Mapping[str, str]) -> Pipeline:
    """Read a definition and set inputs of it anew.

    :param overrides: value or address by the name of an input of the pipeline.
    :raises FileError: naming the file and the place in it; one for all that can't be read.
    """
    body = document(path)
    kind = body.get("type", "pipeline")
    if kind != "pipeline":
        what = "component" if "Component" in str(body.get("$schema")) else "job"
        raise FileError(
            f"{path}: a {what} of the type {kind}",
            cause="aml-pipeline takes pipeline jobs",
            fix="make it a step of a pipeline",
        )
    problems = Problems(path)
    with problems:
        check_known(body, _PIPELINE, f"{path}")
    with problems:
        where = f"{path}: settings"
        check_known(mapping(body.get("settings"), where), _SETTINGS, where)
    inputs: dict[str, Json] = {}
    with problems:
        given = mapping(body.get("inputs"), f"{path}: inputs")
        for name, value in given.items():
            with problems:
                inputs[name] = input_of(value, f"{path}: inputs.{name}")
        if unknown := [name for name in overrides if name not in given]:
            known = ", ".join(given) or "none"
            raise FileError(
                f"{path}: the pipeline has no input {', '.join(unknown)}; it has {known}",
                fix="correct parameters, or give the pipeline this input",
            )
    steps: list[Step] = []
    with problems:
        jobs = mapping(body.get("jobs"), f"{path}: jobs")
        if not jobs:
            raise FileError(f"{path} has no jobs", fix="write its steps under jobs")
        for name, job in jobs.items():
            with problems:
                steps.append(_step(path, name, job))
    problems.check()
    for name, value in overrides.items():
        inputs[name] = _overridden(inputs[name], value)
    return Pipeline(path, body, tuple(steps), inputs, frozenset(overrides))


def input_of(value: object, where: str) -> Json:
    """An input as a mapping with its type.

    :raises FileError:
    """
    if isinstance(value, bool):
        return {"type": "boolean", "value": value}
    if isinstance(value, int):
        return {"type": "integer", "value": value}
    if isinstance(value, float):
        return {"type": "number", "value": value}
    if isinstance(value, str):
        return {"type": "string", "value": value}
    if not isinstance(value, dict):
        raise FileError(
            f"{where} is neither a value nor a mapping",
            fix="write a value, or a mapping with type and path",
        )
    if "path" in value:
        kind = str(value.get("type", "uri_folder"))
        if kind not in DATA_TYPES:
            raise FileError(
                f"{where}: the type {kind} has no path; {', '.join(DATA_TYPES)} have",
                fix="correct the type, or leave it out for a folder",
            )
        return {**value, "type": kind, "path": str(value["path"])}
    kind = str(value.get("type", "string"))
    if kind not in (*_LITERAL_TYPES, *DATA_TYPES):
        raise FileError(f"{where}: there is no type {kind}", fix="correct the type")
    literal = value.get("value", value.get("default"))
    return {"type": kind} if literal is None else {"type": kind, "value": literal}


def as_text(literal: object) -> str:
    """A literal as a command gets it."""
    return str(literal)


def _overridden(before: Json, value: str) -> Json:
    if before["type"] in DATA_TYPES:
        return {**{k: v for k, v in before.items() if k != "value"}, "path": value}
    return {"type": before["type"], "value": value}


def _step(path: Path, name: str, job: object) -> Step:
    where = f"{path}: jobs.{name}"
    body = mapping(job, where)
    kind = body.get("type", "command")
    if kind != "command":
        raise FileError(
            f"{where}: a step of the type {kind}",
            cause="aml-pipeline takes steps of the type command",
            fix="submit it with the command line of Azure ML (az ml job create)",
        )
    component = body.get("component")
    check_known(body, _STEP if component else _STEP | _INLINE, where)
    if component is None:
        spec = {one: body[one] for one in _INLINE if one in body}
        return Step(name, body, _checked(spec, where), path.parent)
    if isinstance(component, str) and component.startswith("azureml:"):
        return Step(name, body, {}, path.parent, reference=component)
    if isinstance(component, dict):
        return Step(name, body, _component(component, f"{where}: component"), path.parent)
    file = path.parent / str(component).removeprefix("file:")
    return Step(name, body, _component(document(file), str(file)), file.parent)


def _component(body: Json, where: str) -> Json:
    if body.get("type", "command") != "command":
        raise FileError(
            f"{where}: a component of the type {body['type']}",
            cause="aml-pipeline takes components of the type command",
            fix="submit it with the command line of Azure ML (az ml job create)",
        )
    check_known(body, _COMPONENT, where)
    return _checked(body, where)


def _checked(spec: Json, where: str) -> Json:
    blank = [one for one in _NEEDED if not str(spec.get(one) or "").strip()]
    if blank:
        raise FileError(
            f"{where} has no {' and no '.join(blank)}",
            fix="; ".join(_NEEDED[one] for one in blank),
        )
    untyped = [
        f"{name}.{one}"
        for name in ("inputs", "outputs")
        for one, about in mapping(spec.get(name), f"{where}: {name}").items()
        if not isinstance(about, dict) or not about.get("type")
    ]
    if untyped:
        raise FileError(
            f"{where}: {', '.join(untyped)} has no type",
            fix="write its type, such as uri_folder or number",
        )
    return spec
