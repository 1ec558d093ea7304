"""Starts a process of the runtime with any interpreter: ``python bootstrap.py WHAT ARGUMENT...``.

A cluster's environment need not contain this package, and the folder that holds it must not come
onto ``sys.path``: that may be a whole site-packages, which would hide the environment's own
versions. So the package is registered by its location.
"""

from __future__ import annotations

import sys

PROCESSES = {"driver": "driver", "overlay": "overlay", "run": "run_process", "pip": "pip_command"}


def make_importable() -> None:
    """Make ``import modelyard`` find the package that this file is part of."""
    import importlib.util
    from pathlib import Path

    if "modelyard" in sys.modules:
        return
    root = Path(__file__).resolve().parents[2]
    specification = importlib.util.spec_from_file_location(
        "modelyard", root / "__init__.py", submodule_search_locations=[str(root)]
    )
    if specification is None or specification.loader is None:
        raise ImportError(f"no package at {root}")
    package = importlib.util.module_from_spec(specification)
    sys.modules["modelyard"] = package
    specification.loader.exec_module(package)


def main(arguments: list[str]) -> None:
    """Become the process that the first argument names."""
    import importlib

    make_importable()
    module = importlib.import_module(f"modelyard.local.notebook.{PROCESSES[arguments[0]]}")
    module.main(arguments[1:])


if __name__ == "__main__":
    # The interpreter put this file's folder first: its modules would be importable by bare name.
    if sys.path and sys.path[0] == __file__.rpartition("/")[0]:
        del sys.path[0]
    main(sys.argv[1:])
