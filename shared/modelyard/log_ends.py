"""The end of a log, for a message."""

from __future__ import annotations

import re

_SERVER = "azureml_inference_server_http"
"""The package of Azure's scoring server, whose log is that of the scoring script too."""
_WRAPPED = re.compile(
    r"\n+The above exception was the direct cause of the following exception:\n+"
    rf"Traceback \(most recent call last\):\n(?: .*\n)*{_SERVER}\..*"
)
_FRAMES = re.compile(
    rf'^  File "(?:<frozen importlib|[^"\n]*\b{_SERVER}\b)[^\n]*\n(?:    .*\n)*', re.MULTILINE
)


def indented(text: str, lines: int = 40) -> str:
    """The last lines of a log, for a message."""
    shown = [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(f"    {line}" for line in shown) or "    (it printed nothing)"


def without_server(text: str) -> str:
    """A scoring server's log with the tracebacks of the script alone.

    The server's own frames are left out, and what it raises again about the script's exception.
    """
    return _FRAMES.sub("", _WRAPPED.sub("", text))
