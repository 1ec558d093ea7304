"""Parts of the local cloud and runner as programs, in a process of their own.

A step's get the step's environment: its proxies, certificates and credentials, and nothing of the
runner's.
"""

from __future__ import annotations

import sys
from pathlib import Path

_LIBRARY = Path(__file__).resolve().parents[2]
"""The folder that holds the package ``modelyard``."""
_START = "import sys, importlib; sys.path.insert(0, sys.argv.pop(1)); \
sys.exit(importlib.import_module(sys.argv.pop(1)).main())"


def own_program(module: str) -> tuple[str, ...]:
    """The arguments that run ``main()`` of a module below ``modelyard.local``. ``-I``: nothing of
    the working folder and no variable of the step decides what is imported."""
    start = ("-I", "-X", "utf8", "-c", _START, str(_LIBRARY))
    return (sys.executable, *start, f"modelyard.local.{module}")
