"""A layer over a Python environment: a virtual environment that also sees what the other has.

``venv --system-site-packages`` won't do where the other is itself a virtual environment: it would
show the packages of the *base* Python. So the layer has a ``.pth`` file that adds the other's
site-packages, with the ``.pth`` files in there. What is installed goes into the layer and wins.

Every run has a layer of its own over its cluster's environment, so that ``%pip install``, ``%sh
pip install`` and ``python -m pip`` of a notebook touch nothing else; it is deleted with the run.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import site
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from modelyard.local.notebook import bootstrap

_FILE_ACCESS = f"""\
# Written by Modelyard: files under /dbfs, /Volumes and /Workspace, also in processes that a
# notebook starts (joblib workers, multiprocessing, scripts).
import os
if any(name.endswith("_ROOT") and name.startswith("MODELYARD_") for name in os.environ):
    import importlib.util
    place = importlib.util.spec_from_file_location("_modelyard_bootstrap", {bootstrap.__file__!r})
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    module.make_importable()
    from modelyard.local.notebook.file_access import install
    from modelyard.local.notebook.paths import PathMap
    install(PathMap(os.environ))
"""


def site_folders() -> list[str]:
    """The site-packages that this interpreter imports from."""
    folders = list(site.getsitepackages())
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    return [folder for folder in dict.fromkeys(folders) if Path(folder).is_dir()]


def create(folder: Path, below: Sequence[str]) -> Path:
    """Make a layer in ``folder`` over the site-packages ``below``; returns its interpreter.

    It is for the same base Python as runs this process.
    """
    builder = venv.EnvBuilder(symlinks=True, with_pip=False)
    context = builder.ensure_directories(folder)
    builder.create(folder)
    packages = site_packages(folder)
    # A module, because the site module reads .pth files of a virtual environment twice. Of a name
    # of its own, because below this layer can be another.
    name = f"_modelyard_below_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    code = f"import site\nfor folder in {list(below)!r}:\n    site.addsitedir(folder)\n"
    (packages / f"{name}.py").write_text(code, encoding="utf-8")
    (packages / f"{name}.pth").write_text(f"import {name}\n", encoding="utf-8")
    return Path(context.env_exe)


def site_packages(folder: Path) -> Path:
    """The layer's own site-packages."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return folder / "lib" / version / "site-packages"


def add_run_tools(folder: Path) -> None:
    """What a run's layer has besides: a ``pip`` command, and mapped files in child processes."""
    python = folder / "bin" / "python"
    words = shlex.join([str(python), bootstrap.__file__, "pip"])
    for name in ("pip", "pip3"):
        script = folder / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    packages = site_packages(folder)
    (packages / "_modelyard_files.py").write_text(_FILE_ACCESS, encoding="utf-8")
    (packages / "_modelyard_files.pth").write_text("import _modelyard_files\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """``FOLDER WHAT...``: make a run's layer over this interpreter, and become ``WHAT`` in it."""
    folder = Path(arguments[0])
    python = create(folder, site_folders())
    add_run_tools(folder)
    os.environ["VIRTUAL_ENV"] = str(folder)
    folders = [folder / "bin", Path(sys.executable).parent, os.environ.get("PATH", os.defpath)]
    os.environ["PATH"] = os.pathsep.join(map(str, folders))
    os.environ.pop("PYTHONHOME", None)
    command = [str(python), bootstrap.__file__, *arguments[1:]]
    os.execv(python, command)  # noqa: S606 - no shell is wanted
