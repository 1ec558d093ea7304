"""``modelyard setup azure-devops`` as a user runs it, with azure-devops unmodified, against the
local Azure DevOps."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from az_tenant import OWN, Tenant
from modelyard import cli
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.devops import pipelines as devops_pipelines
from modelyard.local.cloud.devops.models import ORGANIZATION
from modelyard.local.cloud.faults import Rule

CLOUD_SERVICES = ("entra", "arm", "keyvault", "devops")
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


@pytest.fixture
def setup(
    cloud: LocalCloud,
    inside_cloud: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Setup:
    cloud.services["devops"].reset()
    made = Setup(cloud, inside_cloud, tmp_path, capsys)
    made.push("main")
    return made


def test_from_nothing_to_a_project_and_again(setup: Setup) -> None:
    nothing = setup.writes()
    dry = setup.in_a_process("--dry-run")
    assert setup.writes() == nothing
    assert "  + service connection ml-dev" in dry.stdout
    assert "16 to create, 0 to update, 0 as they should be" in dry.stdout
    assert "warning: the extension publisher.modelyard isn't installed" in dry.stdout
    assert setup.asked("GET", "/local/_apis/build/definitions")["value"] == []

    first = setup.in_a_process("--bicep", "tenant.bicep")
    assert first.stdout.count("\ncreated ") == 16
    assert "sc://modelyard-local/local/ml-dev" in first.stdout
    assert "az role assignment create" in first.stdout
    assert f"  wine-quality  {HOME}/local/_build?definitionId=" in first.stdout
    assert "sc://modelyard-local/local/ml-dev" in (setup.folder / "tenant.bicep").read_text()
    _as_the_file_has_it(setup)

    before = setup.writes()
    second = setup()
    assert "nothing to change: 16 are as the file has them" in second.stdout
    assert "secrets can't be compared" in second.stdout
    assert setup.writes() == before
    # The extension is missing, which is no change of ours, but not as it should be either.
    setup("--check", code=1)
    setup.install("publisher")
    setup("--check")
    assert not list((setup.folder).glob("**/*.json"))


def _as_the_file_has_it(setup: Setup) -> None:
    connection = setup.only("/local/_apis/serviceendpoint/endpoints", "ml-dev")
    assert connection["authorization"]["scheme"] == "WorkloadIdentityFederation"
    group = setup.only("/local/_apis/distributedtask/variablegroups", "wine-secrets")
    assert group["providerData"] == {"serviceEndpointId": connection["id"], "vault": "wine-vault"}
    # As the local runner gets them for a job.
    handed = requests.get(
        f"{setup.cloud.url}/modelyard/devops/variable-groups?project=local",
        headers=setup.cloud.admin_headers,
        timeout=30,
    ).json()["groups"]
    plain, linked = sorted(handed, key=lambda one: str(one["name"]))
    assert plain["variables"]["token"]["value"] == SECRETS["SETUP_TOKEN"]
    assert linked["connection"] == "ml-dev"
    production = setup.only("/local/_apis/distributedtask/environments", "production")
    (check,) = setup.asked(
        "GET",
        "/local/_apis/pipelines/checks/configurations"
        f"?resourceType=environment&resourceId={production['id']}",
    )["value"]
    assert check["timeout"] == 1440
    assert check["settings"]["requesterCannotBeApprover"] is True
    assert [one["displayName"] for one in check["settings"]["approvers"]] == [
        "reviewer@modelyard.local",
        r"[local]\Contributors",
    ]
    listed = setup.only("/local/_apis/build/definitions", "wine-quality")
    pipeline = setup.asked("GET", f"/local/_apis/build/definitions/{listed['id']}")
    assert pipeline["path"] == r"\ml\training"
    assert pipeline["process"] == {"type": 2, "yamlFilename": "azure-pipelines.yml"}
    assert pipeline["triggers"][0]["settingsSourceType"] == 2
    assert pipeline["variables"]["dataset"]["value"] == "diabetes"
    used = setup.asked(
        "GET", f"/local/_apis/pipelines/pipelinePermissions/endpoint/{connection['id']}"
    )
    assert [(one["id"], one["authorized"]) for one in used["pipelines"]] == [(pipeline["id"], True)]
    policies = setup.asked("GET", "/local/_apis/policy/configurations")["value"]
    assert sorted(one["type"]["displayName"] for one in policies) == [
        "Build",
        "Minimum number of reviewers",
        "Required reviewers",
    ]
    validation = next(one for one in policies if one["type"]["displayName"] == "Build")
    assert validation["settings"]["buildDefinitionId"] == pipeline["id"]
    assert validation["settings"]["scope"][0]["refName"] == "refs/heads/main"


def test_drift_is_found_and_put_right_and_what_others_made_stays(setup: Setup) -> None:
    setup("--set", "azure-devops.extension-publisher=")
    listed = setup.only("/local/_apis/build/definitions", "wine-quality")
    path = f"/local/_apis/build/definitions/{listed['id']}"
    pipeline = setup.asked("GET", path)
    pipeline["variables"]["by-hand"] = {"value": "kept"}
    pipeline["variables"]["dataset"]["value"] = "other"
    pipeline["path"] = "\\moved"
    setup.asked("PUT", path, json=pipeline)
    connection = setup.only("/local/_apis/serviceendpoint/endpoints", "ml-dev")
    used = f"/local/_apis/pipelines/pipelinePermissions/endpoint/{connection['id']}"
    revoked = {"pipelines": [{"id": listed["id"], "authorized": False}]}
    assert setup.asked("PATCH", used, json=revoked)["pipelines"] == []
    setup.replace("minimum: 2", "minimum: 3")
    setup.replace("time-out-minutes: 1440", "time-out-minutes: 60")
    quiet = ("--set", "azureDevops.extensionPublisher=")

    drift = setup("--check", *quiet, code=1)
    assert "  + permission for service connection ml-dev" in drift.stdout
    assert "  ~ pipeline wine-quality" in drift.stdout
    assert r"      folder: \moved -> \ml\training" in drift.stdout
    assert "      variable dataset: other -> diabetes" in drift.stdout
    assert "      time-out-minutes: 1440 -> 60" in drift.stdout
    assert "      minimumApproverCount: 2 -> 3" in drift.stdout
    assert "1 to create, 3 to update, 12 as they should be" in drift.stdout

    setup(*quiet)
    setup("--check", *quiet)
    assert setup.asked("GET", used)["pipelines"][0]["authorized"]
    variables = setup.asked("GET", path)["variables"]
    assert variables["by-hand"]["value"] == "kept"
    assert variables["dataset"]["value"] == "diabetes"
    stored = setup.cloud.services["devops"]._pipelines.definitions  # type: ignore[attr-defined]
    project = setup.cloud.services["devops"].projects.id_of("local")  # type: ignore[attr-defined]
    kept = stored.get(project, listed["id"])["variables"]["key"]
    assert kept["value"] == SECRETS["SETUP_TOKEN"]


def test_variables_are_known_whatever_their_case_and_stay_settable(setup: Setup) -> None:
    quiet = ("--set", "azure-devops.extension-publisher=")
    setup(*quiet)
    listed = setup.only("/local/_apis/build/definitions", "wine-quality")
    path = f"/local/_apis/build/definitions/{listed['id']}"
    pipeline = setup.asked("GET", path)
    there = {name.upper(): one for name, one in pipeline["variables"].items()}
    there["DATASET"] |= {"allowOverride": True}
    setup.asked("PUT", path, json={**pipeline, "variables": there})
    assert "nothing to change: all 16" in setup("--check", *quiet).stdout

    setup.replace("dataset: diabetes", "dataset: wine")
    assert "      variable DATASET: diabetes -> wine" in setup(*quiet).stdout
    after = setup.asked("GET", path)["variables"]
    assert sorted(after) == ["DATASET", "KEY"]
    assert after["DATASET"] == {"value": "wine", "isSecret": False, "allowOverride": True}
    assert after["KEY"]["allowOverride"] is False
    stored = setup.cloud.services["devops"]._pipelines.definitions  # type: ignore[attr-defined]
    project = setup.cloud.services["devops"].projects.id_of("local")  # type: ignore[attr-defined]
    kept = stored.get(project, listed["id"])["variables"]["KEY"]
    assert kept["value"] == SECRETS["SETUP_TOKEN"]


def test_a_variable_that_is_to_be_no_secret_any_more_is_told_so(setup: Setup) -> None:
    setup()
    setup.replace("      secrets: {key: env:SETUP_TOKEN}\n", "")
    setup.replace("variables: {dataset: diabetes}", "variables: {dataset: diabetes, Key: shown}")
    assert "      variable key: (a secret) -> shown" in setup().stdout


def test_approvers_are_compared_by_their_order_only_where_it_counts(setup: Setup) -> None:
    quiet = ("--set", "azure-devops.extension-publisher=")
    given = r"[reviewer@modelyard.local, '[local]\Contributors']"
    turned = r"['[local]\Contributors', reviewer@modelyard.local]"
    setup()
    setup.replace(given, turned)
    assert "nothing to change" in setup(*quiet).stdout

    setup.replace("minimum: 1", "in-order: true")
    setup(*quiet)
    setup.replace(turned, given)
    now, then = (
        r"[local]\Contributors, reviewer@modelyard.local",
        (r"reviewer@modelyard.local, [local]\Contributors"),
    )
    assert f"      approvers: {now} -> {then}\n" in setup(*quiet).stdout
    assert "nothing to change" in setup(*quiet).stdout

    setup.replace(given, r"[Contributors, '[local]\Contributors']")
    refused = setup(code=2).stderr
    assert r"Contributors and [local]\Contributors are one and the same in" in refused


def test_secrets_are_set_again_when_that_is_asked_for(setup: Setup) -> None:
    setup()
    renewed = setup("--renew-secrets", SETUP_TOKEN="another-value-9012")
    assert "another-value-9012" not in renewed.stdout
    assert "      secret token: (set) -> (set again)" in renewed.stdout
    stored = setup.cloud.services["devops"].groups.of_project("local")  # type: ignore[attr-defined]
    values = next(one["variables"] for one in stored if one["name"] == "wine")
    assert values["token"]["value"] == "another-value-9012"


def test_a_connection_keeps_its_secret_until_it_is_for_another_user(setup: Setup) -> None:
    def password() -> str:
        endpoints = setup.cloud.services["devops"]._endpoints  # type: ignore[attr-defined]
        (found,) = [one for one in endpoints.of_project("local") if one["name"] == "registry"]
        return str(found["authorization"]["parameters"]["password"])

    setup()
    setup.replace("user: wine", "user: wine\n      description: Images")
    other = {"SETUP_PASSWORD": "another-value-9012"}
    described = setup("--set", "azure-devops.extension-publisher=", **other).stdout
    assert "-> Images\n" in described
    assert "secret password" not in described
    assert password() == SECRETS["SETUP_PASSWORD"]

    del setup.environment["SETUP_PASSWORD"]  # nothing is needed for what stays
    setup("--set", "azure-devops.service-connections[1].description=More images")
    assert password() == SECRETS["SETUP_PASSWORD"]

    setup.replace("user: wine", "user: wine-2")
    assert "SETUP_PASSWORD isn't set" in setup(code=2).stderr
    setup(**other)
    assert password() == "another-value-9012"


def test_a_registry_by_federation_needs_no_secret(setup: Setup) -> None:
    group = "/subscriptions/s/resourceGroups/ml"
    resource = f"{group}/providers/Microsoft.ContainerRegistry/registries/Wine"
    setup.replace(
        "      registry: wine.azurecr.io\n      user: wine\n"
        "      secrets: {password: env:SETUP_PASSWORD}\n",
        f"      resource-id: {resource}\n",
    )
    done = setup().stdout
    made = setup.only("/local/_apis/serviceendpoint/endpoints", "registry")
    parameters = made["authorization"]["parameters"]
    assert made["data"]["registryId"] == parameters["scope"] == resource
    ids = setup.environment
    assert (parameters["tenantid"], parameters["serviceprincipalid"]) == (
        ids["AZURE_TENANT_ID"],
        ids["AZURE_CLIENT_ID"],
    )
    assert "role" not in parameters
    assert (parameters["loginServer"], made["url"]) == (
        "wine.azurecr.io",
        "https://wine.azurecr.io",
    )
    assert parameters["workloadIdentityFederationSubject"] == "sc://modelyard-local/local/registry"
    assert "sc://modelyard-local/local/registry" in done  # whom the application has to trust
    assert "nothing to change" in setup("--set", "azure-devops.extension-publisher=").stdout

    setup.replace(f"resource-id: {resource}", f"resource-id: {group}")
    assert "isn't that of an Azure container registry" in setup(code=3).stderr


def test_a_branch_that_isnt_there_is_told_before_anything_is_written(setup: Setup) -> None:
    setup.push("release")
    setup.replace("  - branch: main\n", "  - branch: rele\n")
    quiet = ("--set", "azure-devops.extension-publisher=")
    told = "warning: the repository local has no branch rele: pipelines and policies for it wait"
    first = setup(*quiet).stdout
    assert told in first
    assert first.index(told) < first.index("created ")
    assert "has no branch main" not in first
    assert "nothing to change" in setup("--check", *quiet, code=1).stdout
    setup.push("rele")
    assert "warning" not in setup("--check", *quiet).stdout

    branch = "azure-devops.repository={default-branch: trunk}"
    assert "has no branch trunk" in setup("--dry-run", *quiet, "--set", branch).stdout


def test_a_connection_to_any_server_has_its_address_alone(setup: Setup) -> None:
    setup.replace(
        "      type: container-registry\n      registry: wine.azurecr.io\n      user: wine\n"
        "      secrets: {password: env:SETUP_PASSWORD}\n",
        "      type: generic\n      url: https://westeurope.api.azureml.ms\n",
    )
    setup()
    made = setup.only("/local/_apis/serviceendpoint/endpoints", "registry")
    assert (made["type"], made["url"]) == ("generic", "https://westeurope.api.azureml.ms/")
    assert made["authorization"]["scheme"] == "UsernamePassword"
    assert "nothing to change" in setup("--set", "azure-devops.extension-publisher=").stdout

    setup.replace("westeurope.api", "northeurope.api")
    assert "url: https://westeurope.api.azureml.ms/ -> https://northeurope" in setup().stdout
    made = setup.only("/local/_apis/serviceendpoint/endpoints", "registry")
    assert made["url"] == "https://northeurope.api.azureml.ms/"


def test_policies_on_later_pages_are_found(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    setup()
    monkeypatch.setattr(devops_pipelines, "POLICIES_AT_ONCE", 1)
    assert "nothing to change" in setup("--set", "azure-devops.extension-publisher=").stdout
    assert len(setup.asked("GET", "/local/_apis/policy/configurations")["value"]) == 1


def test_a_secret_comes_from_a_key_vault(setup: Setup) -> None:
    for name in ("token", "key"):
        answer = requests.put(
            f"{setup.cloud.url}/modelyard/keyvault/vaults/wine-vault/secrets/{name}",
            json={"value": "value-in-vault-3456"},
            headers=setup.cloud.admin_headers,
            timeout=30,
        )
        assert answer.ok, answer.text
    setup.replace("token: env:SETUP_TOKEN", "token: keyvault://wine-vault/token")
    setup.replace("key: env:SETUP_TOKEN", "key: keyvault://wine-vault/key")
    missing = "azure-devops.pipelines[0].secrets.key=keyvault://wine-vault/other"
    before = setup.writes()
    assert "other" in setup("--set", missing, code=14).stderr
    assert setup.writes() == before
    assert "value-in-vault-3456" not in setup().stdout
    stored = setup.cloud.services["devops"].groups.of_project("local")  # type: ignore[attr-defined]
    values = next(one["variables"] for one in stored if one["name"] == "wine")
    assert values["token"]["value"] == "value-in-vault-3456"


def test_what_needs_rights_in_the_tenant_is_done_by_az(setup: Setup) -> None:
    tenant = Tenant(setup.folder, "raw", "raw/2026")
    setup.environment["PATH"] = f"{tenant.programs}:{setup.environment['PATH']}"
    setup.replace(
        f"  client-id: {setup.environment['AZURE_CLIENT_ID']}\n",
        "  folders: [{account: winelake, container: wine, path: raw/2026}]\n",
    )

    missing = setup(code=3)
    assert "service-connections[0].client-id is missing" in missing.stderr
    done = setup("--with-az")
    for made in ("application", "service principal", "role assignment", "federated credential"):
        assert f"created {made}" in done.stdout
    assert "not compared here" not in done.stdout
    known = tenant.known
    assert {"PATH", "HOME"} <= {*known["seen"]}
    hidden = {"AZURE_CLIENT_SECRET", "AZURE_DEVOPS_EXT_PAT", "SETUP_TOKEN"}
    assert not hidden & {*known["seen"]}
    lists = known["acls"]
    assert lists["/"] == lists["raw"] == f"{OWN},user:principal-1:--x,mask::r-x"
    entry = "user:principal-1:rwx"
    assert lists["raw/2026"].startswith(f"{OWN},{entry},default:{entry},")
    (trust,) = known["trust"]
    assert trust["subject"] == "sc://modelyard-local/local/ml-dev"
    connection = setup.only("/local/_apis/serviceendpoint/endpoints", "ml-dev")
    assert connection["authorization"]["parameters"]["serviceprincipalid"] == "app-1"

    calls = len(known["calls"])
    again = setup("--with-az")
    assert "nothing to change: 21 are as the file has them" in again.stdout
    assert tenant.writes(since=calls) == []

    tenant.keep(acls={**lists, "raw": OWN})
    drift = setup("--with-az", "--dry-run").stdout
    assert "  ~ data lake folder winelake/wine/raw/2026\n      way: / -> /, raw\n" in drift


def test_who_isnt_known(setup: Setup) -> None:
    refused = setup(code=10, AZURE_DEVOPS_EXT_PAT="made-up-token")
    assert "TF400813" in refused.stderr
    assert "make a new personal access token" in refused.stderr
    assert "made-up-token" not in refused.stderr

    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        del setup.environment[name]
    setup.environment["PATH"] = str(setup.folder)
    nobody = setup(code=2)
    assert "nobody can sign in to Azure DevOps: AZURE_DEVOPS_EXT_PAT isn't set" in nobody.stderr


def test_who_may_only_read(setup: Setup) -> None:
    token = setup.personal_token(read_only=True)
    setup("--dry-run", AZURE_DEVOPS_EXT_PAT=token)
    before = setup.writes()
    refused = setup(code=11, AZURE_DEVOPS_EXT_PAT=token)
    assert "service connection ml-dev: writing the service connection ml-dev" in refused.stderr
    assert "fix: it takes the role Creator or Administrator" in refused.stderr
    assert setup.writes() == before + 1

    setup()
    setup.replace("vault-secrets: [databricks-token]", "vault-secrets: [databricks-token, pem]")
    linked = setup(code=11, AZURE_DEVOPS_EXT_PAT=token)
    assert "variable group wine-secrets: PUT" in linked.stderr
    assert "answered 403" in linked.stderr
    assert "Pipelines, Library, Security" in linked.stderr


def test_a_refusal_in_the_middle_is_gone_on_from(setup: Setup) -> None:
    setup.cloud.faults.add(
        Rule("status", path="*/distributedtask/environments", method="POST", status=403, times=1)
    )
    half = setup(code=28)
    assert "environment staging: " in half.stderr
    assert "4 of 16 changes are done" in half.stderr
    again = setup()
    assert "12 to create, 0 to update, 4 as they should be" in again.stdout


@pytest.mark.parametrize(
    ("rule", "code", "said"),
    [
        (Rule("html", method="POST"), 28, "fix: open the organization from this machine"),
        (
            Rule("status", method="POST", status=401, body="expired"),
            28,
            "fix: make a new personal access token",
        ),
        (
            Rule("reset", method="POST", when="after"),
            28,
            "or the answer to this run's own request was lost",
        ),
    ],
)
def test_whatever_happens_in_the_middle_the_next_run_finishes(
    setup: Setup, rule: Rule, code: int, said: str
) -> None:
    setup.cloud.faults.add(dataclasses.replace(rule, path="*/build/definitions", times=1))
    stopped = setup(code=code)
    assert "pipeline wine-quality: writing the pipeline wine-quality: " in stopped.stderr
    assert said in stopped.stderr
    assert "run this again" in stopped.stderr
    setup()
    assert "nothing to change: 16 are" in setup("--dry-run").stdout


def test_an_organization_that_isnt_there(setup: Setup) -> None:
    other = ("--set", "azure-devops.organization=contoso")
    missing = setup(*other, code=14)
    assert "check azure-devops.organization and azure-devops.project" in missing.stderr


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        ("project: local", "project: wine", 14, "az devops project create"),
        (
            "project: local",
            "project: local\n  repository: {name: lcoal}",
            14,
            "there is no repository lcoal in the project local (did you mean local?)",
        ),
        (
            "reviewer@modelyard.local",
            "nobody@modelyard.local",
            14,
            "nobody in https://dev.azure.com",
        ),
        (
            "service-connection: ml-dev",
            "service-connection: ml-dve",
            14,
            "there is no service connection ml-dve in the project local (did you mean ml-dev?)",
        ),
        (
            "service-connection: ml-dev",
            "service-connection: registry",
            2,
            "registry is of the type container-registry, and the file uses it where one of the "
            "type azure is needed",
        ),
        ("env:SETUP_TOKEN", "env:SETUP_OTHER", 2, "SETUP_OTHER isn't set, or is empty"),
        ("https://dev.azure.com", "https://dev.azure.invalid", 12, "dev.azure.invalid"),
    ],
)
def test_what_the_file_has_wrong(setup: Setup, old: str, new: str, code: int, message: str) -> None:
    setup.replace(old, new)
    before = setup.writes()
    assert message in setup(code=code).stderr
    assert setup.writes() == before


def test_jobs_side_by_side_see_nothing_of_each_others_credentials(setup: Setup) -> None:
    """Three processes at once with one home folder, each another job of the machine."""
    home, temporary = setup.folder / "home", setup.folder / "temporary"
    for folder in (home / ".azure", temporary):
        folder.mkdir(parents=True)
    profile = home / ".azure/azureProfile.json"  # a job that has signed in to az by itself
    profile.write_text("{}", encoding="utf-8")
    programs = setup.folder / "bin"
    programs.mkdir()
    (programs / "az").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (programs / "az").chmod(0o755)
    names = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
    principal = {name: setup.environment.pop(name) for name in names}
    del setup.environment["AZURE_CONFIG_DIR"]
    token = setup.personal_token()
    path = f"{programs}:{setup.environment['PATH']}"
    shared = {"HOME": str(home), "TMPDIR": str(temporary), "PATH": path, "TF_BUILD": "True"}
    jobs = [
        subprocess.Popen(
            [sys.executable, "-m", "modelyard", "setup", "azure-devops", "--dry-run"],
            env={**setup.environment, **shared, **own},
            cwd=setup.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for own in (principal, {"AZURE_DEVOPS_EXT_PAT": token}, {})
    ]
    said = [job.communicate(timeout=120)[0] for job in jobs]

    assert [job.returncode for job in jobs] == [0, 0, 2], said
    client = principal["AZURE_CLIENT_ID"]
    assert f"signed in by service-principal: the service principal {client}" in said[0]
    assert "signed in by the personal access token" in said[1]
    assert "az's sign-in lies in" in said[2]
    assert "other jobs of this machine use too" in said[2]
    left = [one for folder in (home, temporary) for one in folder.rglob("*") if one.is_file()]
    assert left == [profile]
    for text in said:
        assert token not in text
        assert principal["AZURE_CLIENT_SECRET"] not in text
