"""A project from nothing, and again: what the file has is made, and nothing else is touched."""

from __future__ import annotations

import requests

from az_tenant import OWN, Tenant
from local.setup_azure_devops.setup import HOME, NEEDED, SECRETS, Setup

CLOUD_SERVICES = NEEDED


def test_from_nothing_to_a_project_and_again(setup: Setup) -> None:
    nothing = setup.writes()
    dry = setup.in_a_process("--dry-run")
    assert setup.writes() == nothing
    assert "  + service connection ml-dev" in dry.stdout
    assert "16 to create, 0 to update, 0 as they should be" in dry.stdout
    assert "warning: the extension publisher.modelyard isn't installed" in dry.stdout
    assert "\nwhom to trust for ml-dev is told by the run that makes it\n" in dry.stdout
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
    because = "--check ends with 1 because of the warning"
    assert because in setup("--check", code=1).stdout
    setup.install("publisher")
    checked = setup("--check").stdout
    assert because not in checked
    assert "whom to trust for" not in checked
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
