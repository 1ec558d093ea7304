"""The official packaging tool, held to its own warnings.

tfx (npm ``tfx-cli``) only warns when a ``task.json`` is wrong, and leaves with 0: such a package
is refused when somebody uploads it, or later by an agent. Here a warning is a failure.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from release.refusal import Refused

INSTALLED = "tests/node/node_modules/.bin/tfx"
INSTALL = "npm ci --prefix tests/node"
NODE = 20
"""The oldest Node that tfx runs on."""


def create(command: Path, stage: Path, manifest: str, output: Path) -> None:
    """``tfx extension create`` in a folder that holds the manifest and everything it names.

    :raises Refused: it failed or warned.
    """
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "USERPROFILE": home, "NO_UPDATE_NOTIFIER": "1"}
        environment.pop("TFX_TRACE", None)
        options = ["--root", str(stage), "--manifests", manifest, "--output-path", str(output)]
        done = subprocess.run(
            [str(command), "extension", "create", "--no-prompt", "--no-color", *options],
            check=False, capture_output=True, text=True, cwd=stage, env=environment,
        )  # fmt: skip
    printed = done.stdout + done.stderr
    warnings = re.findall(r"^(?:warning|error): .*", printed, re.MULTILINE)
    if done.returncode or warnings or not output.is_file():
        output.unlink(missing_ok=True)
        told = "\n".join(warnings) or printed.strip() or f"it left with {done.returncode}"
        raise Refused(f"tfx doesn't accept the extension:\n{told}".replace(f"{stage}/", ""))


def find(root: Path, given: Path | None = None) -> Path:
    """Where tfx is: what is given, else what the tests have installed, else the one on PATH.

    :raises Refused: there is no tfx, or no Node to run it.
    """
    node = shutil.which("node")
    if not node:
        raise Refused(
            "node isn't on PATH: tfx, which makes the extension, runs on it",
            fix=f"install Node {NODE} or newer",
        )
    told = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)", told)
    if not found or int(found[1]) < NODE:
        raise Refused(f"{node} is {told.strip() or 'no Node'}", fix=f"install Node {NODE} or newer")
    if given and not given.is_file():
        raise Refused(f"{given} isn't there", fix="give --tfx the path of the command")
    on_path = shutil.which("tfx")
    for one in (given, root / INSTALLED, Path(on_path) if on_path else None):
        if one and one.is_file():
            return one.absolute()
    raise Refused("tfx isn't installed: it makes the extension", fix=INSTALL)
