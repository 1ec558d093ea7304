"""The programs that check YAML: two of Python's, and Node's from ``tests/node``.

They are needed, so a missing one fails a test: what isn't checked isn't right.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from modelyard.manifest import ROOT

NODE = ROOT / "tests" / "node"
INSTALL = "npm --prefix tests/node ci"


def program(name: str) -> str:
    """A Python program, from this environment or PATH."""
    own = Path(sys.executable).parent
    found = shutil.which(name, path=f"{own}{os.pathsep}{os.environ.get('PATH', '')}")
    assert found, f"{name} is missing: it is among the packages of the extra [test]"
    return found


def run(*command: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """A program, whole: its exit code and what it printed."""
    return subprocess.run(
        list(map(str, command)), input=text, capture_output=True, text=True, cwd=ROOT, timeout=120
    )


@cache
def actions() -> dict[str, Any]:
    """Every action of this repository, by its folder from the root."""
    return {
        file.parent.relative_to(ROOT).as_posix(): yaml.safe_load(file.read_text("utf-8"))
        for file in sorted(ROOT.glob("actions/*/action.yml"))
    }


def github_findings(files: Mapping[str, str]) -> list[str]:
    """What GitHub's language service and actionlint find.

    :param files: texts of workflows and actions by path from the root; they needn't exist.
    """
    node = shutil.which("node")
    assert node, "node is missing: install Node.js 20 or newer"
    assert (NODE / "node_modules").is_dir(), f"the node tools are missing: {INSTALL}"
    asked = {
        "root": str(ROOT),
        "files": [{"path": path, "text": text} for path, text in files.items()],
        "actions": actions(),
    }
    script = NODE / "check_github.mjs"
    hook = (NODE / "json_imports.mjs").as_uri()
    ended = run(node, "--import", hook, script, text=json.dumps(asked))
    assert ended.returncode == 0, ended.stderr
    return [
        f"{one['path']}:{one['line']}:{one['column']}: {one['message']} ({one['tool']})"
        for one in json.loads(ended.stdout)
    ]
