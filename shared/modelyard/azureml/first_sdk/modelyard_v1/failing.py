"""What went wrong, for people: the place in their own file, or what the service says."""

from __future__ import annotations

import json
import os
import traceback
from typing import Any


class Failure(Exception):
    """Something that we know the name of.

    :param kind: definition, input, service or missing.
    """

    def __init__(self, kind: str, what: str, **more: Any) -> None:
        super().__init__(what)
        self.told = {"kind": kind, "what": what, **more}


def failure_of(error: BaseException) -> dict[str, Any]:
    """An error as it is sent."""
    if isinstance(error, Failure):
        return error.told
    return {"kind": "service", "what": words(error)}


def in_definition(error: BaseException, path: str) -> Failure:
    """What the user's own file raised, with the line of that file."""
    if isinstance(error, Failure):
        return error
    at = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == path]
    line = at[-1].lineno if at else getattr(error, "lineno", None)
    shown = os.path.relpath(path)
    if shown.startswith(".."):
        shown = path
    where = f"{shown}:{line}" if line else shown
    what = f"{where}: {type(error).__name__}: {words(error)}"
    return Failure("definition", what, file=shown, line=line or 0)


def words(error: BaseException) -> str:
    """What an exception of the SDK says, without the JSON and the headers around it."""
    text = str(getattr(error, "message", None) or error).strip()
    start = text.find("{")
    if start >= 0:
        try:
            found, _ = json.JSONDecoder().raw_decode(text[start:])
        except ValueError:
            found = None
        inner = found.get("error") if isinstance(found, dict) else None
        if isinstance(inner, dict) and inner.get("message"):
            return str(inner["message"])
    kept = [line for line in text.splitlines() if line.strip()][:8]
    return "\n".join(kept) or type(error).__name__
