"""A plan with the inputs filled in that are known before it runs: what a plan shows.

A called workflow is read once for each call. Of what its caller gives, and of its defaults, the
values that no run has to tell are known; every expression is filled in as far as they reach.

Source: docs.github.com, ``actions/reference/workflows-and-actions/workflow-syntax``
(``on.workflow_call.inputs``, ``jobs.<job_id>.with``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modelyard.local.runner.pipeline.nodes import Mapping as MappingNode
from modelyard.local.runner.pipeline.nodes import Node, Scalar, Sequence
from modelyard.local.runner.pipeline.places import Place
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.local.workflows import expressions, json_inputs, reading
from modelyard.local.workflows.checking import is_condition
from modelyard.local.workflows.expressions import availability
from modelyard.local.workflows.expressions.partial import UNKNOWN, Part, evaluated
from modelyard.local.workflows.expressions.spans import BEGIN, END
from modelyard.local.workflows.expressions.values import to_text
from modelyard.local.workflows.model import Declared, Job, Workflow
from modelyard.local.workflows.typed_values import EMPTY, typed_value, value_of
from modelyard.runner_errors import PipelineError

Inputs = Mapping[str, Any]
"""The known ones, by name in lower case."""


def filled(workflow: Workflow, inputs: Inputs) -> Workflow:
    """A workflow of a plan, and all that it calls.

    :param inputs: its own.
    :raises PipelineError: when a value isn't of the type that a called workflow declares.
    """
    problems = Problems()
    found = _filled(workflow, inputs, problems)
    if problems.found:
        raise PipelineError.of(problems.found)
    return found


def dispatched(declared: Mapping[str, Declared], given: Mapping[str, str]) -> dict[str, Any]:
    """The known inputs of ``workflow_dispatch``: what is given, and defaults.

    :param given: values that have been checked, as the defaults were when they were read.
    """
    texts = {name.lower(): value for name, value in given.items()}
    found: dict[str, Any] = {}
    for key, one in declared.items():
        if text := texts.get(key, one.default):
            found[key] = value_of(text, one)
        elif key in texts or not one.required:
            found[key] = EMPTY.get(one.type, "")
    return found


def _filled(workflow: Workflow, inputs: Inputs, problems: Problems) -> Workflow:
    root = _node(workflow.source.root, (), inputs)
    assert isinstance(root, MappingNode)
    # What is written has been checked: with values in it there can't be more to say.
    read = reading.workflow(replace(workflow.source, root=root), Problems())
    known = {job.id: job for job in workflow.jobs}
    jobs = tuple(_job(known[one.id], one, problems) for one in read.jobs)
    return replace(workflow, source=read.source, jobs=jobs)


def _job(written: Job, read: Job, problems: Problems) -> Job:
    """
    :param written: as the plan has it, with what it calls.
    :param read: with its expressions filled in.
    """
    if written.workflow is not None:
        values = _given(read, written.workflow, problems)
        return replace(read, workflow=_filled(written.workflow, values, problems))
    steps = tuple(
        replace(one, action=before.action)
        for before, one in zip(written.steps, read.steps, strict=True)
    )
    # A copy of the file begins with the step whatever the inputs of one call are.
    return replace(read, steps=steps, begins_here=written.begins_here)


def _given(job: Job, called: Workflow, problems: Problems) -> dict[str, Any]:
    """The known inputs of the workflow that a job calls."""
    read_as_json = json_inputs.names(called.source.root)
    texts = {one.name.lower(): (one.value, one.place) for one in job.given}
    found: dict[str, Any] = {}
    for key, one in called.inputs.items():
        text, place = texts.get(key, (one.default, one.place))
        if key not in texts and not one.default:
            found[key] = EMPTY.get(one.type, "")
            continue
        value = _filled_default(text, found) if key not in texts else text
        if BEGIN in value:
            continue
        typed = typed_value(value, one, place, problems)
        if typed is UNKNOWN:
            continue
        found[key] = typed
        if key in read_as_json and (wrong := json_inputs.mistake(value)):
            problems.add(place, f"{one.name} isn't JSON: {wrong}")
    return found


def _filled_default(text: str, inputs: Inputs) -> str:
    """A default may name the inputs before it."""
    node = _scalar(Scalar(text, Place("", 1, 1)), (), inputs)
    return node.text if isinstance(node, Scalar) else text


def _node(node: Node, path: availability.Path, inputs: Inputs) -> Node:
    """The same node where nothing of it is filled in. What starts a workflow is never."""
    if path == ("on",):
        return node
    if isinstance(node, Scalar):
        return _scalar(node, path, inputs) if _may_change(node, path) else node
    if isinstance(node, Sequence):
        return Sequence([_node(one, path, inputs) for one in node.items], node.place)
    entries = [(key, _node(value, (*path, key.text), inputs)) for key, value in node]
    return MappingNode(entries, node.place)


def _may_change(scalar: Scalar, path: availability.Path) -> bool:
    return (BEGIN in scalar.text or is_condition(path)) and bool(scalar.text.strip())


def _scalar(scalar: Scalar, path: availability.Path, inputs: Inputs) -> Node:
    text = scalar.text
    if is_condition(path) and BEGIN not in text:
        return _replaced(scalar, evaluated(text, inputs).text)
    spans = list(expressions.spans(text))
    parts = [evaluated(text[begin:end], inputs) for begin, end in spans]
    if expressions.is_one(text) and parts[0].is_known:
        return _from_value(parts[0].value, scalar)
    found, at = "", 0
    for (begin, end), part in zip(spans, parts, strict=True):
        found += text[at : begin - len(BEGIN)] + _shown(part, text[begin:end])
        at = end + len(END)
    return _replaced(scalar, found + text[at:])


def _shown(part: Part, written: str) -> str:
    if part.is_known:
        return to_text(part.value)
    inner = part.text.strip()
    return f"{BEGIN} {inner} {END}" if inner != written.strip() else BEGIN + written + END


def _replaced(scalar: Scalar, text: str) -> Scalar:
    if text == scalar.text:
        return scalar
    return Scalar(text, scalar.place, quoted=scalar.quoted)


def _from_value(value: Any, scalar: Scalar) -> Node:
    """A value where an expression was: a text stays one, whatever it looks like."""
    if isinstance(value, dict):
        pairs = [
            (Scalar(key, scalar.place), _from_value(one, scalar)) for key, one in value.items()
        ]
        return MappingNode(pairs, scalar.place)
    if isinstance(value, list):
        return Sequence([_from_value(one, scalar) for one in value], scalar.place)
    is_text = isinstance(value, str)
    return Scalar(to_text(value), scalar.place, quoted=is_text, plain=not is_text)
