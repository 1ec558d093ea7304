"""What stands between ``${{`` and ``}}`` in commands, inputs and outputs.

Source: learn.microsoft.com, "Azure Machine Learning YAML syntax", expressions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from modelyard.local.cloud.arm import exceptions

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_PARENT = re.compile(r"\$\{\{\s*parent\.(.+?)\s*\}\}")


def filled(text: str, values: Mapping[str, str], what: str) -> str:
    """A command with ``${{inputs.NAME}}`` and ``${{outputs.NAME}}`` replaced.

    A part in ``$[[...]]`` goes when an input in it wasn't given.

    :param values: by ``inputs.NAME`` and ``outputs.NAME``.
    :raises ArmError: for an expression that means nothing.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise exceptions.bad_request(
                f"{match[0]} in {what} means nothing: there is no {match[1]}.", "UserError"
            )
        return values[match[1]]

    def part(match: re.Match[str]) -> str:
        names = _EXPRESSION.findall(match[1])
        return match[1] if all(name in values for name in names) else ""

    return _EXPRESSION.sub(value, _OPTIONAL.sub(part, text))


def parent(text: object) -> str | None:
    """``inputs.X`` or ``jobs.A.outputs.B`` of ``${{parent....}}``; None for any other text."""
    match = _PARENT.fullmatch(str(text).strip())
    return match[1] if match else None
