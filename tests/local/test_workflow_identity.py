"""Jobs of a workflow that sign in with identity tokens, by act against a local cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from parity.checkout import new_repository
from workflow_files import write

LIBRARY = {
    ".github/workflows/show.yml": """
        on: {workflow_call: {inputs: {to: {type: string, default: ""}}}}
        jobs:
          show:
            runs-on: x
            environment: ${{ inputs.to }}
            env: {CLIENT: "${{ vars.AZURE_CLIENT_ID }}", TENANT: "${{ vars.AZURE_TENANT_ID }}"}
            steps: [{name: Show, run: 'python "$SHOW"'}]
        """,
}
WORKFLOW = """
    name: Signing in
    on: push
    permissions: {contents: read}
    env: {CLIENT: "${{ vars.AZURE_CLIENT_ID }}", TENANT: "${{ vars.AZURE_TENANT_ID }}"}
    jobs:
      own:
        permissions: {id-token: write}
        runs-on: x
        steps: [{name: Show, run: 'python "$SHOW"'}]
      called:
        permissions: {id-token: write}
        uses: OWNER/library/.github/workflows/show.yml@v1
        with: {to: staging}
      operation:
        permissions: write-all
        runs-on: x
        steps:
          - name: Import
            run: |
              mkdir books; printf '# Databricks notebook source\\n' > books/a.py
              env INPUT_SOURCE=books INPUT_TARGET=/Shared/mine \\
                "INPUT_WORKSPACE-URL=${{ vars.DATABRICKS_HOST }}" \\
                "INPUT_AZURE-CLIENT-ID=$CLIENT" "INPUT_AZURE-TENANT-ID=$TENANT" \\
                INPUT_SIGN-IN=github-oidc python -m modelyard run notebooks-import
      refused:
        runs-on: x
        steps:
          - name: Import
            run: |
              mkdir books; printf '# Databricks notebook source\\n' > books/a.py
              env INPUT_SOURCE=books INPUT_TARGET=/Shared/mine \\
                "INPUT_WORKSPACE-URL=${{ vars.DATABRICKS_HOST }}" \\
                "INPUT_AZURE-CLIENT-ID=$CLIENT" "INPUT_AZURE-TENANT-ID=$TENANT" \\
                INPUT_SIGN-IN=github-oidc python -m modelyard run notebooks-import
    """
SHOW = """
    import json, os, sys
    import jwt, requests
    from azure.identity import ClientAssertionCredential

    def assertion():
        answer = requests.get(
            os.environ["ACTIONS_ID_TOKEN_REQUEST_URL"],
            params={"audience": "api://AzureADTokenExchange"},
            headers={"Authorization": "bearer " + os.environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]},
        )
        answer.raise_for_status()
        return answer.json()["value"]

    print("claims", json.dumps(jwt.decode(assertion(), options={"verify_signature": False})))
    print("request token", os.environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
    with ClientAssertionCredential(
        os.environ["TENANT"], os.environ["CLIENT"], assertion
    ) as credential:
        token = credential.get_token("https://management.azure.com/.default").token
    print("signed in as", jwt.decode(token, options={"verify_signature": False})["appid"])
    """


Ran = tuple[Path, "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, library_path: dict[str, str]) -> Ran:
    """The workflow, run with a cloud that only this run has."""
    folder = tmp_path_factory.mktemp("identity")
    write(folder / "library", LIBRARY)
    write(folder / "mine", {".github/workflows/main.yml": WORKFLOW})
    new_repository(folder / "mine")
    (folder / "show.py").write_text(textwrap.dedent(SHOW), encoding="utf-8")
    outer = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://outer", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [
            sys.executable, "-m", "modelyard", "local", "run", ".github/workflows/main.yml",
            f"--repository=OWNER/library={folder / 'library'}", f"--state={folder / 'state'}",
            f"--output={folder / 'results'}", "--log-format=plain",
        ],
        cwd=folder / "mine",
        env={**library_path, **outer, "PATH": path, "SHOW": str(folder / "show.py")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )  # fmt: skip
    return folder / "results", done


def log(folder: Path, job: str) -> str:
    [found] = (folder / "logs" / job).rglob("*.log")
    return found.read_text("utf-8")


def claims(text: str) -> dict[str, Any]:
    [line] = [one for one in text.splitlines() if one.startswith("claims ")]
    found: dict[str, Any] = json.loads(line.removeprefix("claims "))
    return found


def test_azure_identity_signs_in_with_a_jobs_token(ran: Ran) -> None:
    folder, done = ran
    text = log(folder, "own")

    assert "signed in as" in text, done.stdout + done.stderr
    assert "request token ***" in text
    found = claims(text)
    assert found["sub"] == "repo:local/mine:ref:refs/heads/main"
    assert found["aud"] == "api://AzureADTokenExchange"
    assert (found["repository"], found["ref"]) == ("local/mine", "refs/heads/main")
    assert (found["workflow"], found["event_name"]) == ("Signing in", "push")
    assert "environment" not in found
    main = "local/mine/.github/workflows/main.yml@refs/heads/main"
    assert (found["workflow_ref"], found["job_workflow_ref"]) == (main, main)


def test_a_job_of_a_called_workflow_with_an_environment(ran: Ran) -> None:
    text = log(ran[0], "called-show")

    assert "signed in as" in text
    found = claims(text)
    assert found["sub"] == "repo:local/mine:environment:staging"
    assert found["environment"] == "staging"
    assert found["job_workflow_ref"] == "OWNER/library/.github/workflows/show.yml@v1"


def test_an_operation_signs_in_with_it(ran: Ran) -> None:
    folder, done = ran
    document = json.loads((folder / "run.json").read_text("utf-8"))

    assert {one["name"]: one["result"] for one in document["stages"]} == {
        "own": "Succeeded", "called/show": "Succeeded", "operation": "Succeeded",
        "refused": "Failed",
    }, done.stdout  # fmt: skip
    assert "/Shared/mine" in log(folder, "operation")


def test_a_job_without_the_permission_is_told_so(ran: Ran) -> None:
    text = log(ran[0], "refused")

    assert "no ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN" in text
    assert "give the job `permissions: {id-token: write" in text
    assert "Traceback" not in text
