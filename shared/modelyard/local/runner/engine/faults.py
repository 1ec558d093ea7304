"""An error of the runner itself: it fails a step or a job, and the run goes on to its result."""

from __future__ import annotations

import traceback
from pathlib import Path

from modelyard.errors import ModelyardError
from modelyard.local.runner.expressions import ExpressionError


def told(error: Exception) -> str:
    """What a log says of it; not masked yet."""
    if isinstance(error, (ModelyardError, ExpressionError)):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"{type(error).__name__}: {error} (a fault of Modelyard at {where}: please report it)"
