"""``modelyard setup azure-devops`` as a user runs it, with azure-devops unmodified, against the
local Azure DevOps."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from modelyard import cli
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.devops.models import ORGANIZATION

NEEDED = ("entra", "arm", "keyvault", "devops")
"""Services of the local cloud."""
HOME = f"https://dev.azure.com/{ORGANIZATION}"
SECRETS = {"SETUP_TOKEN": "value-of-token-1234", "SETUP_PASSWORD": "value-of-password-5678"}
FILE = """\
azure:
  tenant-id: {tenant}
  subscription-id: 11111111-2222-3333-4444-555555555555
  application: modelyard-wine
  client-id: {client}
  roles:
    - role: Key Vault Secrets User
      scope: /subscriptions/s/resourceGroups/ml/providers/Microsoft.KeyVault/vaults/wine-vault
azure-devops:
  organization: {home}
  project: local
  extension-publisher: publisher
  service-connections:
    - {{name: ml-dev, pipelines: [wine-quality]}}
    - name: registry
      type: container-registry
      registry: wine.azurecr.io
      user: wine
      secrets: {{password: env:SETUP_PASSWORD}}
  variable-groups:
    - name: wine
      variables: {{DATABRICKS_HOST: https://adb-1.2.azuredatabricks.net}}
      secrets: {{token: env:SETUP_TOKEN}}
      all-pipelines: true
    - name: wine-secrets
      vault: wine-vault
      service-connection: ml-dev
      vault-secrets: [databricks-token]
      pipelines: [wine-quality]
  environments:
    - {{name: staging, description: Tried here first, pipelines: [wine-quality]}}
    - name: production
      approval:
        approvers: [reviewer@modelyard.local, '[local]\\Contributors']
        minimum: 1
        time-out-minutes: 1440
        instructions: Look at the report.
  pipelines:
    - name: wine-quality
      folder: ml/training
      variables: {{dataset: diabetes}}
      secrets: {{key: env:SETUP_TOKEN}}
    - name: wine-nightly
      file: nightly.yml
      triggers: {{branches: [main, -release/*], paths: [notebooks], batch: true}}
  branch-policies:
    - branch: main
      reviewers: {{minimum: 2}}
      build-validation: [{{pipeline: wine-quality, paths: [/notebooks/*]}}]
      required-reviewers: [{{reviewers: ['[local]\\Contributors'], paths: [/azure-pipelines.yml]}}]
"""
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Done:
    """What a run has printed."""

    stdout: str
    stderr: str


class Setup:
    """Runs of the command."""

    def __init__(
        self,
        cloud: LocalCloud,
        environment: dict[str, str],
        folder: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.cloud = cloud
        self.environment = {**environment, **SECRETS}
        self.file = folder / "modelyard.yml"
        self.folder = folder
        self._capsys = capsys
        self.file.write_text(
            FILE.format(
                tenant=environment["AZURE_TENANT_ID"],
                client=environment["AZURE_CLIENT_ID"],
                home=HOME,
            ),
            encoding="utf-8",
        )

    def __call__(self, *arguments: str, code: int = 0, **more: str) -> Done:
        os.environ.clear()
        os.environ.update({**self.environment, **more})
        self._capsys.readouterr()
        found = cli.main(["setup", "azure-devops", "--file", str(self.file), *arguments])
        done = Done(*self._capsys.readouterr())
        assert found == code, done.stdout + done.stderr
        _without_secrets(done)
        return done

    def in_a_process(self, *arguments: str) -> Done:
        """As a person runs it: everything that it imports is imported anew."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "modelyard", "setup", "azure-devops", *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        found = Done(done.stdout, done.stderr)
        _without_secrets(found)
        return found

    def replace(self, old: str, new: str) -> None:
        text = self.file.read_text(encoding="utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new), encoding="utf-8")

    def personal_token(self, *, read_only: bool = False) -> str:
        organization = self.cloud.services["devops"].organization  # type: ignore[attr-defined]
        return str(organization.personal_token(read_only=read_only))

    def asked(self, method: str, path: str, **more: Any) -> Any:
        """What a client of the service is told.

        :param path: of the organization, or a whole address.
        """
        answer = requests.request(
            method,
            path if "://" in path else f"{HOME}{path}",
            params={"api-version": "7.1-preview", "$expand": "settings"},
            auth=("", self.personal_token()),
            proxies=dict.fromkeys(("http", "https"), self.cloud.url),
            verify=self.environment["REQUESTS_CA_BUNDLE"],
            timeout=30,
            **more,
        )
        answer.raise_for_status()
        return answer.json()

    def install(self, publisher: str) -> None:
        """The extension, which extensions' own host knows."""
        path = f"_apis/ExtensionManagement/installedextensionsbyname/{publisher}/modelyard"
        self.asked("POST", f"https://extmgmt.dev.azure.com/{ORGANIZATION}/{path}")

    def push(self, branch: str) -> None:
        """The first commit of a branch."""
        change = {"changeType": "add", "item": {"path": "/README.md"}, "newContent": {}}
        body = {
            "refUpdates": [{"name": f"refs/heads/{branch}", "oldObjectId": "0" * 40}],
            "commits": [{"comment": "First", "changes": [change]}],
        }
        self.asked("POST", "/local/_apis/git/repositories/local/pushes", json=body)

    def only(self, path: str, name: str) -> Any:
        (found,) = [one for one in self.asked("GET", path)["value"] if one["name"] == name]
        return found

    def writes(self) -> int:
        """How many requests so far would change something at the service."""
        entries = self.cloud.requests.entries()
        return sum(1 for one in entries if one.host == "dev.azure.com" and one.method in WRITES)


def _without_secrets(done: Done) -> None:
    for secret in SECRETS.values():
        assert secret not in done.stdout + done.stderr
