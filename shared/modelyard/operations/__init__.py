"""The operations: one module each, and the list of them."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from modelyard.operation import Operation

NAMES = (
    "databricks-cli",
    "cluster-start",
    "cluster-stop",
    "instance-pool",
    "library-install",
    "notebooks-import",
    "files-upload",
    "files-remove",
    "secret-scope",
    "job-run",
    "notebook-run",
    "run-cancel",
    "aml-workspace",
    "aml-compute",
    "aml-datastore",
    "aml-pipeline",
    "model-select",
    "model-register",
    "model-promote",
    "image-build",
    "model-deploy",
    "endpoint-test",
    "keyvault-secrets",
)


@cache
def load(name: str) -> Operation[Any, Any]:
    """The declaration of one operation. A module is imported only when it is asked for."""
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    operation: Operation[Any, Any] = module.OPERATION
    return operation


def every() -> tuple[Operation[Any, Any], ...]:
    """All of them, in the order of the list."""
    return tuple(load(name) for name in NAMES)
