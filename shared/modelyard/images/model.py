"""A logged model as MLflow stores it: a folder with the file ``MLmodel``.

Format: https://mlflow.org/docs/latest/ml/model/ ("Storage format").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from modelyard.errors import FileError
from modelyard.images import requirements
from modelyard.images.requirements import Requirements


@dataclass(frozen=True)
class Model:
    """What building an image has to know of a model."""

    folder: Path
    mlflow: str
    """Version of MLflow that logged it."""
    python: str
    """``3.11``: the minor version it was logged with."""
    requirements: Requirements
    uuid: str
    run_id: str
    flavors: tuple[str, ...]


def read(folder: Path) -> Model:
    """Read a model folder.

    :raises FileError: when it isn't one, can't be scored as a Python function, or leaves open
        which Python or packages it needs.
    """
    document = _document(folder / "MLmodel")
    flavors = document.get("flavors")
    function = flavors.get("python_function") if isinstance(flavors, dict) else None
    if not isinstance(flavors, dict) or not isinstance(function, dict):
        raise FileError(
            f"{folder} has no python_function flavor",
            cause="the scoring server calls models through it",
            fix="log the model with a flavor that has it, such as mlflow.sklearn or mlflow.pyfunc",
        )
    pinned = requirements.read(_requirements_file(folder))
    return Model(
        folder=folder,
        mlflow=_mlflow_version(folder, document, pinned),
        python=_python(folder, function),
        requirements=pinned,
        uuid=str(document.get("model_uuid") or ""),
        run_id=str(document.get("run_id") or ""),
        flavors=tuple(sorted(str(name) for name in flavors)),
    )


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(
            f"can't read {path}: {error.strerror}",
            cause="the folder isn't a model that MLflow logged",
            fix="name the folder that has the file MLmodel in it",
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FileError(
            f"{path} is not valid YAML: {error}", fix="log the model anew with MLflow"
        ) from None
    if not isinstance(document, dict):
        raise FileError(f"{path} is not a mapping", fix="log the model anew with MLflow")
    return document


def _requirements_file(folder: Path) -> Path:
    path = folder / "requirements.txt"
    if not path.is_file():
        raise FileError(
            f"{folder} has no requirements.txt",
            cause="it was logged by MLflow before 1.20, or the file was removed",
            fix="log the model again with a current MLflow",
        )
    return path


def _mlflow_version(folder: Path, document: Mapping[str, Any], pinned: Requirements) -> str:
    required = pinned.find("mlflow") or pinned.find("mlflow-skinny")
    version = (required.version if required else "") or str(document.get("mlflow_version") or "")
    if not re.match(r"\d+\.\d+", version):
        raise FileError(
            f"{folder} doesn't say which version of MLflow it needs",
            fix="log the model again, or add mlflow==VERSION to its requirements.txt",
        )
    return version


def _python(folder: Path, function: Mapping[str, Any]) -> str:
    version = str(function.get("python_version") or "")
    if not version and (folder / "python_env.yaml").is_file():
        version = str(_document(folder / "python_env.yaml").get("python") or "")
    match = re.match(r"(3\.\d+)", version)
    if match is None:
        raise FileError(
            f"{folder} doesn't say which Python it needs",
            cause="python_version is missing in the MLmodel's python_function flavor",
            fix="log the model again with a current MLflow",
        )
    return match[1]
