"""Variable groups: azure-devops, unmodified, against the local Azure DevOps; and a pipeline with a
group that is linked to a vault, on the local runner."""

from __future__ import annotations

import base64
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import requests

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.devops.models import ORGANIZATION

CLOUD_SERVICES = ("entra", "arm", "keyvault", "devops")
HOME = f"https://dev.azure.com/{ORGANIZATION}"
PEM = "-----BEGIN THING-----\nabcdefgh1234\nijklmnop5678\n-----END THING-----"
PIPELINE = """
variables:
- group: ML-Secrets
- name: copy
  value: $(databricks-token)
steps:
- checkout: none
- bash: |
    echo "> named ${#TOKEN} ${#COPY} ${#PEM}"
    test "$PEM" = "$(cat "$OUTSIDE-pem")" && echo '> whole'
    env -0 | base64 -w 0 > "$OUTSIDE"
    echo "careless $TOKEN and $PEM"
    echo "encoded $(printf '%s' "$TOKEN" | base64 -w 0)"
  env:
    TOKEN: $(databricks-token)
    PEM: $(pem)
    COPY: $(copy)
    OUTSIDE: $(outside)
- bash: |
    echo "> left $(env | grep -ic 'databricks-token=\\|^pem=\\|^copy=')"
    env -0 | base64 -w 0 > "$OUTSIDE-2"
  env: {OUTSIDE: $(outside)}
"""


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalCloud, inside_cloud: dict[str, str]) -> None:
    for name in ("devops", "keyvault"):
        cloud.services[name].reset()


class Runs:
    """Commands against the cloud, and what they leave."""

    def __init__(self, cloud: LocalCloud, environment: dict[str, str], folder: Path) -> None:
        self.folder = folder
        self._environment = {**environment, "MODELYARD_LOCAL_STATE": str(cloud.folder)}

    def __call__(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "modelyard", "local", *arguments],
            input=given,
            env=self._environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def ready(self, *arguments: str, given: str = "") -> None:
        done = self(*arguments, given=given)
        assert done.returncode == 0, done.stderr

    def kept(self) -> str:
        """All that the run has written down."""
        paths = sorted((self.folder / ".modelyard").rglob("*"))
        return "\n".join(one.read_text("utf-8", "replace") for one in paths if one.is_file())


@pytest.fixture
def runs(cloud: LocalCloud, library_path: dict[str, str], tmp_path: Path) -> Runs:
    found = Runs(cloud, library_path, tmp_path)
    found.ready("secret", "set", "wine-vault", "databricks-token", given="value-of-token")
    found.ready("secret", "set", "wine-vault", "pem", given=PEM)
    names = ("databricks-token", "pem")
    found.ready("variable-group", "ml-secrets", "--vault", "wine-vault", *names)
    (tmp_path / "azure-pipelines.yml").write_text(textwrap.dedent(PIPELINE))
    return found


CLIENT = """
import sys
from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.task_agent import models
from azure.identity import EnvironmentCredential
from msrest.authentication import BasicAuthentication


def group(name, **variables):
    project = models.ProjectReference(name="local")
    reference = models.VariableGroupProjectReference(name=name, project_reference=project)
    return models.VariableGroupParameters(
        name=name, type="Vsts", variables=variables, variable_group_project_references=[reference]
    )


def refused(call, *arguments):
    try:
        call(*arguments)
    except AzureDevOpsServiceError as error:
        return str(error)


Value = models.VariableValue
with EnvironmentCredential() as credential:
    token = credential.get_token("499b84ac-1321-427f-aa17-267ca6975798/.default").token
connection = Connection(base_url=sys.argv[1], creds=BasicAuthentication("", token))
client = connection.clients_v7_1.get_task_agent_client()
secret = Value(value="secret-1", is_secret=True)
made = client.add_variable_group(group("plain", a=Value(value="1"), s=secret))
assert made.variables["a"].value == "1"
assert made.variables["s"].value is None
assert client.get_variable_group("local", made.id).name == "plain"
assert [one.id for one in client.get_variable_groups("LOCAL", group_name="pl*")] == [made.id]
assert "TF200016" in refused(client.get_variable_groups, "other")
elsewhere = group("elsewhere", a=Value(value="1"))
elsewhere.variable_group_project_references[0].project_reference.name = "other"
assert "TF200016" in refused(client.add_variable_group, elsewhere)
again = group("Plain", a=Value(value="1"))
assert "already exists" in refused(client.add_variable_group, again)
kept = group("plain", a=Value(value="2"), s=Value(is_secret=True))
client.update_variable_group(kept, made.id)
assert client.get_variable_group("local", made.id).variables["a"].value == "2"
gone = client.add_variable_group(group("gone", a=Value(value="1")))
client.delete_variable_group(gone.id, [])
assert "does not exist" in refused(client.get_variable_group, "local", gone.id)
"""


def test_groups_with_the_real_client(
    cloud: LocalCloud, cloud_environment: dict[str, str], runs: Runs
) -> None:
    # In a process of its own: the package keeps what it learns of a server in a folder that is
    # chosen when it is imported.
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, HOME],
        env=cloud_environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    (runs.folder / "azure-pipelines.yml").write_text(
        "variables: [{group: plain}]\n"
        "steps: [{bash: 'echo \"> $A ${S}x $T\"; echo $T | rev', env: {T: $(s)}}]"
    )
    ran = runs("run", "azure-pipelines.yml")
    assert "] > 2 x ***" in ran.stdout, ran.stdout + ran.stderr
    assert "1-terces" in ran.stdout


def test_who_isnt_signed_in(inside_cloud: dict[str, str]) -> None:
    for headers in ({}, {"Authorization": "Bearer made-up"}):
        answer = requests.options(f"{HOME}/_apis", headers=headers, timeout=30)
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"name": ""}, 400, "needs a name"),
        ({"variables": {}}, 400, "at least one variable"),
        ({"type": "Other"}, 400, "not supported"),
        ({"variableGroupProjectReferences": []}, 400, "must belong to a project"),
        ({"type": "AzureKeyVault"}, 400, "providerData.serviceEndpointId"),
        (
            {"type": "AzureKeyVault", "providerData": {"vault": "v", "serviceEndpointId": "x"}},
            404,
            "Service endpoint with id x",
        ),
    ],
)
def test_groups_that_cant_be(
    cloud: LocalCloud, change: dict[str, Any], status: int, message: str
) -> None:
    token = cloud.services["devops"].organization.start_job()  # type: ignore[attr-defined]
    body = {
        "name": "a",
        "variables": {"a": {"value": "1"}},
        "variableGroupProjectReferences": [{"projectReference": {"name": "local"}}],
        **change,
    }
    answer = requests.post(
        f"{HOME}/_apis/distributedtask/variablegroups?api-version=7.1",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert (answer.status_code, message in answer.json()["message"]) == (status, True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "must have name, project, vault, connection, secrets"),
        ([], "must have name, project, vault, connection, secrets"),
        (
            {"name": "a", "project": "local", "vault": "v", "connection": "c", "secrets": "s"},
            "secrets must be a list of names",
        ),
    ],
)
def test_links_that_cant_be(cloud: LocalCloud, body: object, message: str) -> None:
    url = f"{cloud.url}/modelyard/devops/variable-groups"
    answer = requests.put(url, json=body, headers=dict(cloud.admin_headers), timeout=30)
    assert (answer.status_code, message in answer.json()["message"]) == (400, True)
    assert cloud.services["devops"].organization.connections() == []  # type: ignore[attr-defined]


def test_a_linked_group_in_a_pipeline(runs: Runs, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    Path(f"{outside}-pem").write_text(PEM)
    done = runs("run", "azure-pipelines.yml", "--in-place", "--variable", f"outside={outside}")
    assert done.returncode == 0, done.stdout + done.stderr
    printed = [line.partition("] ")[2] for line in done.stdout.splitlines() if "] > " in line]
    assert printed == [f"> named 14 14 {len(PEM)}", "> whole", "> left 0"]
    assert "pem has 4 lines: an agent of Azure Pipelines doesn't mask them" in done.stdout
    shown = done.stdout + done.stderr + runs.kept()
    for secret in ("value-of-token", *PEM.splitlines()):
        assert secret not in shown
        assert base64.b64encode(secret.encode()).decode() not in shown
    # Only where they are named: neither in the second step nor, unasked, in the first.
    first = base64.b64decode(outside.read_bytes()).decode().split("\0")
    holding = {line.partition("=")[0] for line in first if "value-of-token" in line}
    assert holding == {"TOKEN", "COPY"}
    second = base64.b64decode(Path(f"{outside}-2").read_bytes()).decode()
    assert "value-of-token" not in second
    assert "abcdefgh1234" not in second


def test_each_job_reads_the_values_anew_and_says_what_is_missing(
    runs: Runs, cloud: LocalCloud
) -> None:
    (runs.folder / "azure-pipelines.yml").write_text(
        "jobs:\n- job: a\n  variables: [{group: ml-secrets}]\n"
        "  steps: [{bash: echo never, displayName: never}]\n"
        "- job: b\n  steps: [{bash: echo fine}]\n"
    )
    vault = cloud.services["keyvault"]
    for one in vault.access.assignments("/"):  # type: ignore[attr-defined]
        raise AssertionError(one)  # an assignment at the root would hold everywhere
    for name in [key for key, _ in cloud.cloud.store.items("keyvault.role_assignments")]:
        vault.access.revoke(name)  # type: ignore[attr-defined]
    done = runs("run", "azure-pipelines.yml")
    assert done.returncode == 1
    assert "the variable group ml-secrets has no values: 2 secrets can't be read:" in done.stdout
    assert "az role assignment create --role" in done.stdout
    assert "never" not in done.stdout.partition("fine")[0].partition("] ")[2]
    assert "fine" in done.stdout


def test_a_group_that_is_nowhere(runs: Runs) -> None:
    (runs.folder / "azure-pipelines.yml").write_text(
        "variables: [{group: other}]\nsteps: [{bash: echo}]\n"
    )
    for more in ((), ("--cloud", "none")):
        done = runs("run", "azure-pipelines.yml", *more)
        assert done.returncode == 52
        assert "azure-pipelines.yml:1:13: there is no variable group other: give it" in done.stderr


def test_a_group_of_a_file_goes_first(runs: Runs) -> None:
    (runs.folder / "values.yml").write_text(
        "databricks-token: {value: mine, isSecret: true}\npem: x"
    )
    (runs.folder / "azure-pipelines.yml").write_text(
        "variables: [{group: ml-secrets}]\n"
        "steps: [{bash: 'echo \"> ${#T}\"', env: {T: $(databricks-token)}}]"
    )
    done = runs("run", "azure-pipelines.yml", "--group", "ML-Secrets=values.yml")
    assert "] > 4" in done.stdout, done.stdout + done.stderr
