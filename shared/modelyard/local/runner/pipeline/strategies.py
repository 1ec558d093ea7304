"""``strategy`` of an agent or server job: a matrix, or equal copies.

Source: learn.microsoft.com, ``yaml-schema/jobs-job-strategy``; ``pipelines/process/phases``
("multi-configuration"; matrix and parallel exclude each other).
"""

from __future__ import annotations

from modelyard.local.runner.pipeline.building import Building
from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, kind_of
from modelyard.local.runner.pipeline.plan import Matrix, Parallel, runtime_expression

KEYS = ("matrix", "maxParallel", "parallel")


def strategy(node: Mapping | None, building: Building) -> Matrix | Parallel | None:
    """The strategy of a job that is no deployment."""
    if node is None:
        return None
    fields = Fields(node, "the strategy of a job", KEYS, building.problems)
    building.runtime(fields.node_of("maxParallel"))
    building.runtime(fields.node_of("parallel"))
    most = fields.number("maxParallel", 0)
    matrix = fields.node_of("matrix")
    if "parallel" in fields:
        if "matrix" in fields:
            place = fields.keys["parallel"].place
            building.problems.add(place, "a job has a matrix or parallel, not both")
        return Parallel(fields.number("parallel", 1), most)
    if matrix is None:
        if "matrix" not in fields:
            building.problems.add(node.place, "strategy needs matrix or parallel")
        return None
    if isinstance(matrix, Scalar):
        building.runtime(matrix)
        if (expression := runtime_expression(matrix.text)) is None:
            building.problems.add(matrix.place, "matrix is a mapping of legs or one $[ ... ]")
        return Matrix(expression or "", most)
    if not isinstance(matrix, Mapping):
        building.problems.add(matrix.place, f"matrix is a mapping of legs, not {kind_of(matrix)}")
        return None
    return Matrix(dict(_leg(key, value, building) for key, value in matrix), most)


def _leg(key: Scalar, node: Node, building: Building) -> tuple[str, dict[str, str]]:
    name = building.name(key, "a leg of a matrix")
    variables: dict[str, str] = {}
    leg = building.expect_mapping(node, f"the leg {name}")
    for variable, value in leg or ():
        if isinstance(value, Scalar):
            building.runtime(value)
            variables[variable.text] = value.text
        else:
            message = f"{variable.text} of the leg {name} is a text, not {kind_of(value)}"
            building.problems.add(value.place, message)
    return name, variables
