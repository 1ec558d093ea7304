"""Azure's request and answer for models of MLflow, and those of MLflow's own server.

Azure takes ``{"input_data": ...}`` and answers a bare list (learn.microsoft.com, "Deploy MLflow
models to online endpoints"); what MLflow's server takes itself goes through as it is.
"""

from __future__ import annotations

import json
from typing import Any

_TABLE = {"columns", "index", "data"}


def to_mlflow(body: bytes) -> bytes | None:
    """The body for MLflow's server; None for one that it takes as it is."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    if not isinstance(document, dict) or "input_data" not in document:
        return None
    data: Any = document["input_data"]
    is_table = isinstance(data, dict) and "data" in data and data.keys() <= _TABLE
    translated = {"dataframe_split" if is_table else "inputs": data}
    if "params" in document:
        translated["params"] = document["params"]
    return json.dumps(translated).encode()


def of_mlflow(body: bytes) -> bytes:
    """The answer for Azure: the predictions alone."""
    try:
        document = json.loads(body)
    except ValueError:
        return body
    if isinstance(document, dict) and "predictions" in document:
        return json.dumps(document["predictions"]).encode()
    return body
