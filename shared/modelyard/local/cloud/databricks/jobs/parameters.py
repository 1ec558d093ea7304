"""The parameters that a task runs with.

Job parameters go before ``notebook_params`` of run-now, these before the task's own
``base_parameters``. References ``{{job.id}}``, ``{{job.run_id}}``, ``{{job.name}}``,
``{{task.name}}``, ``{{task.run_id}}``, ``{{job.parameters.NAME}}``, ``{{tasks.KEY.result_state}}``
and ``{{tasks.KEY.values.NAME}}`` are replaced (Azure Databricks documentation, "What is a dynamic
value reference?"); the older ``{{job_id}}``, ``{{run_id}}`` and ``{{parent_run_id}}`` too. Others
stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.databricks import exceptions

REFERENCE = re.compile(r"\{\{\s*([\w.\-]+)\s*\}\}")
LIMIT = 10_000
"""Bytes that the JSON of run-now's parameters may have."""

OVERRIDES = ("notebook_params", "python_params", "jar_params")


def overriding(
    arguments: Mapping[str, Any], job_parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    """``overriding_parameters`` of a run-now; raises INVALID_PARAMETER_VALUE."""
    given = {name: arguments[name] for name in OVERRIDES if arguments.get(name)}
    for name, value in given.items():
        expected = dict if name == "notebook_params" else list
        if not isinstance(value, expected):
            raise exceptions.invalid_parameter(f"{name} must be a JSON {expected.__name__}")
        if len(json.dumps(value).encode()) > LIMIT:
            raise exceptions.invalid_parameter(
                f"The JSON representation of {name} cannot exceed {LIMIT} bytes"
            )
    if given and job_parameters:
        raise exceptions.invalid_parameter(
            f"{next(iter(given))} can't be used with a job that has job parameters. Use "
            "job_parameters."
        )
    return given


def job_parameters(
    declared: list[dict[str, Any]], given: Mapping[str, Any]
) -> list[dict[str, str]]:
    """``{name, default, value}`` of each; raises for parameters that the job doesn't have."""
    names = {str(parameter["name"]) for parameter in declared}
    unknown = sorted(set(given) - names)
    if unknown:
        raise exceptions.invalid_parameter(
            f"Job parameters {', '.join(unknown)} are not defined in the job."
        )
    return [
        {
            "name": str(parameter["name"]),
            "default": str(parameter.get("default", "")),
            "value": str(given.get(parameter["name"], parameter.get("default", ""))),
        }
        for parameter in declared
    ]


def of_notebook(
    task: Mapping[str, Any], run: Mapping[str, Any], values: Mapping[str, str]
) -> dict[str, str]:
    """Widget values of a notebook task in this job run; ``values`` are what references name."""
    merged = {
        **task["notebook_task"].get("base_parameters", {}),
        **run.get("overriding_parameters", {}).get("notebook_params", {}),
        **{parameter["name"]: parameter["value"] for parameter in run.get("job_parameters", [])},
    }
    return {str(name): resolved(str(value), values) for name, value in merged.items()}


def of_script(
    task: Mapping[str, Any], run: Mapping[str, Any], values: Mapping[str, str]
) -> list[str]:
    """Arguments of a Python file."""
    own = task["spark_python_task"].get("parameters", [])
    given = run.get("overriding_parameters", {}).get("python_params", own)
    return [resolved(str(value), values) for value in given]


def resolved(text: str, values: Mapping[str, str]) -> str:
    return REFERENCE.sub(lambda found: values.get(found[1], found[0]), text)


def references(
    run: Mapping[str, Any],
    task_run: Mapping[str, Any],
    results: Mapping[str, str],
    task_values: Mapping[str, Mapping[str, Any]],
) -> dict[str, str]:
    """What the references of a task stand for. ``results`` are result states by task."""
    job_id, run_id = str(run["job_id"]), str(run["run_id"])
    own = {
        **dict.fromkeys(("job.id", "job_id"), job_id),
        **dict.fromkeys(("job.run_id", "parent_run_id"), run_id),
        **dict.fromkeys(("task.run_id", "run_id"), str(task_run["run_id"])),
        "job.name": str(run["run_name"]),
        **dict.fromkeys(("task.name", "task_key"), str(task_run["task_key"])),
    }
    named = {f"job.parameters.{p['name']}": p["value"] for p in run.get("job_parameters", [])}
    states = {f"tasks.{key}.result_state": state.lower() for key, state in results.items()}
    handed_on = {
        f"tasks.{key}.values.{name}": value if isinstance(value, str) else json.dumps(value)
        for key, values in task_values.items()
        for name, value in values.items()
    }
    return {**own, **named, **states, **handed_on}
