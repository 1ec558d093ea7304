"""The user's own Python: the function is found and called, and its steps become a pipeline."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .failing import Failure, in_definition


def call(path: str, function: str, *arguments: Any) -> Any:
    """What the function gives back. Its folder is where it imports from, as for any script."""
    file = Path(path).resolve()
    sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location("pipeline_definition", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        found = getattr(module, function, None)
        if not callable(found):
            there = sorted(
                name for name, one in vars(module).items()
                if callable(one) and getattr(one, "__module__", "") == spec.name
            )  # fmt: skip
            raise Failure(
                "input",
                f"{file.name} has no function {function}",
                fix=f"it has: {', '.join(there) or 'none'}",
            )
        return found(*arguments)
    except (Exception, SystemExit) as error:
        raise in_definition(error, str(file)) from error


def pipeline_of(made: Any, workspace: Any) -> Any:
    """What the function gave back as a Pipeline."""
    from azureml.pipeline.core import Pipeline, PipelineStep, StepSequence

    if isinstance(made, Pipeline):
        return made
    if isinstance(made, (PipelineStep, StepSequence)):
        made = [made]
    if not isinstance(made, (list, tuple)) or not made:
        raise Failure(
            "definition",
            f"the definition gave back {type(made).__name__}, and no pipeline",
            fix="return an azureml Pipeline, or a list of its steps",
        )
    return Pipeline(workspace=workspace, steps=list(made))


def typed(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Values of parameters, of the types that the defaults have: the SDK takes no others.

    ``declared`` are the pipeline's own PipelineParameters by name.
    """
    found: dict[str, Any] = {}
    for name in sorted(given.keys() & declared.keys()):
        default = declared[name].default_value
        kind = type(default)
        if kind not in (int, float):
            found[name] = given[name]
            continue
        try:
            found[name] = kind(given[name])
        except ValueError as error:
            raise Failure(
                "input",
                f"the parameter {name} is {given[name]!r}",
                cause=f"its default, {default}, is of the type {kind.__name__}",
                fix="give a number of that type, or another default in the definition",
            ) from error
    return found
