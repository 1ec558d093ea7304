"""A PythonScriptStep as work of the execution engine."""

from __future__ import annotations

import json
from typing import Any

import yaml

from modelyard.local.cloud.aml.execution.graph import Command, input_path, output_path
from modelyard.local.cloud.aml.front import refused
from modelyard.local.cloud.aml.packages import Packages, of_conda
from modelyard.local.cloud.aml.paths import Place
from modelyard.local.cloud.aml.v1.pipelines import start_script
from modelyard.local.cloud.aml.v1.pipelines.reading import Step

Json = dict[str, Any]
WRITTEN_BY_THE_SDK = "python=3.8.13"
"""Stands in every conda file of SDK v1 whose author named no Python. It has had no support since
2024, so it means this machine's own."""
_STRUCTURED = "USE_STRUCTURED_ARGUMENTS"


def command_of(step: Step, code: Place | None) -> Command:
    """Raises ArmError for what can't be run here."""
    runconfig = _runconfig(step)
    script = step.values.get("Script")
    if not script:
        raise refused(f"The step {step.name} has no script; commands aren't emulated.")
    if str(runconfig.get("framework") or "Python").lower() != "python":
        raise refused(f"The framework of {step.name}, {runconfig['framework']}, isn't emulated.")
    environment = runconfig.get("environment") or {}
    variables = {
        **(environment.get("environmentVariables") or {}),
        **(runconfig.get("environmentVariables") or {}),
        **{f"AML_PARAMETER_{name}": step.values[name] for name in step.from_pipeline},
        **{f"AZUREML_DATAREFERENCE_{name}": input_path(name) for name in step.data},
        **{f"AZUREML_DATAREFERENCE_{name}": input_path(name) for name in step.produced},
        **{
            f"AZUREML_DATAREFERENCE_{one['Name']}": output_path(one["Name"]) for one in step.outputs
        },
    }
    return Command(
        ("python", start_script.__file__, script, *_arguments(step)),
        _packages(environment),
        code,
        {name: str(value) for name, value in variables.items()},
    )


def timeout_of(step: Step) -> float | None:
    """Seconds that the author gave it."""
    given = step.values.get("MaxRunDurationSeconds") or _runconfig(step).get(
        "maxRunDurationSeconds"
    )
    return float(given) if given else None


def _runconfig(step: Step) -> Json:
    text = step.node.get("Runconfig") or step.module.get("Runconfig")
    if not text:
        return {}
    found: Json = json.loads(text)
    return found


def _arguments(step: Step) -> list[str]:
    given = step.values.get("Arguments", _STRUCTURED)
    if given != _STRUCTURED:
        return given.split(",") if given else []
    interface = step.module.get("StructuredInterface") or {}
    return [_argument(step, one) for one in interface.get("Arguments") or ()]


def _argument(step: Step, argument: Json) -> str:
    kind, value = str(argument.get("ValueType")), str(argument.get("Value"))
    if kind == "Literal":
        return value
    if kind == "Parameter":
        return step.values.get(value, "")
    if kind == "Input":
        return input_path(value)
    if kind == "Output":
        return output_path(value)
    raise refused(f"An argument of {step.name} is of the kind {kind}, which isn't emulated.")


def _packages(environment: Json) -> Packages:
    """Of an environment whose author manages its packages nothing is known: this machine's."""
    python = environment.get("python") or {}
    conda = python.get("condaDependencies")
    if python.get("userManagedDependencies") or not conda:
        return Packages("", ())
    listed = [one for one in conda.get("dependencies") or () if one != WRITTEN_BY_THE_SDK]
    return of_conda(yaml.safe_dump({"dependencies": listed}))
