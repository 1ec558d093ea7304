"""Variables, approvals, branches and policies."""

from __future__ import annotations

import pytest
import requests

from local.setup_azure_devops.setup import NEEDED, SECRETS, Setup
from modelyard.local.cloud.devops import pipelines as devops_pipelines

CLOUD_SERVICES = NEEDED
PLACE = "  repository: {name: wines/wine, type: github, service-connection: github}\n"


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


def test_schedules_and_how_a_repository_is_fetched_stay(setup: Setup) -> None:
    quiet = ("--set", "azure-devops.extension-publisher=")
    setup()
    listed = setup.only("/local/_apis/build/definitions", "wine-quality")
    path = f"/local/_apis/build/definitions/{listed['id']}"
    pipeline = setup.asked("GET", path)
    schedule = {"triggerType": "schedule", "schedules": [{"startHours": 3}]}
    pushes = {
        "triggerType": "continuousIntegration",
        "settingsSourceType": 1,
        "branchFilters": ["+dev"],
    }
    fetched = {"reportBuildStatus": "true", "fetchDepth": "7"}
    pipeline["triggers"] = [schedule, pushes]
    pipeline["repository"] |= {"properties": fetched, "clean": "true", "checkoutSubmodules": True}
    setup.asked("PUT", path, json=pipeline)
    before = setup.asked("GET", path)
    assert "nothing to change" in setup("--check", *quiet).stdout

    setup.replace("dataset: diabetes", "dataset: wine")
    setup(*quiet)
    after = setup.asked("GET", path)
    assert after["variables"]["dataset"]["value"] == "wine"
    assert after["repository"] == before["repository"]
    assert after["repository"]["properties"] == fetched
    assert after["triggers"] == before["triggers"] == [schedule, pushes]

    setup.replace(
        "      folder: ml/training\n", "      folder: ml/training\n      triggers: none\n"
    )
    assert "      triggers: +dev -> none\n" in setup("--check", *quiet, code=1).stdout
    setup(*quiet)
    assert setup.asked("GET", path)["triggers"] == [schedule]
    assert "nothing to change" in setup("--check", *quiet).stdout


def test_who_is_blocked_from_an_approval_stays_so(setup: Setup) -> None:
    setup()
    production = setup.only("/local/_apis/distributedtask/environments", "production")
    checks = "/local/_apis/pipelines/checks/configurations"
    listed = f"{checks}?resourceType=environment&resourceId={production['id']}"
    (check,) = setup.asked("GET", listed)["value"]
    blocked = check["settings"]["approvers"][:1]
    check["settings"]["blockedApprovers"] = blocked
    setup.asked("PATCH", f"{checks}/{check['id']}", json=check)

    setup.replace("time-out-minutes: 1440", "time-out-minutes: 60")
    setup("--set", "azure-devops.extension-publisher=")
    (check,) = setup.asked("GET", listed)["value"]
    assert check["timeout"] == 60
    assert [one["id"] for one in check["settings"]["blockedApprovers"]] == [blocked[0]["id"]]


def test_a_list_that_restricts_nothing_is_told_so(setup: Setup) -> None:
    quiet = ("--set", "azure-devops.extension-publisher=")
    setup()
    assert "open to all pipelines" not in setup("--check", *quiet).stdout
    connection = setup.only("/local/_apis/serviceendpoint/endpoints", "ml-dev")
    used = f"/local/_apis/pipelines/pipelinePermissions/endpoint/{connection['id']}"
    setup.asked("PATCH", used, json={"allPipelines": {"authorized": True}})
    told = setup("--check", *quiet).stdout
    assert told.count("open to all pipelines, so the file's list restricts nothing") == 1


def test_an_approval_keeps_what_the_file_does_not_name(setup: Setup) -> None:
    setup()
    production = setup.only("/local/_apis/distributedtask/environments", "production")
    checks = "/local/_apis/pipelines/checks/configurations"
    listed = f"{checks}?resourceType=environment&resourceId={production['id']}"
    setup.replace("        time-out-minutes: 1440\n        instructions: Look at the report.\n", "")
    quiet = ("--set", "azure-devops.extension-publisher=")
    assert "nothing to change" in setup("--check", *quiet).stdout
    setup.replace("        minimum: 1\n", "        minimum: 2\n")
    setup(*quiet)
    (check,) = setup.asked("GET", listed)["value"]
    settings = check["settings"]
    assert (check["timeout"], settings["minRequiredApprovers"]) == (1440, 2)
    assert settings["instructions"] == "Look at the report."


def test_a_pipeline_stays_in_its_folder_and_is_told_of_another_connection(setup: Setup) -> None:
    github = "      type: github\n      secrets: {token: env:SETUP_TOKEN}\n"
    more = f"    - name: github-2\n{github}"
    setup.replace("  variable-groups:\n", f"    - name: github\n{github}{more}  variable-groups:\n")
    setup.replace("  pipelines:\n", PLACE + "  pipelines:\n")
    text = setup.file.read_text(encoding="utf-8")
    setup.file.write_text(text[: text.index("  branch-policies:")], encoding="utf-8")
    quiet = ("--set", "azure-devops.extension-publisher=")
    setup(*quiet)
    setup.replace("      folder: ml/training\n", "")
    assert "nothing to change" in setup("--check", *quiet).stdout
    setup.replace("service-connection: github}", "service-connection: github-2}")
    shown = setup(*quiet).stdout
    other = setup.only("/local/_apis/serviceendpoint/endpoints", "github")
    assert shown.count(f"service connection: {other['id']} -> github-2") == 2
    assert "nothing to change" in setup("--check", *quiet).stdout
    assert setup.only("/local/_apis/build/definitions", "wine-quality")["path"] == "\\ml\\training"


def test_more_approvals_than_approvers_are_refused_before_anything_is_written(setup: Setup) -> None:
    two = "approvers: [reviewer@modelyard.local, '[local]\\Contributors']\n        minimum: 1"
    setup.replace(two, two.replace("minimum: 1", "minimum: 2"))
    setup()
    before = setup.writes()
    setup.replace(two.replace("minimum: 1", "minimum: 2"), "approvers: [reviewer@modelyard.local]")
    refused = setup(code=2).stderr
    assert "of the environment production takes 2, and the file has 1 approvers" in refused
    assert setup.writes() == before


def test_a_group_stays_shared_and_its_variables_locked(setup: Setup) -> None:
    setup()
    path = "/local/_apis/distributedtask/variablegroups"
    group = setup.only(path, "wine")
    group["variables"]["LOCKED"] = {"value": "1", "isReadOnly": True}
    projects = setup.cloud.services["devops"].projects  # type: ignore[attr-defined]
    other = {"name": "wine", "projectReference": {"id": projects.add("other")["id"]}}
    group["variableGroupProjectReferences"].append(other)
    setup.asked("PUT", f"/_apis/distributedtask/variablegroups/{group['id']}", json=group)
    setup.replace("adb-1.2.azure", "adb-3.4.azure")
    setup("--set", "azure-devops.extension-publisher=")
    after = setup.only(path, "wine")
    assert after["variables"]["DATABRICKS_HOST"]["value"].startswith("https://adb-3.4.")
    assert after["variables"]["LOCKED"] == {"value": "1", "isReadOnly": True, "isSecret": False}
    (shared,) = setup.asked("GET", path.replace("local", "other"))["value"]
    assert shared["id"] == group["id"]
