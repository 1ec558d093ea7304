"""pip, as the user has set it up, also where a notebook's environment says otherwise.

A run reaches the local cloud through its proxy, which refuses every other host, and has a home
folder of its own. pip must still see the user's index, proxy and certificates. So those settings
are taken when a driver starts, and put back around each pip.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelyard.local.notebook.redaction import without_url_credentials

VARIABLE = "MODELYARD_PIP_ENVIRONMENT"
"""JSON: name to value, or to null where the variable must be unset."""

_SETTINGS = (
    "HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
)  # fmt: skip
_QUERY_SECRET = re.compile(r"(?<=[?&])(token|sig|password|key|access_token)=[^&\s]+", re.IGNORECASE)


class InstallFailed(Exception):
    """Packages could not be installed. The message is pip's, shortened, without credentials."""


def settings(environment: Mapping[str, str]) -> str:
    """Value of ``MODELYARD_PIP_ENVIRONMENT`` for children of a process with this environment."""
    values: dict[str, str | None] = {name: environment.get(name) for name in _SETTINGS}
    values.update({name: value for name, value in environment.items() if name.startswith("PIP_")})
    return json.dumps(values)


def environment_for_pip(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` with the user's settings for pip put back."""
    result = dict(environment)
    for name, value in json.loads(environment.get(VARIABLE, "{}")).items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    result["PYTHONNOUSERSITE"] = "1"
    result["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    result["PIP_NO_INPUT"] = "1"  # nobody is there to answer
    result.pop("PIP_USER", None)  # would install outside of the environment
    result.pop("PIP_TARGET", None)
    result.pop("PIP_PREFIX", None)
    return result


def ensure_pip(python: Path) -> None:
    """Make sure that ``python -m pip`` works: environments made by uv come without pip."""
    probe = [str(python), "-c", "import importlib.util as u, sys; sys.exit(not u.find_spec('pip'))"]
    if subprocess.run(probe, check=False).returncode == 0:
        return
    command = [str(python), "-m", "ensurepip", "--default-pip"]
    result = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")
    if result.returncode != 0:
        raise InstallFailed(
            f"{python} has no pip, and ensurepip failed: {shortened(result.stderr)}. "
            "Install pip for the Python that runs the local cloud."
        )


def pip(python: Path, arguments: Sequence[str], *, timeout_seconds: float) -> str:
    """Run pip with this process's own settings; returns its output, raises InstallFailed."""
    command = [str(python), "-m", "pip", *arguments]
    try:
        result = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment_for_pip(os.environ),
            timeout=timeout_seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise InstallFailed(
            f"pip did not end within {timeout_seconds:.0f} s. Is the package index reachable?"
        ) from error
    if result.returncode != 0:
        raise InstallFailed(shortened(result.stdout))
    return without_credentials(result.stdout)


def shortened(output: str, limit: int = 1500) -> str:
    """pip's errors, or else the end of its output; without credentials."""
    lines = [line.rstrip() for line in without_credentials(output).splitlines() if line.strip()]
    errors = [line for line in lines if line.lstrip().startswith(("ERROR:", "error:"))]
    text = "\n".join(errors or lines[-15:])
    return text if len(text) <= limit else f"{text[: limit // 2]}\n[...]\n{text[-limit // 2 :]}"


def without_credentials(text: str) -> str:
    """``text`` without what URLs in it hold of passwords and tokens."""
    return _QUERY_SECRET.sub(r"\1=****", without_url_credentials(text))


def main(arguments: list[str]) -> None:
    """Become pip for this interpreter's environment (the ``pip`` of a run's PATH)."""
    ensure_pip(Path(sys.executable))
    environment = environment_for_pip(os.environ)
    command = [sys.executable, "-m", "pip", *arguments]
    os.execve(sys.executable, command, environment)  # noqa: S606 - no shell is wanted
