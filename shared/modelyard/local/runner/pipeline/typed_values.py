"""What a parameter of the type ``object`` holds: literals of the file with their own types.

Source: what the service answered to ``previewRun`` requests, recorded in
PGielniak/azdo-pipeline-emulator at c13a24e4, ``research/experiments/E03-parameters``
(pass-object-deep, pass-null-to-object; legacyobject-deep for the old form, where all are texts). An
expression's result is a text there: MicrosoftDocs/azure-devops-docs, issue 13472.
"""

from __future__ import annotations

import re
from typing import Any

from modelyard.local.runner.pipeline.nodes import (
    Mapping,
    Node,
    PlacedDict,
    PlacedList,
    Scalar,
)

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("~", "null", "Null", "NULL"), ""),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,2})?")


def typed_value(node: Node) -> Any:
    """What expressions see of it. Made once: nodes don't change."""
    if isinstance(node, Scalar):
        return _scalar(node)
    if node.typed is None:
        if isinstance(node, Mapping):
            node.typed = PlacedDict(node, typed_value)
        else:
            node.typed = PlacedList(node, typed_value)
    return node.typed


def _scalar(node: Scalar) -> Any:
    if not node.plain:
        return node.text
    if node.text in _WORDS:
        return _WORDS[node.text]
    return float(node.text) if _NUMBER.fullmatch(node.text) else node.text
