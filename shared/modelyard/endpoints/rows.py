"""The rows an endpoint is asked to score.

Format: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/ ("Serving inputs").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.errors import FileError

FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs", "input_data", "data")
"""The last two are those of Azure ML: of models of MLflow, and by custom of scoring scripts."""


@dataclass(frozen=True)
class Rows:
    """A request body, and how many rows stand in it."""

    body: Mapping[str, Any]
    count: int


def read(document: Any) -> Rows:
    """Rows from a parsed file: one of FORMATS, or a plain list of objects.

    :raises FileError: when it is something else, or empty.
    """
    if isinstance(document, list):
        document = {"dataframe_records": document}
    found = [name for name in FORMATS if isinstance(document, dict) and name in document]
    if len(found) != 1:
        raise FileError(
            "rows are neither a list of objects nor a request body of a scoring server",
            fix=f"give a list of objects, or an object with one of {', '.join(FORMATS)}",
        )
    count = _count(document[found[0]])
    if not count:
        raise FileError(f"rows hold no row under {found[0]}", fix="give at least one row")
    return Rows(document, count)


def _count(value: Any) -> int:
    if isinstance(value, dict) and isinstance(value.get("data"), list):  # dataframe_split
        return len(value["data"])
    if isinstance(value, dict):  # tensors by name: all of one length
        return max(
            (len(column) for column in value.values() if isinstance(column, list)), default=0
        )
    return len(value) if isinstance(value, list) else 0
