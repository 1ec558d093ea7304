"""``modelyard setup github`` against the local GitHub, with PyGithub as it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from github import Auth, Github
from github.Repository import Repository

from az_tenant import Tenant
from modelyard import cli
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.faults import Rule

CLOUD_SERVICES = ("entra", "arm", "keyvault", "github", "github_identity")
SECRET, OTHER = "value-of-token", "value-of-key"
FILE = """\
azure: {application: wine}
github:
  repository: wines/wine
  modelyard: octo/modelyard@v1
  variables: {DATABRICKS_HOST: "https://adb-1.1.azuredatabricks.net"}
  secrets: {DATABRICKS_TOKEN: "env:WINE_TOKEN"}
  environments:
    - name: staging
    - name: production
      reviewers: [modelyard-local, wines/leads]
      prevent-self-review: true
      wait-minutes: 5
      branches: [main, release/*]
      variables: {STAGE: production}
      secrets: {SCORING_KEY: "keyvault://wine-vault/scoring-key"}
  branches:
    - {name: main, approvals: 1, checks: [test], up-to-date: true}
  workflows:
    - {starter: train-and-deploy, with: {model: wine-quality}}
    - {starter: train}
  oidc-subject: [repo, context]
"""
EXAMPLE = Path(__file__).parents[2] / "examples/wine-quality/modelyard.yml"
SMALL = "github:\n  repository: wines/wine\n"
Tell = Callable[..., dict[str, Any]]


@pytest.fixture
def tell(cloud: LocalCloud) -> Tell:
    """What the cloud's own interface is told."""

    def post(path: str, **body: Any) -> dict[str, Any]:
        url = f"{cloud.url}/modelyard/github/{path}"
        answer = requests.post(url, json=body, headers=dict(cloud.admin_headers), timeout=30)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return post


@pytest.fixture(autouse=True)
def _fresh(
    cloud: LocalCloud, tell: Tell, inside_cloud: dict[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    cloud.services["github"].reset()
    cloud.faults.clear()
    tell("accounts", login="wines", organization=True, teams=["leads"])
    tell("repositories", repository="wines/wine", organization=True, files={"README.md": "wine"})
    vault: Any = f"{cloud.url}/modelyard/keyvault/vaults/wine-vault/secrets/scoring-key"
    requests.put(vault, json={"value": OTHER}, headers=dict(cloud.admin_headers), timeout=30)
    os.environ["WINE_TOKEN"] = SECRET
    monkeypatch.chdir(tmp_path)
    Path("modelyard.yml").write_text(FILE, encoding="utf-8")
    cloud.requests.clear()


@pytest.fixture
def repository(inside_cloud: dict[str, str]) -> Repository:
    client = Github(auth=Auth.Token(os.environ["GH_TOKEN"]), seconds_between_writes=None)
    return client.get_repo("wines/wine")


def setup(*arguments: str) -> int:
    return cli.main(["setup", "github", *arguments])


def writes(cloud: LocalCloud) -> list[str]:
    """What has been sent to GitHub that isn't a read."""
    entries = cloud.requests.entries(host="api.github.com")
    return [f"{one.method} {one.path}" for one in entries if one.method != "GET"]


def opened(cloud: LocalCloud, environment: str = "") -> Mapping[str, str]:
    service: Any = cloud.services["github"]
    found: Mapping[str, str] = service.secrets.opened(
        service.repositories.get("wines", "wine"), environment
    )
    return found


def test_from_nothing_to_a_repository_that_is_set_up(
    cloud: LocalCloud, repository: Repository, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup("--dry-run") == 0
    assert setup("--check") == 1
    assert writes(cloud) == []
    assert "8 to create, 1 to update, 0 as they should be" in capsys.readouterr().out

    assert setup() == 0
    first = capsys.readouterr().out
    assert "created secret production/SCORING_KEY\n" in first
    assert "pull request with the workflows  https://github.com/wines/wine/pull/1\n" in first
    assert opened(cloud) == {"DATABRICKS_TOKEN": SECRET}
    assert opened(cloud, "production") == {"SCORING_KEY": OTHER}
    production = repository.get_environment("production")
    rules = {rule.type: rule for rule in production.protection_rules}
    assert rules["wait_timer"].wait_timer == 5
    assert rules["required_reviewers"].prevent_self_review
    assert len(rules["required_reviewers"].reviewers) == 2
    assert [(one.name, one.value) for one in production.get_variables()] == [
        ("STAGE", "production")
    ]
    protection = repository.get_branch("main").get_protection()
    assert protection.required_pull_request_reviews.required_approving_review_count == 1
    assert protection.required_status_checks.strict
    (pull,) = repository.get_pulls()
    assert [one.filename for one in pull.get_files()] == [
        ".github/workflows/train-and-deploy.yml",
        ".github/workflows/train.yml",
    ]
    written: Any = repository.get_contents(".github/workflows/train-and-deploy.yml", pull.head.ref)
    assert "model: wine-quality\n" in written.decoded_content.decode()
    # Whom the printed commands make Azure trust is who the jobs say they are.
    job = tell("jobs", repository="wines/wine", environment="production")
    assert f'"subject": "{job["subject"]}"' in first

    cloud.requests.clear()
    assert setup() == 0
    assert setup("--check") == 0
    second = capsys.readouterr().out
    assert "nothing to change: all 10 are as the file has them" in second
    assert "secret DATABRICKS_TOKEN  (set on 20" in second
    assert writes(cloud) == []
    for secret in (SECRET, OTHER, os.environ["GH_TOKEN"]):
        assert secret not in first + second

    pull.merge()
    assert setup("--check") == 0
    assert "= workflow .github/workflows/train.yml  (what it says is yours)" in (
        capsys.readouterr().out
    )


def test_drift_is_found_and_what_the_file_does_not_name_stays(
    cloud: LocalCloud, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SMALL + "  variables: {A: '1'}\n  environments: [{name: production, branches: [main]}]\n"
    Path("modelyard.yml").write_text(text, encoding="utf-8")
    assert setup() == 0
    repository.get_variable("A").edit("2")
    repository.create_variable("MINE", "kept")
    repository.create_environment("production", wait_timer=7)
    capsys.readouterr()

    assert setup("--check") == 1
    out = capsys.readouterr().out
    assert "~ variable A\n      value: 2 -> 1\n" in out
    assert "~ environment production\n      branches: all -> main\n" in out
    assert setup() == 0
    rules = {one.type: one for one in repository.get_environment("production").protection_rules}
    assert rules["wait_timer"].wait_timer == 7
    assert repository.get_variable("A").value == "1"
    assert repository.get_variable("MINE").value == "kept"

    assert setup("--set", "github.environments[0].branches=[release/*]") == 0
    assert "branches: main -> release/*" in capsys.readouterr().out
    assert setup("--check") == 1  # the file itself says main
    assert setup("--set", "github.environments[0].branches=protected") == 0
    assert setup("--check", "--set", "github.environments[0].branches=protected") == 0


def test_an_environment_is_the_same_in_any_case(
    cloud: LocalCloud, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = "variables: {A: '1'}, secrets: {B: env:WINE_TOKEN}, branches: [main]"
    text = SMALL + f"  environments: [{{name: Production, {settings}}}]\n"
    Path("modelyard.yml").write_text(text, encoding="utf-8")
    assert setup() == 0
    capsys.readouterr()

    other = ("--set", "github.environments[0].name=PRODUCTION")
    assert setup("--check", *other) == 0
    assert "all 3 are as the file has them" in capsys.readouterr().out
    assert setup(*other, "--set", "github.environments[0].branches=[main, release/*]") == 0
    assert "updated environment Production\n" in capsys.readouterr().out
    assert [one.name for one in repository.get_environments()] == ["Production"]
    assert opened(cloud, "production") == {"B": SECRET}
    assert repository.get_environment("production").name == "Production"


def test_secrets_are_renewed_only_when_asked(cloud: LocalCloud) -> None:
    Path("modelyard.yml").write_text(SMALL + "  secrets: {token: env:WINE_TOKEN}\n")
    assert setup() == 0
    os.environ["WINE_TOKEN"] = "a-newer-value"
    assert setup() == 0
    assert opened(cloud) == {"TOKEN": SECRET}
    del os.environ["WINE_TOKEN"]
    assert setup("--check") == 0  # nothing is needed for what is there
    assert setup("--dry-run", "--renew-secrets") == 2
    os.environ["WINE_TOKEN"] = "a-newer-value"
    assert setup("--renew-secrets") == 0
    assert opened(cloud) == {"TOKEN": "a-newer-value"}


def test_a_closed_pull_request_is_not_written_over(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SMALL + "  modelyard: octo/modelyard@v1\n  workflows: [{starter: train}]\n"
    Path("modelyard.yml").write_text(text, encoding="utf-8")
    assert setup() == 0
    (pull,) = repository.get_pulls()
    before = pull.head.sha
    assert setup("--set", "github.workflows=[{starter: train-and-deploy}]") == 0
    assert "updated pull request #1" in capsys.readouterr().out
    assert len(list(pull.get_files())) == 2
    pull.edit(state="closed")

    assert setup() == 0
    (again,) = repository.get_pulls()
    assert again.head.ref == "modelyard-setup-2"
    assert repository.get_git_ref("heads/modelyard-setup").object.sha != before


def test_a_branch_that_a_stopped_run_left_is_taken_again(
    cloud: LocalCloud, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SMALL + "  modelyard: octo/modelyard@v1\n  workflows: [{starter: train}]\n"
    Path("modelyard.yml").write_text(text, encoding="utf-8")
    cloud.faults.add(Rule("status", method="POST", path="*/pulls", status=422))
    assert setup() != 0
    assert repository.get_git_ref("heads/modelyard-setup")
    assert list(repository.get_pulls("all")) == []

    assert setup() == 0
    assert "created pull request from modelyard-setup\n" in capsys.readouterr().out
    (pull,) = repository.get_pulls("all")
    assert (pull.head.ref, len(list(pull.get_files()))) == ("modelyard-setup", 1)


def test_a_branch_of_somebody_else_is_left_alone(repository: Repository) -> None:
    text = SMALL + "  modelyard: octo/modelyard@v1\n  workflows: [{starter: train}]\n"
    Path("modelyard.yml").write_text(text, encoding="utf-8")
    main = repository.get_branch("main").commit.sha
    repository.create_git_ref("refs/heads/modelyard-setup", main)

    assert setup() == 0
    assert repository.get_git_ref("heads/modelyard-setup").object.sha == main
    assert [one.head.ref for one in repository.get_pulls()] == ["modelyard-setup-2"]


def test_an_enterprise_server_by_its_address(
    cloud: LocalCloud, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("modelyard.yml").write_text("azure: {application: a}\n" + SMALL + "  variables: {A: 1}\n")
    os.environ["GITHUB_API_URL"] = f"{cloud.url}/api/v3"
    assert setup() == 0
    assert repository.get_variable("A").value == "1"
    assert f'"issuer": "{cloud.url}/_services/token"' in capsys.readouterr().out
    assert {one.host for one in cloud.requests.entries(method="POST")} == {"127.0.0.1"}


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = setup(*arguments)
    return code, capsys.readouterr().err


def test_refusals_say_what_to_do(
    cloud: LocalCloud, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("modelyard.yml").write_text(SMALL + "  variables: {A: 1}\n", encoding="utf-8")
    token = os.environ["GH_TOKEN"]

    def by(**rights: Any) -> tuple[int, str]:
        os.environ["GH_TOKEN"] = tell("tokens", **rights)["token"]
        return refusal(capsys)

    code, said = by(permissions={"variables": "read"})
    assert (code, "needs variables=write here" in said) == (11, True)
    code, said = by(permissions={})
    assert (code, "needs variables=read here" in said) == (11, True)
    code, said = by(login="stranger")
    assert (code, "wines/wine doesn't exist, or the token may not see it" in said) == (14, True)
    code, said = by(limit=1)
    assert (code, "API rate limit exceeded" in said, "wait until" in said) == (18, True, True)
    os.environ["GH_TOKEN"] = "ghp_of two"
    code, said = refusal(capsys)
    assert (code, "check how GH_TOKEN is filled" in said, "ghp_of" in said) == (2, True, False)
    os.environ["GH_TOKEN"] = "ghp_wrong"
    code, said = refusal(capsys)
    assert (code, "make a new token" in said, "ghp_wrong" in said) == (10, True, False)
    del os.environ["GH_TOKEN"]
    code, said = refusal(capsys)
    assert (code, "GH_TOKEN and GITHUB_TOKEN aren't set" in said) == (2, True)
    os.environ["GITHUB_TOKEN"] = token
    os.environ["GITHUB_API_URL"] = "http://github.example.com/api/v3"
    code, said = refusal(capsys)
    assert (code, "isn't https" in said) == (2, True)
    os.environ["GITHUB_API_URL"] = "https://github.example.com/api/v3"
    assert refusal(capsys)[0] == 12
    del os.environ["GITHUB_API_URL"]
    for path in ("/repos/wines/wine", "*/actions/variables"):
        cloud.faults.add(Rule("html", path=path))
        code, said = refusal(capsys)
        assert (code, "but not as GitHub does" in said) == (13, True)
    assert writes(cloud) == ["POST /repos/wines/wine/actions/variables"]  # the first, refused


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("repository: wines/none", 14, "wines/none doesn't exist"),
        (
            "secrets: {A: env:WINE_NONE, B: env:WINE_NIL}",
            2,
            "WINE_NONE isn't set, or is empty\nthe environment variable WINE_NIL",
        ),
        ("environments: [{name: a, reviewers: [nobody]}]", 2, "knows no reviewer nobody"),
        ("environments: [{name: a, reviewers: [wines/no]}]", 2, "knows no reviewer wines/no"),
        (
            "environments: [{name: a, reviewers: [other/x]}]",
            2,
            "other/x is no team of wines, whose",
        ),
        ("oidc-subject: [colour]", 17, "Invalid claim keys: colour"),
    ],
)
def test_what_cant_be_is_an_error_before_anything_is_written(
    cloud: LocalCloud, capsys: pytest.CaptureFixture[str], line: str, code: int, message: str
) -> None:
    text = f"github:\n  {line}\n" if line.startswith("repo") else f"{SMALL}  {line}\n"
    Path("modelyard.yml").write_text(text, encoding="utf-8")
    found, said = refusal(capsys)
    assert (found, message in said) == (code, True), said
    assert [one for one in writes(cloud) if "oidc" not in one] == []


def test_what_the_plan_and_the_scopes_refuse(
    cloud: LocalCloud, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    tell("accounts", login="wines", plan="free")
    Path("modelyard.yml").write_text(SMALL + "  environments: [{name: a, wait-minutes: 1}]\n")
    code, said = refusal(capsys)
    assert (code, "billing plan supports the wait timer" in said) == (17, True)
    tell("accounts", login="wines", plan="team")
    text = SMALL + "  modelyard: octo/modelyard@v1\n  workflows: [{starter: train}]\n"
    Path("modelyard.yml").write_text(text, encoding="utf-8")
    os.environ["GH_TOKEN"] = tell("tokens", scopes=["repo"])["token"]
    code, said = refusal(capsys)
    assert (code, "scopes (classic)" in said) == (14, True), said
    # A branch that isn't there can't be protected: no error, and not right either.
    Path("modelyard.yml").write_text(SMALL + "  branches: [{name: trunk, approvals: 1}]\n")
    assert setup("--check") == 1
    assert "warning: branch trunk doesn't exist" in capsys.readouterr().out


def test_it_goes_on_where_it_was_stopped(
    cloud: LocalCloud, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"message": "Validation Failed", "errors": [{"field": "reviewers", "code": "invalid"}]}
    rule = Rule("status", method="PUT", path="*/environments/production", status=422, body=body)
    cloud.faults.add(rule)
    code, said = refusal(capsys)
    assert code == 28
    assert "environment production: https://api.github.com/repos/wines/wine answered 422: " in said
    assert "Validation Failed; reviewers is invalid\n3 of 9 changes are done" in said
    assert setup() == 0
    out = capsys.readouterr().out
    assert "= environment staging" in out
    assert "+ environment production" in out
    assert setup("--check") == 0


def test_a_service_that_falters_is_asked_again(cloud: LocalCloud, repository: Repository) -> None:
    Path("modelyard.yml").write_text(SMALL + "  secrets: {token: env:WINE_TOKEN}\n")
    cloud.faults.add(Rule("status", method="GET", path="*/public-key", status=503))
    cloud.faults.add(Rule("status", method="PUT", path="*/TOKEN", status=502, when="after"))
    assert setup() == 0
    assert opened(cloud) == {"TOKEN": SECRET}


def test_what_needs_rights_in_the_tenant_is_done_by_az(
    tmp_path: Path, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    tenant = Tenant(tmp_path)
    os.environ["PATH"] = f"{tenant.programs}:{os.environ['PATH']}"
    small = SMALL + "  environments: [{name: staging}]\n"
    Path("modelyard.yml").write_text("azure: {application: wine}\n" + small, encoding="utf-8")
    main = tell("jobs", repository="wines/wine")["subject"]
    assert re.fullmatch(r"repo:wines@\d+/wine@\d+:ref:refs/heads/main", main)

    assert setup("--check", "--with-az") == 1
    assert setup("--with-az") == 0
    assert "created federated credential wines-wine-environment-staging" in capsys.readouterr().out
    assert tenant.writes(since=0) == [
        "ad app create",
        "ad sp create",
        "ad app federated-credential create",
        "ad app federated-credential create",
    ]
    assert {one["name"]: one["subject"] for one in tenant.known["trust"]} == {
        "wines-wine-ref-refs-heads-main": main,
        "wines-wine-environment-staging": main.replace(
            "ref:refs/heads/main", "environment:staging"
        ),
    }
    calls = len(tenant.known["calls"])
    assert setup("--with-az") == 0
    assert "nothing to change: all 5 are as the file has them" in capsys.readouterr().out
    assert setup("--with-az", "--set", "github.oidc-subject=[repository_owner]") == 0
    out = capsys.readouterr().out
    assert "created federated credential wines-wine-all-jobs" in out
    assert tenant.writes(since=calls) == ["ad app federated-credential create"]


def test_the_subject_may_be_that_of_the_organization(
    tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    tell("accounts", login="wines", administrators=["modelyard-local"])
    owner = tell("tokens", scopes=["repo", "admin:org"])["token"]

    def put(place: str, **body: Any) -> None:
        url = f"https://api.github.com/{place}/actions/oidc/customization/sub"
        headers = {"Authorization": f"Bearer {owner}"}
        assert requests.put(url, json=body, headers=headers, timeout=30).status_code == 201

    put("orgs/wines", include_claim_keys=["repository_owner", "context"])
    put("repos/wines/wine", use_default=False)
    Path("modelyard.yml").write_text("azure: {application: wine}\n" + SMALL, encoding="utf-8")
    subject = tell("jobs", repository="wines/wine")["subject"]
    assert subject == "repository_owner:wines:ref:refs/heads/main"
    assert setup("--check") == 0
    assert f'"subject": "{subject}"' in capsys.readouterr().out

    for rights in ({"scopes": ["repo"]}, {"permissions": {"actions": "read"}}):
        os.environ["GH_TOKEN"] = tell("tokens", **rights)["token"]
        assert setup("--check") == 1
        out = capsys.readouterr().out
        assert "warning: the claims of the OIDC subject are those of the organization" in out
        assert '"subject"' not in out
        assert setup("--check", "--set", "github.oidc-subject=default") == 1
        out = capsys.readouterr().out
        assert "claims: those of the organization -> default" in out
        assert '"subject": "repo:wines@' in out


def test_the_example_can_be_set_up(capsys: pytest.CaptureFixture[str]) -> None:
    os.environ["DATABRICKS_TOKEN"] = SECRET
    settings = (
        *("github.repository=wines/wine", "github.modelyard=wines/modelyard@v1"),
        "github.environments[1].reviewers=wines/leads",
    )
    given = ("--file", str(EXAMPLE), *(f"--set={one}" for one in settings))
    code, said = refusal(capsys, *(one for one in given if "github.modelyard=" not in one))
    assert (code, "put the account that it belongs to in place of OWNER" in said) == (3, True), said
    assert setup(*given) == 0
    assert "created pull request from modelyard-setup" in capsys.readouterr().out
    assert setup("--check", *given) == 0


def test_as_a_program_without_a_warning(
    cloud_environment: dict[str, str], library_path: dict[str, str]
) -> None:
    environment = {**cloud_environment, "PYTHONPATH": library_path["PYTHONPATH"]}
    command = [sys.executable, "-W", "error", "-m", "modelyard", "setup", "github", "--dry-run"]
    done = subprocess.run(
        command, env={**environment, "WINE_TOKEN": SECRET}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
