"""The filters of runs that SDK v1 sends, such as ``(ParentRunId eq null) and (Status eq Failed)``.

Comparisons joined by ``and``, ``or`` and parentheses. A field is one of a run's, or an entry of its
tags or properties; values stand with quotes or without. An entry that isn't there compares as
false, even with null: that is how a client asks whether there is one.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from modelyard.local.cloud.aml.front import refused

Json = dict[str, Any]
Test = Callable[[Json], bool]
_TOKEN = re.compile(
    r"\s*(?:(?P<sign>[()])|(?P<join>and|or)\b|(?P<field>[A-Za-z][\w./-]*)\s+"
    r"(?P<how>eq|ne|ge|gt|le|lt)\s+"
    r"(?P<value>'[^']*'|\"[^\"]*\"|.*?)(?=\s+(?:and|or)\s|\s*\)|\s*$))"
)
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}
_ENTRIES = {"Tags": "tags", "Properties": "properties"}


def passes(text: str) -> Test:
    """Whether a run passes this filter; every one passes the empty one. Raises ArmError."""
    if not text.strip():
        return lambda _run: True
    reader = _Reader(text)
    test = reader.either()
    if reader.next() is not None:
        raise refused(f"The filter {text!r} could not be understood.")
    return test


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def next(self) -> re.Match[str] | None:
        """The token that comes; None at the end."""
        if not self._text[self._at :].strip():
            return None
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            raise refused(f"The filter {self._text!r} could not be understood.")
        return match

    def take(self, what: str) -> bool:
        """Step over this sign or word, if it comes."""
        match = self.next()
        if match is None or what not in (match["sign"], match["join"]):
            return False
        self._at = match.end()
        return True

    def either(self) -> Test:
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        return lambda run: any(part(run) for part in parts)

    def both(self) -> Test:
        parts = [self.single()]
        while self.take("and"):
            parts.append(self.single())
        return lambda run: all(part(run) for part in parts)

    def single(self) -> Test:
        if self.take("("):
            inner = self.either()
            if not self.take(")"):
                raise refused(f"The filter {self._text!r} could not be understood.")
            return inner
        match = self.next()
        if match is None or match["field"] is None:
            raise refused(f"The filter {self._text!r} could not be understood.")
        self._at = match.end()
        return _comparison(match["field"], match["how"], match["value"].strip("'\""))


def _comparison(field: str, how: str, wanted: str) -> Test:
    start, _, entry = field.partition("/")
    value = None if wanted == "null" else wanted

    def test(run: Json) -> bool:
        if entry:
            found = run.get(_ENTRIES.get(start, "")) or {}
            if entry not in found:
                return False
            actual = found[entry]
        else:
            actual = run.get(start[:1].lower() + start[1:])
        if how in ("eq", "ne"):
            return _COMPARE[how](actual, value)
        return actual is not None and value is not None and _COMPARE[how](str(actual), value)

    return test
