"""Faults on demand: rules that spoil an answer, so that clients can be tried against them.

A rule says which requests it means, what happens to them, and how often. The first rule that
fits and isn't used up is applied; the others wait for the next request.
"""

from __future__ import annotations

import fnmatch
import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

ACTIONS = {
    "status": "answer with `status`, `headers` and `body`",
    "html": "answer 200 with a web page where JSON is expected",
    "reset": "break the connection instead of an answer",
    "cut": "break the connection in the middle of the answer",
    "delay": "wait `seconds`, then go on",
    "stale": "answer with what the last GET of the same URL got",
}
WHEN = ("before", "after")


class FaultError(ValueError):
    """A rule that makes no sense; the message says why."""


@dataclass(frozen=True)
class Rule:
    """One rule. ``host``, ``method`` and ``path`` are patterns with ``*``."""

    action: str
    host: str = "*"
    method: str = "*"
    path: str = "*"
    when: str = "before"
    """``before``: nothing has happened in the cloud. ``after``: the handler ran, the request had
    its effect, and only the answer is lost, replaced or late."""
    times: int | None = 1
    """How often; None for ever."""
    skip: int = 0
    """How many fitting requests pass unharmed first."""
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    """Text, or JSON; None for the usual error body of ``status``."""
    seconds: float = 0.0
    id: str = ""
    """Given by the cloud."""

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise FaultError(f"action {self.action!r} is not one of {', '.join(ACTIONS)}")
        if self.when not in WHEN:
            raise FaultError(f"when {self.when!r} is not one of {', '.join(WHEN)}")
        if self.action == "cut" and self.when == "before":
            raise FaultError('action "cut" needs when "after": it cuts a real answer')
        if self.action == "stale" and self.when == "after":
            raise FaultError('action "stale" has no "after": reads have no effect')
        if not 200 <= self.status <= 599:
            raise FaultError(f"status {self.status} is not between 200 and 599")
        if (self.times is not None and self.times < 1) or self.skip < 0 or self.seconds < 0:
            raise FaultError("times must be at least 1 (or null), skip and seconds at least 0")

    def fits(self, host: str, method: str, path: str) -> bool:
        return (
            fnmatch.fnmatchcase(host, self.host.lower())
            and fnmatch.fnmatchcase(method, self.method.upper())
            and fnmatch.fnmatchcase(path, self.path)
        )


_TYPES: dict[str, tuple[type, ...]] = {
    "status": (int,),
    "skip": (int,),
    "times": (int, type(None)),
    "seconds": (int, float),
    "headers": (dict,),
}


def rule_from_json(document: Any) -> Rule:
    """A rule from its JSON form. Raises FaultError for unknown fields and wrong types."""
    if not isinstance(document, dict):
        raise FaultError("a rule is a JSON object")
    known = {f.name for f in fields(Rule)} - {"id"}
    if unknown := sorted(set(document) - known):
        raise FaultError(f"unknown field {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    if "action" not in document:
        raise FaultError(f'"action" is missing: one of {", ".join(ACTIONS)}')
    for name, value in document.items():
        expected = _TYPES.get(name, (str,))
        if name != "body" and (not isinstance(value, expected) or isinstance(value, bool)):
            raise FaultError(f"{name} {value!r} is not a {expected[0].__name__}")
    _check_headers(document.get("headers", {}))
    return Rule(**document)


def _check_headers(headers: Mapping[str, Any]) -> None:
    for name, value in headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise FaultError(f"{name!r} is not the name of a header")
        if not isinstance(value, str) or not value.isprintable() or not value.isascii():
            raise FaultError("the values of headers are texts of one line, in ASCII")


class Faults:
    """The rules of one cloud, in memory only. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: dict[str, Rule] = {}
        self._seen: dict[str, int] = {}

    def add(self, rule: Rule) -> Rule:
        """Returns the rule with its id."""
        named = replace(rule, id=uuid.uuid4().hex[:8])
        with self._lock:
            self._rules[named.id] = named
            self._seen[named.id] = 0
        return named

    def list(self) -> list[dict[str, Any]]:
        """Each rule, with ``applied`` (how often so far) and ``used_up``."""
        with self._lock:
            return [
                {
                    **asdict(rule),
                    "applied": max(0, self._seen[rule.id] - rule.skip),
                    "used_up": self._used_up(rule),
                }
                for rule in self._rules.values()
            ]

    def remove(self, rule_id: str) -> bool:
        """Says whether it was there."""
        with self._lock:
            self._seen.pop(rule_id, None)
            return self._rules.pop(rule_id, None) is not None

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()
            self._seen.clear()

    def take(self, host: str, method: str, path: str, *, has_previous: bool) -> Rule | None:
        """The rule for this request, which counts as applied; None for most requests.

        ``has_previous`` says whether an older answer is known: without one a read can't be stale.
        """
        with self._lock:
            for rule in self._rules.values():
                if self._used_up(rule) or not rule.fits(host, method, path):
                    continue
                if rule.action == "stale" and not has_previous:
                    continue
                self._seen[rule.id] += 1
                if self._seen[rule.id] > rule.skip:
                    return rule
        return None

    def _used_up(self, rule: Rule) -> bool:
        return rule.times is not None and self._seen[rule.id] >= rule.skip + rule.times
