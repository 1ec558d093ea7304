"""Include and exclude patterns, as in a ``.gitignore``, ignoring upper and lower case.

A pattern without a slash fits a name in any folder (``*.py``, ``__pycache__``); one with a slash
fits the path from the source folder (``etl/*.sql``, ``/train.py``). ``*`` and ``?`` stay within one
name, ``**`` crosses folders, ``[abc]`` is one of these characters. A pattern that fits a folder
fits everything in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

_TOKEN = re.compile(r"\*\*/|/\*\*$|\*\*|\*|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)
_FIXED = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def fits(path: str, patterns: Iterable[str]) -> bool:
    """Whether the path (relative, with ``/``), or a folder it lies in, fits one of the patterns."""
    return any(_compiled(pattern).fullmatch(path) for pattern in patterns)


def selected(path: str, include: Iterable[str], exclude: Iterable[str]) -> bool:
    """Whether include (when there is any) asks for it and exclude doesn't keep it out."""
    include = tuple(include)
    return (not include or fits(path, include)) and not fits(path, exclude)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    body = pattern.strip().rstrip("/")
    anchored = "/" in body
    body = body.lstrip("/")
    translated = "".join(_translated(token) for token in _TOKEN.findall(body))
    start = "" if anchored else "(?:.*/)?"
    return re.compile(f"{start}{translated}(?:/.*)?", re.DOTALL | re.IGNORECASE)


def _translated(token: str) -> str:
    if token in _FIXED:
        return _FIXED[token]
    if len(token) > 2 and token.startswith("["):
        inner = token[1:-1].replace("\\", r"\\").replace("[", r"\[")
        negated = inner.startswith("!")
        inner = inner[1:] if negated else inner
        inner = ("\\" + inner) if inner.startswith(("]", "^")) else inner
        return f"[{'^' if negated else ''}{inner}]"
    return re.escape(token)
