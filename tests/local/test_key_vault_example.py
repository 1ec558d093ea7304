"""examples/key-vault as its first lines say it is run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from modelyard import manifest
from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm", "keyvault", "devops", "databricks")
EXAMPLE = manifest.ROOT / "examples/key-vault"


def commands() -> str:
    """Those in the comment, but for the first: the tests' own cloud runs already."""
    text = (EXAMPLE / "azure-pipelines.yml").read_text()
    shown = re.findall(r"^#     (.*)$", text, re.MULTILINE)
    assert shown[0] == "modelyard local up --detach"
    return "\n".join(["set -eu", *shown[1:]])


def test_the_pipeline_of_the_example(
    cloud: LocalCloud, library_path: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "key-vault"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".modelyard"))
    program = tmp_path / "bin/modelyard"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -W error -m modelyard "$@"\n')
    program.chmod(0o700)
    environment = {
        **library_path,
        "MODELYARD_LOCAL_STATE": str(cloud.folder),
        "PATH": f"{program.parent}:{library_path['PATH']}",
    }
    done = subprocess.run(
        ["sh", "-c", commands()],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    token = cloud.environment["DATABRICKS_TOKEN"]
    assert cloud.requests.entries(path="/api/2.0/clusters/list", status=200)
    kept = [one for one in (folder / ".modelyard").rglob("*") if one.is_file()]
    assert kept
    for text in (done.stdout, done.stderr, *(one.read_text() for one in kept)):
        assert token not in text


def test_both_systems_name_the_same_things() -> None:
    azure = yaml.safe_load((EXAMPLE / "azure-pipelines.yml").read_text())
    workflow = yaml.safe_load((EXAMPLE / ".github/workflows/main.yml").read_text())
    (step,) = azure["steps"]
    *_, read, last = workflow["jobs"]["clusters"]["steps"]
    assert step["bash"] == last["run"]
    assert set(step["env"]) <= set(last["env"])
    (secret,) = json.loads(json.dumps(yaml.safe_load(read["with"]["secrets"])))
    assert step["env"]["DATABRICKS_TOKEN"] == f"$({secret})"
