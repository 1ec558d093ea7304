"""Runs the script of a step, and sends what it has logged last, as Azure's own launcher does.

It is run by the step's Python, ``python start_script.py SCRIPT ARGUMENTS``, and needs nothing but
the standard library. azureml-core sends metrics a second after they were logged, from a thread
that doesn't outlive the script.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path


def main() -> None:
    """Raises what the script raises."""
    sys.argv = sys.argv[1:]
    sys.path[0] = str(Path(sys.argv[0]).absolute().parent)
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        flush()


def flush() -> None:
    """For the run that the script has asked for by ``Run.get_context``, if it has."""
    module = sys.modules.get("azureml.core.run")
    submitted = getattr(module, "_SubmittedRun", None)
    for run in list(getattr(submitted, "_SubmittedRun__instances", {}).values()):
        run.flush()


if __name__ == "__main__":
    main()
