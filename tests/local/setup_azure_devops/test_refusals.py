"""Who may not, what is wrong, and what goes wrong in the middle."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from local.setup_azure_devops.setup import NEEDED, Setup
from modelyard.local.cloud.faults import Rule

CLOUD_SERVICES = NEEDED


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
