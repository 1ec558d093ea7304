"""A workspace of Azure ML in a local cloud: the real SDK in scripts, operations as commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID
from modelyard.local.cloud.faults import Rule

SDK = Path(os.environ.get("MODELYARD_AZUREML", "/nowhere"))
"""The environment of azure-ai-ml, and the wheels of the scoring server in it: made by make."""
WHEELS = Path(os.environ.get("MODELYARD_WHEELS", "/nowhere"))
MISSING = not (SDK / ".complete").is_file()
WORKSPACE = "wine"
PATH = (
    f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}/providers"
    f"/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}"
)
_START = """
import json, os, sys
from azure.ai.ml import MLClient
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import *
from azure.identity import ClientSecretCredential

credential = ClientSecretCredential(
    os.environ["AZURE_TENANT_ID"],
    os.environ["AZURE_CLIENT_ID"],
    os.environ["AZURE_CLIENT_SECRET"],
)
ml = MLClient(
    credential, os.environ["AZURE_SUBSCRIPTION_ID"], {group!r}, {workspace!r},
    enable_telemetry=False,
)

def tell(**what):
    print("TELL", json.dumps(what))
"""


def pip_settings() -> dict[str, str]:
    """pip takes packages from the folders of the tests alone."""
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": f"{SDK / 'wheels'} {WHEELS}",
        "PIP_CONFIG_FILE": "/dev/null",
    }


@dataclass(frozen=True)
class Done:
    """How a program ended."""

    code: int
    log: str
    outputs: dict[str, str] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Workplace:
    """A cloud, and a folder that is the repository."""

    cloud: LocalCloud
    environment: dict[str, str]
    folder: Path
    python: ClassVar[Path] = SDK / "bin" / "python"
    start_of_scripts: ClassVar[str] = _START

    def sdk(self, script: str, *, ok: bool = True) -> Done:
        """Run a script with ``ml``, the real client; ``tell`` gives things back."""
        start = self.start_of_scripts.format(group=RESOURCE_GROUP, workspace=WORKSPACE)
        done = subprocess.run(
            [self.python, "-W", "ignore", "-c", start + textwrap.dedent(script)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        log = done.stdout + done.stderr
        assert not ok or done.returncode == 0, log
        told: dict[str, Any] = {}
        for line in done.stdout.splitlines():
            if "TELL {" in line:
                told |= json.loads(line.partition("TELL")[2])
        return Done(done.returncode, log, told=told)

    def command(self, operation: str, **inputs: str) -> list[str]:
        words = [f"--{name.replace('_', '-')}={value}" for name, value in inputs.items()]
        return [sys.executable, "-m", "modelyard", operation, *words]

    def run(self, operation: str, **inputs: str) -> Done:
        """Run an operation as a command, within the cloud."""
        job = self.folder / "job"
        outputs = job / f"{operation}.outputs.json"
        outputs.unlink(missing_ok=True)
        done = subprocess.run(
            self.command(operation, **inputs),
            cwd=self.folder,
            env=self.own_environment(operation),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        set_ = json.loads(outputs.read_text()) if outputs.exists() else {}
        return Done(done.returncode, done.stdout, outputs=set_)

    def start(self, operation: str, **inputs: str) -> subprocess.Popen[str]:
        """Start an operation; what it prints comes line by line."""
        return subprocess.Popen(
            self.command(operation, **inputs),
            cwd=self.folder,
            env=self.own_environment(operation),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def own_environment(self, operation: str) -> dict[str, str]:
        """The variables of an operation's process."""
        return {
            **self.environment,
            "MODELYARD_JOB": str(self.folder / "job"),
            "MODELYARD_STEP": operation,
        }

    def fault(self, **rule: Any) -> None:
        """Add a rule of faults."""
        self.cloud.faults.add(Rule(**rule))
