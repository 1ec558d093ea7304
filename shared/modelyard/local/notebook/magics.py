"""What line magics do: ``%pip``, ``%run``, ``%fs``, ``!`` and some of IPython's."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import site
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.local.notebook import pip_command, shell
from modelyard.local.notebook.dbutils.library import RestartPython
from modelyard.local.notebook.line_magics import expand
from modelyard.local.notebook.link import flush

if TYPE_CHECKING:
    from modelyard.local.notebook.session import Session

_QUIET = frozenset({"matplotlib", "config", "load_ext", "reload_ext", "autoreload", "precision"})
"""Magics of IPython that set up a front end or an editor's comfort: accepted, without effect."""

_PARAMETER = re.compile(r"""\$(\w+)\s*=\s*("[^"]*"|'[^']*'|\S*)""")


class UsageError(Exception):
    """A magic that isn't known here, or was used wrongly."""


class PipFailed(Exception):
    """A ``%pip`` command ended with an error; its output is in the cell."""


def run_magic(session: Session, name: str, arguments: str) -> None:
    """Carry out the line magic ``name`` (``!`` for a shell command)."""
    if name in _QUIET:
        return
    action = _ACTIONS.get(name)
    if action is None:
        raise UsageError(
            f"Line magic function %{name} not found: the local driver knows "
            + ", ".join(f"%{known}" for known in sorted(_ACTIONS) if known != "!")
        )
    action(session, expand(arguments, session.namespace).strip())


def _shell(session: Session, command: str) -> None:
    session.namespace["_exit_code"] = shell.bash(command, session.paths)


def _pip(session: Session, arguments: str) -> None:
    """pip in this run's own environment. As from Databricks Runtime 13 on, variables and loaded
    modules stay: ``dbutils.library.restartPython()`` loads changed ones afresh."""
    words = [_file(session, word) for word in shell.split(arguments)]
    python = Path(sys.executable)
    pip_command.ensure_pip(python)
    flush()
    command = [str(python), "-m", "pip", *words]
    environment = pip_command.environment_for_pip(os.environ)
    status = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, check=False
    ).returncode
    if status:
        shown = pip_command.without_credentials(arguments)
        raise PipFailed(f"%pip {shown} {shell.how_it_ended(status)}; pip's output tells why")
    _see_new_packages()
    if words[:1] in (["install"], ["uninstall"]):
        sys.stdout.write(
            "Note: you may need to restart the kernel using %restart_python or "
            "dbutils.library.restartPython() to use updated packages.\n"
        )


def _file(session: Session, word: str) -> str:
    """A wheel or requirements file on DBFS, a volume or in the workspace, as pip can open it."""
    if word.startswith("dbfs:/"):
        return session.paths.url(word)
    return session.paths.file(word) or word


def _see_new_packages() -> None:
    """Make this process find what was installed: new modules, and folders in new .pth files."""
    importlib.invalidate_caches()
    before = list(sys.path)
    packages = sysconfig.get_path("purelib")
    site.addsitedir(packages)
    new = [entry for entry in sys.path if entry not in before]
    # Where a fresh interpreter would have them: right after the environment's own folder.
    place = before.index(packages) + 1 if packages in before else 0
    sys.path[:] = before[:place] + new + before[place:]


def _conda(_: Session, __: str) -> None:
    raise UsageError("%conda was removed from Databricks Runtime ML in 2022: use %pip")


def _run(session: Session, arguments: str) -> None:
    match = re.match(r"""("[^"]+"|'[^']+'|[^\s$]+)""", arguments)
    if match is None:
        raise UsageError('%run needs the path of a notebook: %run ./helpers $name="value"')
    parameters = {
        name: value[1:-1] if value[:1] in "\"'" and len(value) > 1 else value
        for name, value in _PARAMETER.findall(arguments[match.end() :])
    }
    session.include(match[1].strip("\"'"), parameters)


def _fs(session: Session, arguments: str) -> None:
    command, *words = shell.split(arguments) or [""]
    method = getattr(session.dbutils.fs, command, None)
    if command.startswith("_") or not callable(method):
        raise UsageError(f"%fs {command}: no such command; dbutils.fs.help() lists them")
    recurse = {"recurse": True} if {"-r", "--recurse"} & set(words) else {}
    result = method(*[word for word in words if word not in ("-r", "--recurse")], **recurse)
    for line in result if isinstance(result, list) else [result]:
        sys.stdout.write(f"{line}\n")


def _restart(_: Session, __: str) -> None:
    raise RestartPython


def _time(session: Session, statement: str) -> None:
    before, before_cpu = time.perf_counter(), time.process_time()
    session.execute_text(statement)
    wall, cpu = time.perf_counter() - before, time.process_time() - before_cpu
    sys.stdout.write(f"CPU times: {cpu:.3g} s\nWall time: {wall:.3g} s\n")


def _env(_: Session, arguments: str) -> None:
    name, equals, value = arguments.partition("=")
    if equals:
        os.environ[name.strip()] = value.strip()
    sys.stdout.write(f"{os.environ.get(name.strip(), '')}\n")


def _cd(_: Session, folder: str) -> None:
    os.chdir((shlex.split(folder) or [os.environ.get("HOME", "/")])[0])


_ACTIONS: Mapping[str, Callable[[Session, str], None]] = {
    "!": _shell, "cd": _cd, "conda": _conda, "env": _env, "fs": _fs, "pip": _pip,
    "restart_python": _restart, "run": _run, "time": _time,
}  # fmt: skip
