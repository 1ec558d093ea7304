"""The Python that has SDK v1: it can share an environment with little else (decision 53)."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from modelyard.errors import MissingTool

VARIABLE = "MODELYARD_AZUREML_V1"
FIX = (
    "make an environment with Python 3.10 or 3.11 (`python3.11 -m venv azureml-v1`, then "
    "`azureml-v1/bin/pip install azureml-core azureml-pipeline`), and name its folder in "
    f"sdk-environment or in the variable {VARIABLE}"
)


def find(named: str | None) -> Path:
    """The interpreter: of the environment that is named, else this one where it has the SDK.

    :param named: folder of an environment, or the path of a Python.
    :raises MissingTool: with how to make such an environment.
    """
    if not named:
        if _is_here():
            return Path(sys.executable)
        raise MissingTool(
            "the pipeline is defined with SDK v1 of Azure ML, which this Python doesn't have",
            cause="azureml-core and azureml-pipeline are in an environment of their own",
            fix=FIX,
        )
    path = Path(named).expanduser()
    if path.is_dir():
        path /= "Scripts/python.exe" if os.name == "nt" else "bin/python"
    if not path.is_file() or not os.access(path, os.X_OK):
        raise MissingTool(
            f"sdk-environment is {named!r}, and there is no Python at {path}", fix=FIX
        )
    return path.absolute()  # not resolved: behind its link it would be another environment's


def _is_here() -> bool:
    try:
        return importlib.util.find_spec("azureml.pipeline.core") is not None
    except ModuleNotFoundError:
        return False
