"""Whether the parts of a pipeline fit together: found out without a network.

Source: learn.microsoft.com, "CLI (v2) pipeline job YAML schema", expressions.
"""

from __future__ import annotations

import graphlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.azureml.jobs import shapes
from modelyard.azureml.jobs.definition import DATA_TYPES, Json, Pipeline, Step, input_of
from modelyard.azureml.jobs.parts import cannot_be_submitted

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_PARENT_INPUT = re.compile(r"\$\{\{\s*parent\.inputs\.([^.}\s]+)\s*\}\}")
_PARENT_OUTPUT = re.compile(r"\$\{\{\s*parent\.outputs\.([^.}\s]+)\s*\}\}")
_OTHER = re.compile(r"\$\{\{\s*parent\.jobs\.([^.}\s]+)\.outputs\.([^.}\s]+)\s*\}\}")
_LITERALS = {"integer": int, "number": float}


def check(pipeline: Pipeline) -> None:
    """:raises FileError: with everything that is wrong, a line each."""
    problems = [*shapes.problems(pipeline)]
    if not problems:  # what follows relies on it
        problems += [*_values(pipeline), *_bindings(pipeline), *_commands(pipeline)]
        problems += _files(pipeline)
    if not problems:
        problems += _cycles(pipeline)
    if problems:
        fix = "correct these places of the file, or parameters where they are named"
        raise cannot_be_submitted(pipeline.path, problems, fix=fix)


def bound_input(value: object) -> str | None:
    """The pipeline's input that an expression names."""
    match = _PARENT_INPUT.fullmatch(_text(value))
    return match[1] if match else None


def bound_output(value: object) -> str | None:
    """The pipeline's output that an expression names."""
    match = _PARENT_OUTPUT.fullmatch(_text(value))
    return match[1] if match else None


def other_output(value: object) -> tuple[str, str] | None:
    """Step and output that an expression names."""
    match = _OTHER.fullmatch(_text(value))
    return (match[1], match[2]) if match else None


def declared_inputs(pipeline: Pipeline, step: Step) -> Json:
    """The inputs of a step's command: those of its component, or what an inline one is given."""
    if "inputs" in step.component or "component" in step.job:
        return step.component.get("inputs") or {}
    return {
        name: {"type": _type_of(pipeline, value, f"jobs.{step.name}.inputs.{name}")}
        for name, value in (step.job.get("inputs") or {}).items()
    }


def declared_outputs(step: Step) -> Json:
    """The outputs of a step's command."""
    if "component" in step.job:
        return step.component.get("outputs") or {}
    return {
        name: {"type": _output_type(about)}
        for name, about in (step.job.get("outputs") or {}).items()
    }


def _output_type(about: object) -> str:
    return str(about.get("type", "uri_folder")) if isinstance(about, dict) else "uri_folder"


def _type_of(pipeline: Pipeline, value: object, where: str) -> str:
    if name := bound_input(value):
        return str(pipeline.inputs.get(name, {}).get("type", "string"))
    if other := other_output(value):
        step = next((one for one in pipeline.steps if one.name == other[0]), None)
        about = declared_outputs(step).get(other[1], {}) if step else {}
        return str(about.get("type", "uri_folder"))
    if isinstance(value, dict) and "path" in value and "${{" in str(value["path"]):
        return str(value.get("type") or _type_of(pipeline, value["path"], where))
    return str(input_of(value, where)["type"])


def _values(pipeline: Pipeline) -> Iterator[str]:
    for name, value in pipeline.inputs.items():
        if value["type"] in DATA_TYPES:
            if "path" not in value:
                yield f"inputs.{name} has no path"
        elif "value" not in value:
            yield f"inputs.{name} has no value: set it in the file or with parameters"
        elif (kind := _LITERALS.get(value["type"])) and not _is(kind, value["value"]):
            told = f"{value['value']!r}, which is not of the type {value['type']}"
            given = "parameters has" if name in pipeline.overridden else "it is"
            yield f"inputs.{name}: {given} {told}"


def _is(kind: type, value: object) -> bool:
    try:
        kind(str(value))
    except ValueError:
        return False
    return True


def _bindings(pipeline: Pipeline) -> Iterator[str]:
    for step in pipeline.steps:
        for name, value in (step.job.get("inputs") or {}).items():
            if problem := _binding(pipeline, value):
                yield f"jobs.{step.name}.inputs.{name}: {problem}"
        for name, value in (step.job.get("outputs") or {}).items():
            one = bound_output(value)
            if one and one not in (pipeline.body.get("outputs") or {}):
                yield f"jobs.{step.name}.outputs.{name}: the pipeline has no output {one}"
        if not step.reference:
            yield from _declarations(pipeline, step)


def _binding(pipeline: Pipeline, value: object) -> str:
    """What is wrong with an input of a step; empty when nothing is."""
    if one := bound_input(value):
        return "" if one in pipeline.inputs else f"the pipeline has no input {one}"
    if other := other_output(value):
        found = next((step for step in pipeline.steps if step.name == other[0]), None)
        if found is None:
            return f"there is no job {other[0]}"
        if not found.reference and other[1] not in declared_outputs(found):
            return f"the job {other[0]} has no output {other[1]}"
        return ""
    text = _text(value)
    return f"{text} means nothing here" if "${{" in text else ""


def _declarations(pipeline: Pipeline, step: Step) -> Iterator[str]:
    given: Mapping[str, Any] = step.job.get("inputs") or {}
    declared = declared_inputs(pipeline, step)
    for name in given.keys() - declared.keys():
        yield f"jobs.{step.name}.inputs.{name}: its component has no such input"
    for name, about in declared.items():
        if name not in given and not about.get("optional") and about.get("default") is None:
            yield f"jobs.{step.name}: the input {name} of its component isn't given"
    for name in (step.job.get("outputs") or {}).keys() - declared_outputs(step).keys():
        yield f"jobs.{step.name}.outputs.{name}: its component has no such output"


def _commands(pipeline: Pipeline) -> Iterator[str]:
    for step in pipeline.steps:
        known = {f"inputs.{one}" for one in declared_inputs(pipeline, step)}
        known |= {f"outputs.{one}" for one in declared_outputs(step)}
        for name in dict.fromkeys(_EXPRESSION.findall(str(step.component.get("command", "")))):
            if name not in known:
                yield f"jobs.{step.name}: its command has ${{{{{name}}}}}, which isn't there"


def _files(pipeline: Pipeline) -> list[str]:
    problems = []
    for step in pipeline.steps:
        environment = step.component.get("environment")
        code = step.component.get("code")
        paths = [code] if isinstance(code, str) and not code.startswith("azureml:") else []
        if isinstance(environment, dict):
            if environment.get("build"):
                problems.append(
                    f"jobs.{step.name}: an environment built from a Dockerfile; register it "
                    "first and name it, or give image and conda_file"
                )
            conda = environment.get("conda_file")
            paths += [conda] if isinstance(conda, str) else []
        problems += [
            f"jobs.{step.name}: {step.folder / path} doesn't exist"
            for path in paths
            if not (step.folder / path).exists()
        ]
    return problems


def _cycles(pipeline: Pipeline) -> list[str]:
    needs = {
        step.name: {
            other[0]
            for value in (step.job.get("inputs") or {}).values()
            if (other := other_output(value))
        }
        for step in pipeline.steps
    }
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        return [f"these jobs wait for each other: {' -> '.join(error.args[1])}"]
    return []


def _text(value: object) -> str:
    """An input's or output's value, which may stand alone or as its path."""
    if isinstance(value, dict):
        value = value.get("path", value.get("value", ""))
    return str(value).strip()
