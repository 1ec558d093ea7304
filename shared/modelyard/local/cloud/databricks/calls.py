"""One request to the REST API, read: who calls, which version, which arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.databricks import exceptions, shapes
from modelyard.local.cloud.tokens import Principal

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """Arguments come from the JSON body, the query or both.

    As in the service's own JSON (protobuf's), numbers and booleans may be written as strings.
    """

    request: Request
    principal: Principal
    version: str
    """``2.0``, ``2.1`` or ``2.2``."""
    arguments: Mapping[str, Any]

    def has(self, name: str) -> bool:
        """Whether the argument is given; null and the empty string count as not given."""
        return self.arguments.get(name) not in (None, "")

    def text(self, name: str, default: str | None = None) -> str:
        """Required unless there is a default; raises INVALID_PARAMETER_VALUE."""
        value = self._value(name, default)
        if not isinstance(value, str):
            raise exceptions.invalid_parameter(f"{name} must be a string, not {value!r}")
        return value

    def number(self, name: str, default: int | None = None) -> int:
        return shapes.whole_number(name, self._value(name, default))

    def flag(self, name: str, default: bool = False) -> bool:
        value = self._value(name, default)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise exceptions.invalid_parameter(f"{name} must be true or false, not {value!r}")
        return value

    def mapping(self, name: str, default: Json | None = None) -> Json:
        value = self._value(name, default)
        if not isinstance(value, dict):
            raise exceptions.invalid_parameter(f"{name} must be an object, not {value!r}")
        return value

    def items(self, name: str, default: list[Any] | None = None) -> list[Any]:
        value = self._value(name, default)
        if not isinstance(value, list):
            raise exceptions.invalid_parameter(f"{name} must be a list, not {value!r}")
        return value

    def _value(self, name: str, default: Any) -> Any:
        if self.has(name):
            return self.arguments[name]
        if default is None:
            raise exceptions.missing_field(name)
        return default


def read_arguments(request: Request) -> Json:
    """The query, with the fields of a JSON or form body on top.

    Raises MALFORMED_REQUEST for a body that is neither. Uploaded files of a form stay in
    ``request.files``.
    """
    arguments: Json = request.args.to_dict()
    if request.mimetype == "multipart/form-data":
        arguments.update(request.form.to_dict())
        return arguments
    body = request.get_data()
    if body.strip():
        try:
            fields = json.loads(body)
        except ValueError as error:
            raise exceptions.malformed(
                f"Invalid JSON given in the body of the request: {error}"
            ) from error
        if not isinstance(fields, dict):
            raise exceptions.malformed(
                "Invalid JSON given in the body of the request - expected a map"
            )
        arguments.update(fields)
    return arguments
