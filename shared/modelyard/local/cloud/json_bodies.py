"""Bodies of requests that have to be a JSON object. What is said of others is each service's."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request


def json_object(request: Request) -> dict[str, Any] | None:
    """The object; None when the body is none."""
    try:
        found = json.loads(request.get_data())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
