"""Expressions of deployment templates: ``[concat('kv', uniqueString(parameters('name')))]``.

Source: learn.microsoft.com, "Template functions"; those that templates for workspaces use.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud.arm import exceptions

_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|(-?\d+)|([A-Za-z_][A-Za-z0-9_]*)|([()\[\],.]))")


@dataclass(frozen=True)
class Scope:
    """What an expression may ask for. ``parameters`` and ``variables`` give values by name."""

    parameters: Callable[[str], Any]
    variables: Callable[[str], Any]
    subscription: Mapping[str, Any]
    group: Mapping[str, Any]
    reference: Callable[[str], Any]
    """The properties of the resource with this id or name."""


def evaluate(value: Any, scope: Scope) -> Any:
    """A value of a template with every expression in it replaced. Raises ArmError."""
    if isinstance(value, dict):
        return {name: evaluate(one, scope) for name, one in value.items()}
    if isinstance(value, list):
        return [evaluate(one, scope) for one in value]
    if not isinstance(value, str) or not value.startswith("["):
        return value
    if value.startswith("[["):
        return value[1:]
    if not value.endswith("]"):
        return value
    return _Reader(value[1:-1], scope).whole()


class _Reader:
    def __init__(self, text: str, scope: Scope) -> None:
        self._text = text
        self._scope = scope
        self._tokens = self._split()
        self._at = 0

    def whole(self) -> Any:
        value = self._value()
        if self._at != len(self._tokens):
            raise self._wrong()
        return value

    def _split(self) -> list[tuple[str, str]]:
        tokens, at = [], 0
        while self._text[at:].strip():
            match = _TOKEN.match(self._text, at)
            if match is None:
                raise self._wrong()
            kind = ("text", "number", "name", "mark")[(match.lastindex or 1) - 1]
            tokens.append((kind, match.group(match.lastindex or 1)))
            at = match.end()
        return tokens

    def _wrong(self) -> exceptions.ArmError:
        return exceptions.invalid_template(f"Unable to parse language expression '{self._text}'")

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self, *expected: str) -> tuple[str, str]:
        token = self._peek()
        if expected and token[1] not in expected:
            raise self._wrong()
        self._at += 1
        return token

    def _value(self) -> Any:
        kind, text = self._take()
        if kind == "text":
            value: Any = text.replace("''", "'")
        elif kind == "number":
            value = int(text)
        elif kind == "name":
            value = self._call(text)
        else:
            raise self._wrong()
        return self._below(value)

    def _below(self, value: Any) -> Any:
        while self._peek()[1] in (".", "[") and self._peek()[0] == "mark":
            _, mark = self._take()
            key = self._take()[1] if mark == "." else self._value()
            if mark == "[":
                self._take("]")
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                raise exceptions.invalid_template(
                    f"The language expression property '{key}' doesn't exist in '{self._text}'"
                ) from None
        return value

    def _call(self, name: str) -> Any:
        self._take("(")
        arguments = []
        while self._peek()[1] != ")":
            arguments.append(self._value())
            if self._take(",", ")")[1] == ")":
                return self._apply(name, arguments)
        self._take(")")
        return self._apply(name, arguments)

    def _apply(self, name: str, arguments: list[Any]) -> Any:
        scope = self._scope
        own: dict[str, Callable[..., Any]] = {
            "parameters": scope.parameters,
            "variables": scope.variables,
            "subscription": lambda: scope.subscription,
            "resourcegroup": lambda: scope.group,
            "reference": lambda what, *_: scope.reference(what),
            "resourceid": self._resource_id,
            "subscriptionresourceid": self._subscription_resource_id,
        }
        function = own.get(name.lower()) or FUNCTIONS.get(name.lower())
        if function is None:
            raise exceptions.invalid_template(f"The template function '{name}' is not valid")
        try:
            return function(*arguments)
        except (TypeError, ValueError, AttributeError) as error:
            raise exceptions.invalid_template(
                f"The template function '{name}' can't take these arguments: {error}"
            ) from error

    def _resource_id(self, *parts: str) -> str:
        """([subscription], [group], kind, name, [name of a part, ...])"""
        at = next(number for number, part in enumerate(parts) if "/" in part)
        before, (kind, *names) = parts[:at], parts[at:]
        group = before[-1] if before else self._scope.group["name"]
        subscription = before[0] if len(before) == 2 else self._scope.subscription["subscriptionId"]
        namespace, *types = kind.split("/")
        pairs = "".join(f"/{one}/{named}" for one, named in zip(types, names, strict=True))
        return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}{pairs}"

    def _subscription_resource_id(self, kind: str, *names: str) -> str:
        namespace, *types = kind.split("/")
        pairs = "".join(f"/{one}/{named}" for one, named in zip(types, names, strict=True))
        subscription = self._scope.subscription["subscriptionId"]
        return f"/subscriptions/{subscription}/providers/{namespace}{pairs}"


def _concat(*parts: Any) -> Any:
    if parts and isinstance(parts[0], list):
        return [one for part in parts for one in part]
    return "".join(str(part) for part in parts)


def _equals(a: Any, b: Any) -> bool:
    if isinstance(a, str) and isinstance(b, str):
        return a.lower() == b.lower()
    return bool(a == b)


def _unique(*parts: str) -> str:
    """13 letters and digits that depend on the parts; another hash than Azure's."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:13]


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "and": lambda *parts: all(parts),
    "or": lambda *parts: any(parts),
    "not": lambda part: not part,
    "if": lambda condition, then, otherwise: then if condition else otherwise,
    "equals": _equals,
    "empty": lambda part: not part,
    "array": lambda part: part if isinstance(part, list) else [part],
    "concat": _concat,
    "tolower": lambda text: text.lower(),
    "toupper": lambda text: text.upper(),
    "string": lambda part: part if isinstance(part, str) else json.dumps(part),
    "substring": lambda text, start, length: text[start : start + length],
    "replace": lambda text, old, new: text.replace(old, new),
    "length": len,
    "json": json.loads,
    "uniquestring": _unique,
    "guid": lambda *parts: str(uuid.uuid5(uuid.NAMESPACE_URL, "-".join(parts))),
    "newguid": lambda: str(uuid.uuid4()),
    "true": lambda: True,
    "false": lambda: False,
    "null": lambda: None,
}
