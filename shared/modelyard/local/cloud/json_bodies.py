"""Bodies in JSON: a request's, which has to be an object, and an answer's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request, Response


def json_object(request: Request) -> dict[str, Any] | None:
    """The object; None when the body is none. What is said then is each service's."""
    try:
        found = json.loads(request.get_data())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def json_answer(
    body: object, status: int | None = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer with this body."""
    return Response(json.dumps(body), status, headers, mimetype="application/json")
