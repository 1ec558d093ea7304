"""Whether the values of a pipeline's keys are of the kinds that they have to be.

Source: learn.microsoft.com, "CLI (v2) pipeline job YAML schema" and "CLI (v2) command component
YAML schema".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from modelyard.azureml.jobs.definition import DATA_TYPES, Pipeline, Step
from modelyard.azureml.jobs.values import MODES

Kind = tuple[str, Callable[[Any], bool]]
"""What it is called, and whether a value is one."""


def _is_scalar(value: Any) -> bool:
    finite = not isinstance(value, float) or math.isfinite(value)
    return isinstance(value, (str, int, float)) and finite


def _are_scalars(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and _is_scalar(one) for name, one in value.items()
    )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


TEXT: Kind = ("a text", lambda value: isinstance(value, str))
SWITCH: Kind = ("true or false", lambda value: isinstance(value, bool))
WHOLE: Kind = ("a whole number above 0", _is_whole)
MAPPING: Kind = ("a mapping", lambda value: isinstance(value, Mapping))
SCALARS: Kind = ("a mapping of names to texts or numbers", _are_scalars)
MODE: Kind = (f"one of {', '.join(MODES)}", lambda value: isinstance(value, str) and value in MODES)
DATA: Kind = (
    f"one of {', '.join(DATA_TYPES)}",
    lambda value: isinstance(value, str) and value in DATA_TYPES,
)

_PIPELINE = {
    **dict.fromkeys(("name", "display_name", "description", "experiment_name", "compute"), TEXT),
    **dict.fromkeys(("tags", "properties"), SCALARS),
    "outputs": MAPPING,
}
_SETTINGS = {
    **dict.fromkeys(("default_compute", "default_datastore"), TEXT),
    **dict.fromkeys(("continue_on_step_failure", "force_rerun"), SWITCH),
}
_STEP = {
    **dict.fromkeys(("compute", "display_name", "description", "comment"), TEXT),
    **dict.fromkeys(("inputs", "outputs", "limits", "resources"), MAPPING),
    "environment_variables": SCALARS,
}
_COMPONENT = {
    **dict.fromkeys(("command", "code"), TEXT),
    "is_deterministic": SWITCH,
    "resources": MAPPING,
    "environment_variables": SCALARS,
}
_OUTPUT = {"type": DATA, "mode": MODE, "path": TEXT}


def problems(pipeline: Pipeline) -> Iterator[str]:
    """What is wrong, a line each."""
    yield from _wrong(pipeline.body, _PIPELINE)
    yield from _wrong(pipeline.settings, _SETTINGS, "settings.")
    for name, about in pipeline.inputs.items():
        yield from _wrong(about, {"mode": MODE}, f"inputs.{name}.")
    yield from _outputs(pipeline.body, "")
    for step in pipeline.steps:
        yield from _of_step(step, f"jobs.{step.name}.")


def _of_step(step: Step, where: str) -> Iterator[str]:
    yield from _wrong(step.job, _STEP, where)
    yield from _wrong(step.component, _COMPONENT, where)
    yield from _wrong(_mapping(step.job, "limits"), {"timeout": WHOLE}, f"{where}limits.")
    for body in (step.job, step.component):
        given = _mapping(body, "resources")
        yield from _wrong(given, {"instance_count": WHOLE}, f"{where}resources.")
    for name, value in _mapping(step.job, "inputs").items():
        if isinstance(value, Mapping):
            yield from _wrong(value, {"mode": MODE}, f"{where}inputs.{name}.")
            if value.get("path", value.get("value")) is None:
                yield f"{where}inputs.{name} has neither a value nor a path"
        elif not _is_scalar(value):
            yield f"{where}inputs.{name} isn't a text, a number or a mapping"
    yield from _outputs(step.job, where)
    environment = step.component.get("environment")
    if isinstance(environment, Mapping):
        yield from _wrong(environment, {"image": TEXT}, f"{where}environment.")
        conda = environment.get("conda_file")
        if conda is not None and not isinstance(conda, (str, Mapping)):
            yield f"{where}environment.conda_file isn't a path or a mapping"
        if not environment.get("image") and not environment.get("build"):
            yield f"{where}environment has no image"
    elif environment is not None and not isinstance(environment, str):
        yield f"{where}environment isn't a name or a mapping"


def _outputs(body: Mapping[str, Any], where: str) -> Iterator[str]:
    for name, about in _mapping(body, "outputs").items():
        if isinstance(about, Mapping):
            yield from _wrong(about, _OUTPUT, f"{where}outputs.{name}.")
        elif about is not None and not isinstance(about, str):
            yield f"{where}outputs.{name} isn't a mapping"


def _mapping(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Empty where it is of another kind, which is told elsewhere."""
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}


def _wrong(body: Mapping[str, Any], kinds: Mapping[str, Kind], where: str = "") -> Iterator[str]:
    for name, (called, fits) in kinds.items():
        value = body.get(name)
        if value is not None and not fits(value):
            yield f"{where}{name} is {_shown(value)}, not {called}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
