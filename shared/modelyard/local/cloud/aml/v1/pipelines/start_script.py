"""Runs the script of a step, and sends what it has logged last, as Azure's own launcher does.

It is run by the step's Python, ``python start_script.py SCRIPT ARGUMENTS``, and needs nothing but
the standard library. azureml-core sends metrics a second after they were logged, from a thread
that doesn't outlive the script.
"""

from __future__ import annotations

import runpy
import sys
import traceback
from pathlib import Path
from types import TracebackType


def main() -> None:
    """Raises what the script raises, and shows that from the script's own first frame on."""
    sys.argv = sys.argv[1:]
    script = sys.argv[0]
    sys.path[0] = str(Path(script).absolute().parent)

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        while trace is not None and trace.tb_frame.f_code.co_filename != script:
            trace = trace.tb_next
        traceback.print_exception(kind, error, trace)

    sys.excepthook = show
    try:
        runpy.run_path(script, run_name="__main__")
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
