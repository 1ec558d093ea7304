"""examples/key-vault as the first lines of its files say it is run, on both systems."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import yaml

from modelyard import manifest
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.masking import forms

CLOUD_SERVICES = ("entra", "arm", "keyvault", "devops", "databricks", "github_identity")
EXAMPLE = manifest.ROOT / "examples/key-vault"
PIPELINE, WORKFLOW = "azure-pipelines.yml", ".github/workflows/main.yml"
HERE = {
    "modelyard local env | sed -n 's/^export DATABRICKS_TOKEN=//p'": 'printf %s "$VAULT_TOKEN"',
    "modelyard local run": "unset VAULT_TOKEN; modelyard local run",
    "=../..": f"={manifest.ROOT}",
}
"""What is otherwise in a test. Every step here has the cloud's own token, so the vault gets another
one; and the folder is a copy."""


def commands(file: str) -> str:
    """Those in the comment, but for the first: the tests' own cloud runs already."""
    text = (EXAMPLE / file).read_text()
    shown = re.findall(r"^#     (.*)$", text, re.MULTILINE)
    assert shown[0] == "modelyard local up --detach"
    found = "\n".join(["set -eu", *shown[1:]])
    for words, here in HERE.items():
        found = found.replace(words, here)
    return found


def copied(folder: Path) -> Path:
    """The example, where the step that has the secret prints it, and tells what it has, as a step
    after it does."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".modelyard"))
    with (folder / "clusters.sh").open("a") as script:
        script.write(f"""
            echo "it is $DATABRICKS_TOKEN"
            printf 'user:%s' "$DATABRICKS_TOKEN" | base64 -w0; echo
            env > "{folder.parent}/named"
            """)
    for file, indent, word in ((PIPELINE, "  ", "bash"), (WORKFLOW, "      ", "run")):
        with (folder / file).open("a") as steps:
            steps.write(f"{indent}- {word}: env > '{folder.parent}/later'\n")
    return folder


@pytest.fixture
def token(cloud: LocalCloud, inside_cloud: dict[str, str]) -> str:
    """Of the workspace."""
    place = os.environ["DATABRICKS_HOST"]
    answer = requests.post(
        f"{place}/api/2.0/token/create",
        json={"comment": "for the vault"},
        headers={"Authorization": f"Bearer {os.environ['DATABRICKS_TOKEN']}"},
        timeout=30,
    )
    return str(answer.json()["token_value"])


@pytest.mark.parametrize("file", [PIPELINE, WORKFLOW])
def test_the_secret_reaches_the_step_that_names_it_alone(
    cloud: LocalCloud, library_path: dict[str, str], tmp_path: Path, token: str, file: str
) -> None:
    folder = copied(tmp_path / "key-vault")
    program = tmp_path / "bin/modelyard"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -W error -m modelyard "$@"\n')
    program.chmod(0o700)
    environment = {
        **library_path,
        "AGENT_TOOLSDIRECTORY": str(tmp_path / "tools"),
        "MODELYARD_LOCAL_STATE": str(cloud.folder),
        "PATH": f"{program.parent}:{Path(sys.executable).parent}:{library_path['PATH']}",
        "VAULT_TOKEN": token,
    }
    cloud.requests.clear()
    done = subprocess.run(
        ["sh", "-c", commands(file)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    given = cloud.requests.entries(host="wine-vault.vault.azure.net", method="GET", status=200)
    assert {one.path.rstrip("/") for one in given} == {"/secrets/databricks-token"}
    assert cloud.requests.entries(path="/api/2.0/clusters/list", status=200)
    assert f"DATABRICKS_TOKEN={token}\n" in (tmp_path / "named").read_text()
    assert token not in (tmp_path / "later").read_text()
    kept = [one for one in (folder / ".modelyard").rglob("*") if one.is_file()]
    assert any("it is ***\n" in one.read_text() for one in kept if one.suffix == ".log")
    written = "".join([done.stdout, done.stderr, *(one.read_text() for one in kept)])
    assert not [form for form in forms(token) if form in written]


def test_both_systems_name_the_same_things() -> None:
    azure = yaml.safe_load((EXAMPLE / PIPELINE).read_text())
    workflow = yaml.safe_load((EXAMPLE / WORKFLOW).read_text())
    (step,) = azure["steps"]
    *_, read, last = workflow["jobs"]["clusters"]["steps"]
    assert step["bash"] == last["run"]
    assert set(step["env"]) <= set(last["env"])
    (secret,) = json.loads(json.dumps(yaml.safe_load(read["with"]["secrets"])))
    assert step["env"]["DATABRICKS_TOKEN"] == f"$({secret})"
