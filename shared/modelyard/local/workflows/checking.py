"""Every expression of the file of a workflow or of an action, checked where it stands.

Source: docs.github.com, ``actions/reference/workflows-and-actions/expressions`` and ``contexts``. A
condition is an expression without or within ``${{ }}``.
"""

from __future__ import annotations

from collections.abc import Callable

from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, kind_of
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.local.workflows import expressions, keys
from modelyard.local.workflows.expressions import ExpressionError, availability, functions

_KNOWN: tuple[tuple[Callable[[availability.Path], bool], tuple[str, ...]], ...] = (
    (lambda path: len(path) == 1, keys.WORKFLOW),
    (lambda path: len(path) == 3 and path[0] == "jobs", keys.JOB),
    (lambda path: len(path) == 4 and path[0] == "jobs" and path[2] == "steps", keys.STEP),
    (lambda path: len(path) == 3 and path[:2] == ("runs", "steps"), keys.STEP),
)
"""The keywords at some depths: one that isn't known is told of already, whatever it holds."""
_ELSEWHERE = ("uses", "needs", "id")
"""Their texts are checked with what they name."""


def check(root: Mapping, problems: Problems) -> None:
    """All that is wrong with the expressions of a workflow is among the problems then."""
    _node(root, (), problems)


def check_action(root: Mapping, problems: Problems) -> None:
    """The same of an action's own file: defaults of inputs, and what a composite one has."""
    for name, below in (("inputs", "default"), ("outputs", "value")):
        declared = root.get(name)
        for key, one in declared if isinstance(declared, Mapping) else ():
            value = one.get(below) if isinstance(one, Mapping) else None
            if value is not None:
                _node(value, (name, key.text, below), problems)
    runs = root.get("runs")
    steps = runs.get("steps") if isinstance(runs, Mapping) else None
    if steps is not None:
        _node(steps, ("runs", "steps"), problems)


def _node(node: Node, path: availability.Path, problems: Problems) -> None:
    if isinstance(node, Mapping):
        if is_condition(path):
            problems.add(node.place, f"if is a text, not {kind_of(node)}")
            return
        for key, value in node:
            below = (*path, key.text)
            if _is_checked(below):
                _node(value, below, problems)
    elif isinstance(node, Scalar):
        _text(node, path, problems)
    elif is_condition(path):
        problems.add(node.place, f"if is a text, not {kind_of(node)}")
    else:
        for item in node.items:
            _node(item, path, problems)


def _is_checked(path: availability.Path) -> bool:
    for is_here, known in _KNOWN:
        if is_here(path):
            return path[-1] in known and (len(path) == 1 or path[-1] not in _ELSEWHERE)
    return True


def is_condition(path: availability.Path) -> bool:
    """Of a job, its steps or its snapshot, or of an action's step; a step's ``with`` may have an
    input of that name."""
    if path == ("runs", "steps", "if"):
        return True
    is_job = len(path) > 2 and path[0] == "jobs"
    return is_job and path[2:] in (("if",), ("steps", "if"), ("snapshot", "if"))


def _text(scalar: Scalar, path: availability.Path, problems: Problems) -> None:
    text = scalar.text
    condition = is_condition(path)
    if condition and "${{" not in text:
        if text.strip():
            _expression(scalar, 0, len(text), path, problems)
        return
    try:
        for begin, end in expressions.spans(text):
            _expression(scalar, begin, end, path, problems)
    except ExpressionError as error:
        problems.add(scalar.place_of(error.offset), error.message)
        return
    if condition and "${{" in text and not expressions.is_one(text):
        problems.warn(
            scalar.place,
            "if has text beside ${{ }}: all of it is a text then, which always counts as true",
        )


def _expression(
    scalar: Scalar, begin: int, end: int, path: availability.Path, problems: Problems
) -> None:
    available = availability.of(path)
    keyword = ".".join(path)
    if not available.contexts:
        problems.add(scalar.place_of(begin), f"{keyword} can't have an expression")
        return
    try:
        uses = expressions.uses(scalar.text[begin:end])
    except ExpressionError as error:
        problems.add(scalar.place_of(begin + error.offset), error.message)
        return
    for use in uses:
        message = functions.wrong(use, keyword, available)
        if message:
            problems.add(scalar.place_of(begin + use.offset), message)
