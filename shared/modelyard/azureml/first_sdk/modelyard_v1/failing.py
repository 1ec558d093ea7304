"""What went wrong, for people: the place in their own file, or what the service says."""

from __future__ import annotations

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
    """An error as it is sent. What ``said`` means is made out by whoever gets it."""
    if isinstance(error, Failure):
        return error.told
    return {"kind": "service", "what": "", "said": said(error)}


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
    what = f"{where}: {type(error).__name__}: "
    return Failure("definition", what, said=said(error), file=shown, line=line or 0)


def said(error: BaseException) -> list[str]:
    """What the service has answered, where an exception has that, and what the exception says."""
    answer = getattr(getattr(error, "response", None), "text", None)
    text = str(getattr(error, "message", None) or error) or type(error).__name__
    return [answer, text] if isinstance(answer, str) else [text]
