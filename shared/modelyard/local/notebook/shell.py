"""``%sh`` cells and ``!`` lines: bash, with the output going straight to the run's."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import sys

from modelyard.local.notebook.paths import PathMap


class ShellError(Exception):
    """A shell command failed, or there is no shell."""


def run_script(script: str, paths: PathMap) -> None:
    """Run a ``%sh`` cell. As on Databricks, only ``%sh -e`` makes a failing command fail the cell:
    bash then stops at the first one."""
    first, _, rest = script.lstrip("\n").partition("\n")
    words = first.split(None, 1)
    strict = bool(words) and words[0] == "-e"
    if strict:
        script = (words[1] if len(words) > 1 else "") + "\n" + rest
    status = bash(script, paths, strict=strict)
    if status and strict:
        raise ShellError(f"the shell {how_it_ended(status)}")


def bash(script: str, paths: PathMap, *, strict: bool = False) -> int:
    """Run ``script`` in bash; returns its exit status (negative: the signal that ended it)."""
    program = shutil.which("bash")
    if program is None:
        raise ShellError("bash isn't installed on this machine: %sh cells need it")
    sys.stdout.flush()
    sys.stderr.flush()
    command = [program, *(["-e"] if strict else []), "-c", paths.text(script)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode


def how_it_ended(status: int) -> str:
    """A return code in words."""
    if status >= 0:
        return f"exited with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = "unknown"
    return f"was ended by signal {-status} ({name})"


def split(arguments: str) -> list[str]:
    """Words of a magic's arguments, as a shell would split them."""
    try:
        return shlex.split(arguments)
    except ValueError as error:
        raise ShellError(f"{error} in: {arguments}") from None
