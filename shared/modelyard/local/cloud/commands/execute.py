"""Programs that use a running cloud: started by ``exec``, or by a shell that took over ``env``."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelyard.errors import InputError
from modelyard.local.cloud.authority import Authority
from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.environment import (
    cloud_environment,
    is_real_world,
    program_environment,
)
from modelyard.local.cloud.exceptions import NotRunning
from modelyard.local.cloud.running import running

SHELLS = ("sh", "fish", "powershell")
NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""What a shell returns for a program that can't be started."""


def environment_of(folder: Path) -> dict[str, str]:
    """The variables of the cloud that runs in ``folder``. Raises NotRunning."""
    cloud = running(folder)
    if cloud is None:
        raise NotRunning(folder)
    certificate = Authority(folder / "authority").certificate_path
    return cloud_environment(cloud.url, folder, certificate, load_or_create(folder))


def execute(folder: Path, command: Sequence[str]) -> int:
    """Become ``command``: signals and exit code are its own. Returns only when that fails."""
    if not command:
        raise InputError("no command is named", fix="modelyard local exec -- COMMAND")
    environment = program_environment(environment_of(folder))
    sys.stdout.flush()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and so would the program
    try:
        os.execvpe(command[0], list(command), environment)  # noqa: S606 - no shell is wanted
    except FileNotFoundError:
        sys.stderr.write(f"modelyard local exec: {command[0]} was not found\n")
        return NOT_FOUND
    except OSError as error:
        sys.stderr.write(f"modelyard local exec: {command[0]}: {error.strerror}\n")
        return NOT_EXECUTABLE


def shell_text(variables: Mapping[str, str], shell: str, parent: Mapping[str, str]) -> str:
    """Statements for a shell: the cloud's variables, and the removal of real credentials."""
    gone = [name for name in parent if is_real_world(name) and name not in variables]
    lines = [_unset(name, shell) for name in sorted(gone)]
    lines += [_set(name, value, shell) for name, value in sorted(variables.items())]
    return "".join(f"{line}\n" for line in lines)


def _set(name: str, value: str, shell: str) -> str:
    if shell == "fish":
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"set -gx {name} '{escaped}'"
    if shell == "powershell":
        return f"$env:{name} = '{value.replace(chr(39), chr(39) * 2)}'"
    return f"export {name}={shlex.quote(value)}"


def _unset(name: str, shell: str) -> str:
    if shell == "fish":
        return f"set -e {name}"
    if shell == "powershell":
        return f"Remove-Item -ErrorAction SilentlyContinue Env:{name}"
    return f"unset {name}"
