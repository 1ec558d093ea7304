"""A virtual environment of a job, with pip, made in a second.

``python -m venv`` takes ten times as long, nearly all of it for pip to install itself. Here the
same wheel, which every Python brings along (``ensurepip``), is unpacked where it belongs.
"""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

from modelyard.local.runner.builtin.installed_pythons import Installed
from modelyard.local.runner.builtin.step import Command, StepContext, StepFailed

_WHERE = (
    "import ensurepip, pathlib, sysconfig\n"
    "places = [sysconfig.get_config_var('WHEEL_PKG_DIR') or '',\n"
    "          pathlib.Path(ensurepip.__file__).parent / '_bundled']\n"
    "print(*[one for place in places if place for one in pathlib.Path(place).glob('pip-*.whl')],\n"
    "      sep='\\n')\n"
)
"""Prints the wheels of pip, one a line; Linux distributions keep them in a folder of their own."""
_SECONDS = 60
_SCRIPT = "#!{python}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"


def job_python(python: Installed, step: StepContext) -> Path:
    """The environment's folder; made where the job has none of this version yet.

    :raises StepFailed: when it can't be made.
    """
    folder = step.temporary / f"python-{'.'.join(map(str, python.version))}"
    if (folder / "complete").is_file():
        return folder
    step.log(f"{python.program} is Python {'.'.join(map(str, python.version))}")
    wheel = _wheel(python, step.environment)
    make = (str(python.program), "-I", "-m", "venv", "--clear", "--without-pip", str(folder))
    if step.execute(Command(make, step.temporary, obey=False)) != 0:
        raise StepFailed(f"{python.program} can't make a virtual environment")
    _unpack(wheel, python, folder)
    (folder / "complete").touch()
    return folder


def _wheel(python: Installed, environment: Mapping[str, str]) -> Path:
    try:
        done = subprocess.run(
            [python.program, "-I", "-c", _WHERE],
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise StepFailed(f"{python.program} can't be run: {error}") from None
    wheels = [Path(line) for line in done.stdout.splitlines() if line]
    if done.returncode or not wheels:
        minor = f"{python.version[0]}.{python.version[1]}"
        raise StepFailed(
            f"{python.program} brings no pip (module ensurepip); on Debian and Ubuntu the package "
            f"python{minor}-venv has it"
        )
    return wheels[0]


def _unpack(wheel: Path, python: Installed, folder: Path) -> None:
    minor = f"{python.version[0]}.{python.version[1]}"
    try:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "lib" / f"python{minor}" / "site-packages")
        for name in ("pip", "pip3", f"pip{minor}"):
            script = folder / "bin" / name
            script.write_text(_SCRIPT.format(python=folder / "bin" / "python"))
            script.chmod(0o755)
    except (OSError, zipfile.BadZipFile) as error:
        raise StepFailed(f"pip can't be unpacked from {wheel}: {error}") from None
