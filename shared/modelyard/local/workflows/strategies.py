"""A job's ``strategy``: the copies that are made of it.

Source: docs.github.com, ``actions/reference/workflows-and-actions/workflow-syntax``
(``jobs.<job_id>.strategy``); what a matrix has to hold beside that is as in actions/runner
(``MatrixBuilder``).
"""

from __future__ import annotations

from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, Sequence, kind_of
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.local.workflows import keys, typed_values
from modelyard.local.workflows.expressions import is_one
from modelyard.reading import nearest

MOST_JOBS = 256
"""That a matrix may make."""
_FILTERS = ("include", "exclude")


def has_matrix(job: Fields) -> bool:
    """Whether a job has one; what is wrong with its strategy is among the problems then."""
    node = job.node_of("strategy")
    if node is None or (isinstance(node, Scalar) and is_one(node.text)):
        return node is not None
    strategy = job.mapping("strategy")
    if strategy is None:
        return False
    fields = Fields(strategy, "strategy", keys.STRATEGY, job.problems)
    typed_values.truth(fields, "fail-fast")
    typed_values.number(fields, "max-parallel")
    matrix = fields.node_of("matrix")
    if matrix is not None and not _is_expression(matrix):
        if isinstance(matrix, Mapping):
            _matrix(matrix, job.problems)
        else:
            problem = f"matrix is a mapping or an expression, not {kind_of(matrix)}"
            job.problems.add(matrix.place, problem)
    return matrix is not None


def _matrix(matrix: Mapping, problems: Problems) -> None:
    vectors = {key.text: value for key, value in matrix if key.text not in _FILTERS}
    for name, value in vectors.items():
        if isinstance(value, Sequence):
            if not value.items:
                problems.add(value.place, f"{name} of the matrix has no values")
        elif not _is_expression(value):
            wanted = "a list of values or an expression"
            problems.add(value.place, f"{name} of the matrix is {wanted}, not {kind_of(value)}")
    includes = matrix.get("include")
    none = includes is None or (isinstance(includes, Sequence) and not includes.items)
    if not vectors and none:
        problems.add(matrix.place, "the matrix is empty: it makes no job")
    for name in _FILTERS:
        _filter(name, matrix.get(name), vectors, problems)
    sizes = [len(value.items) for value in vectors.values() if isinstance(value, Sequence)]
    jobs = 1
    for size in sizes:
        jobs *= size
    if jobs > MOST_JOBS and len(sizes) == len(vectors) and matrix.get("exclude") is None:
        problems.add(matrix.place, f"the matrix makes {jobs} jobs, and {MOST_JOBS} are the most")


def _filter(name: str, node: Node | None, vectors: dict[str, Node], problems: Problems) -> None:
    if node is None or _is_expression(node):
        return
    if not isinstance(node, Sequence):
        wanted = "a list of mappings or an expression"
        problems.add(node.place, f"{name} of the matrix is {wanted}, not {kind_of(node)}")
    known = {one.lower() for one in vectors}
    for item in _items(node):
        if _is_expression(item):
            continue
        if not isinstance(item, Mapping):
            what = f"what {name} of the matrix lists is a mapping, not {kind_of(item)}"
            problems.add(item.place, what)
        elif not item.entries:
            problems.add(item.place, f"{name} of the matrix lists an empty mapping")
        elif name == "exclude":
            for key, _ in item:
                if key.text.lower() not in known:
                    near = nearest(key.text, vectors)
                    problems.add(key.place, f"the matrix has no {key.text} to exclude{near}")


def _is_expression(node: Node | None) -> bool:
    return isinstance(node, Scalar) and is_one(node.text)


def _items(node: Node | None) -> list[Node]:
    return node.items if isinstance(node, Sequence) else []
