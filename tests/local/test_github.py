"""The local GitHub with PyGithub, unmodified: by its own name through the proxy, and as an
Enterprise Server on the loopback."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from github import Auth, Github, GithubException, InputGitTreeElement
from github.EnvironmentDeploymentBranchPolicy import EnvironmentDeploymentBranchPolicyParams
from github.EnvironmentProtectionRuleReviewer import ReviewerParams
from github.Repository import Repository

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.github.accounts import OWNER

CLOUD_SERVICES = ("entra", "github", "github_identity")
API = "https://api.github.com"
DISPATCHED = "name: CI\non: {workflow_dispatch: {}}\njobs: {}\n"


def tell(cloud: LocalCloud, path: str, **body: Any) -> dict[str, Any]:
    """Over the cloud's own interface."""
    url = f"{cloud.url}/modelyard/github/{path}"
    answer = requests.post(url, json=body, headers=dict(cloud.admin_headers), timeout=30)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def client(token: str = "", **more: Any) -> Github:
    return Github(
        auth=Auth.Token(token or os.environ["GH_TOKEN"]),
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        **more,
    )


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalCloud, inside_cloud: dict[str, str]) -> None:
    cloud.services["github"].reset()
    files = {"README.md": "hello", ".github/workflows/ci.yml": DISPATCHED}
    tell(cloud, "accounts", login="wines", organization=True, teams=["leads"])
    tell(cloud, "repositories", repository="wines/wine", organization=True, files=files)


@pytest.fixture
def repository() -> Iterator[Repository]:
    with client() as github:
        yield github.get_repo("wines/wine")


def refused(call: Any, *arguments: Any, **named: Any) -> tuple[int, str]:
    with pytest.raises(GithubException) as caught:
        call(*arguments, **named)
    data = caught.value.data
    said = [error.get("message", error["field"]) for error in data.get("errors") or []]
    return caught.value.status, said[0] if said else data["message"]


def test_secrets_are_sealed_and_variables_are_not(
    cloud: LocalCloud, repository: Repository
) -> None:
    repository.create_secret("TOKEN", "value-of-token")
    place = repository.create_environment("production")
    place.create_secret("TOKEN", "another")
    repository.create_variable("HOST", "a")
    place.create_variable("HOST", "b")
    repository.get_variable("HOST").edit("c")

    assert [one.name for one in repository.get_secrets()] == ["TOKEN"]
    assert [(one.name, one.value) for one in repository.get_variables()] == [("HOST", "c")]
    assert [(one.name, one.value) for one in place.get_variables()] == [("HOST", "b")]
    service: Any = cloud.services["github"]
    document = service.repositories.get("wines", "WINE")
    assert service.secrets.opened(document) == {"TOKEN": "value-of-token"}
    assert service.secrets.opened(document, "production") == {"TOKEN": "another"}
    kept = [item for _, item in cloud.cloud.store.items(f"github.secrets.{document['id']}")]
    assert "value-of-token" not in str(kept)
    assert refused(repository.create_variable, "HOST", "d") == (
        409,
        "Already exists - Variable already exists",
    )
    assert refused(repository.create_variable, "GITHUB_X", "d")[0] == 422
    headers = {"Authorization": f"token {os.environ['GH_TOKEN']}"}
    body = {"key_id": repository.get_public_key().key_id, "encrypted_value": "bm90IHNlYWxlZA=="}
    url = f"{API}/repos/wines/wine/actions/secrets/T"
    answer = requests.put(url, json=body, headers=headers, timeout=30)
    assert (answer.status_code, "not sealed" in answer.text) == (422, True)


def test_an_environment_whose_name_has_a_slash(cloud: LocalCloud, repository: Repository) -> None:
    made = repository.create_environment("prod/eu", wait_timer=5)
    made.create_secret("TOKEN", "value-of-token")
    made.create_variable("HOST", "b")
    found = repository.get_environment("prod/eu")
    assert (found.name, found.url) == ("prod/eu", f"{repository.url}/environments/prod%2Feu")
    assert [one.name for one in found.get_secrets()] == ["TOKEN"]
    assert [(one.name, one.value) for one in found.get_variables()] == [("HOST", "b")]
    service: Any = cloud.services["github"]
    document = service.repositories.get("wines", "WINE")
    assert service.secrets.opened(document, "prod/eu") == {"TOKEN": "value-of-token"}


def test_environments_with_their_rules(cloud: LocalCloud, repository: Repository) -> None:
    with client() as github:
        person = github.get_user(OWNER).id  # type: ignore[union-attr]
        team = github.get_organization("wines").get_team_by_slug("leads").id
    made = repository.create_environment(
        "production",
        wait_timer=10,
        reviewers=[ReviewerParams("User", person), ReviewerParams("Team", team)],
        prevent_self_review=True,
        deployment_branch_policy=EnvironmentDeploymentBranchPolicyParams(False, True),
    )
    rules = {rule.type: rule for rule in made.protection_rules}
    assert rules["wait_timer"].wait_timer == 10
    assert rules["required_reviewers"].prevent_self_review
    reviewers = [one.reviewer for one in rules["required_reviewers"].reviewers]
    assert [one.id for one in reviewers] == [person, team]
    assert made.deployment_branch_policy.custom_branch_policies
    # What a request leaves out is gone.
    repository.create_environment("production")
    assert repository.get_environment("production").protection_rules == []

    unknown = [ReviewerParams("User", 999)]
    assert refused(repository.create_environment, "x", reviewers=unknown)[0] == 422
    assert refused(repository.create_environment, "x", wait_timer=43_201)[0] == 422
    assert refused(repository.get_environment, "nowhere")[0] == 404
    tell(cloud, "accounts", login="wines", plan="free")
    status, message = refused(repository.create_environment, "x", wait_timer=1)
    assert (status, "billing plan" in message) == (422, True)


def test_a_protected_branch_is_protected(cloud: LocalCloud, repository: Repository) -> None:
    branch = repository.get_branch("main")
    assert refused(branch.get_protection) == (404, "Branch not protected")
    branch.edit_protection(
        strict=True, checks=["lint", ("test", 7)], enforce_admins=True,
        required_approving_review_count=2, required_linear_history=True,
    )  # fmt: skip
    found = branch.get_protection()
    assert found.required_pull_request_reviews.required_approving_review_count == 2
    assert found.required_status_checks.contexts == ["lint", "test"]
    assert (found.enforce_admins, found.required_linear_history) == (True, True)
    assert repository.get_branch("main").protected
    status, message = refused(repository.create_file, "a", "m", "content", branch="main")
    assert (status, "through a pull request" in message) == (409, True)
    branch.remove_protection()
    repository.create_file("a", "m", "content", branch="main")
    tell(cloud, "accounts", login="wines", plan="free")
    assert refused(branch.get_protection)[0] == 403


def test_files_in_one_commit_become_a_pull_request(repository: Repository) -> None:
    main = repository.get_branch("main").commit
    assert repository.get_contents("README.md").decoded_content == b"hello"  # type: ignore[union-attr]
    # What git itself calls these bytes.
    assert repository.get_contents("README.md").sha == "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"  # type: ignore[union-attr]
    elements = [InputGitTreeElement(f"d/{n}", "100644", "blob", content=n) for n in ("a", "b")]
    tree = repository.create_git_tree(elements, repository.get_git_tree(main.sha))
    commit = repository.create_git_commit("two files", tree, [main.commit])
    repository.create_git_ref("refs/heads/more", commit.sha)
    pull = repository.create_pull(base="main", head="more", title="More", body="files")
    assert [one.filename for one in pull.get_files()] == ["d/a", "d/b"]
    again = refused(repository.create_pull, base="main", head="more", title="More")
    assert again == (422, "A pull request already exists for wines:more.")
    comment = pull.create_issue_comment("first")
    comment.edit("second")
    assert [one.body for one in pull.get_issue_comments()] == ["second"]
    assert pull.merge().merged
    assert repository.get_contents("d/a", ref="main").decoded_content == b"a"  # type: ignore[union-attr]
    assert list(repository.get_pulls()) == []
    assert [one.number for one in repository.get_pulls("closed", head="wines:more")] == [1]
    assert refused(repository.create_git_ref, "refs/heads/more", commit.sha) == (
        422,
        "Reference already exists",
    )
    repository.get_git_ref("heads/more").delete()
    assert [one.name for one in repository.get_branches()] == ["main"]


def test_a_protected_branch_counts_reviews(cloud: LocalCloud) -> None:
    path = "wines/reviewed"
    tell(cloud, "repositories", repository=path, files={"a": "b"}, collaborators={"guest": "write"})
    with (
        client() as author,
        client(tell(cloud, "tokens", login="guest", scopes=["repo"])["token"]) as other,
    ):
        repository = author.get_repo(path)
        head = repository.get_branch("main")
        repository.create_git_ref("refs/heads/more", head.commit.sha)
        repository.create_file("c", "m", "content", branch="more")
        head.edit_protection(enforce_admins=True, required_approving_review_count=1)
        pull = repository.create_pull(base="main", head="more", title="More")
        seen = other.get_repo(path).get_pull(pull.number)

        assert refused(pull.merge) == (
            405,
            "At least 1 approving review is required by reviewers.",
        )
        own = refused(pull.create_review, body="fine", event="APPROVE")
        assert own == (422, "Can not approve your own pull request")
        seen.create_review(body="not yet", event="REQUEST_CHANGES")
        assert refused(pull.merge)[1] == "Changes have been requested by a reviewer."
        seen.create_review(body="good", event="APPROVE")
        seen.create_review(body="by the way", event="COMMENT")
        assert [(one.user.login, one.state) for one in pull.get_reviews()] == [
            ("guest", "CHANGES_REQUESTED"),
            ("guest", "APPROVED"),
            ("guest", "COMMENTED"),
        ]
        assert pull.merge().merged


def test_workflows_deployments_and_statuses(cloud: LocalCloud, repository: Repository) -> None:
    workflow = repository.get_workflow("ci.yml")
    assert workflow.name == "CI"
    assert workflow.create_dispatch("main")
    (run,) = workflow.get_runs()
    tell(cloud, "runs", repository="wines/wine", run=run.id, status="completed",
         conclusion="success")  # fmt: skip
    assert repository.get_workflow_run(run.id).conclusion == "success"
    assert list(run.get_artifacts()) == []

    sha = repository.get_branch("main").commit.sha
    repository.get_commit(sha).create_status("success", context="modelyard")
    assert repository.get_commit(sha).get_combined_status().state == "success"
    deployment = repository.create_deployment("main", environment="staging")
    deployment.create_status("success", environment_url="https://scoring")
    assert [one.state for one in deployment.get_statuses()] == ["success"]
    assert repository.get_environment("staging").name == "staging"


def test_long_lists_come_in_pages(repository: Repository) -> None:
    for number in range(7):
        repository.create_variable(f"V{number}", str(number))
    with client(per_page=3) as github:
        found = github.get_repo("wines/wine").get_variables()
        assert [one.name for one in found] == [f"V{number}" for number in range(7)]


def test_who_may_not(cloud: LocalCloud) -> None:
    def named(path: str = "wines/wine", **token: Any) -> Repository:
        return client(tell(cloud, "tokens", **token)["token"], lazy=True).get_repo(path)

    with pytest.raises(GithubException, match="Bad credentials"):
        client("ghp_made_up").get_repo("wines/wine")
    assert requests.get(f"{API}/user", timeout=30).status_code == 401
    assert refused(lambda: named(login="stranger").complete())[0] == 404
    fine = named(permissions={"contents": "read"})
    assert fine.get_branch("main").name == "main"
    message = "Resource not accessible by personal access token"
    assert refused(fine.create_variable, "A", "1") == (403, message)
    assert refused(fine.get_variables().__getitem__, 0) == (403, message)
    other = named(permissions={"contents": "read"}, repositories=["wines/other"])
    assert refused(other.complete)[0] == 404
    # Only the scope `workflow` lets a token write workflow files.
    plain = named(scopes=["repo"])
    path = ".github/workflows/new.yml"
    assert refused(plain.create_file, path, "m", "on: push", branch="main")[0] == 404
    tell(cloud, "repositories", repository="wines/other", collaborators={"guest": "write"})
    assert refused(named("wines/other", login="guest").create_environment, "x") == (
        403,
        "Must have admin rights to Repository.",
    )
    few = named(limit=1)
    assert few.get_branch("main").name == "main"
    status, message = refused(few.get_branch, "main")
    assert (status, "rate limit exceeded" in message) == (403, True)


def test_an_enterprise_server_has_it_below_its_own_address(cloud: LocalCloud) -> None:
    with client(base_url=f"{cloud.url}/api/v3") as github:
        found = github.get_repo("wines/wine")
        assert found.url == f"{cloud.url}/api/v3/repos/wines/wine"
        assert found.get_branch("main").name == "main"


def test_the_subject_of_identity_tokens_can_be_chosen(cloud: LocalCloud) -> None:
    url = f"{API}/repos/wines/wine/actions/oidc/customization/sub"
    headers = {"Authorization": f"Bearer {os.environ['GH_TOKEN']}"}

    def subject(**job: str) -> str:
        return str(tell(cloud, "jobs", repository="wines/wine", **job)["subject"])

    usual = requests.get(url, headers=headers, timeout=30).json()
    assert usual["use_default"] is usual["use_immutable_subject"] is True
    assert re.fullmatch(r"repo:wines@\d+/wine@\d+", usual["sub_claim_prefix"])
    assert subject() == f"{usual['sub_claim_prefix']}:ref:refs/heads/main"
    assert subject(environment="eu:1") == f"{usual['sub_claim_prefix']}:environment:eu%3A1"
    chosen = {"use_default": False, "include_claim_keys": ["context", "repo"]}
    assert requests.put(url, json=chosen, headers=headers, timeout=30).status_code == 201
    assert subject() == f"ref:refs/heads/main:{usual['sub_claim_prefix']}"  # the numbers stay
    names = {"use_default": True, "use_immutable_subject": False}
    assert requests.put(url, json=names, headers=headers, timeout=30).status_code == 201
    assert subject() == "repo:wines/wine:ref:refs/heads/main"
    wanted = {"use_default": False, "include_claim_keys": ["repository_owner", "context"]}
    assert requests.put(url, json=wanted, headers=headers, timeout=30).status_code == 201
    found = requests.get(url, headers=headers, timeout=30).json()
    assert found == {**names, **wanted, "sub_claim_prefix": "repo:wines/wine"}
    assert subject(environment="production") == ("repository_owner:wines:environment:production")
    wrong = {"use_default": False, "include_claim_keys": ["colour"]}
    assert requests.put(url, json=wrong, headers=headers, timeout=30).status_code == 422


def test_an_organization_chooses_the_subject_of_repositories_that_take_it(
    cloud: LocalCloud,
) -> None:
    def call(method: str, place: str, scope: str, **body: Any) -> requests.Response:
        url = f"{API}/{place}/actions/oidc/customization/sub"
        headers = {
            "Authorization": f"Bearer {tell(cloud, 'tokens', scopes=['repo', scope])['token']}"
        }
        return requests.request(method, url, json=body, headers=headers, timeout=30)

    def subject() -> str:
        return str(tell(cloud, "jobs", repository="wines/wine")["subject"])

    usual = subject()
    keys = ["repository_owner", "context"]
    assert call("PUT", "orgs/wines", "admin:org", include_claim_keys=keys).status_code == 404
    tell(cloud, "accounts", login="wines", administrators=["modelyard-local"])
    assert call("PUT", "orgs/wines", "read:org", include_claim_keys=keys).status_code == 404
    assert call("PUT", "orgs/wines", "admin:org").status_code == 422
    assert call("PUT", "orgs/wines", "admin:org", include_claim_keys=keys).status_code == 201
    assert call("GET", "orgs/wines", "read:org").json() == {"include_claim_keys": keys}
    assert call("GET", "orgs/wines", "workflow").status_code == 404
    assert call("GET", "orgs/modelyard-local", "read:org").status_code == 404
    assert subject() == usual
    assert call("PUT", "repos/wines/wine", "repo", use_default=False).status_code == 201
    assert subject() == "repository_owner:wines:ref:refs/heads/main"
    own = call("PUT", "repos/wines/wine", "repo", use_default=False, include_claim_keys=["context"])
    assert (own.status_code, subject()) == (201, "ref:refs/heads/main")
